"""Keeps one part alive: starts it, watches it, starts it again with growing pauses, ends it."""

import asyncio
import contextlib
import logging
import time
from dataclasses import dataclass
from pathlib import Path

from notebench_hub.place import Place
from notebench_hub.supervisor import logfiles, records
from notebench_hub.supervisor.identity import Identity
from notebench_hub.supervisor.part import Part
from notebench_hub.supervisor.view import PartView, Phase

_CANNOT_EXECUTE = 127  # as a shell says it

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Pace:
    """How patient a keeper is; all in seconds."""

    probe_starting: float = 0.2
    probe_healthy: float = 5.0
    first_pause: float = 0.2
    longest_pause: float = 30.0
    proven_after: float = 60.0
    """A part that was healthy for so long has its crashes forgotten."""
    silent_limit: float = 60.0
    """A part that was healthy and does not answer for so long is started anew."""
    start_limit: float = 300.0
    """A part that never answers is started anew after so long."""
    end_patience: float = records.PATIENCE

    def pause(self, crashes: int) -> float:
        """How long to wait after that many crashes in a row."""
        return float(min(self.longest_pause, self.first_pause * 4 ** min(10, max(0, crashes - 1))))


class Keeper:
    """Owns the process of one part."""

    def __init__(self, part: Part, place: Place, pace: Pace) -> None:
        self.part = part
        self.log_file: Path = place.logs / f"{part.name}.log"
        self.first_healthy = asyncio.Event()
        self.answers_again = False
        self.crashes = 0
        self._place = place
        self._pace = pace
        self._phase, self._since = Phase.waiting, time.monotonic()
        self._process: asyncio.subprocess.Process | None = None
        self._identity: Identity | None = None
        self._exit_code: int | None = None
        self._log_start = 0
        self._retry_at: float | None = None
        self._restart = asyncio.Event()

    async def run(self) -> None:
        """Keep it alive until cancelled; then end it."""
        try:
            while True:
                try:
                    await self._live_once()
                except OSError as error:  # the program is gone, the disk is full: this may pass
                    await self._end()
                    self._not_started(error)
                await self._rest()
        finally:
            await asyncio.shield(self._end())
            self._enter(Phase.stopped)

    async def restart(self) -> None:
        """End the process; `run` starts it again at once."""
        self.crashes = 0
        self.answers_again = False
        self._restart.set()

    async def _live_once(self) -> None:
        """Start it and watch until it ends or is to be started anew."""
        self._enter(Phase.starting)
        self._restart.clear()
        self._exit_code = None
        process = await self._spawn()
        watch, ended = asyncio.create_task(self._watch()), asyncio.create_task(process.wait())
        try:
            await asyncio.wait({watch, ended}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            watch.cancel()
            ended.cancel()
        await asyncio.gather(watch, ended, return_exceptions=True)
        if process.returncode is not None and not self._restart.is_set():
            self._exit_code = process.returncode
            self.crashes += 1
            log.warning("%s ended with %s", self.part.name, self._exit_code)
        await self._end()

    def _not_started(self, error: OSError) -> None:
        self._exit_code = _CANNOT_EXECUTE
        self.crashes += 1
        log.warning("%s cannot be started: %s", self.part.name, error)
        with contextlib.suppress(OSError), logfiles.open_for_part(self.log_file) as output:
            output.write(f"{error}\n".encode())

    async def _rest(self) -> None:
        """The pause after a crash; none after a wanted end."""
        if self._exit_code is None:
            return
        pause = self._pace.pause(self.crashes)
        self._retry_at = time.monotonic() + pause
        self._enter(Phase.crashed)
        await self._nap(pause)
        self._retry_at = None

    async def _spawn(self) -> asyncio.subprocess.Process:
        logfiles.rotate(self.log_file)
        with logfiles.open_for_part(self.log_file) as output:
            self._log_start = self.log_file.stat().st_size
            self._process = await asyncio.create_subprocess_exec(
                *self.part.command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=records.marked(self.part.env, self._place, self.part.name),
                cwd=self.part.cwd,
                start_new_session=True,  # Ctrl-C in the terminal reaches the supervisor only
            )
        self._identity = Identity.of(self._process.pid)
        records.write(self._place, self.part.name, self._identity)
        return self._process

    async def _watch(self) -> None:
        """Probe until a restart is asked for or the part has been silent for too long."""
        begin, healthy_since, silent_since = time.monotonic(), 0.0, 0.0
        while not self._restart.is_set():
            now = time.monotonic()
            if await self.part.probe.answers():
                healthy_since, silent_since = healthy_since or now, 0.0
                await self._is_healthy()
                if now - healthy_since > self._pace.proven_after:
                    self.crashes = 0
            elif self._phase in {Phase.healthy, Phase.silent}:
                silent_since = silent_since or now
                self._enter(Phase.silent)
            quiet = now - silent_since if silent_since else 0.0
            late = self._phase is Phase.starting and now - begin > self._pace.start_limit
            if late or quiet > self._pace.silent_limit:
                log.warning("%s does not answer and is started anew", self.part.name)
                return
            with contextlib.suppress(OSError):  # a full disk is no reason to end a part
                logfiles.rotate(self.log_file)
            healthy = self._phase is Phase.healthy
            await self._nap(self._pace.probe_healthy if healthy else self._pace.probe_starting)

    async def _nap(self, seconds: float) -> None:
        """Sleep, but wake for a restart."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._restart.wait(), seconds)

    async def _is_healthy(self) -> None:
        if self._phase is Phase.healthy:
            return
        came_back = self.first_healthy.is_set() and self._phase is Phase.starting
        self._enter(Phase.healthy)
        self.first_healthy.set()
        self.answers_again = True
        if came_back and self.part.back:
            try:
                await self.part.back()
            except Exception:
                log.exception("What follows a restart of %s failed", self.part.name)

    async def _end(self) -> None:
        """End the process and whatever it left in its group."""
        process, self._process = self._process, None
        if process is None:
            return
        if process.returncode is None:
            self._enter(Phase.stopping)
        if self._identity:
            await asyncio.to_thread(self._identity.end, self._pace.end_patience)
            self._identity = None
        await process.wait()
        records.forget(self._place, self.part.name)

    def _enter(self, phase: Phase) -> None:
        if phase is not self._phase:
            self._phase, self._since = phase, time.monotonic()

    def view(self) -> PartView:
        """The part now."""
        now = time.monotonic()
        troubled = self.crashes > 0 or self._phase is Phase.silent
        return PartView(
            name=self.part.name,
            phase=self._phase,
            address=self.part.address,
            version=self.part.version,
            pid=self._process.pid if self._process and self._process.returncode is None else None,
            seconds=now - self._since,
            exit_code=self._exit_code,
            retry_in=max(0.0, self._retry_at - now) if self._retry_at else None,
            crashes=self.crashes,
            last_lines=self.tail() if troubled else [],
        )

    def tail(self) -> list[str]:
        """The end of what the part has written since its last start."""
        return logfiles.tail(self.log_file, 15, since=self._log_start)
