"""Version, clock, and rights of who asks."""

import re

from notebench_hub.doctor.facts import Facts
from notebench_hub.doctor.finding import Finding, Verdict, listed
from notebench_hub.i18n import _

LEAST = (1, 32)
"""What the chart needs; Chart.yaml says the same."""
_UNEASY, _BROKEN = 5, 60


def version(facts: Facts) -> Finding:
    """Whether Kubernetes is new enough."""
    said = facts.version.value or ""
    found = re.match(r"v?(\d+)\.(\d+)", said)
    if not found:
        what = _("Its version is not known ({reason}).", reason=facts.version.why or said)
        return Finding("version", Verdict.unknown, what, _("See what `kubectl version` says."))
    least = ".".join(map(str, LEAST))
    if (int(found[1]), int(found[2])) < LEAST:
        what = _(
            "Kubernetes {version} is older than {least}, which the chart needs.", version=said, least=least
        )
        return Finding("version", Verdict.fault, what, _("Bring the cluster up to date first."))
    return Finding("version", Verdict.ok, _("Version {version}.", version=said))


def clock(facts: Facts) -> Finding:
    """Whether the cluster and this machine agree on the time."""
    if facts.skew is None:
        what = _("The API does not say what time it has.")
        return Finding("clock", Verdict.unknown, what, _("Compare the clocks of the nodes by hand."))
    seconds = round(abs(facts.skew))
    if seconds < _UNEASY:
        return Finding("clock", Verdict.ok, _("The cluster's clock and that of this machine agree."))
    verdict = Verdict.fault if seconds >= _BROKEN else Verdict.warning
    what = _(
        "The cluster's clock and that of this machine differ by {seconds} s: sign-in at a provider, "
        "certificates "
        "and schedules go wrong with a wrong clock.",
        seconds=seconds,
    )
    return Finding(
        "clock", verdict, what, _("Let a time service (chrony, systemd-timesyncd) set both clocks.")
    )


def rights(facts: Facts) -> Finding:
    """Whether who asks may install: nobody may give a Role what they do not have themselves."""
    missing = [f"{one.verb} {one.right.resource}" for one in facts.may if one.allowed is False]
    unclear = [f"{one.verb} {one.right.resource}" for one in facts.may if one.allowed is None]
    if missing:
        what = _(
            "In the namespace {namespace} you may not: {missing}.",
            namespace=facts.namespace,
            missing=listed(missing, 12),
        )
        step = _(
            "Let somebody install who may, or ask for these rights: who makes the Roles of hub and service "
            "needs all "
            "that is in `helm/files/rights.yaml`."
        )
        return Finding("rights", Verdict.fault, what, step)
    if unclear or not facts.may:
        what = _("The cluster does not say whether you may: {unclear}.", unclear=listed(unclear) or "–")
        return Finding("rights", Verdict.unknown, what, _("Ask with `kubectl auth can-i --list`."))
    what = _("You may make all that is installed, and give hub and service their rights.")
    return Finding("rights", Verdict.ok, what)
