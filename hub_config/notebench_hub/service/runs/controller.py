"""Brings runs from the queue to their end: launches, looks, cancels, and writes down how each one ended."""

import asyncio
import logging
from functools import partial
from typing import Any

from notebench.contract.errors import NotAllowed, NotebenchError, Unavailable
from notebench.contract.runs import FINAL_STATES, RunState
from notebench_spawner.backends.base import Observation, Phase

from notebench_hub.service.asker import AskerKind
from notebench_hub.service.controllers import Tasks, cannot_start, pause_or_stop
from notebench_hub.service.devices import DevicesBusy, waiting_for
from notebench_hub.service.feature import Parts
from notebench_hub.service.owners import GONE
from notebench_hub.service.runs import files
from notebench_hub.service.runs.ending import ending, has_ended
from notebench_hub.service.runs.launcher import Launcher, handle_of
from notebench_hub.service.runs.queue import claim
from notebench_hub.service.store import Transaction, audit, schedules
from notebench_hub.service.store import runs as rows
from notebench_hub.service.store.runs import Kept

log = logging.getLogger("notebench.runs")

EVERY_SECONDS = 0.5
_WAIT_SECONDS = 5.0
"""After something that a start needs was away, so long nothing is taken from the queue."""


class RunController:
    """The one writer of observed states. All it knows is in the store: it may be killed anywhere."""

    def __init__(self, parts: Parts, launcher: Launcher, *, every: float = EVERY_SECONDS) -> None:
        self._parts = parts
        self._launcher = launcher
        self._every = every
        self._tasks = Tasks(log)
        self._resume_at = 0.0

    async def run(self, stop: asyncio.Event) -> None:
        """Round after round until told to stop. Launched processes stay."""
        while not stop.is_set():
            await self.once()
            await pause_or_stop(stop, self._every)
        await self._tasks.finish("launch", 5)

    async def once(self) -> None:
        """One round: look at what is open, then fill what is free."""
        for kept in await self._open():
            self._again(kept)
        if asyncio.get_running_loop().time() < self._resume_at:
            return
        if await self._parts.store.read(rows.queued):
            most = self._parts.settings.runs.concurrency
            for kept in await self._parts.store.write(claim, most, self._parts.devices):
                self._tasks.begin(f"launch {kept.run.id}", partial(self._launch, kept.run.id))

    async def _open(self) -> list[Kept]:
        """Look at all processes at once; answers the runs that are still open afterwards."""
        kept = await self._parts.store.read(rows.open_runs)
        handles = {one.run.id: handle for one in kept if (handle := handle_of(one))}
        seen = await self._parts.backend.observe(list(handles.values()))
        looks = dict(zip(handles, seen, strict=True))
        still = []
        for one in kept:
            look = looks.get(one.run.id)
            if look is None or not has_ended(look):
                await self._say_why(one, look)
                still.append(one)
                continue
            try:
                await self._settle(one, look)
            except Unavailable:
                raise  # the store: nothing can be written now
            except Exception:  # whatever is wrong with this one, the others go on
                log.exception("the end of run %s could not be written; it is tried again", one.run.id)
        return still

    async def _say_why(self, kept: Kept, look: Observation | None) -> None:
        """A cluster may let it wait, for a node or an image: its record says for what, then where it is."""
        if look is None:
            return
        if look.phase is Phase.pending and look.reason and look.reason != kept.run.reason:
            await self._parts.store.write(rows.waits, kept.run.id, look.reason)
        elif (
            look.node
            and kept.run.state is RunState.running
            and rows.ON_NODE.format(node=look.node) not in kept.run.reason
        ):
            await self._parts.store.write(rows.runs_on, kept.run.id, look.node)

    def _again(self, kept: Kept) -> None:
        """What an open run needs: its launch, if the service was killed in between, or its end."""
        handle = handle_of(kept)
        if handle is None:
            self._tasks.begin(f"launch {kept.run.id}", partial(self._launch, kept.run.id))
        elif kept.cancel_by:
            self._tasks.begin(f"stop {kept.run.id}", partial(self._parts.backend.stop, handle))

    async def _launch(self, run: str) -> None:
        # Read again: a launch that has just ended may have been seen as one that never was.
        kept = await self._parts.store.read(rows.find, run)
        if kept is None or kept.settled or kept.handle is not None:
            return
        if kept.cancel_by:
            await self._end(kept, RunState.cancelled, f"It was cancelled by {kept.cancel_by}.")
            return
        try:
            await self._launcher.launch(kept)
        except DevicesBusy as error:
            await self._parts.store.write(rows.wait, kept.run.id, waiting_for(error))
        except Unavailable as error:
            self._resume_at = asyncio.get_running_loop().time() + _WAIT_SECONDS
            await self._parts.store.write(rows.wait, kept.run.id, f"It waits: {error.text()}")
        except Exception as error:  # also what nobody foresaw: without an end the run would wait for ever
            if not isinstance(error, NotebenchError):
                log.exception("run %s could not be started", kept.run.id)
            await self._end(kept, RunState.failed, cannot_start(error))
            if kept.run.schedule and isinstance(error, NotAllowed) and error.kind in GONE:
                await self._parts.store.write(schedules.pause, kept.run.schedule, error.text())

    async def _settle(self, kept: Kept, look: Observation) -> None:
        """Its process is gone: take the last report from disk, then say how it ended."""
        run = kept.run
        hands = self._parts.hands
        said = await asyncio.to_thread(files.last_report, hands, run.user, run.id, run.attempt)
        if said is not None:
            await self._parts.store.write(rows.report, run.id, said)
        await self._end(kept, *ending(look, said, kept.cancel_by))
        await asyncio.to_thread(files.forget_state, hands, run.user, run.id, run.attempt)

    async def _end(self, kept: Kept, state: RunState, reason: str) -> None:
        """Fence it off first, so that nothing that may be left of it speaks after its end."""
        await self._parts.tokens.end(AskerKind.run, kept.run.id)
        await self._parts.store.write(_finish, kept, state, reason)


def _finish(tx: Transaction, kept: Kept, state: RunState, reason: str) -> None:
    run = rows.finish(tx, kept.run.id, state, reason)
    if run.state in FINAL_STATES:
        facts: dict[str, Any] = {"state": run.state.value, "reason": run.reason, "notebook": run.notebook}
        audit.note(tx, "", run.acting_for, "run-end", run.id, concerns=run.user, **facts)
