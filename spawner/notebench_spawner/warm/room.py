"""How many processes may wait on this machine, and when one more would be too many."""

import os
from pathlib import Path

import psutil

SMALL = 8 << 30
"""Bytes of memory below which nothing is kept ready unless somebody asked for a number."""

_SHARE = 16  # all that waits together: a sixteenth of the machine's memory
_FREE = 4  # a quarter of the memory is free, or nothing more is started
_ONE = 160 << 20  # what the next one may hold, before one was measured


def number(asked: int | None, most: int) -> int:
    """How many of a kind are kept ready; `asked` None decides by the size of the machine."""
    if asked is not None:
        return asked
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return most if psutil.virtual_memory().total >= SMALL and cores > 1 else 0


def ssh_refuses(folder: Path = Path("/etc/ssh/ssh_config.d")) -> bool:
    """Whether `ssh` does not work in a process that root has set apart.

    It wants such files to be root's, and there all that is not the owner's shows as nobody's.
    """
    return any(folder.glob("*.conf"))


def fits(held: list[int]) -> bool:
    """Whether one more may be started beside those that hold so many bytes."""
    memory = psutil.virtual_memory()
    largest = max(held, default=0) or _ONE
    return sum(held) + largest <= memory.total // _SHARE and memory.available >= memory.total // _FREE


def crowded(held: list[int]) -> bool:
    """Whether the machine needs the memory of what waits."""
    return bool(held) and psutil.virtual_memory().available < psutil.virtual_memory().total // (2 * _FREE)
