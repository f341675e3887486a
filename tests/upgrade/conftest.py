"""A state as an older version left it: its own migrations, run up to an earlier revision, with data."""

import contextlib
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from notebench_hub.place import Place
from notebench_hub.service.store import migrate

HUB = """
import sys
from alembic import command
from alembic.config import Config
from jupyterhub import dbutil, orm
url = sys.argv[1]
db = orm.new_session_factory(url)()
user = orm.User(name="ada")
db.add(user)
db.add(orm.Spawner(user=user, name="second"))
db.commit()
db.close()
with dbutil._temp_alembic_ini(url) as ini:
    command.downgrade(Config(ini), "-1")
"""
MLFLOW = """
import sys
from alembic import command
from alembic.script import ScriptDirectory
from mlflow.store.db.utils import _get_alembic_config
from mlflow.store.tracking.dbmodels.initial_models import Base
from sqlalchemy import create_engine
engine = create_engine(sys.argv[1])
Base.metadata.create_all(engine)
config = _get_alembic_config(sys.argv[1])
scripts = ScriptDirectory.from_config(config)
before = scripts.get_revision(scripts.get_current_head()).down_revision
with engine.begin() as connection:
    config.attributes["connection"] = connection
    command.upgrade(config, before)
    connection.exec_driver_sql(
        "INSERT INTO experiments (name, lifecycle_stage, workspace) VALUES ('wine', 'active', 'personal-ada')"
    )
"""


def run(code: str, file: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", code, f"sqlite:///{file}"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def sql(file: Path, *statements: str) -> None:
    with contextlib.closing(sqlite3.connect(file)) as database, database:
        for statement in statements:
            database.execute(statement)


def rows(file: Path, query: str) -> list[tuple[object, ...]]:
    with contextlib.closing(sqlite3.connect(file)) as database:
        return database.execute(query).fetchall()


def service(file: Path, revision: str) -> None:
    """The store of an older version, with a project in it."""
    from alembic import command
    from alembic.config import Config
    from sqlalchemy import create_engine

    engine = create_engine(f"sqlite:///{file}")
    config = Config()
    config.set_main_option("script_location", str(Path(migrate.__file__).parent / "migrations"))
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    engine.dispose()
    sql(
        file,
        "PRAGMA journal_mode=WAL",
        "INSERT INTO projects VALUES ('alloys', '2026-01-01T00:00:00.000000+00:00')",
    )


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """Only the store is older: quick to make."""
    made = Place(tmp_path / "state")
    made.create()
    service(made.service / "notebench.db", "0001")
    made.secret("hub-cookie")
    made.settings_file.write_text("accounts: shared\n")
    return made


@pytest.fixture
def old(place: Place) -> Place:
    """All three databases are older."""
    run(HUB, place.hub / "jupyterhub.sqlite")
    run(MLFLOW, place.mlflow / "mlflow.db")
    return place


def files(place: Place) -> dict[str, bytes]:
    """What the databases hold, byte by byte."""
    return {
        str(file.relative_to(place.root)): file.read_bytes()
        for folder in (place.hub, place.service, place.mlflow)
        for file in folder.iterdir()
        if file.suffix in {".db", ".sqlite"}
    }


ENVIRONMENT = {key: value for key, value in os.environ.items() if not key.startswith("NOTEBENCH_")}
