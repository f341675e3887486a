"""The launcher's first process: keeps its socket, and two others alive, the serving one and the keeping one.

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
from notebench_spawner.launcher.keeping import keep
from notebench_spawner.launcher.serving import say, serve

LOCK = "launcher.lock"
_BACKLOG = 128
_PAUSE, _LONGEST_PAUSE, _STEADY = 0.1, 10.0, 60.0
_LOOK_SECONDS = 0.05
_ENDS = (signal.SIGTERM, signal.SIGINT)
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
        works = (
            Work("serving", lambda: serve(listener, installation, parts)),
            Work("keeping", lambda: keep(installation)),
        )
        Watcher(*works).run()
        with suppress(FileNotFoundError):
            installation.socket.unlink()


class Work:
    """What one process does, which is kept alive."""

    def __init__(self, name: str, do: Callable[[], None]) -> None:
        self.name = name
        self.do = do
        self.pid = 0
        self.begun = self.due = 0.0
        self.pause = _PAUSE

    def ended(self) -> None:
        """Note it, and when it is due again."""
        now = time.monotonic()
        self.pause = _PAUSE if now - self.begun > _STEADY else min(2 * self.pause, _LONGEST_PAUSE)
        self.pid, self.due = 0, now + self.pause


class Watcher:
    """Keeps processes alive, until it is asked to stop."""

    def __init__(self, *works: Work) -> None:
        self.works = works
        self.stopping = False

    def run(self) -> None:
        """Return after SIGTERM or SIGINT, when the processes have ended."""
        identity.tell_kernel(_SUBREAPER, 1)  # shims come to us, and a shim that has ended must be reaped
        for number in _ENDS:
            signal.signal(number, self._stop)
        while not self.stopping:
            for work in self.works:
                if not work.pid and time.monotonic() >= work.due:
                    self._start(work)
            self._wait()
        while any(work.pid for work in self.works):
            self._wait()

    def _start(self, work: Work) -> None:
        watcher = os.getpid()
        work.begun = time.monotonic()
        signal.pthread_sigmask(signal.SIG_BLOCK, _ENDS)  # one that comes now is for both of us
        work.pid = os.fork()
        if work.pid:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDS)
            return
        try:
            for number in _ENDS:
                signal.signal(number, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDS)
            identity.die_with_parent(signal.SIGTERM)
            if os.getppid() == watcher:
                work.do()
        except SystemExit:
            os._exit(0)
        except BaseException as error:
            say(f"The {work.name} process fails: {error!r}")
        finally:
            os._exit(1)

    def _wait(self) -> None:
        """Until something has ended, or is due; reaps on the way what came to us from it."""
        asleep = not all(work.pid for work in self.works)
        try:
            pid, status = os.waitpid(-1, os.WNOHANG if asleep else 0)
        except ChildProcessError:
            pid = status = 0
        if not pid:
            time.sleep(_LOOK_SECONDS)
        for work in self.works:
            if pid and pid == work.pid:
                work.ended()
                if not self.stopping:
                    code = os.waitstatus_to_exitcode(status)
                    say(f"The {work.name} process ended ({code}); it is started anew in {work.pause} s.")

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self.stopping = True
        self._pass_on()

    def _pass_on(self) -> None:
        for work in self.works:
            if work.pid:
                with suppress(ProcessLookupError):
                    os.kill(work.pid, signal.SIGTERM)


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
