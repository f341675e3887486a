"""How sessions ended that nobody asked to end: for their records, and for their owner's next page."""

import asyncio
from pathlib import Path

from notebench_spawner import processes
from notebench_spawner.marks import N_

UNKNOWN = N_("Nobody knows how it ended: it is not there any more.")

_KEPT = 1000

_unexpected: dict[tuple[str, str], str] = {}
"""By user and server name: the sentence, until the next start."""


async def ending(folder: Path) -> tuple[int, str]:
    """Exit code and English sentence of a process that is gone. Its shim may be writing the record now."""
    for _ in range(20):
        if found := processes.read_exit(folder):
            noted = processes.read_note(folder)
            sentence = found.sentence(noted.hardware.memory_mib if noted else None)
            return (1 if found.code is None else found.code), sentence
        await asyncio.sleep(0.05)
    return 1, UNKNOWN


def remember(user: str, server: str, sentence: str) -> None:
    """Keep a sentence for the owner's next page."""
    if len(_unexpected) > _KEPT:
        _unexpected.clear()
    _unexpected[user, server] = sentence


def forget(user: str, server: str) -> None:
    """A new start: what was before does not matter any more."""
    _unexpected.pop((user, server), None)


def last_ending(user: str, server: str) -> str:
    """Why a user's server ended unasked, one English sentence, or nothing."""
    return _unexpected.get((user, server), "")
