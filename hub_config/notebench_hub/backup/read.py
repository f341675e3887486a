"""Reads a backup from beginning to end and believes nothing of it: names, kinds, sizes and hashes."""

import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import IO

from notebench.contract.errors import NotFound, Refused
from notebench_spawner.marks import N_

from notebench_hub.backup.manifest import (
    CATALOGUE,
    MANIFEST,
    README,
    SEAL,
    STATE,
    Entry,
    Header,
    link_hash,
    load,
)

_CHUNK = 1 << 20
_MANIFEST_BYTES = 1 << 30
_BEGIN = "byte 0"

Take = Callable[[tarfile.TarInfo, Iterator[bytes]], None]
"""Gets each member with its content, before its hash is known to be right."""
Tell = Callable[[str, float], None]


class Corrupt(Refused):
    """A backup that is not as it was written."""

    code = "backup-corrupt"

    def __init__(self, file: Path, member: str, reason: str) -> None:
        super().__init__(
            N_("The backup {file} is damaged at {member}: {reason}."),
            N_("Take another copy of it, or an older backup."),
            file=file,
            member=member,
            reason=reason,
        )


@dataclass
class Contents:
    """What a whole backup holds."""

    header: Header
    entries: dict[str, Entry]
    folders: set[str] = field(default_factory=set)
    """Folders that have something in them, without a slash at the end."""


def read(file: Path, take: Take | None = None, tell: Tell = lambda _what, _part: None) -> Contents:
    """All of it, checked. Raises NotFound, and Corrupt with the member that is not as it was written."""
    found: dict[str, Entry] = {}
    manifest: tuple[bytes, str] | None = None
    sealed = ""
    with _opened(file) as (tar, raw, total):
        name = _BEGIN
        try:
            for info in tar:
                name = info.name
                _refuse_name(file, info)
                tar.members = []  # type: ignore[attr-defined]  # there may be millions
                tell(name, raw.tell() / total if total else 1.0)
                if name == MANIFEST:
                    manifest = _small(tar, info, file)
                elif name == SEAL:
                    sealed = _small(tar, info, file)[0].decode("ascii", "replace").strip()
                else:
                    if manifest or name in found:
                        raise Corrupt(file, name, "it should not be there")
                    found[name] = _member(tar, info, take)
        except (tarfile.TarError, EOFError, OSError) as error:
            raise Corrupt(file, name, str(error)) from error
    if manifest is None or not sealed:
        raise Corrupt(file, f"what follows {name}", "it was cut short")
    return _checked(file, found, manifest, sealed)


@contextmanager
def _opened(file: Path) -> Iterator[tuple[tarfile.TarFile, IO[bytes], int]]:
    try:
        raw = file.open("rb")
    except (FileNotFoundError, IsADirectoryError):
        raise NotFound("There is no backup {file}.", "Check the name.", file=file) from None
    except OSError as error:
        raise Refused(
            "{file} cannot be read: {reason}.", "Check it.", file=file, reason=error.strerror
        ) from None
    with raw:
        total = file.stat().st_size
        try:
            tar = tarfile.open(fileobj=raw, mode="r:")  # noqa: SIM115 - closed below
        except (tarfile.TarError, EOFError) as error:
            raise Corrupt(file, _BEGIN, str(error)) from error
        with tar:
            yield tar, raw, total


def _refuse_name(file: Path, info: tarfile.TarInfo) -> None:
    """A name that leads elsewhere, or something that no backup holds."""
    path = PurePosixPath(info.name)
    ours = info.name in {README, MANIFEST, SEAL} or info.name.startswith((STATE, CATALOGUE))
    if not ours or path.is_absolute() or ".." in path.parts or "\0" in info.name:
        raise Corrupt(file, info.name[:200], "no backup of ours has such a member")
    if not (info.isreg() or info.isdir() or info.issym()):
        raise Corrupt(file, info.name[:200], "no backup of ours has such a member")


def _member(tar: tarfile.TarFile, info: tarfile.TarInfo, take: Take | None) -> Entry:
    if not info.isreg():
        if take:
            take(info, iter(()))
        return Entry(info.name, 0, link_hash(info))
    hashed = sha256()

    def content() -> Iterator[bytes]:
        opened = tar.extractfile(info)
        assert opened is not None  # noqa: S101 - a regular member has content
        left = info.size
        while left:
            chunk = opened.read(min(_CHUNK, left))
            if not chunk:
                raise EOFError("it is cut short")
            hashed.update(chunk)
            left -= len(chunk)
            yield chunk

    chunks = content()
    if take:
        take(info, chunks)
    for _ in chunks:  # what nobody wanted
        continue
    return Entry(info.name, info.size, hashed.hexdigest())


def _small(tar: tarfile.TarFile, info: tarfile.TarInfo, file: Path) -> tuple[bytes, str]:
    if info.size > _MANIFEST_BYTES:
        raise Corrupt(file, info.name, "it is too large")
    opened = tar.extractfile(info)
    content = opened.read() if opened else b""
    return content, sha256(content).hexdigest()


def _checked(file: Path, found: dict[str, Entry], manifest: tuple[bytes, str], sealed: str) -> Contents:
    if sealed != manifest[1]:
        raise Corrupt(file, MANIFEST, "its hash is not the one that was written")
    try:
        header, entries = load(BytesIO(manifest[0]))
    except ValueError as error:
        raise Corrupt(file, MANIFEST, str(error)) from error
    for name, entry in entries.items():
        if name not in found:
            raise Corrupt(file, name, "it is missing")
        if found[name] != entry:
            raise Corrupt(file, name, "its hash is not the one that was written")
    for name in found.keys() - entries.keys():
        raise Corrupt(file, name, "it should not be there")
    contents = Contents(header, entries)
    for name in entries:
        contents.folders.update(str(parent) for parent in PurePosixPath(name).parents)
    return contents
