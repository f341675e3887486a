"""Log files of the parts: written by the parts themselves, rotated and read here.

A part holds its own file open for appending, so it goes on writing when the supervisor is killed.
Rotation therefore copies and truncates; a line written in between can be lost, a part never blocks.
"""

import os
import shutil
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO

LIMIT = 10 * 1024 * 1024
KEEP = 3
_TAIL_BYTES = 64 * 1024


def open_for_part(file: Path) -> IO[bytes]:
    """A file that a part may use as its output; readable by the owner only."""
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    return os.fdopen(descriptor, "wb", buffering=0)


def rotate(file: Path, limit: int = LIMIT, keep: int = KEEP) -> bool:
    """Move what is written to `<file>.1` and so on once there are `limit` bytes; whether it did."""
    if not file.exists() or file.stat().st_size < limit:
        return False
    for number in range(keep - 1, 0, -1):
        older = file.with_name(f"{file.name}.{number}")
        if older.exists():
            older.replace(file.with_name(f"{file.name}.{number + 1}"))
    shutil.copy(file, file.with_name(f"{file.name}.1"))  # with its mode: logs are the owner's only
    os.truncate(file, 0)
    return True


def tail(file: Path, lines: int, *, since: int = 0) -> list[str]:
    """The last lines, none of them written before byte `since`. No file, no lines."""
    try:
        with file.open("rb") as opened:
            size = opened.seek(0, os.SEEK_END)
            start = max(since if since <= size else 0, size - _TAIL_BYTES)
            opened.seek(start)
            text = opened.read().decode(errors="replace")
    except FileNotFoundError:
        return []
    return text.splitlines()[-lines:] if lines else []


def follow_many(files: Mapping[str, Path], pause: float = 0.3) -> Iterator[tuple[str, str]]:
    """Lines as they are written, with the file's name, for ever; from the beginning after a rotation."""
    readers = {name: _Reader(file) for name, file in files.items()}
    while True:
        for name, reader in readers.items():
            for line in reader.fresh():
                yield name, line
        time.sleep(pause)


class _Reader:
    """Reads what was appended since the last look."""

    def __init__(self, file: Path) -> None:
        self._file, self._rest = file, b""
        self._position = file.stat().st_size if file.exists() else 0

    def fresh(self) -> list[str]:
        size = self._file.stat().st_size if self._file.exists() else 0
        if size < self._position:
            self._position, self._rest = 0, b""
        if size == self._position:
            return []
        with self._file.open("rb") as opened:
            opened.seek(self._position)
            read = opened.read()
        self._position += len(read)
        *whole, self._rest = (self._rest + read).split(b"\n")
        return [line.decode(errors="replace") for line in whole]
