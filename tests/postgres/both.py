"""A database of the store, for tests that hold for both kinds: a SQLite file, or a PostgreSQL server's."""

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from notebench_hub.databases import Server
from notebench_hub.service.store import Store, migrate
from notebench_hub.service.store.dialects import on_file, on_server
from sqlalchemy import Engine

from tests.postgres.server import query

KINDS = ("sqlite", "postgresql")


@dataclass
class Database:
    """Empty at first; `store` gives one more Store on it, which the fixture closes."""

    where: Path | Server
    _stores: list[Store] = field(default_factory=list)

    @property
    def kind(self) -> str:
        return "sqlite" if isinstance(self.where, Path) else "postgresql"

    @property
    def words(self) -> str:
        """What another process is told; see `OPEN`."""
        return str(self.where) if isinstance(self.where, Path) else self.where.address

    def environment(self) -> dict[str, str]:
        return {**os.environ, **({} if isinstance(self.where, Path) else self.where.environment())}

    def store(self, **options: Any) -> Store:
        made = Store(self.where, **options)
        self._stores.append(made)
        return made

    def engine(self) -> Engine:
        """As the store makes it, to write."""
        if isinstance(self.where, Path):
            return on_file(self.where, patience=10, readers=1).writes
        return on_server(self.where, patience=10, readers=1).writes

    def run(self, *statements: str) -> list[tuple[Any, ...]]:
        """As somebody would who goes around the store; the rows of the last one."""
        if isinstance(self.where, Server):
            return [query(self.where, one) for one in statements][-1]
        with contextlib.closing(sqlite3.connect(self.where)) as connection, connection:
            return [connection.execute(one).fetchall() for one in statements][-1]

    def migrated_to(self, revision: str) -> None:
        """As an older version left it."""
        config = Config()
        config.set_main_option("script_location", str(Path(migrate.__file__).parent / "migrations"))
        engine = self.engine()
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, revision)
        engine.dispose()

    def close(self) -> None:
        for one in self._stores:
            one.close()


@contextlib.contextmanager
def made(kind: str, folder: Path, request: Any) -> Iterator[Database]:
    """A new one."""
    where = folder / "notebench.db" if kind == "sqlite" else request.getfixturevalue("postgres").database()
    found = Database(where)
    try:
        yield found
    finally:
        found.close()


OPEN = """
import sys
from pathlib import Path
from notebench_hub.databases import Server
from notebench_hub.service.store import Store, projects
words = sys.argv[1]
store = Store(Server(words) if words.startswith("postgresql:") else Path(words))
"""
"""Begins a program that has the database of `words` open, with `environment()`."""
