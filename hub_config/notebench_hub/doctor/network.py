"""What pods of ours saw: whether nodes get the image, volumes can be written, and NetworkPolicies hold.

A cluster takes policies in any case, and not every network goes by them: nothing that can be read says it.
"""

from notebench_hub.doctor.facts import Probed
from notebench_hub.doctor.finding import Finding, Verdict
from notebench_hub.i18n import _


def probed(found: Probed | None) -> list[Finding]:
    """What the pods saw; how to let them, where none were made."""
    if found is None:
        what = _("Whether the network enforces NetworkPolicies is not known: it takes pods to see it.")
        step = _("`--probe` makes two small ones for a moment, with a volume each for a home and a project.")
        return [Finding("network", Verdict.unknown, what, step)]
    if not found.taken:
        return [_unseen(found.problem)]
    if not found.image_came:
        what = _(
            "No pod of the image {image} could be started: {reason}", image=found.image, reason=found.problem
        )
        step = _(
            "See that nodes reach the registry and the claims get volumes; `--image` names another image "
            "with "
            "Python, by which the rest can be seen."
        )
        return [Finding("images", Verdict.fault, what, step), _unseen()]
    came = Finding("images", Verdict.ok, _("Nodes get the image {image}.", image=found.image))
    if not found.written:
        what = _("A pod of ours with new volumes ended by itself: {reason}", reason=found.problem)
        step = _(
            "See whether `settings.kubernetes.pods.account.files_group` may write there, and whether the "
            "image "
            "has Python."
        )
        return [came, Finding("claims", Verdict.fault, what, step), _unseen()]
    wrote = Finding("claims", Verdict.ok, _("New volumes come, and pods can write into them."))
    return [came, wrote, _network(found)]


def _network(found: Probed) -> Finding:
    if found.open_before is False and not found.problem:
        what = _("One pod of the namespace does not reach another, without any policy of ours.")
        step = _("See whether a policy is there already that closes all, or the network itself is broken.")
        return Finding("network", Verdict.unknown, what, step)
    if found.closed_after is None or found.problem:
        return _unseen(found.problem)
    if found.closed_after:
        return Finding("network", Verdict.ok, _("The network enforces NetworkPolicies."))
    what = _(
        "The network does not enforce NetworkPolicies: a pod was reached that a policy had closed. Sessions "
        "reach "
        "each other and the API server."
    )
    step = _(
        "Use a network that enforces them (Calico, Cilium, your cloud's policy option) before people come."
    )
    return Finding("network", Verdict.fault, what, step)


def _unseen(reason: str = "") -> Finding:
    what = _("Whether the network enforces NetworkPolicies could not be seen: {reason}", reason=reason or "–")
    return Finding("network", Verdict.unknown, what, _("Mend what stands above, and look again."))
