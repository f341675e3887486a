"""Whether NetworkPolicies hold: a cluster takes them in any case, and not every network goes by them."""

from notebench_hub.doctor.finding import Finding, Verdict
from notebench_hub.i18n import _


def policies() -> Finding:
    """Nothing that can be read says it."""
    what = _("Whether the network enforces NetworkPolicies is not known: it takes pods to see it.")
    step = _("Try it in a session: `curl -m 5 -k https://kubernetes.default.svc` must time out.")
    return Finding("network", Verdict.unknown, what, step)
