"""Disks and databases that refuse: real ones, for processes that run, and back again."""

import contextlib
import resource
import sqlite3
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def nothing_can_be_written(pid: int) -> Iterator[None]:
    """Every write of this process to a file fails, as on a disk that went read-only under it."""
    before = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, before)


@contextlib.contextmanager
def locked(database: Path) -> Iterator[None]:
    """Somebody else holds the database, and does not let go."""
    with contextlib.closing(sqlite3.connect(database, isolation_level=None, timeout=10)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield
        other.execute("ROLLBACK")
