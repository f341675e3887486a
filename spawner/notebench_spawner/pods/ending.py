"""How a pod ended, in the same words as a process of one machine, from what its status says."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from notebench_spawner.marks import N_
from notebench_spawner.pods.waiting import one_line
from notebench_spawner.processes import Exit

TAKEN = N_("The cluster took it away from its node: {reason}.")

Status = Mapping[str, Any]
"""A pod's `status` as JSON."""

_SIGNALS = range(129, 129 + 64)
_BY_THE_NODE = frozenset({"Evicted", "NodeAffinity", "NodeLost", "NodeShutdown", "Shutdown", "Terminated"})
"""Reasons of a pod that say so, also where the cluster is too old for the condition."""


class Ending(NamedTuple):
    """An end, as observations and records of sessions have it."""

    code: int
    sentence: str
    timed_out: bool = False


def ending(status: Status, memory_mib: int | None = None) -> Ending | None:
    """How the pod with this status ended; None while it has not. `memory_mib` is what it could use."""
    last = _terminated(status)
    if not last and status.get("phase") not in ("Succeeded", "Failed"):
        return None
    succeeded = not last and status.get("phase") == "Succeeded"
    code = 0 if succeeded else int(last.get("exitCode", 1))
    if code and (taken := _taken(status)):
        return Ending(code, TAKEN.format(reason=one_line(taken)))
    seen = Exit(
        code=code,
        signal=code - 128 if code in _SIGNALS else None,
        ended=datetime.now(UTC),
        timed_out=code != 0 and status.get("reason") == "DeadlineExceeded",
        over_memory=last.get("reason") == "OOMKilled",
    )
    return Ending(code, seen.sentence(memory_mib), seen.timed_out)


def _terminated(status: Status) -> Mapping[str, Any]:
    """What is said of the end of the one container."""
    container: Mapping[str, Any] = next(iter(status.get("containerStatuses") or ()), {})
    return (container.get("state") or {}).get("terminated") or {}


def _taken(status: Status) -> str:
    """Why somebody took the pod away; empty where nobody did."""
    for condition in status.get("conditions") or ():
        if condition.get("type") == "DisruptionTarget" and condition.get("status") == "True":
            return str(condition.get("message") or condition.get("reason") or condition["type"])
    reason = str(status.get("reason") or "")
    return str(status.get("message") or reason) if reason in _BY_THE_NODE else ""
