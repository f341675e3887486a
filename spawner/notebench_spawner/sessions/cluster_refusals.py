"""What a cluster says when it does not start a session, as it is said to people."""

import json
from collections.abc import Mapping
from typing import Any

from notebench.contract.errors import Refused, Unavailable

from notebench_spawner.pods.waiting import one_line, why_waiting

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
        "The cluster refused the session: {reason} ({status}).",
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


def slow(seconds: float, status: Mapping[str, Any], warning: str = "") -> Unavailable:
    """For a pod that has not come up; `warning` is the last one that the cluster gave about it."""
    return Unavailable(
        "The session has not come up within {seconds} seconds. The cluster said last: {words}",
        "Choose a smaller profile, or start again when the cluster is less busy.",
        code="session-slow",
        seconds=round(seconds),
        words=f"{one_line(warning)}." if warning else why_waiting(status) or "–",
    )


def other_home(claim: str, wanted: str) -> Refused:
    """For a person whose home was in another volume until now: an empty one would look like a loss."""
    return Refused(
        "Your home is in the volume '{claim}', and the settings name '{wanted}'.",
        "Tell an admin: `homes.claims` in the settings says whose home is where. Nothing was changed.",
        code="home-elsewhere",
        claim=claim,
        wanted=wanted,
    )
