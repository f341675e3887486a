"""Writes a backup: one tar file, streamed, whole or not there at all."""

import contextlib
import errno
import fcntl
import io
import os
import sqlite3
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from notebench.contract.errors import Conflict, NotebenchError, Refused, Unavailable
from notebench_spawner.marks import N_

from notebench_hub.backup import contents
from notebench_hub.backup.cut import cut
from notebench_hub.backup.manifest import (
    CATALOGUE,
    FORMAT,
    MANIFEST,
    README,
    SEAL,
    STATE,
    Entry,
    Header,
    dump,
    link_hash,
    versions,
)
from notebench_hub.place import Place
from notebench_hub.supervisor.claim import STATE_FORMAT

_CHUNK = 1 << 20
_README = """\
This is a backup of a Notebench installation, made {moment} by version {version}.

IT HOLDS SECRETS: hashed passwords, tokens, the keys that sign logins{homes}.
Whoever reads it can become any of its users. Keep it like a password.

    notebench verify FILE     says what is in it and whether it is whole
    notebench restore FILE    puts it into an empty state directory
"""

CHANGED = N_("{file} was being written to; it is as long as it was when its copy began.")
ELSEWHERE = N_(
    "The records of {part} are on a PostgreSQL server and not in this backup: make theirs with `pg_dump`."
)
UNREADABLE = N_("{file} could not be read ({reason}) and is not in the backup.")

Tell = Callable[[str, float], None]
"""Gets the file that is being copied, and how much of it is done where that is known."""


@dataclass(frozen=True)
class Wish:
    """What is to be in a backup."""

    homes: bool = False
    artifacts: bool = True
    elsewhere: tuple[str, ...] = ()
    """Parts whose records are on a PostgreSQL server: whoever runs that makes their backup."""
    catalogue: Path | None = None
    """The catalogue's file, if it does not ship with Notebench; its folder's locks come with it."""


@dataclass
class Written:
    """What became of it."""

    file: Path
    size: int = 0
    members: int = 0
    waited: float = 0.0
    """Seconds for which writers had to wait."""
    notes: list[str] = field(default_factory=list)


def write(place: Place, target: Path, wish: Wish, tell: Tell = lambda _what, _part: None) -> Written:
    """Make the backup. Until it is whole and on disk it has another name; what fails leaves nothing behind.

    Raises Refused, Conflict for a file that is there, Unavailable for a full disk or a database that is held.
    """
    databases = contents.databases(place)
    if not databases and not wish.elsewhere:
        raise Refused(
            "There is nothing to back up in {place}.",
            "Name the installation's directory with `--state-dir`.",
            code="backup-empty",
            place=place.root,
        )
    if target.exists():
        raise Conflict(
            "{file} exists already.",
            "Name a new file; no backup is overwritten.",
            code="backup-exists",
            file=target,
        )
    try:
        with _partial(target) as part:
            written = _Writer(place, part, target.parent, wish, tell).write(databases)
            written.file = target
            written.size = part.tell()
    except OSError as error:
        raise _disk(target, error) from error
    except sqlite3.DatabaseError as error:
        raise Unavailable(
            "A database in {place} cannot be read: {reason}.",
            "No backup was made. Keep the older ones, and tell an admin.",
            code="backup-database",
            place=place.root,
            reason=error,
        ) from error
    return written


@contextlib.contextmanager
def _partial(target: Path) -> Iterator[BinaryIO]:
    """A file of mode 0600 that gets its name when it is whole and on disk; else it is removed."""
    name = target.with_name(f".{target.name}.part")
    descriptor = os.open(name, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w+b") as part:
        try:
            fcntl.flock(part, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Conflict(
                "{file} is being written by another backup.",
                "Wait for it, or name another file.",
                file=target,
            ) from None
        try:
            os.fchmod(part.fileno(), 0o600)
            part.truncate()  # what a backup that was killed has left
            yield part
            part.flush()
            os.fsync(part.fileno())
            _name(name, target)
        finally:
            name.unlink(missing_ok=True)
    _sync(target.parent)


def _name(part: Path, target: Path) -> None:
    """Unlike a rename, a link fails where the name was taken meanwhile; some file systems have none."""
    try:
        os.link(part, target)
    except OSError as error:
        if error.errno not in {errno.EPERM, errno.ENOTSUP, errno.ENOSYS}:
            raise
        part.rename(target)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _disk(target: Path, error: OSError) -> NotebenchError:
    if error.errno == errno.EEXIST:
        return Conflict(
            "{file} exists already.",
            "Name a new file; no backup is overwritten.",
            code="backup-exists",
            file=target,
        )
    return Unavailable(
        "The backup {file} could not be written: {reason}.",
        "Nothing is left of it. Make room or choose another place, then run the same command again.",
        code="backup-disk",
        file=target,
        reason=error.strerror or error,
    )


class _Writer:
    """One archive while it is written."""

    def __init__(self, place: Place, part: BinaryIO, beside: Path, wish: Wish, tell: Tell) -> None:
        self._place, self._beside, self._wish, self._tell = place, beside, wish, tell
        self._entries: list[Entry] = []
        self._notes = [ELSEWHERE.format(part=part) for part in wish.elsewhere]
        # Closed by `write`.
        self._tar = tarfile.open(fileobj=part, mode="w", format=tarfile.PAX_FORMAT)  # noqa: SIM115

    def write(self, databases: list[Path]) -> Written:
        with cut(databases) as moment, self._tar:
            created = datetime.now(UTC).isoformat(timespec="seconds")
            self._add_bytes(README, self._readme(created))
            self._add_databases(databases, moment.copy)
            for file in contents.files(self._place, artifacts=self._wish.artifacts):
                self._add(file)
            if self._wish.homes:
                for file in contents.homes(self._place):
                    self._add(file)
            self._add_catalogue()
            self._close(created, moment.waited)
        return Written(Path(), members=len(self._entries), waited=moment.waited, notes=self._notes)

    def _readme(self, created: str) -> bytes:
        homes = ", and people's files" if self._wish.homes else ""
        return _README.format(moment=created, version=versions()["notebench-hub"], homes=homes).encode()

    def _add_databases(self, databases: list[Path], copy: Callable[..., None]) -> None:
        # Beside the backup, where there must be room for them anyway.
        with tempfile.TemporaryDirectory(prefix=".notebench-backup-", dir=self._beside) as folder:
            copies: dict[Path, Path] = {}
            for database in databases:
                target = Path(folder) / f"{len(copies)}.db"
                what = database.name
                copy(database, target, lambda part, what=what: self._tell(what, part))
                copies[database] = target
            for database, target in copies.items():
                self._add(target, self._name(database), like=database)

    def _add_catalogue(self) -> None:
        """An own catalogue with what lies beside it: it may be anywhere, and is not worth much without."""
        file = self._wish.catalogue
        if file is None or not file.is_file():
            return
        self._add(file, CATALOGUE + file.name)
        for lock in sorted(file.parent.glob("*/requirements.lock")) + sorted(
            file.parent.glob("overrides.json")
        ):
            self._add(lock, CATALOGUE + lock.relative_to(file.parent).as_posix())

    def _name(self, file: Path) -> str:
        return STATE + file.relative_to(self._place.root).as_posix()

    def _add(self, file: Path, name: str = "", like: Path | None = None) -> None:
        """A file, folder or link as it is now; `like` is the database that a copy is of."""
        name = name or self._name(file)
        try:
            if file.is_symlink() or file.is_dir():
                info = self._tar.gettarinfo(file, arcname=name)
                self._tar.addfile(info)
                self._entries.append(Entry(name, 0, link_hash(info)))
                return
            # What its owner has put there since is not followed, and a pipe does not block.
            descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            if error.errno not in {errno.ENOENT, errno.ELOOP}:  # it vanished meanwhile
                self._notes.append(UNREADABLE.format(file=name, reason=error.strerror))
            return
        with os.fdopen(descriptor, "rb") as opened:
            info = self._tar.gettarinfo(arcname=name, fileobj=opened)
            if not (info.isreg() or info.islnk()):
                return
            info.type, info.linkname = tarfile.REGTYPE, ""  # a second name of a file is a file of its own
            info.size = os.fstat(opened.fileno()).st_size
            if like:
                known = like.stat()
                info.uid, info.gid, info.mode = known.st_uid, known.st_gid, known.st_mode & 0o777
            self._tell(name, 0.0)
            self._add_stream(info, _Exactly(opened, info.size))

    def _add_bytes(self, name: str, content: bytes) -> None:
        info = tarfile.TarInfo(name)
        info.size, info.mode = len(content), 0o600
        self._add_stream(info, _Exactly(io.BytesIO(content), len(content)))

    def _add_stream(self, info: tarfile.TarInfo, stream: "_Exactly") -> None:
        self._tar.addfile(info, stream)  # type: ignore[arg-type]  # it reads, which is all that is asked of it
        self._tar.members = []  # type: ignore[attr-defined]  # there may be millions
        if stream.changed:
            self._notes.append(CHANGED.format(file=info.name))
        self._entries.append(Entry(info.name, info.size, stream.hash.hexdigest()))

    def _close(self, created: str, waited: float) -> None:
        """The manifest, and its own hash as the very last."""
        header = Header(
            format=FORMAT,
            state_format=STATE_FORMAT,
            versions=versions(),
            created=created,
            kind="full" if self._wish.artifacts else "databases",
            homes=self._wish.homes,
            waited_ms=round(waited * 1000),
            notes=tuple(self._notes),
            elsewhere=self._wish.elsewhere,
        )
        with tempfile.TemporaryFile(dir=self._beside) as lines:
            lines.writelines(dump(header, self._entries))
            info = tarfile.TarInfo(MANIFEST)
            info.size, info.mode = lines.tell(), 0o600
            lines.seek(0)
            stream = _Exactly(lines, info.size)
            self._tar.addfile(info, stream)  # type: ignore[arg-type]
        seal = stream.hash.hexdigest().encode() + b"\n"
        info = tarfile.TarInfo(SEAL)
        info.size, info.mode = len(seal), 0o600
        self._tar.addfile(info, io.BytesIO(seal))


class _Exactly:
    """Reads as many bytes as were announced, whatever the file does meanwhile, and hashes them."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file, self._left = file, size
        self.hash = sha256()
        self.changed = False

    def read(self, size: int) -> bytes:
        wanted = min(size, self._left)
        found = self._file.read(wanted)
        if len(found) < wanted:  # shortened since
            self.changed = True
            found += b"\0" * (wanted - len(found))
        self._left -= len(found)
        self.hash.update(found)
        return found
