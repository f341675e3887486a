"""What a deployment needs next, and what people should see of it: pure functions over its records."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from notebench.contract.deployments import Observed
from notebench_spawner.marks import N_

from notebench_hub.service.store.deployments import DeploymentRecord, ServerRecord

LOAD_FAILED = 3
"""The model server's exit code that says: the model does not load."""

_SHORTEST, _LONGEST = 1.0, 60.0
_LOAD_SHORTEST, _LOAD_LONGEST = 10.0, 300.0


@dataclass(frozen=True)
class Plan:
    """What to do with the servers of one deployment."""

    create: list[ServerRecord] = field(default_factory=list)
    start: list[ServerRecord] = field(default_factory=list)
    stop: list[ServerRecord] = field(default_factory=list)
    drop: list[ServerRecord] = field(default_factory=list)


def plan(
    wanted: DeploymentRecord, servers: list[ServerRecord], moment: datetime, busy: Collection[str] = ()
) -> Plan:
    """The servers of older generations stay until the new ones are ready, however long that takes.

    Servers whose workload is `busy` are just being started: they wait for the next round.
    """
    going = [one for one in servers if not one.stopping]
    current = [one for one in going if _is_current(wanted, one)] if wanted.wanted else []
    rest = [one for one in going if one not in current]
    keep_old = wanted.wanted and sum(one.ready for one in current) < wanted.replicas
    stop = [one for one in rest if not (keep_old and one.ready)]
    there = {one.number for one in servers if _is_current(wanted, one)}
    missing = [number for number in range(wanted.replicas) if number not in there] if wanted.wanted else []
    idle = [one for one in servers if one.workload not in busy]
    return Plan(
        create=[_server(wanted, number) for number in missing],
        start=[one for one in current if one in idle and not one.live and _due(one, moment)],
        stop=[one for one in stop if one in idle],
        drop=[one for one in idle if one.stopping and not one.live],
    )


def serving(wanted: DeploymentRecord, servers: list[ServerRecord]) -> list[ServerRecord]:
    """The servers to which requests go now: never two versions at a time."""
    ready = [one for one in servers if one.ready and not one.stopping]
    current = [one for one in ready if one.generation == wanted.generation]
    older = [one for one in ready if one.generation < wanted.generation]
    if not wanted.wanted or len(current) >= wanted.replicas or not older:
        return current if wanted.wanted else []
    newest = max(one.generation for one in older)
    return [one for one in older if one.generation == newest]


def observed(wanted: DeploymentRecord, servers: list[ServerRecord]) -> tuple[Observed, str]:
    """State and reason in people's words."""
    if not wanted.wanted:
        return (Observed.stopping if servers else Observed.stopped), ""
    current = [one for one in servers if _is_current(wanted, one) and not one.stopping]
    ready = sum(one.ready for one in current)
    if ready >= wanted.replicas:
        return Observed.ready, ""
    if ready:
        return Observed.ready, f"{ready} of {wanted.replicas} replicas are ready."
    trouble = next((one.reason for one in current if one.reason), "")
    if serving(wanted, servers):
        return Observed.ready, _meanwhile(wanted.version, trouble)
    return _not_yet(current, trouble)


def _meanwhile(version: str, trouble: str) -> str:
    """Why the version before still answers."""
    if trouble:
        return f"Version {version} does not start: {trouble} The version before keeps answering."
    return f"Version {version} is being loaded; the version before keeps answering."


def _not_yet(current: list[ServerRecord], trouble: str) -> tuple[Observed, str]:
    """Nothing answers."""
    if trouble:
        waits = not any(one.live or one.failures for one in current)  # for devices
        return (Observed.pending if waits else Observed.failing), trouble
    if any(one.live for one in current):
        return Observed.starting, N_("The model is being loaded.")
    return Observed.pending, N_("Its environment is being prepared.")


def back_off(failures: int, exit_code: int | None) -> timedelta:
    """How long to wait after so many failures in a row; longer where another try will hardly help."""
    slow = exit_code == LOAD_FAILED
    shortest, longest = (_LOAD_SHORTEST, _LOAD_LONGEST) if slow else (_SHORTEST, _LONGEST)
    return timedelta(seconds=min(shortest * 2.0 ** min(failures - 1, 20), longest))


def _due(server: ServerRecord, moment: datetime) -> bool:
    return server.retry_at is None or server.retry_at <= moment


def _is_current(wanted: DeploymentRecord, server: ServerRecord) -> bool:
    return server.generation == wanted.generation and server.number < wanted.replicas


def _server(wanted: DeploymentRecord, number: int) -> ServerRecord:
    return ServerRecord(
        id=f"server-{wanted.id}-{wanted.generation}-{number}",
        deployment=wanted.id,
        generation=wanted.generation,
        number=number,
        version=wanted.version,
        model=wanted.model,
        resolved=wanted.resolved,
    )
