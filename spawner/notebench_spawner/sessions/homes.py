"""Homes of users: a new one gets the tour. Standard library only."""

import os
import shutil
from contextlib import suppress
from pathlib import Path

from notebench_spawner import beneath

_SEEDED = ".local/share/notebench/tour-seeded"


def prepare_home(home: Path, tour: Path | None) -> None:
    """Make a home with the tour in it; who removes the tour does not get it again. Raises OSError."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    if tour is None or not tour.is_dir() or beneath.exists(home, _SEEDED):
        return
    target = home / "tour"
    if not os.path.lexists(target):
        unfinished = home / f".tour-{os.getpid()}"
        shutil.rmtree(unfinished, ignore_errors=True)  # does nothing to a link, and what follows refuses it
        shutil.copytree(tour, unfinished, ignore=shutil.ignore_patterns(".*", "__pycache__"))
        unfinished.replace(target)  # a copy that was cut off is never taken for the tour
    with suppress(beneath.LeadsOutError):  # then the folder itself says that the tour was here
        beneath.make_file(home, _SEEDED)
