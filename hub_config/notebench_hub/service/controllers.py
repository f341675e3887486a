"""Keeps controllers running: what fails is started again later, and its failure shows in the health."""

import asyncio
import errno
import logging
from collections.abc import Callable, Coroutine
from typing import Any

from notebench.contract.errors import NotebenchError
from notebench_spawner.marks import N_

from notebench_hub.service.feature import Controller, Feature

log = logging.getLogger("notebench.service")

_LONGEST_PAUSE = 30.0
_PATIENCE = 10.0


class Controllers:
    """All controllers of all features, between the service's start and its end."""

    def __init__(self, features: list[Feature]) -> None:
        self._work = [(feature.name, one) for feature in features for one in feature.controllers]
        self._stop = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self.troubles: dict[str, str] = {}
        """By feature: the failure after which its controller waits to be started again."""

    def start(self) -> None:
        """Start all; returns at once."""
        self._tasks = [asyncio.create_task(self._keep(name, one), name=name) for name, one in self._work]

    async def stop(self) -> None:
        """Ask all to end; those that do not within ten seconds are cancelled."""
        self._stop.set()
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=_PATIENCE)
            for task in late:
                log.warning("controller %s did not end in time", task.get_name())
                task.cancel()

    async def _keep(self, name: str, controller: Controller) -> None:
        pause = 1.0
        while not self._stop.is_set():
            begun = asyncio.get_running_loop().time()
            try:
                await controller.run(self._stop)
                self.troubles.pop(name, None)
            except Exception as error:  # whatever it is, the other controllers go on
                log.exception("controller %s failed", name)
                self.troubles[name] = f"{type(error).__name__}: {error}"
            if asyncio.get_running_loop().time() - begun > _LONGEST_PAUSE:
                pause = 1.0
            await pause_or_stop(self._stop, pause)
            pause = min(pause * 2, _LONGEST_PAUSE)


async def pause_or_stop(stop: asyncio.Event, seconds: float) -> bool:
    """Wait; true as soon as `stop` is set. What a controller calls between its rounds."""
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return False
    return True


class Tasks:
    """What a controller has under way, one task for each name; what fails is logged and may begin again."""

    def __init__(self, log: logging.Logger) -> None:
        self._log = log
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def begin(self, name: str, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Begin it, unless it is under way."""
        if name not in self._tasks:
            task = asyncio.create_task(work())
            self._tasks[name] = task
            task.add_done_callback(lambda done: self._done(name, done))

    def under_way(self, kind: str) -> set[str]:
        """What follows the word `kind` in the names of those that it begins."""
        return {name.removeprefix(kind + " ") for name in self._tasks if name.startswith(kind + " ")}

    async def finish(self, kind: str, seconds: float) -> None:
        """Wait for those of a kind, at most so long."""
        waiting = [task for name, task in self._tasks.items() if name.startswith(kind + " ")]
        if waiting:
            await asyncio.wait(waiting, timeout=seconds)

    def _done(self, name: str, task: asyncio.Task[None]) -> None:
        self._tasks.pop(name, None)
        if not task.cancelled() and (error := task.exception()):
            self._log.error("%s failed; it is tried again", name, exc_info=error)


def cannot_start(error: Exception) -> str:
    """Why a workload could not be started, as a reason that readers get in their language."""
    if isinstance(error, NotebenchError):
        return error.text()
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return N_(
            "It could not be started: the home is full. Delete what you do not need, then start it again."
        )
    if isinstance(error, OSError):
        return f"It could not be started: {error.strerror or error}."
    return N_("An error inside Notebench kept it from starting; the service's log names it.")
