"""Ends a run early: interrupts the cell, then ends the kernel if it does not listen."""

import asyncio
import signal

from notebench.contract.runs import RunState
from notebench.runner.kernel import RunKernel

_GRACE = 8.0  # seconds that a cell has to clean up after an interrupt


class Stopping:
    """Why and as what a run ends early; empty while nobody wants that."""

    def __init__(self, kernel: RunKernel) -> None:
        self.why = ""
        self.state = RunState.cancelled
        self._kernel = kernel
        self._loop = asyncio.get_running_loop()
        self._task: asyncio.Task[None] | None = None

    def listen(self, timeout_seconds: float | None) -> None:
        """Stop on SIGTERM and SIGINT, and after the timeout if there is one."""
        for number in (signal.SIGTERM, signal.SIGINT):
            self._loop.add_signal_handler(number, self.stop, "The run was cancelled.", RunState.cancelled)
        if timeout_seconds:
            text = f"The run took longer than the {timeout_seconds:g} seconds it may take."
            self._loop.call_later(timeout_seconds, self.stop, text, RunState.timed_out)

    def stop_soon(self, why: str) -> None:
        """Stop, asked from another thread."""
        self._loop.call_soon_threadsafe(self.stop, why, RunState.cancelled)

    def stop(self, why: str, state: RunState) -> None:
        """Stop; the first reason counts."""
        if not self.why:
            self.why, self.state = why, state
            self._task = self._loop.create_task(self._end())

    async def _end(self) -> None:
        await self._kernel.interrupt()
        await asyncio.sleep(_GRACE)
        await self._kernel.stop(now=True)
