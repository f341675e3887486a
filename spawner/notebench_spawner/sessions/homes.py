"""Homes of users: a new one gets the tour. Standard library only."""

import errno
import os
import shutil
from contextlib import suppress
from pathlib import Path

from notebench_spawner import beneath

_SPARE = 4 * 2**20
"""Bytes that stay for people's own work: where there are fewer the tour comes another time."""

_SEEDED = ".local/share/notebench/tour-seeded"


def prepare_home(home: Path, tour: Path | None) -> None:
    """Make a home with the tour in it; who removes the tour does not get it again. Raises OSError."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    if tour is None or not tour.is_dir() or beneath.exists(home, _SEEDED):
        return
    disk = os.statvfs(home)
    if disk.f_bavail * disk.f_frsize < _SPARE:
        return
    try:
        _put(home, tour)
    except (OSError, shutil.Error) as error:
        if not _is_full(error):
            raise  # a full home is no reason not to start: the tour comes another time


def _is_full(error: OSError) -> bool:
    """Also what copying a folder collects, as texts."""
    numbers = (errno.ENOSPC, errno.EDQUOT)
    texts = error.args[0] if isinstance(error, shutil.Error) and error.args else []
    return error.errno in numbers or any(
        os.strerror(number) in str(reason) for *_, reason in texts for number in numbers
    )


def _put(home: Path, tour: Path) -> None:
    target = home / "tour"
    if not os.path.lexists(target):
        unfinished = home / f".tour-{os.getpid()}"
        shutil.rmtree(unfinished, ignore_errors=True)  # does nothing to a link, and what follows refuses it
        try:
            shutil.copytree(tour, unfinished, ignore=shutil.ignore_patterns(".*", "__pycache__"))
            unfinished.replace(target)  # a copy that was cut off is never taken for the tour
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
    with suppress(beneath.LeadsOutError):  # then the folder itself says that the tour was here
        beneath.make_file(home, _SEEDED)
