"""What a cluster's API says when it does not do what it was asked, as it is said to people."""

import json

from notebench.contract.errors import Unavailable

from notebench_spawner.pods.waiting import one_line

_FORBIDDEN = 403


def refused(status: int, body: str, reason: str = "") -> Unavailable:
    """For an answer of the cluster's API that is no success; `body` is its own, a Status as JSON."""
    try:
        said = str(json.loads(body)["message"])
    except (ValueError, KeyError, TypeError):
        said = reason or body
    said = one_line(said) or str(status)
    if status == _FORBIDDEN and "exceeded quota" in said:
        return Unavailable(
            "The cluster has no more room for you: {reason}.",
            "Stop a server or a run of yours, or choose a smaller profile.",
            code="cluster-quota",
            reason=said,
        )
    return Unavailable(
        "The cluster refused to start it: {reason} ({status}).",
        "Tell an admin; nothing of yours was changed.",
        code="cluster-refused",
        reason=said,
        status=status,
    )


def unreachable(problem: object) -> Unavailable:
    """For an API that does not answer."""
    return Unavailable(
        "The cluster does not answer, so nothing new can start ({problem}).",
        "What runs goes on. Try again in a minute.",
        code="cluster-away",
        problem=one_line(str(problem)) or type(problem).__name__,
    )
