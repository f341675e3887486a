"""What is found in the databases of a backup: whether each is whole, and whether they fit together."""

import contextlib
import json
import sqlite3
from collections.abc import Callable, Iterator, Set
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from notebench_spawner.marks import N_
from notebench_spawner.names import folder_name

from notebench_hub.backup.manifest import STATE
from notebench_hub.service.names import workspace_name

HUB, SERVICE = STATE + "hub/jupyterhub.sqlite", STATE + "service/notebench.db"
MLFLOW = STATE + "mlflow/mlflow.db"
_PARTS = {HUB: "hub", SERVICE: "service", MLFLOW: "mlflow"}
_ARTIFACTS = STATE + "mlflow/artifacts/"
_MODEL_READY = 2
"""MLflow's number for a logged model whose files are all there."""


@dataclass(frozen=True)
class Finding:
    """One line of a report; `template` is English with places for `values`."""

    fine: bool
    template: str
    values: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Files:
    """Which files there are beside the databases."""

    names: Set[str]
    folders: Set[str]
    artifacts: bool
    homes: bool
    elsewhere: Set[str] = frozenset()
    """Parts whose records are on a PostgreSQL server."""


Databases = dict[str, Path]
"""By their names in the backup."""


def look(databases: Databases, files: Files) -> Iterator[Finding]:
    """Everything that can be said, one finding after another. Never raises for what is in a database."""
    whole = set()
    for name, file in sorted(databases.items()):
        problem = _problem(file)
        if not problem:
            whole.add(name)
        yield _about(name, problem)
    for needed, check in _CHECKS:
        if any(_PARTS[name] in files.elsewhere for name in needed):
            continue  # the backup's notes say so
        missing = [name for name in needed if name not in whole]
        if missing:
            yield Finding(
                False, N_("Not checked, because {file} is missing or broken."), {"file": missing[0]}
            )
            continue
        try:
            with contextlib.ExitStack() as stack:
                opened = [stack.enter_context(_opened(databases[name])) for name in needed]
                yield from check(*opened, files)
        except sqlite3.OperationalError as error:
            older = str(error).startswith("no such")  # a table or column that came later
            template = N_("Not checked, because {file} is of an older version: {reason}.")
            broken = N_("{file} cannot be read: {reason}.")
            yield Finding(older, template if older else broken, {"file": needed[0], "reason": error})
        except (sqlite3.Error, ValueError, TypeError, KeyError) as error:
            yield Finding(False, N_("{file} cannot be read: {reason}."), {"file": needed[0], "reason": error})


def _about(name: str, problem: str) -> Finding:
    if problem:
        return Finding(False, N_("{file} is broken: {reason}."), {"file": name, "reason": problem})
    return Finding(True, N_("{file} is a whole database."), {"file": name})


def _problem(file: Path) -> str:
    try:
        with _opened(file) as database:
            (answer,) = database.execute("PRAGMA integrity_check(1)").fetchone()
            if answer != "ok":
                return str(answer)
            orphan = database.execute("PRAGMA foreign_key_check").fetchone()
            return f"a row of {orphan['table']} refers to nothing" if orphan else ""
    except sqlite3.Error as error:
        return str(error)


@contextlib.contextmanager
def _opened(file: Path) -> Iterator[sqlite3.Connection]:
    with contextlib.closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as database:
        database.row_factory = sqlite3.Row
        yield database


def _people(hub: sqlite3.Connection, _files: Files) -> Iterator[Finding]:
    (count,) = hub.execute("SELECT count(*) FROM users").fetchone()
    yield Finding(True, N_("{count} people are known to the hub."), {"count": count})


def _owners(hub: sqlite3.Connection, service: sqlite3.Connection, _files: Files) -> Iterator[Finding]:
    known = {row["name"] for row in hub.execute("SELECT name FROM users")}
    rows = service.execute("SELECT user FROM deployments UNION SELECT user FROM schedules")
    strange = sorted({row["user"] for row in rows} - known)
    if strange:
        # Not a fault of the backup: somebody who was removed leaves things behind.
        yield Finding(
            True,
            N_("Owners of deployments or schedules whom the hub does not know: {names}."),
            _listed(strange),
        )


def _models(mlflow: sqlite3.Connection, files: Files) -> Iterator[Finding]:
    rows = mlflow.execute(
        "SELECT workspace, name, version, source, storage_location, status FROM model_versions"
    )
    locations = {
        f"{row['name']} {row['version']} ({row['workspace']})": row["storage_location"] or row["source"]
        for row in rows
        if row["status"] == "READY"
    }
    ready = mlflow.execute(
        "SELECT model_id, artifact_location FROM logged_models "
        "WHERE status = ? AND lifecycle_stage = 'active'",
        (_MODEL_READY,),
    )
    logged = {row["model_id"]: row["artifact_location"] for row in ready}
    if not files.artifacts:
        yield Finding(
            True, N_("{count} model versions; no artifacts are in this backup."), {"count": len(locations)}
        )
        return
    missing = [name for name, place in (locations | logged).items() if not _there(place, logged, files)]
    if missing:
        yield Finding(False, N_("The files of these models are missing: {names}."), _listed(missing))
    else:
        yield Finding(
            True,
            N_("All {count} model versions and {logged} logged models have their files."),
            {"count": len(locations), "logged": len(logged)},
        )


def _there(location: str, logged: dict[str, str], files: Files) -> bool:
    """Whether there is a file below the location; one outside of our artifacts is not ours to have."""
    address = urlsplit(location)
    if address.scheme == "models":
        return address.path.strip("/") in logged
    if address.scheme != "mlflow-artifacts":
        return True
    return _ARTIFACTS + address.path.strip("/") in files.folders


def _deployments(service: sqlite3.Connection, mlflow: sqlite3.Connection, _files: Files) -> Iterator[Finding]:
    versions = {
        (row["workspace"], row["name"], str(row["version"]))
        for row in mlflow.execute("SELECT workspace, name, version FROM model_versions")
    }
    rows = service.execute("SELECT name, user, acting_for, model, version FROM deployments WHERE removed = 0")
    served = {
        f"{row['name']} ({row['user']})": (
            workspace_name(row["user"], row["acting_for"]),
            row["model"],
            str(row["version"]),
        )
        for row in rows
    }
    missing = [name for name, version in served.items() if version not in versions]
    if missing:
        yield Finding(
            False,
            N_("The model versions that these deployments serve are missing: {names}."),
            _listed(missing),
        )
    else:
        yield Finding(True, N_("All {count} deployments have their model version."), {"count": len(served)})


def _runs(service: sqlite3.Connection, mlflow: sqlite3.Connection, files: Files) -> Iterator[Finding]:
    known = {row["run_uuid"] for row in mlflow.execute("SELECT run_uuid FROM runs")}
    rows = list(service.execute("SELECT id, user, output, mlflow_runs, state FROM runs"))
    missing = [row["id"] for row in rows if not set(json.loads(row["mlflow_runs"] or "[]")) <= known]
    if missing:
        yield Finding(
            False, N_("The MLflow runs of these notebook runs are missing: {names}."), _listed(missing)
        )
    else:
        yield Finding(True, N_("All {count} notebook runs have their MLflow runs."), {"count": len(rows)})
    if files.homes:
        yield from _outputs(rows, files)


def _outputs(rows: list[sqlite3.Row], files: Files) -> Iterator[Finding]:
    """People may remove and move their files; so this only tells."""
    wanted = [
        f"{STATE}homes/{folder_name(row['user'])}/{row['output']}"
        for row in rows
        if row["output"] and row["state"] == "succeeded"
    ]
    there = sum(name in files.names for name in wanted)
    yield Finding(
        True,
        N_("{there} of {count} output notebooks are where their run has written them."),
        {"there": there, "count": len(wanted)},
    )


def _schedules(service: sqlite3.Connection, _files: Files) -> Iterator[Finding]:
    (count,) = service.execute("SELECT count(*) FROM schedules").fetchone()
    yield Finding(True, N_("{count} schedules."), {"count": count})


def _listed(names: list[str]) -> dict[str, Any]:
    shown = ", ".join(names[:5])
    return {"names": shown if len(names) <= 5 else f"{shown} … ({len(names)})"}


_CHECKS: tuple[tuple[tuple[str, ...], Callable[..., Iterator[Finding]]], ...] = (
    ((HUB,), _people),
    ((SERVICE,), _schedules),
    ((HUB, SERVICE), _owners),
    ((MLFLOW,), _models),
    ((SERVICE, MLFLOW), _deployments),
    ((SERVICE, MLFLOW), _runs),
)
