"""Becomes MLflow's tracking server: `python -m notebench_hub.service.gateway.mlflow_server`.

It does what `mlflow server` does, in one process instead of two: the command line starts a child, imports
everything twice, and leaves the child behind when it is killed. Private socket, SQLite in WAL mode or a
PostgreSQL server, workspaces on, job execution off, and the gateway's signed word as the only way in.
"""

import contextlib
import os
import sqlite3
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from notebench.contract.errors import NotebenchError

from notebench_hub.databases import Server, server_of
from notebench_hub.instance import mlflow_address
from notebench_hub.object_store import object_store
from notebench_hub.place import Place
from notebench_hub.service.mlflow_client.names import ADMIN, HOST
from notebench_hub.settings import Settings, load

_INI = """\
[mlflow]
default_permission = NO_PERMISSIONS
database_uri = {database}
admin_username = {admin}
authorization_function = notebench_hub.service.mlflow_client.signature:authenticate
grant_default_workspace_access = false
"""


def environment(
    place: Place,
    server: Server | None = None,
    store: Mapping[str, str] = MappingProxyType({}),
    ambient: Mapping[str, str] = os.environ,
) -> dict[str, str]:
    """The environment MLflow's server reads. Whatever MLflow settings the starting shell had are dropped.

    `store` is what names an object store for artifacts.
    """
    kept = {name: value for name, value in ambient.items() if not name.lstrip("_").startswith("MLFLOW_")}
    tracking = server.url if server else _uri(place.mlflow / "mlflow.db")
    kept |= server.environment() if server else {}
    return kept | {
        "NOTEBENCH_STATE_DIR": str(place.root),
        "MLFLOW_AUTH_CONFIG_PATH": str(place.mlflow / "auth.ini"),
        "MLFLOW_AUTH_ADMIN_USERNAME": ADMIN,
        "MLFLOW_AUTH_ADMIN_PASSWORD": place.secret("mlflow-admin-password"),
        "MLFLOW_BASIC_AUTH_FAIL_CLOSED": "true",
        "MLFLOW_FLASK_SERVER_SECRET_KEY": place.secret("mlflow-flask-key"),
        "MLFLOW_ENABLE_WORKSPACES": "true",
        "MLFLOW_RBAC_SEED_DEFAULT_ROLES": "false",
        "MLFLOW_SERVER_ALLOWED_HOSTS": HOST,
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "DO_NOT_TRACK": "true",
        "MLFLOW_TRACKING_URI": tracking,  # never a ./mlruns beside the working directory
        # What `mlflow server` hands to its workers.
        "_MLFLOW_SGI_NAME": "uvicorn",
        "_MLFLOW_IN_JOB_EXECUTOR": "false",
        "_MLFLOW_SERVER_BOOT_ID": uuid4().hex,
        "_MLFLOW_SERVER_FILE_STORE": tracking,
        "_MLFLOW_SERVER_REGISTRY_STORE": tracking,
        "_MLFLOW_SERVER_ARTIFACT_ROOT": "mlflow-artifacts:/",
        "_MLFLOW_SERVER_ARTIFACT_DESTINATION": (place.mlflow / "artifacts").resolve().as_uri(),
        "_MLFLOW_SERVER_SERVE_ARTIFACTS": "true",
        **store,
    }


def prepare(place: Place, server: Server | None = None) -> None:
    """Files and folders: databases in WAL mode, the auth application's ini, no socket of a former life.

    On a server both are one database: their tables, and those of their migrations, have different names.
    """
    place.create()
    (place.mlflow / "artifacts").mkdir(mode=0o700, exist_ok=True)
    if server is None:
        for name in ("mlflow.db", "auth.db"):
            with contextlib.closing(sqlite3.connect(place.mlflow / name)) as database:
                database.execute("PRAGMA journal_mode=WAL")
    ini = place.mlflow / "auth.ini"
    uri = server.url if server else _uri(place.mlflow / "auth.db")
    database_uri = uri.replace("%", "%%")  # configparser would interpolate
    ini.write_text(_INI.format(database=database_uri, admin=ADMIN))
    ini.chmod(0o600)
    place.mlflow_socket.unlink(missing_ok=True)


def _uri(database: Path) -> str:
    return f"sqlite:///{database.resolve()}"


def main() -> None:
    """Prepare, then become MLflow until a signal ends it."""
    os.umask(0o077)
    place = Place.from_environment()
    try:
        settings = load(place)
        server = server_of(settings, place, "mlflow")
        store = object_store(settings, place)
        prepare(place, server)
    except NotebenchError as error:
        sys.exit(error.text())
    # It holds most of what the next line takes away, HOME among it.
    variables = environment(place, server, store)
    os.environ.clear()
    os.environ.update(variables)
    sys.exit(_serve(_listening(place, settings)))


def _listening(place: Place, settings: Settings) -> dict[str, Any]:
    """Where it listens: on its private socket, or on a cluster at the port of its Service."""
    address = mlflow_address(place, settings)
    if address.startswith("unix:"):
        return {"uds": address.removeprefix("unix:")}
    found = urlsplit(address)
    return {"host": settings.kubernetes.addresses.listen, "port": found.port or 80}


def _serve(listening: Mapping[str, Any]) -> int:
    # Imported here: MLflow reads the environment while it is imported, and it takes seconds.
    import uvicorn
    from mlflow.server.handlers import initialize_backend_stores

    tracking = os.environ["_MLFLOW_SERVER_FILE_STORE"]
    initialize_backend_stores(tracking, tracking, "mlflow-artifacts:/")
    uvicorn.run(
        "mlflow.server.auth:create_app",
        factory=True,
        **listening,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=5,
    )
    return 0


if __name__ == "__main__":
    main()
