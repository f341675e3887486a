"""Brings model servers to what deployments want: starts, probes, replaces, and starts again what fails."""

import asyncio
import logging
import secrets
from dataclasses import replace
from datetime import timedelta
from functools import partial

from notebench.contract.errors import NotebenchError, Unavailable
from notebench_spawner.backends.base import Handle, Observation, Phase

from notebench_hub.service import resolution
from notebench_hub.service.controllers import Tasks, cannot_start, pause_or_stop
from notebench_hub.service.deployments.directory import Directory
from notebench_hub.service.deployments.plan import Plan, back_off, observed, plan
from notebench_hub.service.deployments.probe import is_ready
from notebench_hub.service.deployments.servers import Servers
from notebench_hub.service.devices import DevicesBusy, waiting_for
from notebench_hub.service.feature import Parts
from notebench_hub.service.store import deployments as rows
from notebench_hub.service.store.base import now
from notebench_hub.service.store.deployments import DeploymentRecord, ServerRecord

log = logging.getLogger("notebench.deployments")

EVERY_SECONDS = 0.5
_PROBE_READY_SECONDS = 2.0
_SILENT = 3
"""So many probes in a row may fail before a server that was ready counts as hanging."""

_LOAD_MINUTES = 15
_WAITS = timedelta(seconds=2)
"""How long until a server asks again for devices that were not free."""

_HEALTHY_SECONDS = 60.0
_DRAIN_SECONDS = 1.0
"""Between taking a server out of the directory and ending it: requests on their way arrive."""


class DeploymentController:
    """The one writer of observed states and of servers. All that must survive is in the store."""

    def __init__(
        self, parts: Parts, servers: Servers, directory: Directory, *, every: float = EVERY_SECONDS
    ) -> None:
        self._parts = parts
        self._servers = servers
        self._directory = directory
        self._every = every
        self._tasks = Tasks(log)
        self._silent: dict[str, int] = {}
        self._ready_since: dict[str, float] = {}
        self._probed: dict[str, float] = {}

    async def run(self, stop: asyncio.Event) -> None:
        """Round after round until told to stop. Model servers stay."""
        while not stop.is_set():
            await self.once()
            await pause_or_stop(stop, self._every)
        await self._tasks.finish("start", 5)

    async def once(self) -> None:
        """One round over all deployments."""
        # What a start that is under way will write is not known to this round: it leaves those servers alone.
        busy = self._tasks.under_way("start")
        everything = await self._parts.store.read(rows.everything)
        live = [one for _, servers in everything for one in servers if one.live]
        handles = [Handle.model_validate(one.handle) for one in live]
        seen = await self._parts.backend.observe(handles)
        looks = {one.id: look for one, look in zip(live, seen, strict=True)}
        for record, servers in everything:
            idle = [None if one.workload in busy else looks.get(one.id) for one in servers]
            try:
                fresh = await asyncio.gather(*map(self._look, servers, idle))
                await self._bring(record, list(fresh), busy)
            except Unavailable:
                raise  # the store: nothing can be written now
            except Exception:  # whatever is wrong with this one, the others go on
                log.exception("deployment %s was passed over; it is tried again", record.id)

    async def _bring(self, record: DeploymentRecord, servers: list[ServerRecord], busy: set[str]) -> None:
        """One step from what is to what is wanted; requests are led elsewhere before a server ends."""
        todo = plan(record, servers, now(), busy)
        servers = await self._write(todo, servers)
        state, reason = observed(record, servers)
        self._directory.tell(record, servers, reason)
        if (record.observed, record.reason) != (state.value, reason):
            await self._parts.store.write(rows.saw, record.id, state, reason)
        for one in servers:
            if one.stopping and one.live:
                self._tasks.begin(f"stop {one.workload}", partial(self._stop, one))
        for one in todo.start:
            self._tasks.begin(f"start {one.workload}", partial(self._start, record, one))
        if record.removed and not servers:
            await self._parts.store.write(rows.forget, record.id)
            self._directory.forget(record.id)

    async def _write(self, todo: Plan, servers: list[ServerRecord]) -> list[ServerRecord]:
        """Servers as they are after the plan was written down, before any of it is done."""
        dropped, stopping = {one.id for one in todo.drop}, {one.id for one in todo.stop}
        for one in todo.drop:
            await self._servers.clean(one)
            await self._parts.store.write(rows.drop, one.id)
        left = [replace(one, stopping=True) if one.id in stopping else one for one in servers]
        # A name of its own each time: the process of a name that was there before would be found, ended.
        made = [replace(one, id=f"{one.id}-{secrets.token_hex(3)}") for one in todo.create]
        for one in [*(one for one in left if one.id in stopping), *made]:
            await self._parts.store.write(rows.keep, one)
        return [one for one in left if one.id not in dropped] + made

    async def _look(self, server: ServerRecord, seen: Observation | None) -> ServerRecord:
        """The server as it is now; what changed is written."""
        if seen is None:
            return server
        if seen.phase in {Phase.succeeded, Phase.failed, Phase.gone}:
            fresh = await self._ended(server, seen)
        elif seen.phase is Phase.running and seen.address:
            fresh = await self._probe(server, seen.address)
        else:
            fresh = server
        if fresh != server:
            await self._parts.store.write(rows.keep, fresh)
        return fresh

    async def _ended(self, server: ServerRecord, seen: Observation) -> ServerRecord:
        await self._servers.clean(server)
        for memory in (self._silent, self._ready_since, self._probed):
            memory.pop(server.id, None)
        if server.stopping:
            return replace(server, live=False, ready=False, address="")
        failures = server.failures + 1
        return replace(
            server,
            live=False,
            ready=False,
            address="",
            failures=failures,
            attempt=server.attempt + 1,
            retry_at=now() + back_off(failures, seen.exit_code),
            reason=server.reason or await self._servers.why(server, seen),
        )

    async def _probe(self, server: ServerRecord, address: str) -> ServerRecord:
        moment = asyncio.get_running_loop().time()
        pause = _PROBE_READY_SECONDS if server.ready else 0.0
        if server.stopping or moment - self._probed.get(server.id, -pause) < pause:
            return server
        self._probed[server.id] = moment
        if await is_ready(address):
            since = self._ready_since.setdefault(server.id, moment)
            self._silent.pop(server.id, None)
            failures = 0 if moment - since > _HEALTHY_SECONDS else server.failures
            return replace(server, ready=True, address=address, reason="", failures=failures)
        self._ready_since.pop(server.id, None)
        return self._silence(server)

    def _silence(self, server: ServerRecord) -> ServerRecord:
        """A server that does not answer: patience while it loads, less when it was ready."""
        if not server.ready:
            waited = now() - (server.started or now())
            if waited < timedelta(minutes=_LOAD_MINUTES):
                return server
            reason = f"It was not ready after {_LOAD_MINUTES} minutes."
        else:
            self._silent[server.id] = self._silent.get(server.id, 0) + 1
            if self._silent[server.id] < _SILENT:
                return server
            reason = "It does not answer its health check."
        self._tasks.begin(f"stop {server.workload}", partial(self._servers.stop, server))
        return replace(server, ready=False, reason=reason)

    async def _start(self, record: DeploymentRecord, server: ServerRecord) -> None:
        try:
            await self._servers.start(record, server)
        except DevicesBusy as error:  # no failure: it waits its turn
            waits = replace(server, retry_at=now() + _WAITS, reason=waiting_for(error))
            await self._parts.store.write(rows.keep, waits)
        except Exception as error:  # also what nobody foresaw: it is tried again, slower and slower
            if not isinstance(error, NotebenchError):
                log.exception("model server %s could not be started", server.workload)
            failures = server.failures + 1
            retry_at = now() + back_off(failures, None)
            failed = replace(server, failures=failures, retry_at=retry_at, reason=cannot_start(error))
            if resolution.load(server.resolved).hardware.resources:
                # Another attempt is another holder: meanwhile its devices are free for others.
                failed = replace(failed, attempt=server.attempt + 1)
            await self._parts.store.write(rows.keep, failed)

    async def _stop(self, server: ServerRecord) -> None:
        await asyncio.sleep(_DRAIN_SECONDS)
        await self._servers.stop(server)
