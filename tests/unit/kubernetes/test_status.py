"""What a pod's status means to people: why it waits, and how it ended."""

from typing import Any

import pytest
from notebench_spawner.pods.ending import Ending, ending
from notebench_spawner.pods.waiting import trouble, why_waiting


def ended(code: int, reason: str = "Error") -> list[dict[str, Any]]:
    return [{"name": "run", "state": {"terminated": {"exitCode": code, "reason": reason}}}]


def condition(kind: str, status: str, reason: str, message: str) -> list[dict[str, str]]:
    return [{"type": kind, "status": status, "reason": reason, "message": message}]


EVICTED = "The node was low on resource: memory. Threshold quantity: 100Mi, available: 40Mi. "
PREEMPTED = "default-scheduler: preempting to accommodate a higher priority pod"
DOWN = "Pod was terminated in response to imminent node shutdown."

ENDS: dict[str, tuple[dict[str, Any], Ending]] = {
    "success": (
        {"phase": "Succeeded", "containerStatuses": ended(0, "Completed")},
        Ending(0, ""),
    ),
    "failure": ({"phase": "Failed", "containerStatuses": ended(3)}, Ending(3, "It ended with exit code 3.")),
    "signal": (
        {"phase": "Failed", "containerStatuses": ended(143)},
        Ending(143, "It was ended by signal 15 (SIGTERM)."),
    ),
    "memory": (
        {"phase": "Failed", "containerStatuses": ended(137, "OOMKilled")},
        Ending(
            137, "It used more memory than its hardware profile gives: 2048 MiB. Choose a larger profile."
        ),
    ),
    "time": (
        {"phase": "Failed", "reason": "DeadlineExceeded", "containerStatuses": ended(137)},
        Ending(137, "It took longer than its time limit and was ended.", timed_out=True),
    ),
    "evicted": (
        {"phase": "Failed", "reason": "Evicted", "message": EVICTED},
        Ending(1, f"The cluster took it away from its node: {EVICTED.strip(' .')}."),
    ),
    "preempted": (
        {
            "phase": "Failed",
            "conditions": condition("DisruptionTarget", "True", "PreemptionByScheduler", PREEMPTED),
            "containerStatuses": ended(143),
        },
        Ending(143, f"The cluster took it away from its node: {PREEMPTED}."),
    ),
    "node down": (
        {"phase": "Failed", "reason": "Terminated", "message": DOWN, "containerStatuses": ended(137)},
        Ending(137, f"The cluster took it away from its node: {DOWN}"),
    ),
    "done before it was taken": (
        {
            "phase": "Succeeded",
            "conditions": condition("DisruptionTarget", "True", "PreemptionByScheduler", PREEMPTED),
            "containerStatuses": ended(0, "Completed"),
        },
        Ending(0, ""),
    ),
    "container ended, phase not yet": (
        {"phase": "Running", "containerStatuses": ended(3)},
        Ending(3, "It ended with exit code 3."),
    ),
}


@pytest.mark.parametrize("case", ENDS)
def test_how_it_ended(case: str) -> None:
    status, expected = ENDS[case]
    assert ending(status, 2048) == expected


@pytest.mark.parametrize(
    "status",
    [
        {},
        {"phase": "Pending"},
        {"phase": "Running", "containerStatuses": [{"name": "run", "state": {"running": {}}}]},
        {"phase": "Unknown", "containerStatuses": None},
    ],
)
def test_what_has_not_ended(status: dict[str, Any]) -> None:
    assert ending(status) is None


NO_GPU = "0/3 nodes are available: 3 Insufficient nvidia.com/gpu. preemption: 0/3 nodes are available."
PLACED = condition("PodScheduled", "True", "", "")


def waiting(reason: str, message: str = "") -> dict[str, Any]:
    state = {"waiting": {"reason": reason, **({"message": message} if message else {})}}
    return {"phase": "Pending", "conditions": PLACED, "containerStatuses": [{"name": "run", "state": state}]}


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ({}, "The cluster has not looked at it yet."),
        (
            {"phase": "Pending", "conditions": condition("PodScheduled", "False", "Unschedulable", NO_GPU)},
            f"It waits for a place in the cluster: {NO_GPU}",
        ),
        (
            {"phase": "Pending", "conditions": condition("PodScheduled", "False", "SchedulingGated", "")},
            "It waits for a place in the cluster: SchedulingGated.",
        ),
        (
            {"phase": "Pending", "conditions": PLACED},
            "It has a place in the cluster and is being made ready there.",
        ),
        (waiting("ContainerCreating"), "It has a place in the cluster and is being made ready there."),
        (
            waiting("ImagePullBackOff", 'Back-off pulling image "x@sha256:1"'),
            'Its image cannot be fetched: Back-off pulling image "x@sha256:1".',
        ),
        (
            waiting("CreateContainerConfigError", 'secret "session-1" not found'),
            'Its container cannot be made: secret "session-1" not found.',
        ),
        ({"phase": "Running"}, ""),
        ({"phase": "Failed"}, ""),
    ],
)
def test_why_it_waits(status: dict[str, Any], said: str) -> None:
    assert why_waiting(status) == said


def event(reason: str, when: str, kind: str = "Warning") -> dict[str, Any]:
    return {"type": kind, "reason": reason, "message": f"{reason} said.", "lastTimestamp": when}


def test_what_keeps_a_node_from_making_it_ready_is_said() -> None:
    events = [
        event("FailedMount", "2026-01-01T00:00:02Z"),
        event("FailedCreatePodSandBox", "2026-01-01T00:00:03Z"),
        event("FailedScheduling", "2026-01-01T00:00:04Z"),
        event("Pulled", "2026-01-01T00:00:05Z", "Normal"),
        {"type": "Warning", "reason": "Early", "lastTimestamp": None, "eventTime": None},
    ]
    placed = {"phase": "Pending", "conditions": PLACED}
    said = "It has a place in the cluster, but cannot be made ready there yet: FailedCreatePodSandBox said."
    assert why_waiting(placed, trouble(events)) == said
    assert why_waiting({"phase": "Running"}, trouble(events)) == ""
    assert why_waiting(placed, trouble([])) == "It has a place in the cluster and is being made ready there."


def test_a_cluster_that_says_much_is_one_line() -> None:
    status = waiting("ErrImagePull", "a\n" * 500 + ".")
    assert "\n" not in why_waiting(status)
    assert len(why_waiting(status)) < 400
