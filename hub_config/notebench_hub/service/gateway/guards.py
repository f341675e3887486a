"""What a few JSON bodies must not say, and what the gateway writes into them because it knows it for sure.

MLflow reads JSON as protobuf does, which takes `artifactLocation` for `artifact_location`: a guarded body may
have the keys written here only, and is written anew before it goes on.
"""

import json
from collections.abc import Callable
from typing import Any, Final

from notebench.contract import tags
from notebench.contract.errors import NotAllowed, Refused

from notebench_hub.service.asker import Asker, AskerKind

Body = dict[str, Any]
MLFLOW_USER: Final = "mlflow.user"
_OURS: Final = frozenset({*tags.VOUCHED, MLFLOW_USER})
_SOURCES: Final = ("models:/", "runs:/", "mlflow-artifacts:/")


def check(name: str, raw: bytes, asker: Asker, default_experiment: str) -> bytes:
    """The body as it may go on. Raises Refused or NotAllowed, naming the key that is wrong."""
    said = parse(raw)
    _GUARDS[name](said, asker, default_experiment)
    return json.dumps(said).encode()


def parse(raw: bytes) -> Body:
    """A JSON object. Raises Refused."""
    try:
        said = json.loads(raw or b"{}")
    except (ValueError, RecursionError) as error:
        raise Refused("The request's body is not JSON.", "Send a JSON object.", code="json") from error
    if not isinstance(said, dict):
        raise Refused("The request's body is not a JSON object.", "Send a JSON object.", code="json")
    return said


def _only(said: Body, *keys: str) -> None:
    unknown = sorted(set(said) - set(keys))
    if unknown:
        raise Refused(
            "The gateway does not know the key {key} of this request.",
            "Use MLflow's names with underscores: {keys}.",
            field=unknown[0][:100],
            key=unknown[0][:100],
            keys=", ".join(keys),
        )


def _experiment(said: Body, _asker: Asker, _default: str) -> None:
    _only(said, "name", "artifact_location", "tags")
    if said.get("artifact_location"):
        raise NotAllowed(
            "An experiment's artifact_location cannot be chosen: Notebench keeps artifacts in the workspace.",
            "Leave artifact_location out.",
            code="artifact-location",
            field="artifact_location",
        )


def _default_experiment(said: Body, _asker: Asker, default: str) -> None:
    _only(said, "experiment_id", "new_name")
    if _number(said.get("experiment_id")) == int(default):
        raise NotAllowed(
            "The default experiment cannot be renamed or deleted: notebooks log to it.",
            "Delete its runs instead.",
            code="default-experiment",
        )


def _number(experiment: object) -> int | None:
    """An experiment's id as MLflow reads it, for which "7", " 7" and "007" are the same."""
    try:
        return int(str(experiment))
    except ValueError:
        return None


def _run(said: Body, asker: Asker, _default: str) -> None:
    _only(said, "experiment_id", "user_id", "run_name", "start_time", "tags")
    known = {MLFLOW_USER: asker.name, tags.USER: asker.name, tags.ACTING_FOR: asker.acting_for}
    if asker.kind is AskerKind.session:
        known[tags.SESSION] = asker.bound
    if asker.kind is AskerKind.run:
        known[tags.NOTEBOOK_RUN] = asker.bound
    others = [tag for tag in _tags(said) if tag["key"] not in _OURS]
    said["tags"] = others + [{"key": key, "value": value} for key, value in known.items()]
    said["user_id"] = asker.name


def _batch(said: Body, _asker: Asker, _default: str) -> None:
    _only(said, "run_id", "metrics", "params", "tags")
    for tag in _tags(said):
        _refuse_ours(tag["key"])


def _tag(said: Body, _asker: Asker, _default: str) -> None:
    _only(said, "run_id", "run_uuid", "key", "value")
    _refuse_ours(said.get("key"))


def _model_version(said: Body, _asker: Asker, _default: str) -> None:
    _only(said, "name", "source", "run_id", "tags", "run_link", "description", "model_id")
    source = said.get("source")
    if not isinstance(source, str) or not source.startswith(_SOURCES) or "?" in source or "#" in source:
        raise NotAllowed(
            "A model version must come from a model that a run logged here, not from {source}.",
            "Log the model first, then register it by its models:/ or runs:/ address.",
            code="model-source",
            field="source",
            source=str(source)[:200],
        )


def _tags(said: Body) -> list[dict[str, Any]]:
    found = said.get("tags") or []
    if not isinstance(found, list) or not all(isinstance(tag, dict) for tag in found):
        raise Refused("Tags must be a list of key and value.", "Send key and value.", field="tags")
    for tag in found:
        _only(tag, "key", "value")
        if not isinstance(tag.get("key"), str):
            raise Refused("A tag's key must be text.", "Send key and value.", field="tags")
    return found


def _refuse_ours(key: object) -> None:
    if key in _OURS:
        raise NotAllowed(
            "The tag {key} is written by Notebench and cannot be changed.",
            "Use a name of your own.",
            code="tag-vouched",
            field="key",
            key=key,
        )


_GUARDS: Final[dict[str, Callable[[Body, Asker, str], None]]] = {
    "experiment": _experiment,
    "default_experiment": _default_experiment,
    "run": _run,
    "batch": _batch,
    "tag": _tag,
    "model_version": _model_version,
}
