"""Keeps processes ready for what will be started next, and hands one over when it is.

A thread of its own starts them, one at a time, and only while nobody is starting anything.
"""

import logging
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from notebench_spawner import processes
from notebench_spawner.catalogue.built import is_built
from notebench_spawner.process import ProcessSpec
from notebench_spawner.warm import handing, room
from notebench_spawner.warm.report import Report
from notebench_spawner.warm.waiting import Waiting
from notebench_spawner.workload import Kind, Workload

_LOOK_SECONDS = 0.5
_QUIET_SECONDS = 3.0  # since the last start that somebody is waiting for
_READY_SECONDS = 60.0
_OLD_SECONDS = 3600.0  # a process is not kept for ever: what it has read may have changed
_WANTED_SECONDS = 12 * 3600.0  # an image that nobody has used for so long is not kept ready
_FAILURES = 3  # in a row, then this image is left alone
_log = logging.getLogger(__name__)


class Pool:
    """Warm processes of one kind."""

    def __init__(
        self,
        kind: Kind,
        environments: Path,
        count: int,
        *,
        ambient: Mapping[str, str] | None = None,
        current: Callable[[], list[str]] | None = None,
        report: Path | None = None,
        apart: Iterator[int] | None = None,
    ) -> None:
        """`current` lists identities of images that may be started, most wanted first. It may block or fail.

        `report` is a file that says what waits, for `status`. `apart` gives the numbers of accounts that are
        nobody's, one for each process, where root keeps them.
        """
        self.kind = kind
        self.environments = environments
        self.count = count
        self.ambient = os.environ if ambient is None else ambient
        self.current = current
        self.apart = apart
        self.report = Report(report, kind, count)
        self._lock = threading.Lock()
        self._waiting: list[Waiting] = []
        self._used: dict[str, float] = {}
        self._failures: dict[str, int] = {}
        self._last = time.monotonic()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._keep, name=f"warm-{kind.value}", daemon=True)
        if count:
            self._thread.start()

    def __deepcopy__(self, _: object) -> "Pool":
        """Itself: JupyterHub copies what it is configured with, and there is one pool."""
        return self

    def start(
        self,
        workload: Workload,
        spec: ProcessSpec,
        folder: Path,
        grace: float,
        owner: processes.Owner | None = None,
    ) -> processes.Record:
        """What `processes.start` does, with a process that waits where there is one for it. Blocks."""
        record = None
        if workload.kind is self.kind and not processes.read_handle(folder):
            words = handing.words_of(processes.shim_argv(spec, folder, grace, owner))
            record = self._launch(words, spec.env, workload.image.identity, folder)
        return record or processes.start(spec, folder, grace, owner)

    def _launch(
        self, words: list[str], env: dict[str, str], identity: str, folder: Path
    ) -> processes.Record | None:
        one = self.take(identity)
        if one is None:
            return None
        processes.reap()
        record = one.hand_over(words, env, folder)
        self._last = time.monotonic()
        return record

    def ready(self) -> list[Waiting]:
        """What could be handed over now."""
        with self._lock:
            return [one for one in self._waiting if one.ready]

    def held(self) -> tuple[int, int]:
        """How many wait, and how many MiB they hold together."""
        ready = self.ready()
        return len(ready), sum(one.bytes for one in ready) >> 20

    def close(self) -> None:
        """End everything that waits."""
        self._closing.set()
        if self._thread.is_alive():
            self._thread.join(_READY_SECONDS)
        self._drop(lambda _: True)
        self.report.write(0, 0)

    def take(self, identity: str) -> Waiting | None:
        """One that is ready, for whoever starts something of this image now; it is not ours any more."""
        self._last = self._used[identity] = time.monotonic()
        with self._lock:
            for one in self._waiting:
                if one.ready and one.identity == identity and one.look():
                    self._waiting.remove(one)
                    return one
        return None

    def _keep(self) -> None:
        while not self._closing.wait(_LOOK_SECONDS):
            try:
                self._tidy()
                missing = self._missing()
                if missing and self._quiet():
                    self._add(missing)
                self.report.write(*self.held())
            except Exception:  # nothing depends on it: starts are cold until it works again
                _log.exception("Keeping processes ready has failed; it is tried again.")
                self._closing.wait(30)

    def _quiet(self) -> bool:
        return time.monotonic() - self._last >= _QUIET_SECONDS and not self._closing.is_set()

    def _tidy(self) -> None:
        processes.reap()
        wanted = set(self._wanted())
        now = time.monotonic()
        crowded = room.crowded([one.bytes for one in self.ready()])
        self._drop(
            lambda one: (
                crowded or one.identity not in wanted or now - one.born > _OLD_SECONDS or not one.look()
            )
        )

    def _drop(self, unwanted: Callable[[Waiting], bool]) -> None:
        with self._lock:
            gone = [one for one in self._waiting if unwanted(one)]
            self._waiting = [one for one in self._waiting if one not in gone]
        for one in gone:
            one.end()

    def _wanted(self) -> list[str]:
        """Images to keep ready, the most wanted first: as many as there are places."""
        now = time.monotonic()
        recent = sorted(
            (one for one, when in self._used.items() if now - when < _WANTED_SECONDS),
            key=lambda one: -self._used[one],
        )
        allowed = self.current() if self.current else None
        names = list(dict.fromkeys([*recent, *(allowed or [])]))
        return [
            one
            for one in names
            if (allowed is None or one in allowed)
            and self._failures.get(one, 0) < _FAILURES
            and is_built(self.environments, one)
        ][: self.count]

    def _missing(self) -> str:
        """The image of which one more should wait; empty where all is as it should be."""
        wanted = self._wanted()
        have = [one.identity for one in self.ready()]
        if not wanted or len(have) >= self.count:
            return ""
        return min(wanted, key=have.count)

    def _add(self, identity: str) -> None:
        if not room.fits([one.bytes for one in self.ready()]):
            return
        number = None if self.apart is None else next(self.apart)
        one = Waiting(self.environments / identity, self.kind, self.ambient, number)
        until = time.monotonic() + _READY_SECONDS
        while one.look() and not one.ready and time.monotonic() < until and not self._closing.is_set():
            time.sleep(0.05)
        if not one.ready:
            words = one.last_words()
            one.end()
            self._failed(identity, words)
            return
        self._failures.pop(identity, None)
        with self._lock:
            self._waiting.append(one)

    def _failed(self, identity: str, words: str) -> None:
        if self._closing.is_set():
            return
        self._failures[identity] = self._failures.get(identity, 0) + 1
        if self._failures[identity] == _FAILURES:
            _log.warning(
                "Nothing is kept ready for a %s of environment %s, it starts cold. The last try said: %s",
                self.kind.value,
                identity,
                words,
            )
