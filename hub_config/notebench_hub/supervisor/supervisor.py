"""The supervisor's loop: all parts, started in order, kept alive, ended together."""

import asyncio
import contextlib
import os
from collections.abc import Sequence

from notebench.contract.errors import NotFound, Unavailable

from notebench_hub.place import Place
from notebench_hub.supervisor.keeper import Keeper, Pace
from notebench_hub.supervisor.part import Part
from notebench_hub.supervisor.view import PartView, View

START_TIMEOUT = 300.0
"""Seconds in which every part must have answered once."""


class PartFailed(Unavailable):
    """A part did not come up; `lines` is the end of its log."""

    code = "part-failed"

    def __init__(self, message: str, next_step: str, *, lines: list[str], **values: object) -> None:
        super().__init__(message, next_step, code="", field="", **values)
        self.lines = lines


class Supervisor:
    """Owns the given parts of one state directory."""

    def __init__(
        self,
        parts: Sequence[Part],
        place: Place,
        *,
        pace: Pace = Pace(),
        start_timeout: float = START_TIMEOUT,
        crashes_at_start: int = 3,
    ) -> None:
        self.keepers = {part.name: Keeper(part, place, pace) for part in parts}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._stop = asyncio.Event()
        self._ready = False
        self._start_timeout = start_timeout
        self._crashes_at_start = crashes_at_start

    async def start(self) -> None:
        """Start every part and return once all have answered. Raises PartFailed; call `end` in any case."""
        for keeper in self.keepers.values():
            self._tasks[keeper.part.name] = asyncio.create_task(self._run_in_order(keeper))
        deadline = asyncio.get_running_loop().time() + self._start_timeout
        while not all(keeper.first_healthy.is_set() for keeper in self.keepers.values()):
            if self._stop.is_set():
                return
            self._refuse_hopeless(late=asyncio.get_running_loop().time() > deadline)
            await asyncio.sleep(0.05)
        self._ready = True

    async def _run_in_order(self, keeper: Keeper) -> None:
        for name in keeper.part.after:
            if name in self.keepers:
                await self.keepers[name].first_healthy.wait()
        await keeper.run()

    def _refuse_hopeless(self, *, late: bool) -> None:
        for view in self.view().parts:
            if view.crashes >= self._crashes_at_start:
                raise PartFailed(
                    "The part {part} ended {times} times while it was being started (exit code {exit_code}).",
                    "Its last lines say why; all of them: `notebench logs {part}`.",
                    lines=view.last_lines,
                    part=view.name,
                    times=view.crashes,
                    exit_code=view.exit_code,
                )
            if late and not view.healthy:
                raise PartFailed(
                    "The part {part} did not answer within {seconds} seconds.",
                    "Look at `notebench logs {part}`, then try `notebench up` again.",
                    lines=self.keepers[view.name].tail(),
                    part=view.name,
                    seconds=round(self._start_timeout),
                )

    @property
    def stopping(self) -> bool:
        """Whether the end was asked for."""
        return self._stop.is_set()

    async def run(self) -> None:
        """Keep the parts alive until `stop` is called."""
        await self._stop.wait()

    def stop(self) -> None:
        """Make `run` return."""
        self._stop.set()

    async def end(self) -> None:
        """End all parts, the hub and the service before what they talk to."""
        self._stop.set()
        for task in reversed(self._tasks.values()):
            task.cancel()
        for task in self._tasks.values():
            with contextlib.suppress(asyncio.CancelledError, OSError):
                await task

    async def restart(self, name: str) -> None:
        """Restart one part and return once it answers. Raises NotFound and PartFailed."""
        keeper = self.keepers.get(name)
        if keeper is None:
            raise NotFound(
                "There is no part {part}.",
                "The parts are: {parts}.",
                part=name,
                parts=", ".join(self.keepers),
            )
        await keeper.restart()
        limit = asyncio.get_running_loop().time() + self._start_timeout
        while not keeper.answers_again:
            await asyncio.sleep(0.05)
            if keeper.crashes >= self._crashes_at_start or asyncio.get_running_loop().time() > limit:
                raise PartFailed(
                    "The part {part} did not come back.",
                    "It is tried again with growing pauses; its log: `notebench logs {part}`.",
                    lines=keeper.tail(),
                    part=name,
                )

    def view(self) -> View:
        """Everything now."""
        return View(
            pid=os.getpid(), ready=self._ready, stopping=self._stop.is_set(), parts=self._part_views()
        )

    def _part_views(self) -> list[PartView]:
        return [keeper.view() for keeper in self.keepers.values()]
