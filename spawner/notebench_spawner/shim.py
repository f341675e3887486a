"""The small process above a workload: records its start and its end, passes on signals, holds it to limits.

Run by path with an interpreter's `-I -S`, so it and what it imports need the standard library only. It
decides who is first: it holds a lock on the workload's folder for life, so a second shim for the same folder
ends at once without starting anything, however the ones that asked for it died.

    python -I -S shim.py FOLDER [--timeout S] [--grace S] [--memory-mib N] [--cpu N] [--processes N]
        [--files N] [--cwd DIR] [--only-port PORT] [--uid N --gid N] [--reader GID] [--environment FD]
        -- COMMAND…

Started by root for somebody else (`--uid`), only the command becomes that account: who runs in a workload can
neither end its shim nor write its records. The environment then comes as JSON through a descriptor, because
some of its words would have this interpreter load what the other account has written.
"""

import argparse
import fcntl
import json
import os
import select
import signal
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

if __name__ == "__main__":  # by path there is nothing but the standard library to find: our own comes last
    sys.path.append(str(Path(__file__).parents[1]))
from notebench_spawner import identity, limits

if TYPE_CHECKING:
    from notebench_spawner.enclosure import Door
    from notebench_spawner.standby import Standby

HANDLE, EXIT, OUTPUT, LOCK = "handle.json", "exit.json", "output.log", "lock"
LOG_LIMIT = 64 * 2**20
_PR_SET_CHILD_SUBREAPER = 36


def start_mark(pid: int) -> str:
    """When a process started, in the system's words, empty when there is none: tells reused pids apart."""
    if sys.platform == "linux":
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except (OSError, ValueError):
            return ""
        return "" if fields[0] in "ZX" else fields[19]
    return answer("ps", "-o", "lstart=", "-p", str(pid))


def boot_mark() -> str:
    """One word that changes with every boot of the machine."""
    if sys.platform == "linux":
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return answer("sysctl", "-n", "kern.boottime")


def answer(*command: str) -> str:
    """What a system command prints, where there is no /proc."""
    import subprocess  # heavy, and Linux does without

    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def write(file: Path, record: dict[str, object], reader: int | None = None) -> None:
    """Write a record so that a reader sees all of it or none, also after a power loss.

    The group `reader` may read it.
    """
    temporary = file.with_name(f".{file.name}.{os.urandom(6).hex()}")
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as opened:
        json.dump(record, opened)
        opened.flush()
        open_to(opened.fileno(), reader)
        os.fsync(opened.fileno())
    temporary.replace(file)


def open_to(descriptor: int, reader: int | None) -> None:
    """Let a group read an open file."""
    if reader is not None:
        os.fchown(descriptor, -1, reader)
        os.fchmod(descriptor, 0o640)


def children(pid: int) -> list[int]:
    """Direct children of a process, on Linux."""
    found: list[int] = []
    for file in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found.extend(int(child) for child in file.read_text().split())
        except OSError:
            continue
    return found


def descendants(pid: int) -> list[int]:
    """Everything below a process. Nothing leaves: the shim adopts whose parent has ended."""
    found, waiting = [], children(pid)
    while waiting:
        one = waiting.pop()
        found.append(one)
        waiting.extend(children(one))
    return found


class Shim:
    """One workload: its folder, its limits, its first process."""

    def __init__(self, options: argparse.Namespace, warm: "Standby | None" = None) -> None:
        """`warm` is a process that waits for its command, where there is one."""
        self.options = options
        self.warm = warm
        self.folder: Path = options.folder
        self.handed = warm.environment if warm else handed(options.environment)
        self.begin = time.monotonic()
        self.kill_at: float | None = None
        self.child = 0
        self.facts = {"timed_out": False, "stopped": False}
        asked = limits.Asked(options.cpu, options.memory_mib << 20, options.processes, options.files)
        carried = sum(map(limits.private, descendants(os.getpid())))
        self.keeper = limits.Keeper(
            self.folder, asked, lambda: descendants(os.getpid()), carried, options.uid
        )
        self.wake, wake = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(wake)

    def run(self) -> int:
        """Start the command, watch it, record its end."""
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self.asked_to_stop)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        me = os.getpid()
        record = {"pid": me, "started": start_mark(me), "boot": boot_mark(), "id": self.folder.name}
        write(self.folder / HANDLE, {**record, "time": now()}, self.options.reader)
        self.child = self.hand_over(self.warm) if self.warm else self.fork()
        if self.kill_at is not None:  # asked before there was anything to end
            send(self.child, signal.SIGTERM)
        status = self.watch()
        self.sweep()
        self.keeper.close()
        code = os.waitstatus_to_exitcode(status)
        write(
            self.folder / EXIT,
            {
                "code": code if code >= 0 else None,
                "signal": -code if code < 0 else None,
                "ended": now(),
                **self.facts,
                **self.keeper.facts,
            },
            self.options.reader,
        )
        return code if code >= 0 else 128 - code

    def fork(self) -> int:
        """The workload's first process, in a group of its own, that does not outlive the shim."""
        shim, door = os.getpid(), self.door()
        child = os.fork()
        if child:
            if door:
                door.serve()
            return child
        try:
            os.setpgid(0, 0)
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD):
                signal.signal(number, signal.SIG_DFL)
            self.keeper.enter()
            if door:
                door.enter()
            if self.options.uid is not None:
                identity.become(self.options.uid, self.options.gid or 0)
            identity.die_with_parent(signal.SIGKILL)
            if os.getppid() != shim:
                os._exit(1)
            os.chdir(self.options.cwd)
            environment = dict(os.environ)
            if self.handed is not None:
                environment = self.handed | {limits.NOTICES_VARIABLE: os.environ[limits.NOTICES_VARIABLE]}
            os.execvpe(self.options.command[0], self.options.command, environment)  # noqa: S606 - no shell
        except OSError as error:
            print(f"Cannot start {self.options.command[0]}: {error.strerror or error}.", flush=True)
        finally:
            os._exit(127)

    def door(self) -> "Door | None":
        """The way out of a network of its own, where the workload gets one."""
        if not self.options.only_port:
            return None
        from notebench_spawner.enclosure import Door  # most workloads do without

        return Door(self.options.only_port)

    def hand_over(self, warm: "Standby") -> int:
        """The workload's first process, which was there before; another one where it has just ended."""
        asked = self.options
        account = None if asked.uid is None else (asked.uid, asked.gid or 0)
        taken = warm.hand_over(asked.command, asked.cwd, account, self.keeper)
        if not taken:
            warm.give_up()
        warm.tell(b"started")
        return warm.child if taken else self.fork()

    def asked_to_stop(self, _number: int, _frame: object) -> None:
        """A signal from outside: pass it on, and kill after the grace."""
        self.facts["stopped"] = True
        self.end()

    def end(self) -> None:
        """Ask the first process to end; `watch` kills all of it when the grace is over."""
        if self.kill_at is None:
            self.kill_at = time.monotonic() + self.options.grace
            if self.child:
                send(self.child, signal.SIGTERM)

    def watch(self) -> int:
        """Until the first process has ended: its wait status. Reaps adopted processes on the way."""
        while True:
            while True:
                try:
                    pid, status = os.waitpid(-1, os.WNOHANG)
                except ChildProcessError:
                    return 0
                if pid == self.child:
                    return status
                if pid == 0:
                    break
            self.hold_to_limits()
            select.select([self.wake], [], [], 0.2 if self.kill_at else 1.0)
            drain(self.wake)

    def hold_to_limits(self) -> None:
        """Time, memory, the size of the log, and the grace after a request to stop."""
        now_ = time.monotonic()
        if self.options.timeout and now_ - self.begin > self.options.timeout and self.kill_at is None:
            self.facts["timed_out"] = True
            self.end()
        if self.kill_at is not None and now_ > self.kill_at:
            for pid in {self.child, *self.keeper.members(), *descendants(os.getpid())}:
                send(pid, signal.SIGKILL)
        self.keeper.look(self.child)
        shorten(self.folder / OUTPUT)

    def sweep(self) -> None:
        """End what the first process has left behind."""
        for number, seconds in ((signal.SIGTERM, 1.0), (signal.SIGKILL, 5.0)):
            until = time.monotonic() + seconds
            for pid in (left := descendants(os.getpid())):
                send(pid, number)
            while left and time.monotonic() < until:
                try:
                    while os.waitpid(-1, os.WNOHANG)[0]:
                        continue
                except ChildProcessError:
                    return
                time.sleep(0.02)
                left = descendants(os.getpid())


def now() -> str:
    """This moment, ISO 8601 in UTC."""
    return datetime.now(UTC).isoformat()


def send(pid: int, number: int) -> None:
    """A signal to a process that may be gone."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def drain(descriptor: int) -> None:
    """Empty the wake-up pipe."""
    try:
        os.read(descriptor, 4096)
    except BlockingIOError:
        return


def handed(descriptor: int | None) -> dict[str, str] | None:
    """The workload's environment as it was handed over; None where it is our own."""
    if descriptor is None:
        return None
    with os.fdopen(descriptor) as opened:
        opened.seek(0)
        return {str(name): str(value) for name, value in json.load(opened).items()}


def shorten(log: Path) -> None:
    """Keep a log from filling the disk: what is above the limit moves to one older file."""
    if log.exists() and log.stat().st_size > LOG_LIMIT:
        log.with_suffix(".log.1").write_bytes(log.read_bytes())
        os.truncate(log, 0)  # writers append, so they go on at the new end


def options(words: list[str]) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--timeout", type=float, default=0)
    parser.add_argument("--grace", type=float, default=10)
    parser.add_argument("--memory-mib", type=int, default=0)
    parser.add_argument("--cpu", type=float, default=0)
    parser.add_argument("--processes", type=int, default=0)
    parser.add_argument("--files", type=int, default=0)
    parser.add_argument("--only-port", type=int, default=0)
    parser.add_argument("--cwd", default=".")
    for name in ("uid", "gid", "reader", "environment", "warm"):
        parser.add_argument(f"--{name}", type=int)
    split = words.index("--")
    found = parser.parse_args(words[:split])
    found.command = words[split + 1 :]
    return found


def main(words: list[str]) -> int:
    """Start and watch, unless another shim has this folder or had it before."""
    asked, warm = options(words), None
    os.umask(0o077)
    if os.getsid(0) != os.getpid():
        try:
            os.setsid()
        except PermissionError:
            os.setpgid(0, 0)
    identity.tell_kernel(_PR_SET_CHILD_SUBREAPER, 1)
    if asked.warm is not None:
        from notebench_spawner.standby import Standby  # a cold start does without

        account = None if asked.uid is None else (asked.uid, asked.gid)
        warm = Standby(asked.warm, asked.command, account, handed(asked.environment))
        if not warm.wait():
            return 0
        asked = options(warm.words)
    if not claim(asked):
        if warm:
            warm.give_up()
            warm.tell(b"taken")
        return 0
    return Shim(asked, warm).run()


def claim(asked: argparse.Namespace) -> bool:
    """Hold the workload's folder for life, and write to its log from here on. False where it is taken."""
    asked.folder = asked.folder.absolute()
    asked.folder.mkdir(parents=True, exist_ok=True)
    lock = os.open(asked.folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    if (asked.folder / HANDLE).exists():
        return False
    output = os.open(asked.folder / OUTPUT, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    open_to(output, asked.reader)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    return True


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
