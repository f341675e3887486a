"""What the launcher is told about its installation on its command line, and the directories it keeps.

    python -m notebench_spawner.launcher --root DIR --environments DIR --workloads DIR --sockets DIR
        --tour DIR --socket PATH --parts ACCOUNT --first-id N --ids N

`--root`, `--workloads` and `--sockets` must be root's alone to write.
"""

import argparse
import os
import stat
from dataclasses import dataclass
from pathlib import Path

from notebench.contract.errors import Refused

from notebench_spawner.hands import fits_sockets
from notebench_spawner.names import folder_name

WORDS = ("root", "environments", "workloads", "sockets", "tour", "socket", "parts", "first-id", "ids")


@dataclass(frozen=True)
class Installation:
    """Where things are, who the other parts are, and which ids are for people's accounts."""

    root: Path
    environments: Path
    workloads: Path
    sockets: Path
    socket: Path
    parts: str
    """The system account that may ask."""
    first_id: int
    ids: int
    tour: Path | None = None

    @property
    def homes(self) -> Path:
        return self.root / "homes"

    @property
    def keeper(self) -> Path:
        """Where the process that keeps others ready listens, to root only."""
        return self.socket.with_name("keeper.sock")

    @property
    def temporary(self) -> Path:
        """Private directories for temporary files, one per workload."""
        return self.root / "tmp"

    def home(self, user: str) -> Path:
        """Where a user's files are, or will be."""
        return self.homes / folder_name(user)


def read(words: list[str]) -> Installation:
    """What the command line says."""
    parser = argparse.ArgumentParser(prog="python -m notebench_spawner.launcher")
    for word in WORDS:
        number = word in {"first-id", "ids"}
        parser.add_argument(f"--{word}", type=int if number else str, required=word != "tour")
    found = parser.parse_args(words)
    places = {one: Path(getattr(found, one)).absolute() for one in WORDS[:4]}
    return Installation(
        **places,
        socket=Path(found.socket).absolute(),
        parts=found.parts,
        first_id=found.first_id,
        ids=found.ids,
        tour=Path(found.tour).absolute() if found.tour else None,
    )


def make_directories(installation: Installation, parts_gid: int) -> None:
    """Make what is missing. Raises Refused where somebody else could write in what must be root's."""
    only_roots(installation.root)
    if not fits_sockets(installation.sockets):
        raise Refused(
            "The names of sockets below {folder} would be longer than the system allows.",
            "Choose a shorter --state-dir.",
            code="sockets-long",
            folder=installation.sockets,
        )
    for folder in (installation.homes, installation.sockets, installation.temporary):
        _make(folder, 0o711, 0)
    _make(installation.workloads, 0o750, parts_gid)


def _make(folder: Path, mode: int, gid: int) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    only_roots(folder)
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        os.fchown(descriptor, 0, gid)
        os.fchmod(descriptor, mode)
    finally:
        os.close(descriptor)


def only_roots(folder: Path) -> None:
    """Raises Refused unless a directory is root's, and nobody else can write there."""
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != 0 or found.st_mode & 0o022:
        raise Refused(
            "{folder} can be changed by others than root.",
            "Make it root's with `chown root {folder}` and `chmod go-w {folder}`, then try again.",
            code="folder-not-roots",
            folder=folder,
        )
