"""The search for secrets: nothing that the tests started or left behind shows one that they used.

Pictures are not searched: their bytes are not words. Nor are backups, which hold the secrets on purpose and
which others cannot read.
"""

import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

_SHORTEST = 12
"""Shorter words would be found by chance. What is really secret is longer."""
_WORD = re.compile(rb"[A-Za-z0-9_-]{%d,}" % _SHORTEST)
_OWN_TOKEN = re.compile(rb"nbt_(?:session|run|server)_[A-Za-z0-9_-]{43}")
"""Notebench's own tokens are known by their form, also those that nobody noted."""
_SECRET_VARIABLE = re.compile(rb"(?:TOKEN|SECRET|PASSWORD|_KEY)$")
_CODE = {"site-packages", "node_modules", "__pycache__", "environments", "secrets"}
"""Folders without data, and the one place where secrets belong."""
_CHUNK = 4 * 2**20
_OVERLAP = 512

_known: dict[bytes, dict[bytes, str]] = {}
"""Every secret that was noted and what it is, by its first bytes."""

watched: list[Path] = []
"""Folders outside pytest's own that are there until the run's end."""


def watch(folder: Path) -> None:
    """Search `folder` at the end of the run, with what pytest keeps."""
    watched.append(folder)


def note(name: str, secret: str | bytes) -> None:
    """From now on, `secret` must be nowhere but in its own file."""
    word = secret.encode() if isinstance(secret, str) else secret
    if len(word) >= _SHORTEST:
        _known.setdefault(word[:_SHORTEST], {}).setdefault(word, name)


def secrets_in(data: bytes) -> set[str]:
    """The names of the secrets that are in `data`."""
    found = {"a token of Notebench's own"} if _OWN_TOKEN.search(data) else set()
    for word in set(_WORD.findall(data)):
        for start in range(len(word) - _SHORTEST + 1):
            for secret, name in _known.get(word[start : start + _SHORTEST], {}).items():
                if word.startswith(secret, start):
                    found.add(name)
    return found


@contextmanager
def searched(folder: Path) -> Iterator[None]:
    """Around what ends an installation: looks at its processes before, and at all that it left after."""
    gather(folder)
    found = command_lines() + readable(folder)
    yield
    found += files(folder)
    assert not found, "secrets where they do not belong:\n" + "\n".join(sorted(found))


def left(folders: Iterable[Path]) -> list[str]:
    """What the run left in these folders that shows a secret."""
    kept = [folder for folder in folders if folder.exists()]
    for folder in kept:
        gather(folder)
    return [found for folder in kept for found in files(folder)]


def gather(folder: Path) -> None:
    """Note what an installation's files keep secret, and what its processes were given."""
    for room in folder.rglob("secrets"):
        for file in filter(Path.is_file, room.rglob("*")):
            for word in file.read_bytes().split():
                note(f"{file.name} of {folder}", word)
    for process in Path("/proc").glob("[0-9]*"):
        environment = _read(process / "environ")
        if str(folder).encode() in environment:
            for variable in environment.split(b"\0"):
                key, _, value = variable.partition(b"=")
                if _SECRET_VARIABLE.search(key):
                    note(f"{key.decode(errors='replace')} of process {process.name}", value)


def command_lines() -> list[str]:
    """Which command lines of running processes show a secret; everybody on a machine can read them."""
    lines = ((process, _read(process / "cmdline")) for process in Path("/proc").glob("[0-9]*"))
    return [
        f"command line of process {process.name} ({line.split(bytes(1))[0][:100]!r}): {name}"
        for process, line in lines
        for name in secrets_in(line)
    ]


def readable(folder: Path) -> list[str]:
    """Which secrets of an installation others on the machine can read."""
    inside = [file for file in (folder / "secrets").rglob("*") if file.is_file()]
    return [f"{file}: others can read it" for file in inside if file.stat().st_mode & 0o077]


def files(folder: Path) -> list[str]:
    """Which files below `folder` hold a secret; links are not followed."""
    found = []
    for file in _files(folder):
        names: set[str] = set()
        try:
            with file.open("rb") as opened:
                rest = b""
                while chunk := opened.read(_CHUNK):
                    names |= secrets_in(rest + chunk)
                    rest = chunk[-_OVERLAP:]
        except OSError:
            continue  # gone, or a socket
        found += [f"{file}: {name}" for name in names]
    return found


def _files(folder: Path) -> Iterator[Path]:
    for here, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name not in _CODE]
        every = (Path(here, name) for name in names)
        yield from (one for one in every if one.is_file() and not one.is_symlink() and not _backup(one))


def _backup(file: Path) -> bool:
    return file.suffix == ".tar" and not file.stat().st_mode & 0o077


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError:
        return b""  # it has ended, or is somebody else's
