"""Which process is meant: pid, start mark and boot, so that a pid used again is never taken for it."""

import contextlib
import os
import signal
import time

import psutil
from notebench_spawner.shim import boot_mark, start_mark
from pydantic import BaseModel, ConfigDict


class Identity(BaseModel):
    """One process, ever. Parts lead a process group of their own, so the pid names the group as well."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    pid: int
    started: str
    boot: str

    @classmethod
    def of(cls, pid: int) -> "Identity":
        """The process that has this pid now."""
        return cls(pid=pid, started=start_mark(pid), boot=boot_mark())

    def alive(self) -> bool:
        """Whether that very process runs; a zombie has ended."""
        return self.boot == boot_mark() and self.started == start_mark(self.pid) != ""

    def group(self) -> list[psutil.Process]:
        """The living members of its process group, also when it has ended itself and left children."""
        if self.boot != boot_mark():
            return []
        mark = start_mark(self.pid)
        if mark and mark != self.started:
            return []  # the pid leads something else now, which it cannot while our group has members
        return [process for process in psutil.process_iter() if self._leads(process)]

    def _leads(self, member: psutil.Process) -> bool:
        try:
            same = os.getpgid(member.pid) == self.pid == os.getsid(member.pid)
            return same and member.status() != psutil.STATUS_ZOMBIE
        except (psutil.Error, OSError):
            return False

    def end(self, patience: float) -> None:
        """Ask the group to end, make it end after `patience` seconds, return when it has."""
        for number, seconds in ((signal.SIGTERM, patience), (signal.SIGKILL, 5.0)):
            deadline = time.monotonic() + seconds
            members = self.group()
            _signal(members, number)
            while members and time.monotonic() < deadline:
                time.sleep(0.05)  # not psutil's wait: that would reap children which asyncio waits for
                members = self.group()


def _signal(members: list[psutil.Process], number: int) -> None:
    for member in members:
        with contextlib.suppress(psutil.Error):
            member.send_signal(number)
