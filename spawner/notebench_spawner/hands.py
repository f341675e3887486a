"""The seam to people's processes and files: whoever touches them does it through `Hands`.

Two implementations: `OwnHands` works in the caller's own process and with its account; `LauncherHands`
asks the launcher, which works as each person's own account. All verbs block: call them in a thread.
"""

import os
import shutil
import tempfile
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, Protocol

from notebench.contract.errors import Refused

from notebench_spawner import beneath, limits, processes, shim
from notebench_spawner.catalogue.layers import ensure_layer
from notebench_spawner.listeners import listens
from notebench_spawner.names import folder_name
from notebench_spawner.process import ProcessSpec
from notebench_spawner.sessions.homes import prepare_home
from notebench_spawner.warm.pool import Pool
from notebench_spawner.workload import Workload

_SOCKET_LIMIT = 107
_SOCKET_NAME = "/kernel-00000000-0000-0000-0000-000000000000-ipc-00"


class Hands(Protocol):
    """What the hub and the service may do with people's processes and files.

    `user` is a hub name, `workload` the id of one, `path` relative to the user's home, with '/'. A path may
    go over links, as long as they stay in the home. Every verb may raise OSError; verbs of the launcher raise
    Unavailable, too, while it is away, and Refused with the reason.
    """

    workloads: Path
    """One folder per workload, read with `processes.read_handle`, `alive`, `read_exit`, `read_note`."""

    separate: bool
    """Whether each person has an account of their own."""

    def home(self, user: str) -> Path:
        """Where the user's files are, or will be. No look at the disk."""
        ...

    def runtime(self, workload: str) -> Path:
        """The private directory of a workload for its sockets, or where it will be. No look at the disk."""
        ...

    # Processes

    def launch(self, workload: Workload, spec: ProcessSpec, grace: float) -> processes.Record:
        """Note a workload and start it under its shim, or find the one that was. Raises Unavailable."""
        ...

    def ask_to_end(self, workload: str) -> None:
        """Ask a workload to end; its shim sees to it. Does nothing when it has ended."""
        ...

    def end_leftovers(self, workloads: set[str]) -> None:
        """Kill what still carries the mark of these workloads, shims last."""
        ...

    def settle(self, workload: str) -> bool:
        """Whether nothing of a workload runs, nor ever will: what a killed shim has left is ended first.

        False while its shim lives, which is not disturbed.
        """
        ...

    def forget(self, workload: str) -> None:
        """Remove folder and private directory of a workload that has ended; nothing while it runs."""
        ...

    def listens(self, workload: str, port: int) -> bool:
        """Whether who listens on this port of loopback is the workload. True where it cannot be known."""
        ...

    # What must be there before a start

    def prepare_home(self, workload: Workload) -> None:
        """Make the owner's home where there is none, with the tour in it."""
        ...

    def prepare_layer(self, workload: Workload) -> None:
        """Make the workload's environment layer where there is none. Raises Unavailable."""
        ...

    def make_runtime(self, workload: Workload) -> Path:
        """Make the private directory of a workload: for its owner, and for us to reach its sockets."""
        ...

    def remove_runtime(self, workload: str) -> None:
        """Remove the private directory of a workload with all in it. Does nothing when it is gone."""
        ...

    # Files

    def find_file(self, user: str, path: str) -> Path:
        """The absolute path of a plain file in the home, links resolved."""
        ...

    def open_file(self, user: str, path: str) -> BinaryIO:
        """A plain file of the home, open for reading."""
        ...

    def make_folder(self, user: str, path: str) -> None:
        """Make a folder in the home with those above it; does nothing where it is there."""
        ...

    def remove_tree(self, user: str, path: str) -> None:
        """Remove a folder or file of the home; of a link, the link. Does nothing when it is gone."""
        ...


class OwnHands:
    """Works with the account that it runs with: for one person, or for people who trust each other."""

    separate = False

    def __init__(
        self,
        root: Path,
        environments: Path,
        *,
        workloads: Path | None = None,
        sockets: Path | None = None,
        tour: Path | None = None,
        warm: Pool | None = None,
    ) -> None:
        """`root` is the state directory, `tour` the folder that new homes get a copy of.

        `warm` keeps processes ready for workloads of its kind.
        """
        self.homes = root / "homes"
        self.workloads = workloads or root / "workloads"
        self.environments = environments
        self.sockets = sockets or root / "run"
        self.tour = tour
        self.warm = warm

    def home(self, user: str) -> Path:
        """Where the user's files are, or will be."""
        return self.homes / folder_name(user)

    def runtime(self, workload: str) -> Path:
        """Where a workload keeps its sockets: private, and short enough for their names."""
        return runtime_directory(self.sockets, Path(tempfile.gettempdir()), workload)

    def launch(self, workload: Workload, spec: ProcessSpec, grace: float) -> processes.Record:
        """Start it as a process that belongs to nobody."""
        folder = self.workloads / workload.id
        if not processes.read_handle(folder):
            processes.note(folder, workload)
        return (
            self.warm.start(workload, spec, folder, grace)
            if self.warm
            else processes.start(spec, folder, grace)
        )

    def ask_to_end(self, workload: str) -> None:
        """A signal to its shim."""
        processes.ask_to_end(self.workloads / workload)

    def end_leftovers(self, workloads: set[str]) -> None:
        """Signals to whatever carries their mark."""
        processes.end_leftovers(workloads)

    def settle(self, workload: str) -> bool:
        """By its shim's lock, its control group and its mark."""
        if not processes.fence(self.workloads / workload):
            return False
        limits.prepare(self.workloads)
        processes.end_leftovers({workload})
        return not any(processes.marked({workload}))

    def forget(self, workload: str) -> None:
        """Remove what is left of it here."""
        folder = self.workloads / workload
        if not processes.alive(processes.read_handle(folder)):
            self.remove_runtime(workload)
            processes.forget(folder)

    def listens(self, workload: str, port: int) -> bool:
        """By the open files of the processes below its shim."""
        record = processes.read_handle(self.workloads / workload)
        return record is not None and listens(record.pid, port)

    def prepare_home(self, workload: Workload) -> None:
        """Make it, readable by its owner only."""
        prepare_home(workload.home, self.tour)

    def prepare_layer(self, workload: Workload) -> None:
        """Make it over the image's environment."""
        if workload.layer is not None:
            ensure_layer(workload.home, workload.acting_for, workload.image, self.environments)

    def make_runtime(self, workload: Workload) -> Path:
        """Make it, or refuse one that somebody else has put there."""
        found = self.runtime(workload.id)
        make_private(found)
        return found

    def remove_runtime(self, workload: str) -> None:
        """Remove it with all in it."""
        shutil.rmtree(self.runtime(workload), ignore_errors=True)

    def find_file(self, user: str, path: str) -> Path:
        """Look it up without leaving the home."""
        return beneath.find_file(self.home(user), path)

    def open_file(self, user: str, path: str) -> BinaryIO:
        """Open it without leaving the home."""
        return os.fdopen(beneath.open_file(self.home(user), path), "rb")

    def make_folder(self, user: str, path: str) -> None:
        """Make it, and the home where there is none."""
        self.home(user).mkdir(mode=0o700, parents=True, exist_ok=True)
        beneath.make_folder(self.home(user), path)

    def remove_tree(self, user: str, path: str) -> None:
        """Remove it without leaving the home."""
        beneath.remove_tree(self.home(user), path)


def end_all(hands: Hands, grace: float = processes.GRACE_SECONDS) -> list[str]:
    """End every workload, and what a killed shim may have left. Blocks; answers the ids of those that ran."""
    folders = processes.running(hands.workloads)
    for folder in folders:
        hands.ask_to_end(folder.name)
    processes.wait_for_end(folders, grace)
    known = {one.parent.name for one in hands.workloads.glob(f"*/{shim.HANDLE}")}
    hands.end_leftovers(known)
    return [folder.name for folder in folders]


def runtime_directory(sockets: Path, temporary: Path, workload: str) -> Path:
    """Where a workload keeps its sockets; below `temporary` where the names below `sockets` would not fit."""
    inside = sockets / runtime_name(workload)
    if fits_sockets(sockets):
        return inside
    return temporary / f"notebench-{os.getuid()}" / inside.name


def fits_sockets(sockets: Path) -> bool:
    """Whether the names of a kernel's sockets below `sockets` are short enough for the system."""
    return len(str(sockets / runtime_name("x"))) + len(_SOCKET_NAME) <= _SOCKET_LIMIT


def runtime_name(workload: str) -> str:
    """A short name that tells workloads apart."""
    if not workload:
        raise ValueError("a workload without a name has no directory of its own")
    return sha256(workload.encode()).hexdigest()[:12]


def make_private(directory: Path) -> None:
    """Make a directory that only we can read; refuse one that somebody else has put there. Raises Refused."""
    for folder in (directory.parent, directory):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.lstat()
        if folder.is_symlink() or found.st_uid != os.getuid():
            raise Refused(
                "The directory {folder} belongs to somebody else.",
                "Remove it, or choose a shorter --state-dir, so that sockets fit into it.",
                code="directory-foreign",
                folder=folder,
            )
    directory.chmod(0o700)
