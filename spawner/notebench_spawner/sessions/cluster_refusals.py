"""Why a session does not start on a cluster, beside what every workload may meet there."""

from collections.abc import Mapping
from typing import Any

from notebench.contract.errors import Refused, Unavailable

from notebench_spawner.pods.waiting import one_line, why_waiting


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
