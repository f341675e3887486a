"""One moment for all databases, while everything runs.

Rows in one database speak of rows in another: a deployment (service) of a model version (MLflow), its owner
(hub). Copied one after the other, a version that was registered, deployed and deleted in between would be
missing. So, in a fixed order, the write lock of every database is taken; while all are held nobody can
commit, and a read transaction is opened on each; then the locks are released. That takes milliseconds, in
which writers wait (they would wait for each other just as well). The read transactions go on seeing that one
moment, however long copying takes, without holding anybody up, because all databases are in WAL mode. (One
that is not, as the hub's was once, holds up its writers while it is copied.)

Artifacts are copied after the moment. That is consistent without stopping anybody, because of the order in
which things are made: MLflow's rows speak of files that were uploaded before (a logged model is READY when
its files are there, a version names a logged model), and the gateway opens no route that deletes artifacts.
What is uploaded meanwhile may be in the copy, half or whole; no row of the copy speaks of it.
"""

import contextlib
import sqlite3
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from notebench.contract.errors import Unavailable

LOCK_SECONDS = 30.0
_PAGES = 4096
Told = Callable[[float], None]


@dataclass(frozen=True)
class Cut:
    """Databases as they were at one moment, open for copying."""

    readers: dict[Path, sqlite3.Connection]
    waited: float
    """Seconds for which writers had to wait."""

    def copy(self, database: Path, target: Path, tell: Told = lambda _: None) -> None:
        """Write a database as it was at that moment into a new file, whole and without a journal beside it.

        Raises OSError where the disk is full.
        """

        def progress(_status: int, remaining: int, total: int) -> None:
            tell(1 - remaining / total if total else 1.0)

        try:
            with contextlib.closing(sqlite3.connect(target)) as copy:
                copy.execute("PRAGMA synchronous=OFF")  # the archive is what is brought to disk
                self.readers[database].backup(copy, pages=_PAGES, progress=progress)
                copy.execute("PRAGMA journal_mode=DELETE")
        except sqlite3.OperationalError as error:
            raise OSError(f"{database.name}: {error}") from error
        finally:
            self.readers[database].rollback()


@contextlib.contextmanager
def cut(databases: list[Path], seconds: float = LOCK_SECONDS) -> Iterator[Cut]:
    """Hold the databases as they are now. Raises Unavailable where somebody else holds one for too long."""
    with contextlib.ExitStack() as readers:
        with contextlib.ExitStack() as writers:
            begin = time.monotonic()
            for database in databases:
                _lock(writers, database, seconds)
            seen = {database: _look(readers, database) for database in databases}
        yield Cut(seen, time.monotonic() - begin)


def _lock(stack: contextlib.ExitStack, database: Path, seconds: float) -> None:
    writer = _open(stack, database, seconds)
    try:
        writer.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as error:
        raise Unavailable(
            "The database {file} cannot be held still for a moment: {reason}.",
            "Look what writes to it for so long, then try again.",
            code="backup-locked",
            file=database,
            reason=error,
        ) from error
    stack.callback(writer.rollback)


def _look(stack: contextlib.ExitStack, database: Path) -> sqlite3.Connection:
    reader = _open(stack, database, LOCK_SECONDS)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM sqlite_master").fetchone()  # a read transaction begins with a read
    return reader


def _open(stack: contextlib.ExitStack, database: Path, seconds: float) -> sqlite3.Connection:
    uri = f"{database.absolute().as_uri()}?mode=rw"  # never make one that has just gone
    try:
        connection = sqlite3.connect(uri, uri=True, timeout=seconds, isolation_level=None)
    except sqlite3.OperationalError as error:
        raise Unavailable(
            "The database {file} cannot be opened: {reason}.",
            "Look at its permissions, then try again.",
            code="backup-database",
            file=database,
            reason=error,
        ) from error
    stack.callback(connection.close)
    return connection
