"""Files below a directory that somebody else may change meanwhile: no path and no link leads out of it.

Every step opens one name in an open directory and follows no link by itself; links are read and walked here,
as long as they stay inside. Standard library only.
"""

import errno
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath

_LINKS = 40
_FOLDER = getattr(os, "O_PATH", os.O_RDONLY) | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class LeadsOutError(PermissionError):
    """A path, or a link on it, leads out of the directory."""


class _Walk:
    """Open directories from the root to where the walk is, and the names of those below the root."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.names: list[str] = []
        self.open = [os.open(root, _FOLDER & ~os.O_NOFOLLOW)]

    def close(self) -> None:
        for descriptor in self.open:
            os.close(descriptor)

    def enter(self, name: str, *, make: bool) -> None:
        """Go down; with `make` into a directory that is made where there is none."""
        if make:
            with suppress(FileExistsError):
                os.mkdir(name, dir_fd=self.open[-1])
        self.open.append(os.open(name, _FOLDER, dir_fd=self.open[-1]))
        self.names.append(name)

    def leave(self) -> None:
        if not self.names:
            raise LeadsOutError(errno.EACCES, "leads out of the files", str(self.root))
        self.names.pop()
        os.close(self.open.pop())

    def link(self, name: str) -> PurePosixPath | None:
        """Where a link leads, relative to where the walk is then; None for what is no link."""
        try:
            target = PurePosixPath(os.readlink(name, dir_fd=self.open[-1]))
        except OSError:
            return None
        if not target.is_absolute():
            return target
        if not target.is_relative_to(self.root):
            raise LeadsOutError(errno.EACCES, "leads out of the files", str(self.root.joinpath(*self.names)))
        while self.names:
            self.leave()
        return target.relative_to(self.root)


@contextmanager
def _reach(
    root: Path, path: PurePosixPath | str, *, make: bool = False, last: bool = True
) -> Iterator[_Walk]:
    """The walk that has reached the directory of the path's last name, which is added to its names.

    With `last` the last name is followed too where it is a link. Raises OSError; LeadsOutError for escapes.
    """
    pure = PurePosixPath(path)
    if pure.is_absolute() or "\0" in str(path):
        raise LeadsOutError(errno.EACCES, "leads out of the files", str(path)[:200])
    walk, todo, links = _Walk(root), list(reversed(pure.parts)), 0
    try:
        while todo:
            name = todo.pop()
            if name == "..":
                walk.leave()
            elif (todo or last) and (target := walk.link(name)) is not None:
                links += 1
                if links > _LINKS:
                    raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path))
                todo.extend(reversed(target.parts))
            elif todo:
                walk.enter(name, make=make)
            else:
                walk.names.append(name)
                yield walk
                return
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    finally:
        walk.close()


def open_file(root: Path, path: PurePosixPath | str) -> int:
    """A descriptor of a plain file for reading. Raises OSError when it is none, or leads out."""
    return _open(root, path)[0]


def find_file(root: Path, path: PurePosixPath | str) -> Path:
    """The path of a plain file below the root, without links. Raises OSError as `open_file` does."""
    descriptor, found = _open(root, path)
    os.close(descriptor)
    return found


def _open(root: Path, path: PurePosixPath | str) -> tuple[int, Path]:
    with _reach(root, path) as walk:
        # A pipe does not block, and what became a link since it was looked at is not followed.
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        descriptor = os.open(walk.names[-1], flags, dir_fd=walk.open[-1])
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise FileNotFoundError(errno.ENOENT, "is not a plain file", str(path))
        return descriptor, root.joinpath(*walk.names)


def make_folder(root: Path, path: PurePosixPath | str) -> Path:
    """Make a directory with those above it; the path without links of what is there then. Raises OSError."""
    with _reach(root, PurePosixPath(path) / "x", make=True, last=False) as walk:
        return root.joinpath(*walk.names[:-1])


def make_file(root: Path, path: PurePosixPath | str) -> None:
    """Make an empty file, and the directories above it; does nothing where it is there. Raises OSError."""
    with _reach(root, path, make=True, last=False) as walk:
        flags = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        os.close(os.open(walk.names[-1], flags, 0o666, dir_fd=walk.open[-1]))


def exists(root: Path, path: PurePosixPath | str) -> bool:
    """Whether something is there, be it a link to nowhere. False for what leads out."""
    try:
        with _reach(root, path, last=False) as walk:
            os.stat(walk.names[-1], dir_fd=walk.open[-1], follow_symlinks=False)
    except OSError:
        return False
    return True


def check(root: Path, path: PurePosixPath | str) -> None:
    """Raises LeadsOutError when the part of the path that is there leads out."""
    try:
        with _reach(root, PurePosixPath(path) / "x"):
            return
    except LeadsOutError:
        raise
    except OSError:
        return  # nothing there that could lead anywhere


def remove_tree(root: Path, path: PurePosixPath | str) -> None:
    """Remove a directory with all in it, or a file; a link itself, never what it leads to. Raises OSError."""
    with suppress(FileNotFoundError), _reach(root, path, last=False) as walk:
        name, above = walk.names[-1], walk.open[-1]
        if stat.S_ISDIR(os.stat(name, dir_fd=above, follow_symlinks=False).st_mode):
            shutil.rmtree(name, dir_fd=above)
        else:
            os.unlink(name, dir_fd=above)
