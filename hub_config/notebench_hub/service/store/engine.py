"""The store and its transactions: one writer at a time, acknowledged when on disk."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from notebench.contract.errors import Refused, Unavailable
from sqlalchemy.exc import DataError, DBAPIError, InterfaceError, InternalError, OperationalError
from sqlalchemy.orm import Session

from notebench_hub.databases import Server
from notebench_hub.service.store.dialects import on_file, on_server
from notebench_hub.service.store.migrate import upgrade

Transaction = Session
"""What repository functions take first. Features pass it on and never use it themselves."""

P = ParamSpec("P")
T = TypeVar("T")

AUDIT_KEY = "audit-key"
"""Where a transaction's `info` has the key of the audit's hashes."""

_AWAY = (OperationalError, InterfaceError, InternalError)
"""Locked, full, read-only, gone: what another time may not be."""

_BUSY_MS = 10_000
_READERS = 8


class Store:
    """Runs repository functions in transactions, in worker threads.

    `await store.read(sessions.find, id)` sees one consistent state; `await store.write(sessions.add, record)`
    commits when the function returns and leaves nothing behind when it raises. Raises Unavailable when the
    database is locked for longer than ten seconds, read-only or its disk full.
    """

    def __init__(self, where: Path | Server, *, busy_ms: int = _BUSY_MS, audit_key: str = "") -> None:
        self.file = where if isinstance(where, Path) else None
        self._patience = busy_ms / 1000
        self._info = {AUDIT_KEY: audit_key.encode()}
        self._engines = (
            on_file(where, patience=self._patience, readers=_READERS)
            if isinstance(where, Path)
            else on_server(where, patience=self._patience, readers=_READERS)
        )
        # Threads of its own, so that what takes long elsewhere never keeps a request waiting for the store.
        self._readers = ThreadPoolExecutor(_READERS, "store-read")
        self._writer = ThreadPoolExecutor(1, "store-write")
        # A database has one writer; waiting here is fair and cheap, waiting at its lock is neither.
        self._writing = threading.Lock()

    def open(self) -> None:
        """Make the tables, or bring them to this version. Raises Refused for a newer version's database."""
        try:
            upgrade(self._engines.writes, self.file)
        except _AWAY as error:
            raise _away(error) from error
        from notebench_hub.service.store import audit  # needs this module

        if not self.read_now(audit.begun):
            self.write_now(audit.begin)

    def close(self) -> None:
        """Close all connections, after what was begun has ended."""
        self._readers.shutdown()
        self._writer.shutdown()
        self._engines.writes.dispose()

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
            with Session(self._engines.reads, expire_on_commit=False, info=dict(self._info)) as transaction:
                return function(transaction, *arguments, **named)
        except _AWAY as error:
            raise _away(error) from error
        except DataError as error:
            raise _strange(error) from error

    def write_now(
        self, function: Callable[Concatenate[Session, P], T], *arguments: P.args, **named: P.kwargs
    ) -> T:
        """`write` for code that is in a thread already."""
        try:
            with (
                self._writing,
                Session(self._engines.writes, expire_on_commit=False, info=dict(self._info)) as transaction,
                transaction.begin(),
            ):
                return function(transaction, *arguments, **named)
        except _AWAY as error:
            raise _away(error) from error
        except DataError as error:
            raise _strange(error) from error


def _crowded() -> Unavailable:
    return Unavailable(
        "The store of Notebench is held up, and others wait before this.",
        "Try again in a minute; if it stays, tell an admin.",
        code="store-away",
    )


def _away(error: DBAPIError) -> Unavailable:
    return Unavailable(
        "The store of Notebench does not take this now: {reason}.",
        "Try again in a minute; if it stays, tell an admin.",
        code="store-away",
        reason=_first_line(error),
    )


def _strange(error: DBAPIError) -> Refused:
    return Refused(
        "The store of Notebench cannot keep this value: {reason}.",
        "Leave out characters that nobody can type, and numbers beyond all bounds.",
        code="store-value",
        reason=_first_line(error),
    )


def _first_line(error: DBAPIError) -> str:
    """What the database says, without the hints that follow."""
    return str(error.orig).strip().partition("\n")[0].rstrip(".")
