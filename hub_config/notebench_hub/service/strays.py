"""Finds workloads that go on although no record knows them, and says so; an operator ends them."""

import asyncio
import logging

from notebench.contract.errors import NotebenchError
from notebench_spawner.backends.base import Backend, Stray

from notebench_hub.service.controllers import pause_or_stop
from notebench_hub.service.feature import Feature
from notebench_hub.service.store import Store, known

log = logging.getLogger("notebench.workloads")

EVERY_SECONDS = 60.0
_NAMED = 5
"""So many are named in the health; the log has all."""


class Strays:
    """A controller that looks now and then. What is a stray in two looks in a row is one.

    Once is not enough: a record may have been written, or a process have ended, while it looked.
    """

    def __init__(self, store: Store, backend: Backend, *, every: float = EVERY_SECONDS) -> None:
        self._store = store
        self._backend = backend
        self._every = every
        self._suspects: frozenset[Stray] = frozenset()
        self.found: frozenset[Stray] = frozenset()

    async def run(self, stop: asyncio.Event) -> None:
        """Look, say, wait, until told to stop. Nothing is said anew while something is away."""
        while not stop.is_set():
            try:
                await self.once()
            except NotebenchError as error:
                log.debug("did not look for stray workloads: %s", error)
            await pause_or_stop(stop, self._every)

    async def once(self) -> None:
        """One look."""
        seen = frozenset(await self._backend.strays(await self._store.read(known.workloads)))
        confirmed, self._suspects = seen & self._suspects, seen
        for one in sorted(confirmed - self.found):
            log.warning("%s (%s) goes on, but no record knows it", one.workload, one.where)
        for one in sorted(self.found - confirmed):
            log.info("%s (%s) has ended", one.workload, one.where)
        self.found = confirmed

    async def health(self) -> str:
        """What an operator should look at."""
        if not self.found:
            return ""
        places = sorted(one.where for one in self.found)
        more = f" and {len(places) - _NAMED} more" if len(places) > _NAMED else ""
        return (
            f"No record knows what goes on here: {', '.join(places[:_NAMED])}{more}. "
            "Look at what they do, then end them by hand."
        )


def feature(store: Store, backend: Backend) -> Feature:
    """The feature `workloads`."""
    strays = Strays(store, backend)
    return Feature(name="workloads", controllers=[strays], health=strays.health)
