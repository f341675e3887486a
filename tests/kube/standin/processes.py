"""A container as a process of this machine, in a session of its own."""

import asyncio
import contextlib
import os
import signal
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_SHELLS_CALL_IT = 128


@dataclass
class Process:
    """One run of one container."""

    log: Path
    process: asyncio.subprocess.Process
    oom: bool = field(default=False, init=False)

    @classmethod
    async def start(
        cls, words: list[str], env: dict[str, str], folder: Path, log: Path, **account: Any
    ) -> "Process":
        """Start it; its output goes to a file, from which the log is read. OSError where it cannot."""
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as out:
            process = await asyncio.create_subprocess_exec(
                *words,
                env=env,
                cwd=folder,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
                **account,
            )
        return cls(log, process)

    async def ended(self) -> int:
        """Its exit code, once it has ended and taken everything it started with it.

        Transcript: exit-codes.
        """
        code = await self.process.wait()
        self._signal(signal.SIGKILL)  # a container ends with its first process
        return code if code >= 0 else _SHELLS_CALL_IT - code

    def stop(self) -> None:
        """Only the first process is asked, as in a container."""
        with contextlib.suppress(ProcessLookupError):
            self.process.terminate()

    def kill(self, *, oom: bool = False) -> None:
        self.oom = self.oom or oom
        self._signal(signal.SIGKILL)

    def _signal(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, number)
