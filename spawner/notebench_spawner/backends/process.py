"""The backend of one machine: each workload is a recorded process under a shim."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from datetime import timedelta
from pathlib import Path

from notebench_spawner import processes, shim
from notebench_spawner.backends.base import Handle, Observation, Phase, Stray
from notebench_spawner.hands import Hands, OwnHands
from notebench_spawner.marks import N_
from notebench_spawner.process import process_spec
from notebench_spawner.workload import Kind, Workload

NAME = "process"
GRACE_SECONDS = 30.0
"""A notebook run needs this to interrupt its cell, save its output and report."""

KEEP = {Kind.session: timedelta(days=7), Kind.run: timedelta(days=30), Kind.model_server: timedelta(days=1)}
"""How long the folder of an ended workload, with its log, is kept."""

GONE = N_("Its process is gone and nobody saw how it ended.")

Prepare = Callable[[Workload], Awaitable[None]]
_FOLLOW_SECONDS = 0.25
_LOOK_SECONDS = 0.05
_TIDY_SECONDS = 3600.0
_CHUNK = 64 * 1024
_LONGEST_LINE = 256 * 1024
"""A longer line is told in pieces: a program that never ends its lines must not fill our memory."""


class ProcessBackend:
    """Starts workloads in folders below `workloads`; finds them again after any restart of its caller."""

    def __init__(
        self,
        workloads: Path,
        environments: Path,
        *,
        grace: float = GRACE_SECONDS,
        prepare: Prepare | None = None,
        hands: Hands | None = None,
    ) -> None:
        """`prepare` makes what must be there before a start; `hands` are our own account's by default."""
        self.workloads = workloads
        self.hands = hands or OwnHands(workloads.parent, environments, workloads=workloads)
        self.environments = environments
        self.grace = grace
        self.prepare = prepare
        self._tidy_at = 0.0

    async def start(self, workload: Workload) -> Handle:
        """Start it and return at once. The same id twice is the same process. Raises OSError."""
        folder = self.workloads / workload.id
        spec = process_spec(workload, self.environments, self.ambient())
        if not processes.read_handle(folder):
            if self.prepare:
                await self.prepare(workload)
            if workload.socket is not None and workload.socket.parent == self.hands.runtime(workload.id):
                await asyncio.to_thread(self.hands.make_runtime, workload)
        await self._tidy()
        record = await asyncio.to_thread(self.hands.launch, workload, spec, self.grace)
        return Handle(
            backend=NAME,
            workload=workload.id,
            state={
                "folder": str(folder),
                "pid": record.pid,
                "started": record.started,
                "boot": record.boot,
                "socket": str(workload.socket or ""),
            },
        )

    async def observe(self, handles: Sequence[Handle]) -> list[Observation]:
        """Look at many at once, in the given order."""
        processes.reap()
        return await asyncio.to_thread(lambda: [_observe(handle) for handle in handles])

    async def stop(self, handle: Handle) -> None:
        """End it with all it started, and return when it has ended."""
        folder = Path(handle.state["folder"])
        if _running(handle):
            await asyncio.to_thread(self.hands.ask_to_end, handle.workload)
            await self._ended(handle)
        if processes.read_exit(folder) is None:  # its shim was killed, or does not do its work
            await asyncio.to_thread(self.hands.end_leftovers, {handle.workload})

    async def _ended(self, handle: Handle) -> None:
        until = time.monotonic() + self.grace + processes.KILL_SECONDS
        while _running(handle) and time.monotonic() < until:  # noqa: ASYNC110 - it is nobody's child
            await asyncio.sleep(_LOOK_SECONDS)

    async def logs(self, handle: Handle, *, follow: bool = False) -> AsyncIterator[str]:
        """Its output, line by line; with `follow` until it ends."""
        log = Log(Path(handle.state["folder"]) / shim.OUTPUT)
        while True:
            ended = not _running(handle)  # asked before reading, so that last words are not missed
            while lines := await asyncio.to_thread(log.lines):
                for line in lines:
                    yield line
            if ended or not follow:
                break
            await asyncio.sleep(_FOLLOW_SECONDS)
        if log.rest:
            yield log.rest.decode(errors="replace")

    async def strays(self, known: Collection[str]) -> list[Stray]:
        """Processes with a record on disk whose ids are not known."""
        return await asyncio.to_thread(self._strays, known)

    def _strays(self, known: Collection[str]) -> list[Stray]:
        found = sorted(one for one in processes.running(self.workloads) if one.name not in known)
        records = [(one.name, processes.read_handle(one)) for one in found]
        return [Stray(name, f"process {record.pid}") for name, record in records if record]

    async def _tidy(self) -> None:
        """Now and then, forget what has ended long ago: records and outputs of runs are kept elsewhere."""
        if time.monotonic() >= self._tidy_at:
            self._tidy_at = time.monotonic() + _TIDY_SECONDS
            for ended in await asyncio.to_thread(processes.old, self.workloads, KEEP):
                await asyncio.to_thread(self.hands.forget, ended)

    def ambient(self) -> Mapping[str, str]:
        """The environment from which a few allowed words are passed on."""
        return os.environ


class Log:
    """Reads a growing file by lines, also one that is shortened meanwhile."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.position = 0
        self.rest = b""

    def lines(self) -> list[str]:
        """Whole lines that came since the last call; empty when there are none."""
        found: list[bytes] = []
        try:
            with self.file.open("rb") as opened:
                if self.position > os.fstat(opened.fileno()).st_size:
                    self.position = 0
                opened.seek(self.position)
                while not found and (chunk := opened.read(_CHUNK)):
                    self.position += len(chunk)
                    *found, self.rest = (self.rest + chunk).split(b"\n")
                    if len(self.rest) > _LONGEST_LINE:
                        found, self.rest = [*found, self.rest], b""
        except FileNotFoundError:
            return []
        return [line.decode(errors="replace") for line in found]


def _running(handle: Handle) -> bool:
    record = processes.read_handle(Path(handle.state["folder"]))
    same = record is not None and (record.pid, record.started) == (
        handle.state["pid"],
        handle.state["started"],
    )
    return same and processes.alive(record)


def _observe(handle: Handle) -> Observation:
    folder = Path(handle.state["folder"])
    socket = handle.state["socket"]
    if _running(handle):
        return Observation(handle=handle, phase=Phase.running, address=f"unix:{socket}" if socket else "")
    end = processes.read_exit(folder)
    if end is None:
        rebooted = handle.state["boot"] != shim.boot_mark()
        reason = N_("The machine was restarted while it ran.") if rebooted else GONE
        return Observation(handle=handle, phase=Phase.gone, reason=reason)
    noted = processes.read_note(folder)
    return Observation(
        handle=handle,
        phase=Phase.succeeded if end.code == 0 else Phase.failed,
        reason=end.sentence(noted.hardware.memory_mib if noted else None),
        exit_code=end.code if end.code is not None else -(end.signal or 0),
        timed_out=end.timed_out,
    )
