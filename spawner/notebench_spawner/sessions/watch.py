"""Hearing of the end of a recorded process at once, where the system can tell (Linux)."""

import asyncio
import os
from collections.abc import Callable

from notebench_spawner import processes


class EndWatch:
    """Calls back once, in the running event loop, when a process has ended; nothing after `close`."""

    def __init__(self, descriptor: int, ended: Callable[[], None]) -> None:
        self._descriptor, self._ended = descriptor, ended
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(descriptor, self._over)

    def _over(self) -> None:
        self.close()
        self._ended()

    def close(self) -> None:
        """Stop watching."""
        if self._descriptor >= 0:
            self._loop.remove_reader(self._descriptor)
            os.close(self._descriptor)
            self._descriptor = -1


def watch_end(record: processes.Record | None, ended: Callable[[], None]) -> EndWatch | None:
    """Watch a process until its end; None where the system tells nobody, so that one has to look."""
    if record is None or not hasattr(os, "pidfd_open"):
        return None
    try:
        descriptor = os.pidfd_open(record.pid)
    except OSError:
        return None  # it has ended already, or the kernel is too old
    if not processes.alive(record):  # another one that got its pid
        os.close(descriptor)
        return None
    return EndWatch(descriptor, ended)
