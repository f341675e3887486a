"""The phases of a session's start, and the news of them that a page can follow."""

import asyncio
from collections.abc import AsyncIterator
from enum import StrEnum
from typing import Any

from notebench_spawner.marks import N_


class Step(StrEnum):
    """What happens, in order."""

    choice = "choice"
    environment = "environment"
    files = "files"
    server = "server"


WORDS: dict[Step, str] = {
    Step.choice: N_("Checking your choice"),
    Step.environment: N_("Preparing the environment"),
    Step.files: N_("Preparing your files"),
    Step.server: N_("Starting JupyterLab"),
}

TURN = N_("Waiting for a turn; starts before yours: {ahead}")
"""What the last step says while others start."""

_RANGE: dict[Step, tuple[int, int]] = {
    Step.choice: (2, 10),
    Step.environment: (10, 60),
    Step.files: (60, 65),
    Step.server: (65, 98),
}
"""Percent at the begin and the end of each."""


class News:
    """Progress of one start, for any number of readers, each from the beginning."""

    def __init__(self) -> None:
        self._events: list[dict[str, Any]] = []
        self._changed = asyncio.Event()

    def tell(self, step: Step, message: str, fraction: float = 0.0) -> None:
        """Say what happens; `fraction` of the step is done. Percentages never go back."""
        begin, end = _RANGE[step]
        percent = int(begin + (end - begin) * min(max(fraction, 0.0), 1.0))
        if self._events:
            last = self._events[-1]
            percent = max(percent, last["progress"])
            if last["message"] == message and last["progress"] == percent:
                return
        self._events.append({"progress": percent, "message": message, "step": step.value})
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    async def follow(self) -> AsyncIterator[dict[str, Any]]:
        """All that was said and all that will be. Never ends by itself."""
        seen = 0
        while True:
            while seen < len(self._events):
                yield dict(self._events[seen])
                seen += 1
            await self._changed.wait()
