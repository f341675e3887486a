"""How much room a home has, as the file system says it. Standard library only: a start waits for it."""

import errno
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
"""What a write fails with where a disk or a quota is used up."""

NEEDED = 4 * 2**20
"""Bytes that a session writes into its home in the first minutes, with a margin."""

_PROBE = b"\0" * 65_536


@dataclass(frozen=True)
class Room:
    """What a file system says of a directory: where that has a project quota, of the quota."""

    total: int
    free: int
    """Bytes that we may still write; -1 where a write has just failed."""

    @property
    def full(self) -> bool:
        """Whether a session cannot write there what it needs."""
        return self.free < NEEDED


def room(folder: Path) -> Room:
    """Look, and try: quotas of accounts show only when something is written. Raises OSError."""
    found = os.statvfs(folder)
    free = found.f_bavail * found.f_frsize
    if (found.f_files and not found.f_favail) or (free >= NEEDED and not _takes(folder)):
        free = -1
    return Room(total=found.f_blocks * found.f_frsize, free=free)


def _takes(folder: Path) -> bool:
    """Whether a small file can be written. A folder that is read-only is not full."""
    try:
        with tempfile.TemporaryFile(dir=folder, buffering=0) as probe:
            probe.write(_PROBE)
    except OSError as error:
        return error.errno not in FULL
    return True
