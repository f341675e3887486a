"""Saving writes a file whole or leaves the old one as it is, and says so when there is no room.

Jupyter's own way copies the old file aside, empties it and writes anew. On a full disk the last words are
written when the file is closed; that fails after the old one was emptied, and the copy is not put back.
"""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import MethodType
from typing import IO, Any

from tornado.web import HTTPError

from notebench.lab.home.room import FULL

_STATUS = 507  # insufficient storage


@contextmanager
def whole_or_not(
    path: str, text: bool = True, encoding: str = "utf-8", log: Any = None, **options: Any
) -> Iterator[IO[Any]]:
    """An open file that takes the place of `path` when all of it is on the disk. Like `atomic_writing`."""
    target = Path(path).resolve()
    if text:
        options = {"encoding": encoding, "newline": "\n", **options}
    mode = "w" if text else "wb"
    there = target.is_file()
    if there and not os.access(target, os.W_OK):
        raise PermissionError(errno.EACCES, f"File is not writable: {target}")
    if there and (target.stat().st_nlink > 1 or not os.access(target.parent, os.W_OK)):
        # A file with another name, or in a folder that takes no new one: only it itself can be written.
        with target.open(mode, **options) as opened:
            yield opened
        return
    new = target.with_name(f".~{target.name}")
    opened = new.open(mode, **options)
    try:
        yield opened
        opened.flush()
        os.fsync(opened.fileno())
        opened.close()
        if there:
            new.chmod(stat.S_IMODE(target.stat().st_mode))
        new.replace(target)
    except BaseException:
        with suppress(OSError):  # what is still to be written fails once more
            opened.close()
        new.unlink(missing_ok=True)
        raise


def save_whole(manager: Any) -> None:
    """Let a contents manager write files this way, and explain why it could not."""
    from jupyter_server.services.contents import fileio
    from jupyter_server.utils import ensure_async

    fileio.atomic_writing = whole_or_not
    save = manager.save

    async def explained(_self: Any, model: Any, path: str = "") -> Any:
        try:
            return await ensure_async(save(model, path))
        except Exception as error:
            if not _is_full(error):
                raise
            raise HTTPError(_STATUS, _sentence(path), reason="Insufficient Storage") from error

    manager.save = MethodType(explained, manager)


def _is_full(error: BaseException | None) -> bool:
    """Whether a full disk is at the bottom of it, wrapped as it may be."""
    seen = 0
    while error is not None and seen < 10:
        if isinstance(error, OSError) and error.errno in FULL:
            return True
        if isinstance(error, HTTPError) and any(os.strerror(number) in str(error) for number in FULL):
            return True
        error, seen = error.__cause__ or error.__context__, seen + 1
    return False


def _sentence(path: str) -> str:
    from jupyterlab_server.translation_utils import translator as lab

    from notebench.lab.language import translator

    say = translator(str(getattr(lab, "_LOCALE", "")))
    template = (
        "Your home is full: {path} was not saved; what was saved before is still there. Remove files that "
        "you do not need (“Home full” in the status bar shows which are large), then save again."
    )
    return say(template).format(path=path.lstrip("/"))
