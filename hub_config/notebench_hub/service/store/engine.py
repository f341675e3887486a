"""The engine and its transactions: SQLite in WAL mode, one writer at a time, acknowledged when on disk."""

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from notebench.contract.errors import Unavailable
from sqlalchemy import Connection, create_engine, event
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from notebench_hub.service.store.migrate import upgrade

Transaction = Session
"""What repository functions take first. Features pass it on and never use it themselves."""

P = ParamSpec("P")
T = TypeVar("T")

AUDIT_KEY = "audit-key"
"""Where a transaction's `info` has the key of the audit's hashes."""

_BUSY_MS = 10_000
_READERS = 8


class Store:
    """Runs repository functions in transactions, in worker threads.

    `await store.read(sessions.find, id)` sees one consistent state; `await store.write(sessions.add, record)`
    commits when the function returns and leaves nothing behind when it raises. Raises Unavailable when the
    database is locked for longer than ten seconds, read-only or its disk full.
    """

    def __init__(self, file: Path, *, busy_ms: int = _BUSY_MS, audit_key: str = "") -> None:
        self.file = file
        self._patience = busy_ms / 1000
        self._info = {AUDIT_KEY: audit_key.encode()}
        self._engine = create_engine(
            f"sqlite:///{file}", pool_size=_READERS + 1, connect_args={"timeout": busy_ms / 1000}
        )
        event.listen(self._engine, "connect", _on_connect)
        event.listen(self._engine, "begin", _on_begin)
        self._writes = self._engine.execution_options(writes=True)
        # Threads of its own, so that what takes long elsewhere never keeps a request waiting for the store.
        self._readers = ThreadPoolExecutor(_READERS, "store-read")
        self._writer = ThreadPoolExecutor(1, "store-write")
        # SQLite has one writer; waiting here is fair and cheap, waiting at the file's lock is neither.
        self._writing = threading.Lock()

    def open(self) -> None:
        """Make the tables, or bring them to this version. Raises Refused for a newer version's file."""
        upgrade(self._engine, self.file)
        from notebench_hub.service.store import audit  # needs this module

        if not self.read_now(audit.begun):
            self.write_now(audit.begin)

    def close(self) -> None:
        """Close all connections, after what was begun has ended."""
        self._readers.shutdown()
        self._writer.shutdown()
        self._engine.dispose()

    async def read(
        self, function: Callable[Concatenate[Session, P], T], *arguments: P.args, **named: P.kwargs
    ) -> T:
        """The function's result over one consistent state."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._readers, lambda: self.read_now(function, *arguments, **named))

    async def write(
        self, function: Callable[Concatenate[Session, P], T], *arguments: P.args, **named: P.kwargs
    ) -> T:
        """The function's result, after its changes are on disk. It must wait for nothing but the store."""
        loop = asyncio.get_running_loop()
        # The audit notes where the request came from that a change belongs to.
        context = copy_context()
        work = partial(self.write_now, function, *arguments, **named)
        writing = self._writer.submit(context.run, work)
        waiting = asyncio.wrap_future(writing, loop=loop)
        done, _ = await asyncio.wait({waiting}, timeout=self._patience)
        if not done and writing.cancel():
            # Where each write waits in vain, the last of many would wait for the sum of all.
            raise _crowded()
        return await waiting

    def read_now(
        self, function: Callable[Concatenate[Session, P], T], *arguments: P.args, **named: P.kwargs
    ) -> T:
        """`read` for code that is in a thread already."""
        try:
            with Session(self._engine, expire_on_commit=False, info=dict(self._info)) as transaction:
                return function(transaction, *arguments, **named)
        except OperationalError as error:
            raise _away(error) from error

    def write_now(
        self, function: Callable[Concatenate[Session, P], T], *arguments: P.args, **named: P.kwargs
    ) -> T:
        """`write` for code that is in a thread already."""
        try:
            with (
                self._writing,
                Session(self._writes, expire_on_commit=False, info=dict(self._info)) as transaction,
                transaction.begin(),
            ):
                return function(transaction, *arguments, **named)
        except OperationalError as error:
            raise _away(error) from error


def _on_connect(connection: sqlite3.Connection, _record: Any) -> None:
    # Transactions are begun by `_on_begin`; the driver's own habit would begin them too late.
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _on_begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _crowded() -> Unavailable:
    return Unavailable(
        "The store of Notebench is held up, and others wait before this.",
        "Try again in a minute; if it stays, tell an admin.",
        code="store-away",
    )


def _away(error: OperationalError) -> Unavailable:
    return Unavailable(
        "The store of Notebench does not take this now: {reason}.",
        "Try again in a minute; if it stays, tell an admin.",
        code="store-away",
        reason=str(error.orig),
    )
