"""What differs between SQLite and PostgreSQL: how to connect, and how a transaction begins."""

import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event

from notebench_hub.databases import Server

WRITER = 0x6E6F7465
"""Number of the lock that a writer holds on a server ("note" in hexadecimal)."""


@dataclass(frozen=True)
class Engines:
    """The same database, for transactions that read and for those that write."""

    reads: Engine
    writes: Engine


def on_file(file: Path, *, patience: float, readers: int) -> Engines:
    """SQLite in WAL mode. A transaction that writes takes the file's one lock at its beginning."""
    engine = create_engine(f"sqlite:///{file}", pool_size=readers + 1, connect_args={"timeout": patience})
    event.listen(engine, "connect", _on_connect)
    event.listen(engine, "begin", _on_begin)
    return Engines(engine, engine.execution_options(writes=True))


def on_server(server: Server, *, patience: float, readers: int) -> Engines:
    """PostgreSQL. What reads sees one state; what writes is alone, in all processes that write."""
    engine = create_engine(
        server.url, pool_size=readers + 1, pool_pre_ping=True, connect_args=server.connecting()
    )

    def alone(connection: Connection) -> None:
        # The code counts on one writer: it looks, decides, and writes (devices that are free, a fire time
        # that has no run, the head of the audit's chain). SERIALIZABLE would notice a clash too, but by a
        # failure that everybody had to repeat; a lock lets each wait for its turn, as SQLite's does. It ends
        # with the transaction, also where a process is killed. READ COMMITTED, because a snapshot that were
        # taken with the lock's own statement would be from before the wait.
        if connection.get_execution_options().get("writes"):
            connection.exec_driver_sql(
                "SELECT set_config('lock_timeout', %(wait)s, true), pg_advisory_xact_lock(%(lock)s)",
                {"wait": f"{round(patience * 1000)}ms", "lock": WRITER},
            )

    event.listen(engine, "begin", alone)
    return Engines(
        engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True),
        engine.execution_options(isolation_level="READ COMMITTED", writes=True),
    )


def _on_connect(connection: sqlite3.Connection, _record: Any) -> None:
    # Transactions are begun by `_on_begin`; the driver's own habit would begin them too late.
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _on_begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
