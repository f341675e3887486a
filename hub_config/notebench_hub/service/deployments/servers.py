"""Model servers as workloads: how one is started, stopped, looked at, and why one has ended."""

import asyncio
import json
from contextlib import suppress
from dataclasses import replace

from notebench_spawner.backends.base import Handle, Observation
from notebench_spawner.workload import Kind, Workload

from notebench_hub.service import resolution
from notebench_hub.service.asker import AskerKind
from notebench_hub.service.feature import Parts
from notebench_hub.service.owners import check_owner
from notebench_hub.service.store import deployments as rows
from notebench_hub.service.store.base import now
from notebench_hub.service.store.deployments import DeploymentRecord, ServerRecord
from notebench_hub.service.store.devices import Holder

COMMAND = ("python", "-m", "notebench.serving")
_SENTENCE = 2000


class Servers:
    """Starts and ends model servers. Safe to repeat: an attempt of a server is always one process."""

    def __init__(self, parts: Parts, command: tuple[str, ...] = COMMAND) -> None:
        self._parts = parts
        self._command = command

    async def start(self, record: DeploymentRecord, server: ServerRecord) -> ServerRecord:
        """Start this attempt, if its owner may still have it. Raises NotebenchError or OSError."""
        parts = self._parts
        await check_owner(parts, record.owner)
        holder = Holder(server.workload, Kind.model_server, server.id, record.user, server.attempt)
        devices = await parts.devices.reserve(holder, resolution.load(server.resolved).hardware)
        token = await parts.tokens.issue(
            AskerKind.model_server, server.workload, record.user, record.acting_for
        )
        workload = self._workload(record, server, token).model_copy(update={"devices": devices})
        handle = await parts.backend.start(workload)
        started = replace(
            server,
            handle=handle.model_dump(mode="json"),
            live=True,
            ready=False,
            started=now(),
            retry_at=None,
            reason=server.reason if server.failures else "",
        )
        await parts.store.write(rows.keep, started)
        if server.attempt > 1:
            await parts.store.write(rows.restarted, record.id)
        return started

    async def stop(self, server: ServerRecord) -> None:
        """End its process, after the requests that it has."""
        if server.handle:
            await self._parts.backend.stop(Handle.model_validate(server.handle))

    async def clean(self, server: ServerRecord) -> None:
        """Take away what an ended attempt leaves: its token and its socket."""
        await self._parts.tokens.end(AskerKind.model_server, server.workload)
        await asyncio.to_thread(self._parts.hands.remove_runtime, server.workload)

    async def why(self, server: ServerRecord, seen: Observation) -> str:
        """Why it ended: in the model server's own words where it found some."""
        said = ""
        with suppress(OSError):
            async for line in self._parts.backend.logs(seen.handle):
                said = _load_failure(line) or said
        return said or seen.reason or "Its process is gone and nobody saw how it ended."

    def _workload(self, record: DeploymentRecord, server: ServerRecord, token: str) -> Workload:
        environment = self._parts.environment
        resolved = resolution.load(server.resolved)
        layer = environment.layer(record.owner, resolved)
        variables = environment.variables(
            Kind.model_server, record.id, record.owner, resolved, token, layer=layer
        )
        listening = self._parts.ground.listening(server.workload)
        uri = f"models:/{server.model}/{server.version}"
        return Workload(
            id=server.workload,
            kind=Kind.model_server,
            user=record.user,
            acting_for=record.acting_for,
            image=resolved.image,
            hardware=resolved.hardware,
            home=environment.home(record.user),
            layer=layer,
            command=self._parts.ground.command((*self._command, "--model-uri", uri, *listening.words)),
            env=variables.env,
            secret_env=variables.secret,
            **listening.fields,
        )


def _load_failure(line: str) -> str:
    """The sentence in a `load-failed` line; empty for all other lines."""
    if '"load-failed"' not in line:
        return ""
    try:
        said = json.loads(line)
        return str(said["message"])[:_SENTENCE] if said["event"] == "load-failed" else ""
    except (ValueError, KeyError, TypeError):
        return ""
