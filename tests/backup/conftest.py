"""A small state directory with real databases of the shapes that matter, without starting anything."""

import contextlib
import sqlite3
from pathlib import Path

import pytest
from notebench_hub.place import Place
from notebench_hub.service.names import workspace_name
from notebench_hub.service.store.engine import Store

ADA = workspace_name("ada", "personal")
MODEL = f"mlflow/artifacts/workspaces/{ADA}/1/models/m-1/artifacts"


def sql(file: Path, *statements: str) -> None:
    with contextlib.closing(sqlite3.connect(file)) as database, database:
        for statement in statements:
            database.execute(statement)


def rows(file: Path, query: str) -> list[tuple[object, ...]]:
    with contextlib.closing(sqlite3.connect(file)) as database:
        return database.execute(query).fetchall()


def hub(file: Path) -> None:
    """The tables of the hub's database that a backup looks at, in the mode in which JupyterHub has it."""
    sql(
        file,
        "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT)",
        "CREATE TABLE servers (id INTEGER PRIMARY KEY, port INTEGER)",
        "CREATE TABLE spawners (id INTEGER PRIMARY KEY, server_id INTEGER, state TEXT)",
        "INSERT INTO users (name) VALUES ('ada')",
        "INSERT INTO servers VALUES (1, 4711), (2, 80)",
        """INSERT INTO spawners VALUES (1, 1, '{"process": "session-1"}')""",
    )


def mlflow(file: Path) -> None:
    """MLflow's tables that a backup looks at, in WAL mode as ours is."""
    place = f"mlflow-artifacts:/workspaces/{ADA}/1/models/m-1/artifacts"
    sql(file, "PRAGMA journal_mode=WAL")
    sql(
        file,
        "CREATE TABLE runs (run_uuid TEXT PRIMARY KEY)",
        "CREATE TABLE logged_models (model_id TEXT, artifact_location TEXT, status INTEGER, "
        "lifecycle_stage TEXT)",
        "CREATE TABLE model_versions (workspace TEXT, name TEXT, version INTEGER, source TEXT, "
        "storage_location TEXT, status TEXT)",
        f"INSERT INTO logged_models VALUES ('m-1', '{place}', 2, 'active')",
        f"INSERT INTO model_versions VALUES ('{ADA}', 'wine', 1, 'models:/m-1', '{place}', 'READY')",
    )


@pytest.fixture
def place(tmp_path: Path) -> Place:
    made = Place(tmp_path / "state")
    made.create()
    hub(made.hub / "jupyterhub.sqlite")
    mlflow(made.mlflow / "mlflow.db")
    store = Store(made.service / "notebench.db")
    store.open()
    store.close()
    (made.root / MODEL).mkdir(parents=True)
    (made.root / MODEL / "MLmodel").write_text("flavors: {}\n")
    (made.root / MODEL / "model.db").write_bytes(b"an artifact, not a database")
    made.settings_file.write_text("admin: ada\n")
    made.secret("hub-cookie")
    (made.homes / "ada").mkdir()
    (made.homes / "ada" / "work.ipynb").write_text("{}")
    (made.homes / "ada" / "link").symlink_to("work.ipynb")
    (made.logs / "hub.log").write_text("not in a backup")
    return made
