"""The shim's part of a warm start: keeps a process that belongs to nobody, and hands it a workload, once.

Standard library only. `python -I -S shim.py --warm FD [--uid N --gid N --environment FD] -- COMMAND…` starts
the command and waits at the descriptor, a socket to who keeps the pool. What comes through it is the command
line that a shim gets for a cold start, and the environment. When the other end closes before, all ends.
"""

import contextlib
import ctypes
import json
import os
import select
import signal
import socket
import sys
from pathlib import Path
from typing import Any

from notebench_spawner import apart, identity, limits

MARK = "NOTEBENCH_WORKLOAD"
"""Environment variable by which every process of a workload is known, also those that left its group."""

ROOM = "-" * 64
"""The mark of who has no workload yet: it means nothing, and is as long as the longest one can be."""

_NICE = 10
_ANSWER_SECONDS = 5.0


class Standby:
    """A waiting process, below this one, and who keeps it."""

    def __init__(
        self, door: int, command: list[str], account: tuple[int, int] | None, neutral: dict[str, str] | None
    ) -> None:
        """`account` is what the process has until it is somebody's, apart; None where all are one.

        `neutral` is its environment until then; None where it is our own.
        """
        self.owner = socket.socket(fileno=door)
        self.owner.set_inheritable(False)
        self.account = account
        self.neutral = dict(os.environ) if neutral is None else neutral
        self.words: list[str] = []
        self.environment: dict[str, str] = {}
        self.wake, wake = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(wake)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        self.door, theirs = socket.socketpair()
        self.child = self._start(command, theirs)
        theirs.close()

    def _start(self, command: list[str], door: socket.socket) -> int:
        shim = os.getpid()
        child = os.fork()
        if child:
            return child
        try:
            os.setpgid(0, 0)
            signal.set_wakeup_fd(-1)
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD):
                signal.signal(number, signal.SIG_DFL)
            if os.geteuid() == 0:  # only root can take it back
                os.nice(_NICE)
            if self.account:
                apart.leave(*self.account)
            identity.die_with_parent(signal.SIGKILL)
            if os.getppid() != shim:
                os._exit(1)
            os.chdir("/")
            door.set_inheritable(True)
            # The mark comes last: what is written over it later may be shorter.
            env = {**{k: v for k, v in self.neutral.items() if k != MARK}, MARK: ROOM}
            os.execve(command[0], [*command, str(door.fileno())], env)  # noqa: S606 - no shell
        finally:
            os._exit(127)

    def wait(self) -> bool:
        """Until something is handed over. False, with nothing left, where that will not be."""
        told = False
        while True:
            waiting: list[Any] = [self.owner, self.wake, *([] if told else [self.door])]
            found = select.select(waiting, [], [])[0]
            if self.wake in found and self._ended():
                return False
            if self.door in found:
                if not self.door.recv(16):
                    return self.give_up()
                told = True
                self.tell(b"ready")
            if self.owner in found:
                return self._receive() if told else self.give_up()

    def _ended(self) -> bool:
        with contextlib.suppress(BlockingIOError):
            os.read(self.wake, 4096)
        return os.waitpid(self.child, os.WNOHANG)[0] != 0

    def _receive(self) -> bool:
        try:
            _said, found, _, _ = socket.recv_fds(self.owner, 1, 1)
            with os.fdopen(found[0]) as opened:
                opened.seek(0)
                told = json.load(opened)
        except (OSError, IndexError, ValueError):  # who kept it has ended, perhaps in the middle of a word
            return self.give_up()
        self.words, self.environment = told["words"], told["environment"]
        return True

    def tell(self, word: bytes) -> None:
        """Say something to who keeps this, if that is still there."""
        with contextlib.suppress(OSError):
            self.owner.send(word)

    def give_up(self) -> bool:
        """End it. Always False."""
        with contextlib.suppress(OSError):
            os.kill(self.child, signal.SIGKILL)
            os.waitpid(self.child, 0)
        return False

    def hand_over(
        self, command: list[str], cwd: str, account: tuple[int, int] | None, keeper: limits.Keeper
    ) -> bool:
        """Let the process be the workload. False where it has not taken it: then it has done nothing."""
        told: dict[str, object] = {
            "argv": command,
            "env": self.environment,
            "cwd": cwd,
            "account": account,
            "limits": keeper.own_limits(),
            "shown": [MARK],
            "notices": limits.NOTICES_VARIABLE,
        }
        self._show_mark()
        try:
            for pid in keeper.below():
                if os.geteuid() == 0:
                    _undo_nice(pid)
                keeper.hold(pid)
            self._name_account(account)
            self._hand(told, keeper.reader())
            taken = select.select([self.door], [], [], _ANSWER_SECONDS)[0] and self.door.recv(16)
            return bool(taken and self.door.send(b"!"))
        except OSError:
            return False
        finally:
            self.door.close()

    def _hand(self, told: dict[str, object], notices: int) -> None:
        with os.fdopen(os.memfd_create("handed"), "w") as content:
            json.dump(told, content)
            content.flush()
            socket.send_fds(self.door, [b"!"], [content.fileno(), sys.stdout.fileno(), notices])
        os.close(notices)

    def _name_account(self, account: tuple[int, int] | None) -> None:
        """Write down the one account that the process can become in the namespace that it is in."""
        if (account is None) != (self.account is None):
            raise PermissionError("The process waits for another kind of account.")
        for kind, number in zip(("uid", "gid"), account or (), strict=False):
            if number <= 0:
                raise PermissionError(identity.ROOT_MESSAGE)
            Path(f"/proc/{self.child}/{kind}_map").write_text(f"{number} {number} 1")

    def _show_mark(self) -> None:
        """Let /proc show the mark of the workload for this process, too: there is room for it at the end."""
        libc = ctypes.CDLL(None)
        libc.getenv.restype = ctypes.c_void_p
        found, value = libc.getenv(MARK.encode()), self.environment.get(MARK, "").encode()
        if found and len(value) <= len(ROOM) == len(os.environ.get(MARK, "")):
            ctypes.memmove(found, value.ljust(len(ROOM), b"\0"), len(ROOM))


def _undo_nice(pid: int) -> None:
    for task in limits.tasks(pid):
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, task, 0)
