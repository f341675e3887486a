"""The launcher's first process: keeps its socket, starts the serving one anew when it dies, ends with it.

It holds the listening socket, so that who asks while the serving process starts anew only waits a moment.
"""

import fcntl
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

from notebench.contract.errors import NotebenchError, Refused

from notebench_spawner import identity, limits
from notebench_spawner.launcher import trust
from notebench_spawner.launcher.accounts import Account, Accounts
from notebench_spawner.launcher.installation import Installation, make_directories, read
from notebench_spawner.launcher.serving import say, serve

LOCK = "launcher.lock"
_BACKLOG = 128
_PAUSE, _LONGEST_PAUSE, _STEADY = 0.1, 10.0, 60.0
_LOCK_SECONDS = 2.0
_SUBREAPER = 36


def main(words: list[str]) -> int:
    """Run the launcher until SIGTERM. Returns the exit code."""
    installation = read(words)
    try:
        if os.geteuid() != 0:
            raise Refused("The launcher runs as root only.", "Start it as root.", code="not-root")
        os.umask(0o077)
        trust.check_own_code()
        accounts = Accounts(installation.root, installation.first_id, installation.ids)
        parts = accounts.parts(installation.parts)
        accounts.check_range()
        with _alone(installation.root / LOCK):
            _run(installation, parts)
    except (NotebenchError, OSError) as error:
        print(f"The launcher cannot start: {error}", file=sys.stderr, flush=True)
        return 1
    return 0


def _run(installation: Installation, parts: Account) -> None:
    make_directories(installation, parts.gid)
    limits.prepare(installation.workloads)
    with _listener(installation.socket, parts.gid) as listener:
        Watcher(lambda: serve(listener, installation, parts)).run()
        with suppress(FileNotFoundError):
            installation.socket.unlink()


class Watcher:
    """Keeps one process alive that runs a function, until it is asked to stop."""

    def __init__(self, work: Callable[[], None]) -> None:
        self.work = work
        self.child = 0
        self.stopping = False

    def run(self) -> None:
        """Return after SIGTERM or SIGINT."""
        identity.tell_kernel(_SUBREAPER, 1)  # shims come to us, and a shim that has ended must be reaped
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        pause = _PAUSE
        while not self.stopping:
            begin = time.monotonic()
            self.child = self._fork()
            if self.stopping:  # asked for between the look and the fork
                self._pass_on()
            status = self._wait()
            if self.stopping:
                return
            pause = _PAUSE if time.monotonic() - begin > _STEADY else min(2 * pause, _LONGEST_PAUSE)
            say(f"The serving process ended ({status}); it is started anew in {pause} s.")
            until = time.monotonic() + pause
            while time.monotonic() < until and not self.stopping:
                time.sleep(0.05)

    def _fork(self) -> int:
        watcher = os.getpid()
        child = os.fork()
        if child:
            return child
        try:
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, signal.SIG_DFL)
            identity.die_with_parent(signal.SIGTERM)
            if os.getppid() == watcher:
                self.work()
        except BaseException as error:
            say(f"The serving process fails: {error!r}")
        finally:
            os._exit(1)

    def _wait(self) -> int:
        """Until the serving process has ended; reaps on the way what came to us from it."""
        while True:
            pid, status = os.waitpid(-1, 0)
            if pid == self.child:
                self.child = 0
                return os.waitstatus_to_exitcode(status)

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self.stopping = True
        self._pass_on()

    def _pass_on(self) -> None:
        if self.child:
            with suppress(ProcessLookupError):
                os.kill(self.child, signal.SIGTERM)


@contextmanager
def _alone(file: Path) -> Iterator[None]:
    """Hold the installation's lock, which the kernel drops however we end. Raises Refused."""
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        _take(descriptor, file)
        yield
    finally:
        os.close(descriptor)


def _take(descriptor: int, file: Path) -> None:
    until = time.monotonic() + _LOCK_SECONDS
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() < until:
                time.sleep(0.05)  # the serving process of a watcher that was just killed is about to end
                continue
            raise Refused(
                "Another launcher runs for {root}.",
                "End that one first.",
                code="launcher-runs",
                root=file.parent,
            ) from None
        return


@contextmanager
def _listener(path: Path, gid: int) -> Iterator[socket.socket]:
    """The socket, which root and one group can open. Raises Refused where another process answers there."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as look, suppress(OSError):
        look.connect(str(path))
        raise Refused("Another process listens on {path}.", "End it first.", code="launcher-runs", path=path)
    with suppress(FileNotFoundError):
        path.unlink()
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as found:
        before, group = os.umask(0o117), os.getegid()
        os.setegid(gid)
        try:  # it gets mode and group as it is made: there is no moment, and no name, to change them by later
            found.bind(str(path))
        finally:
            os.setegid(group)
            os.umask(before)
        found.listen(_BACKLOG)
        yield found
