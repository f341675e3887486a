"""Small disks for tests that fill them: a file system in memory, where the system lets us mount one."""

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest


@contextlib.contextmanager
def small_disk(folder: Path, mebibytes: float) -> Iterator[Path]:
    """A disk of that size at `folder`. Skips the test where nothing may be mounted."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    size = f"size={int(mebibytes * 1024)}k,mode=700"
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", size, "none", str(folder)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        pytest.skip(f"no small disk can be mounted here (root can): {done.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@contextlib.contextmanager
def filled(folder: Path) -> Iterator[None]:
    """Not a byte is free on the disk of `folder` meanwhile."""
    ballast = folder / "ballast"
    with ballast.open("wb") as opened, contextlib.suppress(OSError):
        for size in (1 << 16, 1 << 12, 1):
            with contextlib.suppress(OSError):
                while True:
                    os.write(opened.fileno(), b"\0" * size)
    try:
        yield
    finally:
        ballast.unlink()
