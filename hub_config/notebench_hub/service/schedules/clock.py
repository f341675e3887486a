"""The clock: what is due becomes a run, in the same transaction in which its schedule moves on."""

import asyncio
import secrets
from collections.abc import Callable
from datetime import UTC, datetime

from notebench.contract.runs import Run

from notebench_hub.service.controllers import pause_or_stop
from notebench_hub.service.schedules.calendar import firing
from notebench_hub.service.store import Store
from notebench_hub.service.store import schedules as rows

Now = Callable[[], datetime]
EVERY_SECONDS = 1.0


def now() -> datetime:
    """This moment, in UTC."""
    return datetime.now(UTC)


class Clock:
    """Fires due schedules. It keeps nothing: killed at any moment, it goes on from what the store says."""

    def __init__(self, store: Store, *, now: Now = now, every: float = EVERY_SECONDS) -> None:
        self._store = store
        self._now = now
        self._every = every

    async def run(self, stop: asyncio.Event) -> None:
        """Look at the time again and again until told to stop."""
        while not stop.is_set():
            await self.once()
            await pause_or_stop(stop, self._every)

    async def once(self) -> list[Run]:
        """Fire what is due now. Reads first, so that an idle clock does not write."""
        due = await self._store.read(rows.next_due)
        moment = self._now()
        if due is None or due > moment:
            return []
        return await self._store.write(rows.fire_due, moment, firing, lambda: secrets.token_hex(8))
