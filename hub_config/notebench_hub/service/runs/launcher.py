"""Turns a run that was taken from the queue into a process: checks everything again, then starts it."""

import asyncio
import json
from pathlib import Path

from notebench_spawner.backends.base import Handle
from notebench_spawner.workload import Kind, Workload

from notebench_hub.service import resolution
from notebench_hub.service.asker import AskerKind
from notebench_hub.service.feature import Parts
from notebench_hub.service.notebooks import notebook_path
from notebench_hub.service.owners import check_owner
from notebench_hub.service.ports import Resolved
from notebench_hub.service.runs import files
from notebench_hub.service.runs.queue import holder, workload_id
from notebench_hub.service.store import runs as rows
from notebench_hub.service.store.base import now
from notebench_hub.service.store.runs import Kept

COMMAND = ("python", "-m", "notebench.runner")
BACKSTOP_SECONDS = 60
"""The runner keeps the time limit itself; so much later the whole process is ended."""


class Launcher:
    """Starts runs. Safe to repeat after a crash at any point: a run's attempt is always the same process."""

    def __init__(self, parts: Parts, command: tuple[str, ...] = COMMAND) -> None:
        self._parts = parts
        self._command = command

    async def launch(self, kept: Kept) -> None:
        """Start it and remember its process. Raises NotebenchError or OSError; nothing runs then."""
        run = kept.run
        await check_owner(self._parts, kept.owner)
        resolved = await self._resolve(kept)
        home = self._parts.environment.home(run.user)
        notebook = await notebook_path(self._parts.hands, run.user, run.notebook)
        output = run.output or files.output_path(run.notebook, run.id, now())
        await asyncio.to_thread(files.make_folder, self._parts.hands, run.user, output)
        words = resolution.words(resolved)
        await self._parts.store.write(rows.plan, run.id, resolution.dump(resolved), words, output)
        devices = await self._parts.devices.reserve(holder(kept), resolved.hardware)
        token = await self._parts.tokens.issue(AskerKind.run, run.id, run.user, run.acting_for)
        spec = {
            "notebook": str(notebook),
            "output": str(home / output),
            "parameters": run.parameters,
            "state": str(home / files.state_path(run.id, run.attempt)),
            "timeout_seconds": kept.timeout_seconds,
        }
        workload = self._workload(kept, resolved, token, home, spec)
        shares = await self._parts.ground.shares(run.acting_for, writable=True)
        more = {"devices": devices, "shares": shares}
        handle = await self._parts.backend.start(workload.model_copy(update=more))
        await self._parts.store.write(rows.launched, run.id, handle.model_dump(mode="json"))

    async def _resolve(self, kept: Kept) -> Resolved:
        if kept.resolved is not None:
            return resolution.load(kept.resolved)
        run = kept.run
        return await self._parts.resolver.resolve(run.user, run.image, run.profile)

    def _workload(
        self, kept: Kept, resolved: Resolved, token: str, home: Path, spec: dict[str, object]
    ) -> Workload:
        run, environment = kept.run, self._parts.environment
        layer = environment.layer(kept.owner, resolved)
        variables = environment.variables(
            Kind.run,
            run.id,
            kept.owner,
            resolved,
            token,
            layer=layer,
            attempt=run.attempt,
            more={"NOTEBENCH_RUN_SPEC": json.dumps(spec)},
        )
        return Workload(
            id=workload_id(kept),
            kind=Kind.run,
            user=run.user,
            acting_for=run.acting_for,
            image=resolved.image,
            hardware=resolved.hardware,
            home=home,
            layer=layer,
            command=self._parts.ground.command(self._command),
            env=variables.env,
            secret_env=variables.secret,
            timeout_seconds=kept.timeout_seconds + BACKSTOP_SECONDS,
        )


def handle_of(kept: Kept) -> Handle | None:
    """What the backend needs to find its process; None before it has one."""
    return Handle.model_validate(kept.handle) if kept.handle else None
