"""The seam between what should run and what runs it: four verbs, plain JSON state."""

from collections.abc import AsyncIterator, Collection, Sequence
from enum import StrEnum
from typing import Any, NamedTuple, Protocol

from pydantic import BaseModel, ConfigDict

from notebench_spawner.workload import Workload


class Phase(StrEnum):
    """What a backend sees of a workload. `gone`: it knows nothing of it any more, which is not an error."""

    pending = "pending"
    running = "running"
    succeeded = "succeeded"
    failed = "failed"
    gone = "gone"


class Handle(BaseModel):
    """What a backend needs to find a workload again after any restart; stored on the record as JSON."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    backend: str
    workload: str
    state: dict[str, Any]


class Observation(BaseModel):
    """What was seen of one handle."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    handle: Handle
    phase: Phase
    reason: str = ""
    """Why it waits or how it ended, one sentence."""
    exit_code: int | None = None
    timed_out: bool = False
    """True when it was ended because its time was over."""
    node: str = ""
    """Of a cluster, where it runs."""
    address: str = ""
    """`unix:/path` or `http://host:port` of a model server that was started."""


class Stray(NamedTuple):
    """Something that goes on and that nobody's record knows."""

    workload: str
    where: str
    """How an operator finds it: `process 4711`, `job/run-1-1`."""


class Backend(Protocol):
    """Launches workloads: `memory`, `process`, later `kubernetes`. One contract suite tests them all."""

    async def start(self, workload: Workload) -> Handle:
        """Start it and return at once. The same id twice is the same workload."""
        ...

    async def observe(self, handles: Sequence[Handle]) -> list[Observation]:
        """Look at many at once, in the given order. What is gone is `gone`, not an error."""
        ...

    async def stop(self, handle: Handle) -> None:
        """Ask it to end, make it end, return when it has. Does nothing when it is gone."""
        ...

    def logs(self, handle: Handle, *, follow: bool = False) -> AsyncIterator[str]:
        """Its output, line by line without line ends; with `follow` until it ends."""
        ...

    async def strays(self, known: Collection[str]) -> list[Stray]:
        """Workloads of any kind that go on here although their ids are not among the known."""
        ...
