"""Recorded processes: every workload of this machine has a folder that says how to find it again.

A folder `<workloads>/<id>/` holds `handle.json` (written by the shim: pid, start time, boot), `exit.json`
(written by the shim at the end), `output.log` and what the starter noted in `workload.json`. Whoever
starts a process wraps its command with `shim_argv`; whoever comes later asks `read_handle`, `alive`,
`read_exit`; `end_all` ends everything below a directory.
"""

import asyncio
import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple, TypeVar

import psutil
from notebench.contract.errors import Unavailable
from pydantic import BaseModel, ConfigDict, ValidationError

from notebench_spawner import shim
from notebench_spawner.process import MARK, ProcessSpec
from notebench_spawner.workload import Kind, Workload

NOTE = "workload.json"
GRACE_SECONDS = 10.0
KILL_SECONDS = 5.0
_RECORD_SECONDS = 15.0
_Model = TypeVar("_Model", bound=BaseModel)
_started: set[subprocess.Popen[bytes]] = set()


class Record(BaseModel):
    """`handle.json`: which process it is, beyond doubt."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    id: str
    pid: int
    """The shim's, which is also its session's; the workload's processes are below it."""
    started: str
    boot: str
    time: datetime


class Exit(BaseModel):
    """`exit.json`: how it ended."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    code: int | None
    signal: int | None
    ended: datetime
    timed_out: bool = False
    over_memory: bool = False
    over_processes: bool = False
    stopped: bool = False
    """True when somebody asked it to end."""

    def sentence(self, limits_mib: int | None = None) -> str:
        """How it ended, for people; empty for a plain success."""
        if self.timed_out:
            return "It took longer than its time limit and was ended."
        if self.over_memory and self.code != 0:
            amount = f"{limits_mib} MiB" if limits_mib else "see its log"
            return f"It used more memory than its hardware profile gives: {amount}. Choose a larger profile."
        if self.over_processes and self.code != 0:
            return "It started more processes than its hardware profile gives. Choose a larger profile."
        if self.stopped:
            return "It was stopped."
        if self.signal:
            return f"It was ended by signal {self.signal} ({signal.Signals(self.signal).name})."
        return f"It ended with exit code {self.code}." if self.code else ""


class Owner(NamedTuple):
    """Whose account a workload's command becomes, where root starts it."""

    uid: int
    gid: int
    reader: int
    """Group that may read the workload's records and output."""


def shim_argv(
    spec: ProcessSpec,
    folder: Path,
    grace: float = GRACE_SECONDS,
    owner: Owner | None = None,
    environment: int = -1,
) -> list[str]:
    """The command that starts a workload under its shim. To be run with `spec.env` and nothing else.

    The shim ends quietly, without starting anything, when the folder's workload was started before.
    It passes on SIGTERM and SIGINT as SIGTERM, and kills `grace` seconds later. With an owner `spec.env`
    comes through the descriptor `environment`.
    """
    limits = spec.limits
    words = zip(("--uid", "--gid", "--reader"), owner or (), strict=False)
    return [
        *(sys.executable, "-I", "-S", str(Path(shim.__file__).absolute()), str(folder.absolute())),
        *("--timeout", str(limits.timeout_seconds or 0), "--grace", str(grace)),
        *("--memory-mib", str(limits.memory_mib), "--cpu", str(limits.cpu), "--cwd", str(spec.cwd)),
        *("--processes", str(limits.processes), "--files", str(limits.files)),
        *(("--only-port", str(spec.only_port)) if spec.only_port else ()),
        *(part for option, number in words for part in (option, str(number))),
        *(("--environment", str(environment)) if owner else ()),
        *("--", *spec.argv),
    ]


def note(folder: Path, workload: Workload, reader: int | None = None) -> None:
    """Write down, without secrets, what a folder's process is, for `down`, `status` and people."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    shim.write(folder / NOTE, workload.without_secrets().model_dump(mode="json"), reader)


def read_note(folder: Path) -> Workload | None:
    """What a folder's process is, or None where nobody noted it."""
    return _read(Workload, folder / NOTE)


def read_handle(folder: Path) -> Record | None:
    """Which process a folder is about, or None before its start."""
    return _read(Record, folder / shim.HANDLE)


def read_exit(folder: Path) -> Exit | None:
    """How it ended, or None while it runs or when nobody could record its end."""
    return _read(Exit, folder / shim.EXIT)


def alive(record: Record | None) -> bool:
    """True while the recorded process itself runs, not another one that got its pid."""
    return bool(
        record and record.boot == shim.boot_mark() and record.started == shim.start_mark(record.pid) != ""
    )


async def launch(spec: ProcessSpec, folder: Path, grace: float = GRACE_SECONDS) -> Record:
    """`start` for who must not block."""
    return await asyncio.to_thread(start, spec, folder, grace)


def start(
    spec: ProcessSpec, folder: Path, grace: float = GRACE_SECONDS, owner: Owner | None = None
) -> Record:
    """Start a workload under its shim, or find the one that was. Blocks. Raises OSError or Unavailable.

    The process belongs to nobody: it outlives the caller. Root says whose account its command becomes.
    """
    if record := read_handle(folder):
        return record
    reap()
    if owner is None:
        _open(shim_argv(spec, folder, grace), spec.env, folder)
    else:
        _open_for(owner, spec, folder, grace)
    return wait_for_record(folder)


def wait_for_record(folder: Path) -> Record:
    """The record of a shim that was just started. Blocks. Raises Unavailable."""
    until = time.monotonic() + _RECORD_SECONDS
    while time.monotonic() < until:
        if record := read_handle(folder):
            return record
        time.sleep(0.02)
    raise Unavailable(
        "The process of {workload} has not come up within {seconds} seconds.",
        "This machine is busy; it is tried again.",
        code="process-slow",
        workload=folder.name,
        seconds=round(_RECORD_SECONDS),
    )


def reap() -> None:
    """Let the system forget shims that have ended. To be called now and then by who called `launch`."""
    for child in list(_started):
        if child.poll() is not None:
            _started.discard(child)


def _open(argv: list[str], env: dict[str, str], folder: Path, *passed: int) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    adopt(open_shim(argv, env, folder, passed))


def _open_for(owner: Owner, spec: ProcessSpec, folder: Path, grace: float) -> None:
    """The shim itself, which stays root's, must not see the command's environment: only the mark."""
    with os.fdopen(os.memfd_create("environment"), "w") as words:
        json.dump(spec.env, words)
        words.flush()
        argv = shim_argv(spec, folder, grace, owner, words.fileno())
        _open(argv, {MARK: spec.id}, folder, words.fileno())


def open_shim(
    argv: list[str], env: dict[str, str], cwd: Path, passed: tuple[int, ...] = (), errors: int | None = None
) -> subprocess.Popen[bytes]:
    """Start a shim in a session of its own, with these open files; `errors` is where its errors go."""
    null = subprocess.DEVNULL
    return subprocess.Popen(
        argv,
        env=env,
        cwd=cwd,
        stdin=null,
        stdout=null,
        stderr=null if errors is None else errors,
        start_new_session=True,
        pass_fds=passed,
    )


def adopt(opened: subprocess.Popen[bytes]) -> None:
    """See to it that `reap` lets the system forget this shim when it has ended."""
    _started.add(opened)


def running(root: Path) -> list[Path]:
    """Folders below `root` whose process runs."""
    if not root.is_dir():
        return []
    return [folder for folder in sorted(root.iterdir()) if alive(read_handle(folder))]


def marked(ids: set[str]) -> Iterator[psutil.Process]:
    """Processes that carry the mark of one of these workloads, wherever they stand."""
    for process in psutil.process_iter():
        try:
            if process.environ().get(MARK) in ids:
                yield process
        except psutil.Error:
            continue  # ended meanwhile, or somebody else's


def fence(folder: Path, reader: int | None = None) -> bool:
    """Whether a folder's shim has ended; one that has not come up yet never starts anything after this.

    A shim holds the folder's lock for life, so who has the lock knows. The group `reader` may read what is
    written. Raises OSError.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = os.open(folder / shim.LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if read_handle(folder) is None:
            nobody = {"pid": 0, "started": "", "boot": "", "id": folder.name, "time": shim.now()}
            ended: dict[str, object] = {"code": None, "signal": None, "ended": shim.now(), "stopped": True}
            shim.write(folder / shim.EXIT, ended, reader)
            shim.write(folder / shim.HANDLE, nobody, reader)
    except BlockingIOError:
        return False
    finally:
        os.close(lock)
    return True


def ask_to_end(folder: Path) -> None:
    """Ask a folder's process to end; its shim sees to it. Does nothing when it has ended."""
    if record := read_handle(folder):
        _send_recorded(record, signal.SIGTERM)


def end(folder: Path, grace: float = GRACE_SECONDS) -> None:
    """End a folder's process with all it started. Blocks until it has ended; does nothing when it has."""
    end_folders([folder], grace)


def end_all(root: Path, grace: float = GRACE_SECONDS) -> list[str]:
    """End every recorded process below `root`, and what a killed shim may have left. Blocks; answers ids."""
    folders = running(root)
    end_folders(folders, grace)
    end_leftovers({folder.name for folder in root.iterdir()} if root.is_dir() else set())
    return [folder.name for folder in folders]


def end_folders(folders: list[Path], grace: float) -> None:
    """End several at once and wait for all; a shim that does not end them in time is killed with them."""
    for folder in folders:
        ask_to_end(folder)
    end_leftovers({folder.name for folder in wait_for_end(folders, grace)})


def wait_for_end(folders: list[Path], grace: float) -> list[Path]:
    """Wait until shims that were asked have ended their workloads; those that did not in time. Blocks."""
    until = time.monotonic() + grace + KILL_SECONDS
    while (left := [f for f in folders if alive(read_handle(f))]) and time.monotonic() < until:
        time.sleep(0.02)
    return left


def end_leftovers(ids: set[str], accounts: Collection[int] | None = None) -> None:
    """Kill what still carries the mark of these workloads; shims last, so that they can record the end.

    With `accounts` only processes of these, and shims: anybody may give the mark to a process of their own.
    """
    left = [process for process in marked(ids) if process.pid != os.getpid()] if ids else []
    if accounts is not None:
        left = [process for process in left if _is_shim(process) or _account(process) in accounts]
    shims = [process for process in left if _is_shim(process)]
    for process in left:
        if process not in shims:
            _send(process.pid, signal.SIGKILL)
    psutil.wait_procs(left, timeout=KILL_SECONDS / 2)
    for process in shims:
        if process.is_running():
            _send(process.pid, signal.SIGKILL)
    psutil.wait_procs(left, timeout=KILL_SECONDS / 2)


def _account(process: psutil.Process) -> int:
    try:
        return process.uids().real
    except psutil.Error:
        return -1


def _is_shim(process: psutil.Process) -> bool:
    try:
        return str(Path(shim.__file__).absolute()) in process.cmdline()
    except psutil.Error:
        return False


def forget(folder: Path) -> None:
    """Remove the folder of a workload that has ended."""
    if not alive(read_handle(folder)):
        shutil.rmtree(folder, ignore_errors=True)


def old(root: Path, keep: Mapping[Kind, timedelta]) -> list[str]:
    """Ids of workloads that ended longer ago than is kept for their kind."""
    moment = datetime.now(UTC)
    found = []
    for folder in root.iterdir() if root.is_dir() else ():
        end, noted = read_exit(folder), read_note(folder)
        if end and noted and moment - end.ended > keep[noted.kind]:
            found.append(folder.name)
    return found


def _send_recorded(record: Record, number: int) -> None:
    """A signal to the recorded process, never to one that got its pid: root sends this to anybody's."""
    if not hasattr(os, "pidfd_open"):
        if alive(record):
            _send(record.pid, number)
        return
    try:
        held = os.pidfd_open(record.pid)
    except OSError:  # it has ended, or there never was one
        return
    try:
        if alive(record):
            signal.pidfd_send_signal(held, number)
    except ProcessLookupError:
        return
    finally:
        os.close(held)


def _send(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def _read(kind: type[_Model], file: Path) -> _Model | None:
    try:
        return kind.model_validate_json(file.read_text())
    except (OSError, ValidationError):
        return None
