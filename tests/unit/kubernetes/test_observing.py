"""From objects of a cluster to observations."""

from typing import Any

import pytest
from notebench_spawner.backends.base import Handle, Observation, Phase
from notebench_spawner.backends.kubernetes.observing import STOPPED, of_run, of_server

from tests.unit.kubernetes.test_status import ended, waiting

RUN = Handle(backend="kubernetes", workload="run-1", state={"kind": "run"})
SERVER = Handle(backend="kubernetes", workload="model-server-1", state={"kind": "model-server"})
LIMITS = [{"name": "run", "resources": {"limits": {"memory": "2048Mi"}}}]


def job(condition: str = "", *, suspend: bool = False, stopped: bool = False, **said: str) -> dict[str, Any]:
    conditions = [{"type": condition, "status": "True", **said}] if condition else []
    return {
        "metadata": {
            "name": "run-1",
            "annotations": {STOPPED: "2026-11-01T00:00:00+00:00"} if stopped else {},
        },
        "spec": {"suspend": suspend},
        "status": {"conditions": conditions},
    }


def pod(created: str = "2026-11-01T00:00:00Z", **status: Any) -> dict[str, Any]:
    return {"metadata": {"creationTimestamp": created}, "spec": {"containers": LIMITS}, "status": status}


RUNNING = pod(phase="Running", containerStatuses=[{"state": {"running": {}}}])
FAILED = pod(phase="Failed", containerStatuses=ended(3))
KILLED = pod(phase="Failed", containerStatuses=ended(143))
HUNGRY = pod(phase="Failed", containerStatuses=ended(137, "OOMKilled"))
LATE = pod(phase="Failed", reason="DeadlineExceeded", containerStatuses=ended(137))
DONE = pod(phase="Succeeded", containerStatuses=ended(0, "Completed"))


def run(phase: Phase, reason: str = "", code: int | None = None, *, late: bool = False) -> Observation:
    return Observation(handle=RUN, phase=phase, reason=reason, exit_code=code, timed_out=late)


STOP = "It was stopped."

RUNS: dict[str, tuple[dict[str, Any] | None, list[dict[str, Any]], Observation]] = {
    "nothing there": (
        None,
        [],
        run(Phase.gone, "It is not in the cluster any more, and nobody saw how it ended."),
    ),
    "just made": (job(), [], run(Phase.pending, "The cluster has not looked at it yet.")),
    "on its way": (
        job(),
        [pod(**waiting("ContainerCreating"))],
        run(Phase.pending, "It has a place in the cluster and is being made ready there."),
    ),
    "running": (job(), [RUNNING], run(Phase.running)),
    "done, the Job says so later": (job(), [DONE], run(Phase.running)),
    "done": (job("Complete"), [DONE], run(Phase.succeeded, "", 0)),
    "failed": (job("Failed"), [FAILED], run(Phase.failed, "It ended with exit code 3.", 3)),
    "too late": (
        job("Failed"),
        [LATE],
        run(Phase.failed, "It took longer than its time limit and was ended.", 137, late=True),
    ),
    "too much memory": (
        job("Failed"),
        [HUNGRY],
        run(
            Phase.failed,
            "It used more memory than its hardware profile gives: 2048 MiB. Choose a larger profile.",
            137,
        ),
    ),
    "asked to end, ending": (job(suspend=True, stopped=True), [RUNNING], run(Phase.running)),
    "stopped": (job(suspend=True, stopped=True), [], run(Phase.failed, STOP, 143)),
    "stopped, pod still there": (
        job("Failed", suspend=True, stopped=True),
        [KILLED],
        run(Phase.failed, STOP, 143),
    ),
    "done when it was stopped": (job("Complete", stopped=True), [DONE], run(Phase.succeeded, "", 0)),
    "done, pod cleaned up": (job("Complete"), [], run(Phase.succeeded, "", 0)),
    "failed, pod cleaned up": (
        job("Failed", reason="BackoffLimitExceeded", message="Job has reached the specified backoff limit"),
        [],
        run(Phase.failed, "Job has reached the specified backoff limit.", 1),
    ),
}


@pytest.mark.parametrize("case", RUNS)
def test_runs(case: str) -> None:
    found, pods, expected = RUNS[case]
    assert of_run(RUN, found, pods, {}) == expected


def server(phase: Phase, reason: str = "", address: str = "") -> Observation:
    return Observation(handle=SERVER, phase=phase, reason=reason, address=address)


def deployment(ready: int = 0) -> dict[str, Any]:
    return {"metadata": {"name": "model-server-1"}, "status": {"readyReplicas": ready} if ready else {}}


CRASHED = pod(
    phase="Running",
    containerStatuses=[
        {
            "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 10s"}},
            "lastState": {"terminated": {"exitCode": 3, "reason": "Error"}},
        }
    ],
)

SERVERS: dict[str, tuple[dict[str, Any] | None, list[dict[str, Any]], Observation]] = {
    "nothing there": (
        None,
        [],
        server(Phase.gone, "It is not in the cluster any more, and nobody saw how it ended."),
    ),
    "just made": (deployment(), [], server(Phase.pending, "The cluster has not looked at it yet.")),
    "loading": (deployment(), [RUNNING], server(Phase.pending)),
    "fetching": (
        deployment(),
        [pod(**waiting("ErrImagePull", "not found"))],
        server(Phase.pending, "Its image cannot be fetched: not found."),
    ),
    "crashed": (
        deployment(),
        [CRASHED],
        server(Phase.pending, "It is started again. Before: It ended with exit code 3."),
    ),
    "ready": (deployment(1), [RUNNING], server(Phase.running, "", "http://model-server-1.people.svc:80")),
    "one of two is ready": (
        deployment(1),
        [CRASHED, RUNNING],
        server(Phase.running, "", "http://model-server-1.people.svc:80"),
    ),
}


@pytest.mark.parametrize("case", SERVERS)
def test_servers(case: str) -> None:
    found, pods, expected = SERVERS[case]
    assert of_server(SERVER, found, pods, "people", {}) == expected
