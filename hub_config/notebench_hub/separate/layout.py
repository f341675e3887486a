"""Who owns what below the state directory of an installation with separate accounts.

root owns the directory itself and what the launcher trusts: nobody else may rename or replace that. The parts
own their folders. People's accounts go through to their homes and to their workloads' private directories.
"""

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from notebench_hub.place import Place

HOME = "account"
"""Home of the parts' account: caches of what they run."""

OTHER_FOLDERS = ("secrets", "supervisor", "backups", "warm")
"""Folders of the parts beside those that `Place` names."""

_THROUGH = 0o711
_THROUGH_PARTS_LOOK = 0o751


class Owner(NamedTuple):
    """A system account."""

    uid: int
    gid: int


def lay_out(place: Place, parts: Owner) -> None:
    """Give everything the owner and the mode that it must have. Safe to repeat. Raises OSError."""
    root = Owner(0, 0)
    _have(place.root, Owner(0, parts.gid), _THROUGH_PARTS_LOOK)
    _have(place.homes, root, _THROUGH)
    _have(place.launcher_sockets, root, _THROUGH)
    _have(place.workloads, Owner(0, parts.gid), 0o750)
    for folder in _parts_folders(place):
        _hand_over(folder, parts, 0o700)
    _give(place.root / "secrets", parts)  # what root put there is for the parts to read
    if place.environments.is_relative_to(place.root):
        _hand_over(place.environments, parts, 0o755)
    _have_file(place.root / "supervisor.lock", parts, 0o600)
    for file in (place.settings_file, place.instance_file):
        if file.exists():
            os.chown(file, 0, parts.gid, follow_symlinks=False)
            file.chmod(0o640)


def _parts_folders(place: Place) -> Iterator[Path]:
    yield from (place.hub, place.service, place.mlflow, place.logs, place.sockets)
    yield from (place.root / name for name in (*OTHER_FOLDERS, HOME))


def _hand_over(folder: Path, owner: Owner, mode: int) -> None:
    """Make a folder of the parts; where it was another's, as after a restore, all in it becomes theirs."""
    was = folder.lstat().st_uid if folder.exists() else owner.uid
    _have(folder, owner, mode)
    if was != owner.uid:
        _give(folder, owner)


def _have(folder: Path, owner: Owner, mode: int) -> None:
    """Make a folder, or correct it; never through a link."""
    folder.mkdir(mode=0o700, exist_ok=True)
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        os.fchown(descriptor, *owner)
        os.fchmod(descriptor, mode)
    finally:
        os.close(descriptor)


def _have_file(file: Path, owner: Owner, mode: int) -> None:
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, mode)
    try:
        os.fchown(descriptor, *owner)
        os.fchmod(descriptor, mode)
    finally:
        os.close(descriptor)


def _give(folder: Path, owner: Owner) -> None:
    """Give it what is below a folder. Follows no link; a file with several names may be somebody else's."""
    for _path, folders, files, at in os.fwalk(folder, follow_symlinks=False):
        for name in [*folders, *files]:
            found = os.stat(name, dir_fd=at, follow_symlinks=False)
            if found.st_nlink == 1 or stat.S_ISDIR(found.st_mode):
                os.chown(name, *owner, dir_fd=at, follow_symlinks=False)
