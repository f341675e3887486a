"""Which revision each database has, and which ones this version knows.

Revisions are read from the text of the migrations. Alembic would execute them to find out, and MLflow's
import MLflow: seconds at every start, to learn that there is nothing to do.
"""

import ast
import contextlib
import sqlite3
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from notebench.contract.errors import Refused, Unavailable

from notebench_hub.place import Place

_UPGRADE_HUB = "import sys; from jupyterhub.dbutil import upgrade; upgrade(sys.argv[1])"


@dataclass(frozen=True)
class Database:
    """One database, and who migrates it."""

    name: str
    """As people know it."""
    file: Path
    package: str
    """The distribution that writes it."""
    scripts: Path
    """The folder of its migrations."""
    command: tuple[str, ...]
    """Brings the file whose address follows to this version."""
    table: str = "alembic_version"

    def revisions(self) -> set[str] | None:
        """What is written in it; None where there is nothing in it yet. Raises Unavailable."""
        if not self.file.exists():
            return None
        try:
            address = f"{self.file.absolute().as_uri()}?mode=rw"
            with contextlib.closing(sqlite3.connect(address, uri=True)) as opened:
                tables = {name for (name,) in opened.execute("SELECT name FROM sqlite_master")}
                if self.table not in tables:
                    return set() if tables else None
                query = f"SELECT version_num FROM {self.table}"  # noqa: S608 - the name is ours
                return {name for (name,) in opened.execute(query)}
        except sqlite3.Error as error:
            raise Unavailable(
                "The database {file} cannot be read: {reason}.",
                "Look at its disk and its permissions; if it is broken, `notebench restore` puts a backup "
                "into an empty place.",
                code="state-unreadable",
                file=self.file,
                reason=error,
            ) from error


def databases(place: Place) -> list[Database]:
    """All databases of an installation."""
    python = sys.executable
    return [
        Database(
            "hub",
            place.hub / "jupyterhub.sqlite",
            "jupyterhub",
            _package("jupyterhub") / "alembic" / "versions",
            (python, "-c", _UPGRADE_HUB),
        ),
        Database(
            "service",
            place.service / "notebench.db",
            "notebench-hub",
            _package("notebench_hub") / "service" / "store" / "migrations" / "versions",
            (python, "-m", "notebench_hub.service.store.migrate"),
        ),
        Database(
            "mlflow",
            place.mlflow / "mlflow.db",
            "mlflow",
            _package("mlflow") / "store" / "db_migrations" / "versions",
            (python, "-m", "mlflow", "db", "upgrade"),
        ),
        Database(
            "mlflow",
            place.mlflow / "auth.db",
            "mlflow",
            _package("mlflow") / "server" / "auth" / "db" / "migrations" / "versions",
            (python, "-m", "mlflow.server.auth", "db", "upgrade", "--url"),
            table="alembic_version_auth",
        ),
    ]


def older(place: Place) -> list[Database]:
    """Databases that lack migrations. Raises Refused for one that a newer version wrote, and Unavailable."""
    found = []
    for database in databases(place):
        written = database.revisions()
        if written is None:
            continue
        known, heads = _known(database.scripts)
        if written - known:
            raise Refused(
                "{file} was written by a newer version of {package} (revision {revision}) than the one here "
                "({ours}).",
                "Start it with that version of Notebench or a newer one, or choose another directory with "
                "`--state-dir`.",
                code="state-newer",
                file=database.file,
                package=database.package,
                revision=", ".join(sorted(written - known)),
                ours=version(database.package),
            )
        if written != heads:
            found.append(database)
    return found


def is_current(database: Database) -> bool:
    """Whether it has all migrations that this version knows."""
    return database.revisions() == _known(database.scripts)[1]


def _package(name: str) -> Path:
    """The folder of a package that is not imported."""
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise Unavailable(
            "The package {name} is not installed.", "Run `./notebench up`, which installs it.", name=name
        )
    return Path(spec.origin).parent


def _known(scripts: Path) -> tuple[set[str], set[str]]:
    """All revisions of a folder of migrations, and those that none follows."""
    facts = [dict(_assigned(file)) for file in scripts.glob("*.py")]
    known = {str(one["revision"]) for one in facts if "revision" in one}
    followed: set[str] = set()
    for one in facts:
        before = one.get("down_revision")
        followed.update([before] if isinstance(before, str) else before or ())
    return known, known - followed


def _assigned(file: Path) -> Iterator[tuple[str, str | tuple[str, ...] | None]]:
    """What a migration says of itself."""
    for line in ast.parse(file.read_bytes()).body:
        if isinstance(line, ast.Assign):
            targets, value = line.targets, line.value
        elif isinstance(line, ast.AnnAssign) and line.value is not None:
            targets, value = [line.target], line.value
        else:
            continue
        for target in targets:
            if isinstance(target, ast.Name) and target.id in {"revision", "down_revision"}:
                yield target.id, ast.literal_eval(value)
