"""What is in a backup and what is not.

By exclusion: a file that a later version puts into the state directory is in the backup before anybody
thinks of it. What is left out is what the machine makes again (sockets, locks, logs, the folders of running
processes) and, unless asked for, people's homes.
"""

import stat
from collections.abc import Iterator
from pathlib import Path

from notebench_hub.place import Place

BACKUPS = "backups"
"""Folder in the state directory for the backups that are made by themselves."""

_NOT = frozenset(
    {
        *("logs", "workloads", "run", "supervisor", "supervisor.lock", "homes", "lost+found", BACKUPS),
        # With separate accounts: the machine's own, and made anew on another one.
        *("accounts.json", "accounts.lock", "launcher.json", "launcher.log", "launcher.lock", "up.lock"),
        *("rt", "tmp", "account", "environments"),
    }
)
_ARTIFACTS = Path("mlflow/artifacts")
_DATABASE = (".db", ".sqlite")
_BESIDE_DATABASE = ("-wal", "-shm", "-journal")


def databases(place: Place) -> list[Path]:
    """All SQLite files of an installation."""
    return [file for file, _ in _walk(place.root, _top(place)) if _is_database(file)]


def files(place: Place, *, artifacts: bool) -> Iterator[Path]:
    """What is copied as it is: everything else. Folders come too, before what is in them."""
    for file, _mode in _walk(place.root, _top(place)):
        if file.relative_to(place.root).is_relative_to(_ARTIFACTS):
            if artifacts:
                yield file
        elif not _is_database(file) and not _is_leftover(file.name):
            yield file


def homes(place: Place) -> Iterator[Path]:
    """People's files."""
    yield from (file for file, _mode in _walk(place.root, [place.homes]))


def _top(place: Place) -> list[Path]:
    return sorted(
        one for one in place.root.iterdir() if one.name not in _NOT and not one.name.startswith(".")
    )


def _is_database(file: Path) -> bool:
    return file.suffix in _DATABASE and _ARTIFACTS.name not in file.parts and not file.is_symlink()


def _is_leftover(name: str) -> bool:
    """Journals, copies that an upgrade left, and files that are just being written."""
    return name.endswith((".new", *_BESIDE_DATABASE)) or any(f"{end}." in name for end in _DATABASE)


def _walk(root: Path, tops: list[Path]) -> Iterator[tuple[Path, int]]:
    """Files, folders and links below, no sockets or pipes; what vanishes meanwhile was not there."""
    for top in tops:
        try:
            mode = top.lstat().st_mode
        except FileNotFoundError:
            continue
        if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode) or stat.S_ISLNK(mode)):
            continue
        yield top, mode
        if stat.S_ISDIR(mode):
            try:
                inside = sorted(top.iterdir())
            except FileNotFoundError:
                continue
            yield from _walk(root, inside)
