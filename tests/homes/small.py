"""Small disks, to be filled: file systems in memory, mounted where a home is."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def small_disk(place: Path, mib: int) -> Iterator[Path]:
    """A disk of so many mebibytes at `place`. Skips where this account may not mount."""
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    options = f"size={mib}m,mode=700,uid={os.getuid()}"
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", place], check=False)
    if done.returncode:
        pytest.skip("only root may mount a small disk")
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", place], check=True)


def fill(place: Path, leave: int = 0, name: str = "big.bin") -> int:
    """Fill it to the last byte but some; answers the size of the file."""
    file = place / name
    with file.open("wb", buffering=0) as opened:
        try:
            while opened.write(b"x" * 65_536):
                pass
        except OSError:
            pass
    size = file.stat().st_size
    os.truncate(file, max(size - leave, 0))
    return max(size - leave, 0)


def everything(place: Path) -> dict[str, bytes]:
    """All files with what is in them."""
    return {
        str(file.relative_to(place)): file.read_bytes()
        for file in sorted(place.rglob("*"))
        if file.is_file() and file.name != "big.bin"
    }
