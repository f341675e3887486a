"""Whether only root can change what the launcher runs: its interpreter, and all that it may import."""

import os
import stat
import sys
from pathlib import Path

from notebench.contract.errors import Refused


def check_own_code() -> None:
    """Raises Refused where an account that is not root could change what this process loads."""
    for path in (sys.executable, sys.prefix, sys.base_prefix, *sys.path):
        if found := writable(Path(path)):
            raise Refused(
                "The launcher would run as root what others can change: {path}.",
                "Install Notebench where only root can write, or set `accounts: shared`.",
                code="code-writable",
                path=found,
            )


def writable(path: Path) -> Path | None:
    """The first part of a path, links and where they lead, that others than root can change."""
    for whole in (Path(os.path.normpath(path.absolute())), path.resolve()):
        everybodys = False
        for part in (*reversed(whole.parents), whole):
            try:
                found = part.lstat()
            except OSError:
                if everybodys:
                    return part
                break  # nothing there, and nobody else can put anything there
            if found.st_uid != 0 or _open_to_others(found):
                return part
            everybodys = bool(found.st_mode & stat.S_IWOTH)
    return None


def _open_to_others(found: os.stat_result) -> bool:
    if stat.S_ISLNK(found.st_mode) or (stat.S_ISDIR(found.st_mode) and found.st_mode & stat.S_ISVTX):
        return False
    return bool(found.st_mode & stat.S_IWOTH or (found.st_mode & stat.S_IWGRP and found.st_gid != 0))
