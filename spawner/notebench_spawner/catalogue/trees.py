"""Directory trees: linked, closed, removed; and one builder at a time."""

import contextlib
import errno
import fcntl
import os
import shutil
import stat
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from notebench.contract.errors import Unavailable

_WRITE = stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH
_POLL_SECONDS = 0.2
_FULL = (errno.ENOSPC, errno.EDQUOT)


@contextlib.contextmanager
def alone(file: Path, waiting: Callable[[], None]) -> Iterator[int]:
    """Hold a lock file; calls `waiting` while another process has it. Gives the descriptor.

    The kernel drops the lock when the last holder of the descriptor ends, however it ends.
    """
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                waiting()
                time.sleep(_POLL_SECONDS)
        yield descriptor
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def disk_errors(root: Path) -> Iterator[None]:
    """Turn a full disk, and a place that cannot be written, into sentences."""
    try:
        yield
    except OSError as problem:
        if problem.errno in _FULL:
            raise Unavailable(
                "The disk that holds {folder} is full.",
                "Free some space and try again; what was built so far is kept where it is whole.",
                code="disk-full",
                folder=root,
            ) from problem
        raise Unavailable(
            "Nothing can be written to {folder}: {detail}.",
            "Make it writable, then try again.",
            code="folder-unwritable",
            folder=root,
            detail=problem.strerror or str(problem),
        ) from problem


@contextlib.contextmanager
def scratch(folder: Path) -> Iterator[Path]:
    """A directory that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix=".building-", dir=folder) as made:
        yield Path(made)


def remove(tree: Path) -> None:
    """Delete a tree, closed or not. Does nothing when it is gone."""
    for folder, _, _ in os.walk(tree):
        Path(folder).chmod(0o700)
    with contextlib.suppress(FileNotFoundError):
        shutil.rmtree(tree)


def freeze(tree: Path) -> None:
    """Take the right to write from all of a tree, and let everybody read it, whatever the umask was."""
    for folder, _, _ in os.walk(tree):
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_file(follow_symlinks=False):
                    _close(Path(entry.path), entry.stat(follow_symlinks=False).st_mode)
        _close(Path(folder), Path(folder).stat().st_mode)


def _close(path: Path, mode: int) -> None:
    own = mode & 0o500
    wanted = stat.S_IMODE(mode) & ~_WRITE | own >> 3 | own >> 6
    if stat.S_IMODE(mode) != wanted:
        path.chmod(wanted)


def link(source: Path, target: Path, place: Path | None = None, *, without: str = "") -> None:
    """A writable tree like `source`, made of hard links, or of copies where the file system has none.

    Scripts in bin/ that name `source` are written anew for `place` (where the tree will be; else `target`).
    The file `without` at the top is left out.
    """
    for folder, folders, files in os.walk(source):
        here = target / Path(folder).relative_to(source)
        here.mkdir()
        for name in [*files, *(name for name in folders if (Path(folder) / name).is_symlink())]:
            if here == target and name == without:
                continue
            _link_one(Path(folder) / name, here / name)
    for script in (target / "bin").iterdir():
        _rename_inside(script, str(source).encode(), str(place or target).encode())


def _link_one(source: Path, target: Path) -> None:
    if source.is_symlink():
        target.symlink_to(source.readlink())
        return
    try:
        os.link(source, target)
    except OSError as problem:
        if problem.errno in _FULL:
            raise
        shutil.copy2(source, target)


def _rename_inside(script: Path, old: bytes, new: bytes) -> None:
    """Virtual environments name their own place in scripts; the link is replaced by a file of its own."""
    if script.is_symlink() or old not in (content := script.read_bytes()):
        return
    mode = stat.S_IMODE(script.stat().st_mode) | stat.S_IWUSR
    script.unlink()
    script.write_bytes(content.replace(old, new))
    script.chmod(mode)
