"""Puts a backup into an empty place: all of it or nothing."""

import contextlib
import fcntl
import os
import shutil
import sqlite3
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

from notebench.contract.errors import Conflict, Refused, Unavailable

from notebench_hub.backup.detach import detach
from notebench_hub.backup.look import SERVICE, Databases, Files, Finding, look
from notebench_hub.backup.manifest import CATALOGUE, STATE, refuse_newer
from notebench_hub.backup.read import Contents, Corrupt, Tell, read
from notebench_hub.place import Place
from notebench_hub.service.store.migrate import known_revisions
from notebench_hub.supervisor.claim import STATE_FORMAT

CATALOGUE_FOLDER = "catalogue-from-backup"
"""Where an own catalogue is put, in the state directory."""

_DATABASES = (".db", ".sqlite")


def verify(file: Path, tell: Tell = lambda _what, _part: None) -> tuple[Contents, list[Finding]]:
    """Everything that can be found out about a backup. Raises NotFound, Corrupt and Unavailable."""
    with tempfile.TemporaryDirectory(prefix="notebench-verify-") as folder:
        wanted = _Databases(Path(folder))
        try:
            contents = read(file, wanted.take, tell)
        except _Full as error:
            raise _disk(Path(folder), error) from error
        return contents, list(look(wanted.files, _files(contents)))


def restore(
    file: Path, place: Place, tell: Tell = lambda _what, _part: None
) -> tuple[Contents, list[Finding]]:
    """Put it there. Until everything is there and on disk, the state directory does not exist.

    Raises NotFound, Corrupt, Refused for a place that is not empty or a newer version, and Unavailable.
    """
    _refuse_full(place.root)
    with _staging(place.root, file) as staging:
        extraction = _Extraction(staging)
        try:
            contents = read(file, extraction.take, tell)
            refuse_newer(contents.header, STATE_FORMAT)
            extraction.finish()
        except OSError as error:
            raise _disk(staging, error) from error
        databases = {name: staging / name for name in contents.entries if _is_database(name)}
        findings = list(look(databases, _files(contents)))
        _refuse_broken(file, findings)
        _refuse_newer_store(file, databases)
        detach(staging / STATE / "hub" / "jupyterhub.sqlite", staging / SERVICE)
        _take_place(staging, place.root)
    return contents, findings


def _files(contents: Contents) -> Files:
    header = contents.header
    return Files(
        contents.entries.keys(), contents.folders, header.kind == "full", header.homes, set(header.elsewhere)
    )


def _refuse_full(root: Path) -> None:
    if root.is_symlink() or (root.exists() and (not root.is_dir() or any(root.iterdir()))):
        raise Conflict(
            "{place} is not empty.",
            "A backup is put into an empty place only: move what is there, or name another directory with "
            "`--state-dir`.",
            code="restore-not-empty",
            place=root,
        )
    if os.path.ismount(root):
        raise Refused(
            "{place} is a file system of its own, so a restore into it cannot be all or nothing.",
            "Name a directory below it with `--state-dir`.",
            code="restore-mount",
            place=root,
        )


@contextlib.contextmanager
def _staging(root: Path, file: Path) -> Iterator[Path]:
    """A private folder beside the place, on the same file system; removed in any case."""
    staging = root.with_name(f".{root.name}.restoring")
    try:
        root.parent.mkdir(parents=True, exist_ok=True)
        lock = os.open(root.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise _disk(root, error) from error
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Conflict(
                "Another restore is under way beside {place}.", "Wait for it.", place=root
            ) from None
        shutil.rmtree(staging, ignore_errors=True)  # what a restore that was killed has left
        try:
            staging.mkdir(mode=0o700)
        except OSError as error:
            raise _disk(root, error) from error
        try:
            _refuse_no_room(file, staging)
            yield staging
        finally:
            shutil.rmtree(staging, ignore_errors=True)
    finally:
        os.close(lock)


def _refuse_no_room(file: Path, staging: Path) -> None:
    with contextlib.suppress(FileNotFoundError):
        needed, free = file.stat().st_size, shutil.disk_usage(staging).free
        if free < needed:
            raise Unavailable(
                "{place} has room for {free} MiB, and the backup needs {needed}.",
                "Make room, or name another directory with `--state-dir`.",
                code="restore-no-room",
                place=staging.parent,
                free=free >> 20,
                needed=(needed >> 20) + 1,
            )


def _take_place(staging: Path, root: Path) -> None:
    """From nothing to everything in one step."""
    folder = staging / STATE.strip("/")
    folder.mkdir(mode=0o700, exist_ok=True)
    folder.chmod(0o700)
    if (staging / CATALOGUE).is_dir():
        (staging / CATALOGUE).rename(folder / CATALOGUE_FOLDER)
    os.sync()
    try:
        folder.rename(root)  # over an empty folder, or over nothing; never over anything else
    except OSError as error:
        raise _disk(root, error) from error
    os.sync()


def _refuse_broken(file: Path, findings: list[Finding]) -> None:
    for finding in findings:
        if not finding.fine and "file" in finding.values:
            raise Corrupt(
                file, str(finding.values["file"]), str(finding.values.get("reason", "it is missing"))
            )


def _refuse_newer_store(file: Path, databases: Databases) -> None:
    if SERVICE not in databases:  # on a server, which refuses an older service itself
        return
    with contextlib.closing(sqlite3.connect(databases[SERVICE])) as store:
        found = {row[0] for row in store.execute("SELECT version_num FROM alembic_version")}
    if strange := found - known_revisions():
        raise Refused(
            "The backup {file} was made by a newer version of Notebench (its store has revision {revision}).",
            "Use that version or a newer one.",
            code="backup-newer",
            file=file,
            revision=", ".join(sorted(strange)),
        )


def _is_database(name: str) -> bool:
    """As in `contents`: below the state's own folders, not among artifacts and people's files."""
    other = (STATE + "mlflow/artifacts/", STATE + "homes/", CATALOGUE)
    return name.endswith(_DATABASES) and name.startswith(STATE) and not name.startswith(other)


def _disk(folder: Path, error: OSError) -> Unavailable:
    return Unavailable(
        "{place} cannot be written to: {reason}.",
        "Nothing was left there. Make room or correct the path, then run the same command again.",
        code="restore-disk",
        place=folder,
        reason=error.strerror or error,
    )


class _Full(OSError):
    """The place for what is to be looked at is full; the backup itself may be fine."""


class _Databases:
    """Takes only the databases out of a backup."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.files: Databases = {}

    def take(self, info: tarfile.TarInfo, content: Iterator[bytes]) -> None:
        if not info.isreg() or not _is_database(info.name):
            return
        target = self._folder / f"{len(self.files)}.db"
        self.files[info.name] = target
        with target.open("wb") as opened:
            for chunk in content:
                try:
                    opened.write(chunk)
                except OSError as error:
                    raise _Full(error.errno, error.strerror) from error


class _Extraction:
    """Takes everything out. Links and modes of folders come last, so that nothing is written through them."""

    def __init__(self, staging: Path) -> None:
        self._staging = staging
        self._links: list[tarfile.TarInfo] = []
        self._folders: list[tarfile.TarInfo] = []

    def take(self, info: tarfile.TarInfo, content: Iterator[bytes]) -> None:
        target = self._staging / info.name
        if info.isdir():
            target.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._folders.append(info)
            return
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if info.issym():
            self._links.append(info)
            return
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
        with os.fdopen(os.open(target, flags, 0o600), "wb") as opened:
            for chunk in content:
                opened.write(chunk)
            os.fchmod(opened.fileno(), info.mode & 0o777)
        os.utime(target, (info.mtime, info.mtime))

    def finish(self) -> None:
        for info in self._links:
            (self._staging / info.name).symlink_to(info.linkname)
        for info in reversed(self._folders):
            (self._staging / info.name).chmod(info.mode & 0o777 | 0o700)
