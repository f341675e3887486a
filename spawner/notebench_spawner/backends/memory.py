"""A deterministic backend without processes: what happens is what a script says, look by look."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from dataclasses import dataclass, field

from notebench_spawner.backends.base import Handle, Observation, Phase, Stray
from notebench_spawner.workload import Workload

NAME = "memory"


@dataclass
class Outcome:
    """What a workload will do: the phases it shows, one per look, the last one for ever, and its output."""

    phases: list[Phase] = field(default_factory=lambda: [Phase.running])
    output: list[str] = field(default_factory=list)
    reason: str = ""
    exit_code: int | None = None
    address: str = ""


Script = Callable[[Workload], Outcome]


@dataclass
class _Thing:
    workload: Workload
    outcome: Outcome
    ended: asyncio.Event = field(default_factory=asyncio.Event)


class MemoryBackend:
    """Keeps everything in `things`; `script` says what each new workload will do.

    Without a script a workload runs until it is stopped. Tests change `things[id].outcome` or call `finish`.
    """

    def __init__(self, script: Script | None = None) -> None:
        self.script = script or (lambda _: Outcome())
        self.things: dict[str, _Thing] = {}
        self.starts: list[str] = []
        """Ids in the order in which they really began: an id is never in it twice."""

    async def start(self, workload: Workload) -> Handle:
        """Remember it. The same id twice is the same thing."""
        if workload.id not in self.things:
            self.things[workload.id] = _Thing(workload, self.script(workload))
            self.starts.append(workload.id)
        return Handle(backend=NAME, workload=workload.id, state={})

    async def observe(self, handles: Sequence[Handle]) -> list[Observation]:
        """The next phase of each script; what was forgotten is gone."""
        return [self._look(handle) for handle in handles]

    async def stop(self, handle: Handle) -> None:
        """It ends as failed with `It was stopped.`, unless it has ended already."""
        thing = self.things.get(handle.workload)
        if thing and not _ended(thing.outcome.phases[0]):
            self.finish(handle.workload, Phase.failed, reason="It was stopped.", exit_code=-15)

    async def logs(self, handle: Handle, *, follow: bool = False) -> AsyncIterator[str]:
        """The script's output; with `follow` what is added until it ends, too."""
        thing = self.things.get(handle.workload)
        position = 0
        while thing:
            ended = _ended(thing.outcome.phases[0])
            while position < len(thing.outcome.output):
                yield thing.outcome.output[position]
                position += 1
            if ended or not follow:
                return
            await thing.ended.wait()

    async def strays(self, known: Collection[str]) -> list[Stray]:
        """What has not ended and is not known."""
        going = [name for name, thing in self.things.items() if not _ended(thing.outcome.phases[0])]
        return [Stray(name, f"memory/{name}") for name in sorted(going) if name not in known]

    def finish(self, name: str, phase: Phase, *, reason: str = "", exit_code: int | None = None) -> None:
        """Let a workload end now."""
        thing = self.things[name]
        thing.outcome.phases = [phase]
        thing.outcome.reason, thing.outcome.exit_code = reason, exit_code
        thing.ended.set()

    def forget(self, name: str) -> None:
        """As if the machine had lost it."""
        self.things.pop(name).ended.set()

    def _look(self, handle: Handle) -> Observation:
        thing = self.things.get(handle.workload)
        if thing is None:
            return Observation(
                handle=handle, phase=Phase.gone, reason="Nobody knows how it ended: it is not there any more."
            )
        outcome = thing.outcome
        phase = outcome.phases.pop(0) if len(outcome.phases) > 1 else outcome.phases[0]
        if _ended(outcome.phases[0]):
            thing.ended.set()
        ended = _ended(phase)
        code = outcome.exit_code if outcome.exit_code is not None else (0 if phase is Phase.succeeded else 1)
        return Observation(
            handle=handle,
            phase=phase,
            reason=outcome.reason if ended else "",
            exit_code=code if ended else None,
            address=outcome.address if phase is Phase.running else "",
        )


def _ended(phase: Phase) -> bool:
    return phase in {Phase.succeeded, Phase.failed, Phase.gone}
