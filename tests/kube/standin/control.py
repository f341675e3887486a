"""What turns the wheels: after each change, and a few times a second, every controller has its turn."""

import asyncio
import traceback
from collections.abc import Callable

from tests.kube.standin.store import Store

Step = Callable[[], None]


class Control:
    """Controllers are plain functions that look at the store and change it until nothing is left to do."""

    def __init__(self, store: Store, steps: list[Step]) -> None:
        self._store, self._steps = store, steps
        self._ends = False
        self._task: asyncio.Task[None] | None = None
        self.failed: list[str] = []
        """Tracebacks of controllers that failed; a test that ends looks here."""
        self.paused = False

    def start(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def stop(self) -> None:
        if self._task:
            self._ends = True  # `wait_for` may swallow a cancellation that comes with a change
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        at = -1
        while not self._ends:
            await self._store.changed(at, 0.1)
            at = self._store.revision
            if self.paused:
                await asyncio.sleep(0.02)
                continue
            for step in self._steps:
                self.turn(step)
            await asyncio.sleep(0)

    def turn(self, step: Step) -> None:
        """One controller, whose failure must not stop the others."""
        try:
            step()
        except Exception:
            self.failed.append(traceback.format_exc())
