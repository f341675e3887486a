"""Holds one workload to its memory, processor time, processes and open files, and says what happened.

Where the kernel can do it (`cgroups`), it does; else the shim measures every second. Standard library only:
the shim loads this with an interpreter's `-I -S`. What the owner should know is appended to `notices.jsonl`
in the workload's folder, which the workload's first process can read through an open descriptor.
"""

import contextlib
import fcntl
import json
import os
import resource
import signal
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from notebench_spawner import cgroups

NOTICES, MEANS, LOCK = "notices.jsonl", "limits.json", "lock"
NOTICES_VARIABLE = "NOTEBENCH_NOTICES_FD"
"""Environment variable that tells a workload's first process where its notices can be read."""

_MOST_NOTICES = 200
_TRIES = 5
_STRIKES = 3  # looks in a row at which the kernel has refused new processes: then somebody has to go
_FULL = 0.9
_ROUNDS = 200
_OOM_SCORE = "300"  # where the whole machine runs out of memory, a workload goes before Notebench's parts
_NICE = 5


class Asked:
    """What the profile gives; 0 for no limit."""

    def __init__(self, cpu: float = 0, memory: int = 0, processes: int = 0, files: int = 0) -> None:
        """Cores, bytes, processes and threads together, open files of one process."""
        self.cpu = cpu
        self.memory = memory
        self.processes = processes
        self.files = files


def means(workloads: Path) -> list[str]:
    """Which of `cgroups.CONTROLLERS` the kernel holds workloads to, as far as this process can know."""
    try:
        found = json.loads((workloads / MEANS).read_text())
    except (OSError, ValueError):
        found = sorted(cgroups.find(cgroups.installation(workloads)).places)
    return [str(one) for one in found]


def prepare(workloads: Path) -> list[str]:
    """Find out, as who starts shims, what the kernel can do; write it down; remove what shims left.

    Returns the same as `means`. Raises OSError where `workloads` cannot be written.
    """
    base = cgroups.find(cgroups.installation(workloads))
    tidy(base, workloads)
    found = sorted(base.places)
    if (workloads / MEANS).exists() and means(workloads) == found:
        return found
    new = workloads / f".{MEANS}.{os.getpid()}"
    new.write_text(json.dumps(found))
    new.chmod(0o644)
    new.replace(workloads / MEANS)
    return found


def tidy(base: cgroups.Base, workloads: Path) -> list[str]:
    """Kill and remove groups whose shim is gone: a shim holds its folder's lock for life. Answers names."""
    gone = [name for name in base.leftovers() if not _locked(workloads / name / LOCK)]
    for name in gone:
        base.group(name).remove()
    return gone


def forget(workloads: Path) -> None:
    """Remove an installation's groups for good, with what is in those that no shim watches."""
    base = cgroups.find(cgroups.installation(workloads))
    tidy(base, workloads)
    base.remove()


def _locked(lock: Path) -> bool:
    try:
        descriptor = os.open(lock, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


class Keeper:
    """Holds one workload to its limits. Made and asked by the shim; `enter` is called in the child."""

    def __init__(
        self,
        folder: Path,
        asked: Asked,
        below: Callable[[], list[int]],
        carried: int = 0,
        account: int | None = None,
    ) -> None:
        """`below` lists the shim's descendants, `carried` is how many bytes they have from before.

        A group of the kernel's does not count what a process had before it came in: it gets so much less.
        `account` is the one that the workload becomes; None where it stays the shim's.
        """
        self.folder = folder
        self.account = os.getuid() if account is None else account
        self.asked = asked
        self.below = below
        self.facts = {"over_memory": False, "over_processes": False}
        prepare(folder.parent)
        memory = max(asked.memory - carried, asked.memory // 4)
        wanted = {"memory": memory, "pids": asked.processes, "cpu": asked.cpu}
        wanted = {one: amount for one, amount in wanted.items() if amount}
        for _ in range(_TRIES):
            self.base = cgroups.find(cgroups.installation(folder.parent))
            self.group = self.base.group(folder.name)
            self.held = [one for one, amount in wanted.items() if self.group.limit(one, amount)]
            if set(self.held) == set(wanted) & set(self.base.places):
                break  # else a shim that ended removed the last empty directory above us
        self.notices = os.open(folder / NOTICES, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
        self._told = 0
        self._killed = self._refused = self._strikes = 0
        self._full_of_files: set[int] = set()

    def enter(self) -> None:
        """Put the calling process under the limits, still with the shim's rights. Raises OSError."""
        reader = self.reader()
        os.set_inheritable(reader, True)
        os.environ[NOTICES_VARIABLE] = str(reader)
        self.hold(os.getpid())
        for which, amount in self.own_limits():
            _lower(which, amount)

    def reader(self) -> int:
        """The notices, open to be read."""
        return os.open(self.folder / NOTICES, os.O_RDONLY | os.O_CLOEXEC)

    def hold(self, pid: int) -> None:
        """Put a process under the limits that others can set, with the shim's rights. Raises OSError."""
        if self.held:
            self.group.enter(pid)
        with contextlib.suppress(OSError):
            Path(f"/proc/{pid}/oom_score_adj").write_text(_OOM_SCORE)
        if "cpu" not in self.held and self.asked.cpu:
            for task in tasks(pid):
                bind_to_cores(self.asked.cpu, self.folder.name, task)
                os.setpriority(os.PRIO_PROCESS, task, os.getpriority(os.PRIO_PROCESS, 0) + _NICE)

    def own_limits(self) -> list[tuple[int, int]]:
        """What a process has to set for itself: which resource, and how much at most."""
        found = [(resource.RLIMIT_CORE, 0)]
        if self.asked.files:
            found.append((resource.RLIMIT_NOFILE, self.asked.files))
        if "pids" not in self.held and self.asked.processes:
            # Counted by the kernel for the whole account, so only a backstop behind our own counting.
            most = _threads_of(self.account) + 4 * self.asked.processes
            found.append((resource.RLIMIT_NPROC, most))
        return found

    def look(self, child: int) -> None:
        """Compare with the limits what there is now; to be called every second. Never raises OSError."""
        pids = self.members()
        if "memory" in self.held:
            self._look_for_kills()
        elif self.asked.memory:
            self._hold_to_memory(pids)
        if "pids" in self.held:
            self._look_for_refusals(child)
        elif self.asked.processes and sum(map(threads, pids)) > self.asked.processes:
            self._too_many(child)
        if self.asked.files:
            self._look_for_files(pids)

    def members(self) -> list[int]:
        """All processes of the workload."""
        return self.group.members() if self.held else self.below()

    def close(self) -> None:
        """Remove the group. What is still in it is killed."""
        self._look_for_kills()
        self.group.remove()
        self.base.remove()

    def _look_for_kills(self) -> None:
        killed = self.group.killed()
        if killed > self._killed:
            self._killed = killed
            self.facts["over_memory"] = True
            self.tell("memory", limit=self.asked.memory >> 20)

    def _hold_to_memory(self, pids: list[int]) -> None:
        """Over the limit the largest process ends, as the kernel does it: in a session that is a kernel."""
        if sum(map(resident, pids)) <= self.asked.memory:
            return
        sizes = {pid: memory(pid) for pid in pids}
        if sum(sizes.values()) > self.asked.memory:
            self.facts["over_memory"] = True
            largest = max(sizes, key=lambda pid: sizes[pid])
            self.tell("memory", limit=self.asked.memory >> 20)
            _send(largest, signal.SIGKILL)

    def _look_for_refusals(self, child: int) -> None:
        refused, before = self.group.refused(), self._refused
        self._refused = refused
        full = self.group.used("pids") >= _FULL * self.asked.processes
        self._strikes = self._strikes + 1 if refused > before and full else 0
        if refused > before and (before == 0 or self._strikes == 1):
            self.tell("processes", limit=self.asked.processes)
        if self._strikes >= _STRIKES:
            self._strikes = 0
            self._too_many(child)

    def _too_many(self, child: int) -> None:
        """End the kernel's or terminal's session that swarms; where none stands out, the whole workload."""
        self.facts["over_processes"] = True
        for _ in range(_ROUNDS):
            sessions = {pid: session(pid) for pid in self.members()}
            weights: Counter[int] = Counter()
            for pid, one in sessions.items():
                weights[one] += threads(pid)
            if weights.total() <= self.asked.processes / 2:
                break
            swarm, size = weights.most_common(1)[0]
            everything = size * 2 < weights.total() or swarm == session(child)
            # All stand still before the first one ends: otherwise its place is taken at once.
            for number in (signal.SIGSTOP, signal.SIGKILL):
                _send_all([pid for pid, one in sessions.items() if everything or one == swarm], number)
            time.sleep(0.01)
        self.tell("swarm", limit=self.asked.processes)

    def _look_for_files(self, pids: list[int]) -> None:
        full = {pid for pid in pids if open_files(pid) >= self.asked.files}
        if full - self._full_of_files:
            self.tell("files", limit=self.asked.files)
        self._full_of_files = full

    def tell(self, kind: str, **values: int) -> None:
        """Say to the owner, and to the log, what happened at a limit."""
        if self._told >= _MOST_NOTICES:
            return
        self._told += 1
        note = {"kind": kind, "time": datetime.now(UTC).isoformat(), **values}
        with contextlib.suppress(OSError):
            os.write(self.notices, json.dumps(note).encode() + b"\n")
        print(f"Notebench: {SENTENCES[kind].format_map(values)}", flush=True)


SENTENCES = {
    "memory": "over the profile's memory of {limit} MiB, the largest process was ended.",
    "processes": "no more processes and threads can be started, the profile gives {limit}.",
    "swarm": "over the profile's {limit} processes and threads, what started most of them was ended.",
    "files": "a process has opened as many files as the profile gives, {limit}; it cannot open more.",
}


def memory(pid: int) -> int:
    """Bytes a process holds, shared pages counted in part; 0 when it is gone."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        return sum(int(line.split()[1]) for line in lines if line.startswith(("Pss:", "Swap:"))) * 1024
    except (OSError, ValueError):
        return 0


def resident(pid: int) -> int:
    """Bytes a process has mapped in memory; cheap, and never less than `memory` without swap."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError):
        return 0


def session(pid: int) -> int:
    """Session id of a process, 0 when it is gone. Each kernel and each terminal has one of its own."""
    return int(_stat(pid)[3])


def threads(pid: int) -> int:
    """Threads of a process, 0 when it is gone."""
    return int(_stat(pid)[17])


def open_files(pid: int) -> int:
    """Open files of a process; 0 when it is gone, and on Linux before 6.2, which tells only by a list."""
    try:
        return Path(f"/proc/{pid}/fd").stat().st_size
    except OSError:
        return 0


def private(pid: int) -> int:
    """Bytes of memory that are a process's own, not a file's."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        return sum(int(line.split()[1]) for line in lines if line.startswith("RssAnon:")) * 1024
    except (OSError, ValueError):
        return 0


def tasks(pid: int) -> list[int]:
    """The threads of a process; itself where the system does not tell."""
    try:
        return [int(task.name) for task in Path(f"/proc/{pid}/task").iterdir()]
    except OSError:
        return [pid]


def bind_to_cores(cpu: float, name: str, task: int = 0) -> None:
    """Bind a thread (0: ours) and what it starts to as many cores as the profile gives, spread by name."""
    if not cpu or not hasattr(os, "sched_setaffinity"):
        return
    cores = sorted(os.sched_getaffinity(task))
    wanted = max(1, -int(-cpu // 1))
    if wanted < len(cores):
        first = sum(name.encode()) % len(cores)
        os.sched_setaffinity(task, {cores[(first + i) % len(cores)] for i in range(wanted)})


def _stat(pid: int) -> list[str]:
    """Fields of /proc/PID/stat from the state on."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (OSError, ValueError):
        return ["0"] * 50


def _threads_of(account: int) -> int:
    found = 0
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            found += threads(int(folder.name)) if folder.stat().st_uid == account else 0
    return found


def _lower(which: int, amount: int) -> None:
    """Set both limits to at most an amount."""
    _soft, hard = resource.getrlimit(which)
    value = amount if hard == resource.RLIM_INFINITY else min(amount, hard)
    resource.setrlimit(which, (value, value))


def _send_all(pids: list[int], number: int) -> None:
    """A signal to processes with their groups: while the kernel signals a group, nothing in it forks."""
    groups = set()
    for pid in pids:
        with contextlib.suppress(OSError):
            groups.add(os.getpgid(pid))
    for group in groups - {os.getpgrp(), 0, 1}:
        with contextlib.suppress(OSError):
            os.killpg(group, number)
    for pid in pids:
        _send(pid, number)


def _send(pid: int, number: int) -> None:
    with contextlib.suppress(OSError):
        os.kill(pid, number)
