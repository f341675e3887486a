"""Why a pod does not run yet: whatever waits says for what."""

from collections.abc import Iterable, Mapping
from typing import Any

from notebench_spawner.marks import N_

PLACE = N_("It waits for a place in the cluster: {reason}.")
IMAGE = N_("Its image cannot be fetched: {reason}.")
CONTAINER = N_("Its container cannot be made: {reason}.")
COMING = N_("It has a place in the cluster and is being made ready there.")
HELD = N_("It has a place in the cluster, but cannot be made ready there yet: {reason}.")
UNSEEN = N_("The cluster has not looked at it yet.")

_FETCHING = frozenset(
    {"ErrImageNeverPull", "ErrImagePull", "ImageInspectError", "ImagePullBackOff", "InvalidImageName"}
)
_MAKING = frozenset({"", "ContainerCreating", "PodInitializing"})
_LONGEST = 300


def why_waiting(status: Mapping[str, Any], trouble: str = "") -> str:
    """One English sentence from a pod's `status`; empty for one that does not wait."""
    template, reason = waiting(status, trouble)
    return template.format(reason=reason)


def waiting(status: Mapping[str, Any], trouble: str = "") -> tuple[str, str]:
    """The sentence as a template, and the reason in the cluster's own words that belongs into it.

    What keeps a node from making a pod ready is in no status: `trouble` is what events say of it.
    """
    if status.get("phase", "Pending") != "Pending":
        return "", ""
    container: Mapping[str, Any] = next(iter(status.get("containerStatuses") or ()), {})
    waits = (container.get("state") or {}).get("waiting") or {}
    reason = str(waits.get("reason") or "")
    said = one_line(str(waits.get("message") or reason))
    if reason in _FETCHING:
        return IMAGE, said
    if reason not in _MAKING:
        return CONTAINER, said
    for condition in status.get("conditions") or ():
        if condition.get("type") == "PodScheduled":
            if condition.get("status") == "True":
                return (HELD, one_line(trouble)) if trouble else (COMING, "")
            return PLACE, one_line(str(condition.get("message") or condition.get("reason")))
    return UNSEEN, ""


def trouble(events: Iterable[Mapping[str, Any]]) -> str:
    """The newest warning about a pod, in the cluster's words, that is not of the search for a node."""
    found = [
        one for one in events if one.get("type") == "Warning" and one.get("reason") != "FailedScheduling"
    ]
    last = max(found, key=lambda one: str(one.get("lastTimestamp") or one.get("eventTime") or ""), default={})
    return str(last.get("message") or last.get("reason") or "")


def one_line(said: str) -> str:
    """What a cluster says, as a part of a sentence."""
    return " ".join(said.split())[:_LONGEST].rstrip(" .")
