"""Brings a database to the version of this code, and refuses one that a newer version wrote.

`python -m notebench_hub.service.store.migrate sqlite:///FILE` does it from outside of the service.
"""

import sqlite3
import sys
from contextlib import closing
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from notebench.contract.errors import Refused
from sqlalchemy import Connection, Engine, create_engine, make_url

_SCRIPTS = Path(__file__).parent / "migrations"


def known_revisions() -> set[str]:
    """Every revision that this code knows: a database with another one is newer."""
    return {revision.revision for revision in _scripts()[1].walk_revisions()}


def _scripts() -> tuple[Config, ScriptDirectory]:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS))
    config.set_main_option("path_separator", "os")
    return config, ScriptDirectory.from_config(config)


def upgrade(engine: Engine, file: Path | None) -> None:
    """Run what is missing, in `file` or, without one, on a server. Raises Refused for a newer version's.

    A copy of a file is left beside it before an older one is changed. On a server it is one transaction.
    """
    if file is None:
        with (
            engine.begin() as connection
        ):  # it has the writers' lock: of two services that start one goes first
            if _missing(connection, engine.url.render_as_string()) is not None:
                _run(connection)
        return
    with engine.connect() as connection:
        found = _missing(connection, file)
    if found is None:
        return
    if found:
        _keep_copy(file, "-".join(sorted(found)))
    with engine.connect() as connection:
        _run(connection)


def _missing(connection: Connection, name: object) -> set[str] | None:
    """The revisions of a database that lacks some, None of one that does not."""
    found = set(MigrationContext.configure(connection).get_current_heads())
    newer = found - known_revisions()
    if newer:
        raise Refused(
            "{file} was written by a newer version of Notebench (revision {revision}).",
            "Start that version, or put back the copy that was made before the upgrade.",
            code="store-newer",
            file=name,
            revision=", ".join(sorted(newer)),
        )
    return None if found == set(_scripts()[1].get_heads()) else found


def _run(connection: Connection) -> None:
    config = _scripts()[0]
    config.attributes["connection"] = connection
    command.upgrade(config, "heads")


def _keep_copy(file: Path, revision: str) -> None:
    copy = file.with_name(f"{file.name}.{revision}.bak")
    copy.unlink(missing_ok=True)
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("VACUUM INTO ?", (str(copy),))


if __name__ == "__main__":
    url = make_url(sys.argv[1])
    upgrade(create_engine(url), Path(url.database or ""))
