"""Makes restored databases forget processes: none of what ran when the backup was made runs here.

On the same machine it even may still run, for the installation that was backed up: without this, the
restored one would adopt the other one's sessions, runs and model servers, and end them one day.
"""

import contextlib
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

LOST = "It was running when the backup was made from which this installation was restored."
"""Kept on records in English, as every reason is."""

_HUB = (
    "DELETE FROM servers WHERE id IN (SELECT server_id FROM spawners WHERE server_id IS NOT NULL)",
    "UPDATE spawners SET server_id = NULL, state = '{}'",
)
_SERVICE = (
    # A queued run has no process yet: it waits on, and runs here.
    "UPDATE runs SET state = 'lost', reason = :reason, ended = :now WHERE state IN ('starting', 'running')",
    "UPDATE runs SET settled = 1, handle = NULL WHERE state <> 'queued'",
    "DELETE FROM servers",  # the controller makes those that are wanted anew
    "UPDATE deployments SET observed = 'pending', reason = ''",
    "UPDATE sessions SET state = 'stopped', reason = :reason, ended = :now "
    "WHERE state IN ('starting', 'running')",
    "DELETE FROM tokens",  # of processes that are not here
)


def detach(hub: Path, service: Path) -> None:
    """Do it; a database that is not there has nothing to forget. Raises sqlite3.Error."""
    values = {"reason": LOST, "now": datetime.now(UTC).isoformat(timespec="microseconds")}
    for file, statements in ((hub, _HUB), (service, _SERVICE)):
        if not file.exists():
            continue
        with contextlib.closing(sqlite3.connect(file)) as database, database:
            tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master")}
            for statement in statements:
                if _table(statement) in tables:  # an older version has not all of them
                    database.execute(statement, values if ":" in statement else {})


def _table(statement: str) -> str:
    """What it changes."""
    return statement.removeprefix("UPDATE ").removeprefix("DELETE FROM ").split()[0]
