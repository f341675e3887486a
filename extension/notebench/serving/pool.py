"""Where predictions run: short ones at once, long ones in threads, so that health checks always answer."""

import asyncio
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")

_SHORT = 0.003  # seconds: what an event loop may be busy with at a time
_FADE = 0.98  # a slow prediction is forgotten after some dozens of quick ones
_SMALL = 65_536  # bytes: larger bodies take long to read
_FLOOR = 1e-9


class Pool:
    """Runs predictions; one at a time unless the flavour is known to be thread-safe."""

    def __init__(self, *, thread_safe: bool) -> None:
        self._threads = ThreadPoolExecutor((os.cpu_count() or 1) if thread_safe else 1, "predict")
        self._slowest = _SHORT * 2  # the first requests show how long predictions take
        self._alone = not thread_safe
        self._busy = 0

    async def run(self, job: Callable[[bytes], T], body: bytes) -> T:
        """The job's answer; its exceptions pass through."""
        at_once = self._slowest < _SHORT and len(body) < _SMALL and not (self._alone and self._busy)
        if at_once:
            return self._timed(job, body)
        self._busy += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, self._timed, job, body)
        finally:
            self._busy -= 1

    def _timed(self, job: Callable[[bytes], T], body: bytes) -> T:
        begun = time.perf_counter()
        try:
            return job(body)
        finally:
            took = time.perf_counter() - begun
            if len(body) < _SMALL:
                self._slowest = max(took, self._slowest * _FADE, _FLOOR)
