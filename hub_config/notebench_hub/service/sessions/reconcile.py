"""Keeps session records true: an end that the hub could not report is found and written."""

import asyncio
import logging
from datetime import timedelta

from notebench.contract.errors import Unavailable
from notebench.contract.sessions import Session, SessionState, SessionUpdate

from notebench_hub.service.controllers import pause_or_stop
from notebench_hub.service.doors.hub import HubClient, HubServer
from notebench_hub.service.sessions.desk import Desk
from notebench_hub.service.store import Store
from notebench_hub.service.store import sessions as rows
from notebench_hub.service.store.base import now

log = logging.getLogger("notebench.service")

_EVERY_SECONDS = 10.0
_GRACE = timedelta(seconds=30)
"""A record is written shortly before the hub lists its server."""

_GONE = "The hub does not run this server any more; its end was not reported."


class Reconciler:
    """A controller over all live records."""

    def __init__(self, store: Store, hub: HubClient, desk: Desk, *, every: float = _EVERY_SECONDS) -> None:
        self._store = store
        self._hub = hub
        self._desk = desk
        self._every = every

    async def run(self, stop: asyncio.Event) -> None:
        """Look, correct, wait, until told to stop. While the hub is away nothing is changed."""
        while not stop.is_set():
            try:
                await self.once()
            except Unavailable as error:
                log.debug("sessions not reconciled: %s", error)
            await pause_or_stop(stop, self._every)

    async def once(self) -> None:
        """One round. Records are read before servers are listed: what then is not listed has really ended."""
        records = await self._store.read(rows.live)
        if not records:
            return
        servers = {(one.user, one.name): one for one in await self._hub.servers()}
        for record in records:
            update = correction(record, servers.get((record.user, record.server)))
            if update:
                await self._desk.update(record.id, update)


def correction(record: Session, server: HubServer | None) -> SessionUpdate | None:
    """What must be written so that the record says what the hub sees; None if it says so already."""
    if server is not None and server.ready:
        if record.state is SessionState.starting:
            return SessionUpdate(state=SessionState.running, url=server.url)
        return None
    if server is not None and server.pending:
        return None
    if record.state is SessionState.starting and now() - record.started < _GRACE:
        return None
    return SessionUpdate(state=SessionState.stopped, reason=_GONE)
