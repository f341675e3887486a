"""What the cluster does with our objects: Pod Security, policies, webhooks, quotas."""

from notebench_hub.doctor.facts import Facts, Tried
from notebench_hub.doctor.finding import Finding, Verdict, listed
from notebench_hub.i18n import _

ENFORCE = "pod-security.kubernetes.io/enforce"
_THERE, _NOT_THERE, _NOT_ALLOWED = 409, 404, 403


def room(facts: Facts) -> Finding:
    """The namespace, and to which standard it holds pods."""
    if facts.room.value is None:
        what = _(
            "The namespace {namespace} could not be read ({reason}).",
            namespace=facts.namespace,
            reason=facts.room.why,
        )
        return Finding("namespace", Verdict.unknown, what, _("Let somebody look who may `get namespaces`."))
    if not facts.room.value:
        what = _(
            "The namespace {namespace} is not there yet, so nothing could be tried in it.",
            namespace=facts.namespace,
        )
        step = _(
            "Make it with `kubectl create namespace {namespace}` and look again.", namespace=facts.namespace
        )
        return Finding("namespace", Verdict.unknown, what, step)
    level = (facts.room.value["metadata"].get("labels") or {}).get(ENFORCE, "")
    if level == "restricted":
        what = _(
            "The namespace {namespace} takes Restricted pods only, and all of Notebench's are.",
            namespace=facts.namespace,
        )
        return Finding("namespace", Verdict.ok, what)
    what = _(
        "The namespace {namespace} does not hold pods to the Restricted standard (`{label}`: {level}); "
        "Notebench's "
        "would keep to it.",
        namespace=facts.namespace,
        label=ENFORCE,
        level=level or "–",
    )
    step = _(
        "`kubectl label namespace {namespace} {label}=restricted` closes it.",
        namespace=facts.namespace,
        label=ENFORCE,
    )
    return Finding("namespace", Verdict.warning, what, step)


def tried(facts: Facts) -> list[Finding]:
    """What the cluster says to each of our objects."""
    if not facts.tried or any(one.status == _NOT_THERE for one in facts.tried):
        return []  # the finding about the namespace says why
    found = [one for one in map(_of, facts.tried) if one]
    if found:
        return found
    what = _(
        "The cluster takes what Notebench makes as it is: {kinds}.",
        kinds=listed(dict.fromkeys(one.kind for one in facts.tried)),
    )
    return [Finding("admission", Verdict.ok, what)]


def _of(one: Tried) -> Finding | None:
    if one.status >= 300 and one.status != _THERE:
        return _refused(one)
    if one.warnings:
        what = _(
            "The cluster warns about the {kind} that Notebench makes: {reason}.",
            kind=one.kind,
            reason=listed(one.warnings, 3),
        )
        step = _("See who says so; it may refuse it one day.")
        return Finding("admission", Verdict.warning, what, step)
    if added := _added(one):
        what = _(
            "The cluster puts containers of its own into the pods of Notebench: {names}.", names=listed(added)
        )
        step = _(
            "Keep such sidecars (a service mesh) out of the namespace: a notebook run does not end while one "
            "of them goes on."
        )
        return Finding("admission", Verdict.warning, what, step)
    return None


def _refused(one: Tried) -> Finding:
    forbidden = one.status == _NOT_ALLOWED and "cannot create resource" in one.said
    early = "error looking up service account" in one.said  # a namespace of this very moment
    if forbidden or early or "does not support dry run" in one.said:
        what = _(
            "Whether the cluster takes a {kind} could not be tried ({reason}).",
            kind=one.kind,
            reason=one.said,
        )
        step = _(
            "Let somebody look who may create it, look again in a minute, or start one once it is installed."
        )
        return Finding("admission", Verdict.unknown, what, step)
    what = _("The cluster refuses the {kind} that Notebench makes: {reason}.", kind=one.kind, reason=one.said)
    step = _(
        "Make an exception in the policy, webhook or quota that says so, or change "
        "`settings.kubernetes.pods`."
    )
    return Finding("admission", Verdict.fault, what, step)


def _added(one: Tried) -> list[str]:
    names = [
        {
            part["name"]
            for kind in ("containers", "initContainers")
            for part in (pod.get("spec") or {}).get(kind) or ()
        }
        for pod in (one.sent, one.made)
    ]
    return sorted(names[1] - names[0]) if one.kind == "Pod" else []


def rules(facts: Facts) -> Finding:
    """Who else has a say."""
    if facts.rules.value is None:
        what = _(
            "Which admission policies and webhooks there are is not known ({reason}).", reason=facts.rules.why
        )
        step = _("What they say to Notebench's objects is tried all the same, as far as you may create them.")
        return Finding("rules", Verdict.unknown, what, step)
    names = sorted({one["metadata"]["name"] for one in facts.rules.value})
    if not names:
        return Finding("rules", Verdict.ok, _("No admission policy and no webhook has a say."))
    what = _(
        "Admission policies and webhooks that have a say: {names}. Notebench's objects went past them.",
        names=listed(names),
    )
    return Finding("rules", Verdict.ok, what, _("What any of them said against it stands above."))
