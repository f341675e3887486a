"""Tells the launcher, as long as this process lives, which processes of its kind are to be kept ready."""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from typing import Protocol

from notebench.contract.errors import Unavailable

from notebench_spawner.process import passed_on
from notebench_spawner.warm.report import Report
from notebench_spawner.workload import Kind

_LOOK_SECONDS = 1.0
_SAY_SECONDS = 10.0  # the launcher forgets what it is not told again
_log = logging.getLogger(__name__)


class KeepsReady(Protocol):
    """Whom to tell."""

    def keep_ready(self, kind: Kind, count: int, images: list[str], env: dict[str, str]) -> tuple[int, int]:
        """Have so many kept ready; how many there are, and how many MiB they hold."""
        ...


class Wishing:
    """A thread that says it now and then, and at once where the images that may be started have changed."""

    def __init__(
        self,
        hands: KeepsReady,
        kind: Kind,
        count: int,
        *,
        current: Callable[[], list[str]],
        report: Report,
        ambient: Mapping[str, str],
    ) -> None:
        """`current` lists identities of images that may be started, most wanted first. It may fail."""
        self.hands = hands
        self.kind = kind
        self.count = count
        self.current = current
        self.report = report
        self.env = passed_on(ambient)
        self._said: list[str] | None = None
        self._next = 0.0
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._go_on, name=f"wishing-{kind.value}", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Wish nothing any more."""
        self._closing.set()
        self._thread.join()

    def _go_on(self) -> None:
        while not self._closing.is_set():
            try:
                self._look()
            except Unavailable:  # it starts anew: it is told then
                self._said = None
            except Exception:  # nothing depends on it: starts are cold until it works again
                _log.exception("Keeping processes ready has failed; it is tried again.")
                self._closing.wait(30)
            self._closing.wait(_LOOK_SECONDS)

    def _look(self) -> None:
        images = self.current() if self.count else []
        if images != self._said or time.monotonic() >= self._next:
            held = self.hands.keep_ready(self.kind, self.count, images, self.env)
            self._said, self._next = images, time.monotonic() + _SAY_SECONDS
            self.report.write(*held)
