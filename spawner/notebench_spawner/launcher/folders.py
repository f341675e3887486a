"""Directories that root makes and gives to an account, below directories that are root's alone."""

import os
import subprocess
from contextlib import suppress
from pathlib import Path

from notebench.contract.errors import Refused

from notebench_spawner.launcher.accounts import Account
from notebench_spawner.launcher.system import PATH

_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_REMOVE = 'chmod -R u+rwX -- "$1" 2>/dev/null; exec rm -rf --one-file-system -- "$1" 2>/dev/null'
_SECONDS = 50


def give(folder: Path, account: Account, group: int, mode: int, *, adopt: bool = False) -> None:
    """Make a directory of an account, with this group and mode. Raises Refused for one of somebody else.

    With `adopt` one of root's becomes the account's with all in it: a home from a backup, or of the time
    before there were accounts.
    """
    above = os.open(folder.parent, _FLAGS)
    try:
        with suppress(FileExistsError):
            os.mkdir(folder.name, 0o700, dir_fd=above)
        inside = os.open(folder.name, _FLAGS, dir_fd=above)
    finally:
        os.close(above)
    try:
        found = os.fstat(inside)
        if adopt and found.st_uid == 0:
            _adopt(inside, account)
        # An empty one of root's was just made, by us or by one like us that was killed before the next line.
        if found.st_uid != account.uid and (found.st_uid != 0 or not (adopt or _empty(inside))):
            raise Refused(
                "The directory {folder} belongs to another account, not to {account}.",
                "An administrator moves it away, or gives it over with `chown -hR {account}: {folder}`.",
                code="directory-foreign",
                folder=folder,
                account=account.name,
            )
        if (found.st_uid, found.st_gid) != (account.uid, group):
            os.fchown(inside, account.uid, group)
        if found.st_mode & 0o7777 != mode:
            os.fchmod(inside, mode)
    finally:
        os.close(inside)


def _adopt(descriptor: int, account: Account) -> None:
    """Give the account what is root's below a directory that only root can enter; links lead nowhere.

    The directory itself is given last, so that who is cut off begins anew.
    """
    for _path, folders, files, at in os.fwalk(".", topdown=False, follow_symlinks=False, dir_fd=descriptor):
        for name in (*folders, *files):
            if os.stat(name, dir_fd=at, follow_symlinks=False).st_uid == 0:
                os.chown(name, account.uid, account.gid, dir_fd=at, follow_symlinks=False)


def _empty(descriptor: int) -> bool:
    with os.scandir(descriptor) as entries:
        return next(entries, None) is None


def take(folder: Path) -> bool:
    """Remove a directory of an account with all in it, as that account. False where something stays."""
    try:
        found = folder.lstat()
    except FileNotFoundError:
        return True
    if found.st_uid > 0:
        _empty_as(found.st_uid, folder)
    try:
        folder.rmdir()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True


def _empty_as(uid: int, folder: Path) -> None:
    """By a program that goes down trees of any depth; as the account, so that links lead nowhere."""
    null = subprocess.DEVNULL
    with suppress(subprocess.TimeoutExpired):
        subprocess.run(
            ["/bin/sh", "-c", _REMOVE, "sh", str(folder)],
            user=uid,
            group=uid,
            extra_groups=[],
            env={"PATH": PATH},
            cwd="/",
            stdin=null,
            stdout=null,
            stderr=null,
            timeout=_SECONDS,
            check=False,
        )
