"""Migrates copies, and puts them in the place of the originals when all of them are done."""

import contextlib
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from notebench.contract.errors import Unavailable

from notebench_hub.place import Place
from notebench_hub.upgrade.revisions import Database, is_current

_COPIES = ".upgrade-"
_ERROR = re.compile(r"[\w.]+(Error|Exception|Refused): ")


def migrate(place: Place, older: list[Database], backup: Path | None) -> None:
    """Bring these databases to this version: all, or none of them. To be called while nothing runs.

    Raises Unavailable; then every database is as it was.
    """
    for left in place.root.glob(f"{_COPIES}*"):  # by one that was killed
        shutil.rmtree(left)
    with tempfile.TemporaryDirectory(prefix=_COPIES, dir=place.root) as folder:
        try:
            copies = [
                (replace(database, file=_copy(database.file, Path(folder) / f"{number}.db")), database.file)
                for number, database in enumerate(older)
                if database.file
            ]
            for copy, _ in copies:
                _run(place, copy, f"sqlite:///{copy.file}", Path(folder), backup)
            for database in older:
                if database.server:  # one transaction each; what fails has not happened
                    _run(place, database, database.server.url, Path(folder), backup)
            for copy, original in copies:
                _put_back(copy, original)
        except (OSError, sqlite3.Error) as error:
            raise _failed("–", error, place, backup) from error


def _copy(source: Path, target: Path) -> Path:
    with _opened(source) as original, _opened(target) as copy:
        original.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")
    return target


def _put_back(copy: Database, target: Path) -> None:
    """In one transaction of the original, which so is the old or the new one whatever happens meanwhile."""
    if copy.file is None:
        return
    with _opened(copy.file) as migrated, _opened(target) as original:
        original.execute("PRAGMA synchronous=FULL")
        migrated.backup(original)


def _opened(file: Path) -> contextlib.closing[sqlite3.Connection]:
    return contextlib.closing(sqlite3.connect(file))


def _run(place: Place, database: Database, address: str, folder: Path, backup: Path | None) -> None:
    """Run the migrations of who writes it, as its own program: its imports are heavy and its output long."""
    log = place.logs / "upgrade.log"
    done = subprocess.run(
        [*database.command, address],
        cwd=folder,
        env={
            **os.environ,
            **(database.server.environment() if database.server else {}),
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]),
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    with os.fdopen(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "w") as opened:
        opened.write(done.stdout)
    if done.returncode:
        raise _failed(database.name, _reason(done.stdout) or f"exit code {done.returncode}", place, backup)
    if not is_current(database):
        raise _failed(database.name, "it has not come to its last revision", place, backup)


def _reason(output: str) -> str:
    """The line that names the error, else the last one."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if _ERROR.match(line)]
    return (errors or lines or [""])[-1][:300]


def _failed(name: str, reason: object, place: Place, backup: Path | None) -> Unavailable:
    return Unavailable(
        "The database of {name} could not be brought to this version: {reason}.",
        "Nothing was changed: the version of Notebench that wrote it goes on with it. The whole story is in "
        "{log}; the backup of before is {backup}.",
        code="upgrade-failed",
        name=name,
        reason=str(reason).rstrip("."),
        log=place.logs / "upgrade.log",
        backup=backup or "–",
    )
