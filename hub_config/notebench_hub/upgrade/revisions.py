"""Which revision each database has, and which ones this version knows.

Revisions are read from the text of the migrations. Alembic would execute them to find out, and MLflow's
import MLflow: seconds at every start, to learn that there is nothing to do.
"""

import ast
import contextlib
import sqlite3
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from notebench.contract.errors import Refused, Unavailable

from notebench_hub.databases import Server, on_servers, server_of
from notebench_hub.place import Place
from notebench_hub.settings import load

_UPGRADE_HUB = "import sys; from jupyterhub.dbutil import upgrade; upgrade(sys.argv[1])"


@dataclass(frozen=True)
class Database:
    """One database, and who migrates it."""

    name: str
    """As people know it."""
    file: Path | None
    """None where it is a server's."""
    package: str
    """The distribution that writes it."""
    scripts: Path
    """The folder of its migrations."""
    command: tuple[str, ...]
    """Brings the database whose address follows to this version."""
    table: str = "alembic_version"
    server: Server | None = None

    @property
    def where(self) -> str:
        """The file, or the address on its server."""
        return self.server.address if self.server else str(self.file)

    def revisions(self) -> set[str] | None:
        """What is written in it; None where there is nothing in it yet. Raises Unavailable."""
        if self.server:
            return _on_server(self.server, self.table)
        return _in_file(self.file, self.table) if self.file and self.file.exists() else None


def _in_file(file: Path, table: str) -> set[str] | None:
    try:
        address = f"{file.absolute().as_uri()}?mode=rw"
        with contextlib.closing(sqlite3.connect(address, uri=True)) as opened:
            tables = {name for (name,) in opened.execute("SELECT name FROM sqlite_master")}
            if table not in tables:
                return set() if tables else None
            query = f"SELECT version_num FROM {table}"  # noqa: S608 - the name is ours
            return {name for (name,) in opened.execute(query)}
    except sqlite3.Error as error:
        raise Unavailable(
            "The database {file} cannot be read: {reason}.",
            "Look at its disk and its permissions; if it is broken, `notebench restore` puts a backup "
            "into an empty place.",
            code="state-unreadable",
            file=file,
            reason=error,
        ) from error


def _on_server(server: Server, table: str) -> set[str] | None:
    import psycopg  # only where a server is named it is installed

    try:
        with psycopg.connect(server.address, **server.connecting()) as opened:
            if opened.execute("SELECT to_regclass(%s)", [table]).fetchone() == (None,):
                return None
            query = f"SELECT version_num FROM {table}"  # noqa: S608 - the name is ours
            return {name for (name,) in opened.execute(query.encode())}
    except psycopg.Error as error:
        raise Unavailable(
            "The database {address} cannot be read: {reason}.",
            "Look whether its server runs and lets this account in, then start again.",
            code="state-unreadable",
            address=server.address,
            reason=str(error).strip().partition("\n")[0],
        ) from error


def databases(place: Place) -> list[Database]:
    """All databases of an installation that it migrates: the files, and those of MLflow on a server.

    On a server hub and service see to theirs when they start, each in one transaction.
    """
    settings = load(place)
    elsewhere = on_servers(settings)
    found = [one for one in _files(place) if one.name not in elsewhere]
    server = server_of(settings, place, "mlflow")
    if server:
        theirs = [one for one in _files(place) if one.name == "mlflow"]
        found += [replace(one, file=None, server=server) for one in theirs]
    return found


def _files(place: Place) -> list[Database]:
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
                file=database.where,
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
