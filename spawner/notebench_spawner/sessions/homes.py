"""Homes of users: one directory each, whose name is safe and cannot meet another's, with the tour inside."""

import os
import re
import shutil
from hashlib import sha256
from pathlib import Path

_SEEDED = Path(".local/share/notebench/tour-seeded")
_WORDS = 24


def home_name(user: str) -> str:
    """The directory's name: readable words of the user's name, and a hash that tells names apart.

    Lower-case letters, digits and dashes only, at most 41 characters, never empty.
    """
    words = re.sub(r"[^a-z0-9]+", "-", user.lower())[:_WORDS].strip("-") or "user"
    return f"{words}-{sha256(user.encode()).hexdigest()[:16]}"


def prepare_home(home: Path, tour: Path | None) -> None:
    """Make a home with the tour in it; who removes the tour does not get it again. Raises OSError."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    marker = home / _SEEDED
    if tour is None or not tour.is_dir() or marker.exists():
        return
    target = home / "tour"
    if not target.exists():
        unfinished = home / f".tour-{os.getpid()}"
        shutil.rmtree(unfinished, ignore_errors=True)
        shutil.copytree(tour, unfinished, ignore=shutil.ignore_patterns(".*", "__pycache__"))
        unfinished.replace(target)  # a copy that was cut off is never taken for the tour
    marker.parent.mkdir(parents=True, exist_ok=True)
    marker.touch()
