"""How a workload's process begins: its folder, its temporary directory, then its shim."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from notebench.contract.errors import Refused

from notebench_spawner import processes
from notebench_spawner.launcher import folders, ready
from notebench_spawner.launcher.accounts import Account
from notebench_spawner.launcher.checks import Wanted
from notebench_spawner.launcher.installation import Installation
from notebench_spawner.process import MARK, ProcessSpec, process_spec


def launch(installation: Installation, wanted: Wanted, account: Account, parts: Account) -> processes.Record:
    """Start it, or find the one that was. Raises Refused, Unavailable or OSError."""
    workload = wanted.workload
    with locked(installation.workloads / workload.id, parts.gid) as folder:
        noted = processes.read_note(folder)
        if noted is not None and noted.user != workload.user:
            raise Refused(
                "The workload {workload} is somebody else's.",
                "Ids are used once; the service gives a new one.",
                code="workload-foreign",
                workload=workload.id,
            )
        if record := processes.read_handle(folder):
            return record
        processes.note(folder, workload, parts.gid)
        temporary = installation.temporary / workload.id
        folders.give(temporary, account, account.gid, 0o700)
        # Command, working directory and limits follow from the workload, whoever asks.
        spec = process_spec(workload, installation.environments)
        ours = {"HOME": str(workload.home), "TMPDIR": str(temporary), MARK: workload.id}
        owner = processes.Owner(account.uid, account.gid, parts.gid)
        spec = spec.model_copy(update={"env": wanted.env | ours})
        waited = ready.take(installation.keeper, workload.kind, workload.image.identity)
        return _begin(waited, spec, folder, wanted.grace, owner)


def _begin(
    waited: ready.Taken | None, spec: ProcessSpec, folder: Path, grace: float, owner: processes.Owner
) -> processes.Record:
    """The one place where a process begins, under a shim that is root's: in one that waited, or anew."""
    found = waited and waited.become(processes.shim_argv(spec, folder, grace, owner), spec.env, folder)
    return found or processes.start(spec, folder, grace, owner)


@contextmanager
def locked(folder: Path, reader: int) -> Iterator[Path]:
    """Make a workload's folder where there is none, and be the only one to start or forget it."""
    while True:
        folder.mkdir(mode=0o700, exist_ok=True)
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            try:
                still = os.path.samestat(folder.stat(), os.fstat(descriptor))
            except FileNotFoundError:
                still = False
            if still:  # else it was forgotten while we waited
                os.fchown(descriptor, 0, reader)
                os.fchmod(descriptor, 0o750)
                yield folder
                return
        finally:
            os.close(descriptor)
