"""MLflow's JSON in the contract's words. Pure: what MLflow leaves out becomes the contract's empty value."""

import json
import math
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Final

from notebench.contract import tags
from notebench.contract.tracking import (
    ArtifactEntry,
    Experiment,
    LoggedModel,
    MetricPoint,
    MlflowRun,
    ModelVersion,
    Origin,
    RegisteredModel,
)

Record = dict[str, Any]
_SQL_INFINITY: Final = 1.7976931348623157e308
"""MLflow's SQL store keeps infinity as the largest number that fits."""
_WORDS: Final = frozenset({"NaN", "Infinity", "-Infinity"})


def moment(milliseconds: object) -> datetime | None:
    """A time of MLflow's, or None where it has none."""
    number = int(str(milliseconds or 0))
    return datetime.fromtimestamp(number / 1000, UTC) if number > 0 else None


def number(value: object) -> float | str:
    """A metric's value: a finite number or one of JSON's missing words."""
    if value in _WORDS:
        return str(value)
    plain = float(str(value))
    if math.isnan(plain):
        return "NaN"
    if abs(plain) >= _SQL_INFINITY:
        return "Infinity" if plain > 0 else "-Infinity"
    return plain


def experiment(record: Record) -> Experiment:
    """An experiment."""
    return Experiment(
        id=record["experiment_id"],
        name=record["name"],
        created=moment(record.get("creation_time")),
        updated=moment(record.get("last_update_time")),
    )


def run(record: Record, models: Iterable[LoggedModel] = ()) -> MlflowRun:
    """A run with its latest metrics."""
    info, data = record["info"], record.get("data", {})
    said = pairs(data.get("tags", []))
    return MlflowRun(
        id=info["run_id"],
        experiment=info["experiment_id"],
        name=info.get("run_name", ""),
        status=info.get("status", ""),
        started=moment(info.get("start_time")),
        ended=moment(info.get("end_time")),
        metrics={one["key"]: number(one["value"]) for one in data.get("metrics", [])},
        params=pairs(data.get("params", [])),
        tags=said,
        origin=origin(said),
        models=list(models),
    )


def pairs(entries: Iterable[Record]) -> dict[str, str]:
    """MLflow's lists of key and value."""
    return {one["key"]: str(one.get("value", "")) for one in entries}


def origin(said: dict[str, str]) -> Origin:
    """Where a run came from, by its tags."""
    return Origin(
        user=said.get(tags.USER) or said.get("mlflow.user", ""),
        acting_for=said.get(tags.ACTING_FOR, ""),
        session=said.get(tags.SESSION, ""),
        notebook_run=said.get(tags.NOTEBOOK_RUN, ""),
        image=said.get(tags.IMAGE, ""),
        identity=said.get(tags.IDENTITY, ""),
        profile=said.get(tags.PROFILE, ""),
        added=_words(said.get(tags.ADDED, "")),
        notebook=said.get(tags.NOTEBOOK, ""),
        notebook_hash=said.get(tags.NOTEBOOK_HASH, ""),
        git_commit=said.get(tags.GIT_COMMIT, "") or said.get("mlflow.source.git.commit", ""),
        git_dirty=said.get(tags.GIT_DIRTY, "") == "true",
    )


def _words(text: str) -> list[str]:
    try:
        words = json.loads(text or "[]")
    except (ValueError, RecursionError):
        return []
    return [str(word) for word in words] if isinstance(words, list) else []


def logged_model(record: Record) -> LoggedModel:
    """A model that a run logged."""
    info = record["info"]
    return LoggedModel(name=info.get("name", ""), uri=f"models:/{info['model_id']}")


def point(record: Record) -> MetricPoint:
    """One value of a metric."""
    when = moment(record.get("timestamp")) or datetime.fromtimestamp(0, UTC)
    return MetricPoint(step=int(record.get("step", 0)), value=number(record["value"]), time=when)


def artifact(record: Record) -> ArtifactEntry:
    """A file or folder."""
    folder = bool(record.get("is_dir"))
    size = None if folder else int(record.get("file_size", 0))
    return ArtifactEntry(path=record["path"], folder=folder, size=size)


def model_version(record: Record, aliases: Iterable[str] = (), where: Origin | None = None) -> ModelVersion:
    """A version of a registered model."""
    return ModelVersion(
        model=record["name"],
        version=str(record["version"]),
        created=moment(record.get("creation_timestamp")),
        status=record.get("status", ""),
        run=record.get("run_id", ""),
        source=record.get("source", ""),
        description=record.get("description", ""),
        aliases=sorted(aliases),
        origin=where or Origin(),
    )


def registered_model(record: Record, versions: Iterable[Record]) -> RegisteredModel:
    """A registered model with the given versions, newest first."""
    aliases = {one["alias"]: str(one["version"]) for one in record.get("aliases", [])}
    newest = sorted(versions, key=lambda one: int(one["version"]), reverse=True)
    return RegisteredModel(
        name=record["name"],
        description=record.get("description", ""),
        created=moment(record.get("creation_timestamp")),
        updated=moment(record.get("last_updated_timestamp")),
        aliases=aliases,
        versions=[
            model_version(one, [alias for alias, at in aliases.items() if at == str(one["version"])])
            for one in newest
        ],
    )
