"""MLflow's open routes, as data. What is not written here is closed, whatever MLflow learns next."""

import re
from dataclasses import dataclass
from typing import Final

from notebench.contract.errors import NotAllowed

from notebench_hub.service.mlflow_client.workspaces import Access
from notebench_hub.service.relay import refuse_climbing

READ, WRITE = Access.read, Access.write


@dataclass(frozen=True)
class Route:
    """One open route. In a pattern `{id}` is a segment of plain characters, `{key}` any, `{path}` many."""

    method: str
    pattern: str
    access: Access
    guard: str = ""
    """Name of the check in `guards` that its JSON body must pass."""
    streamed: bool = False
    """The body is a file: passed on piece by piece instead of read first."""
    note: str = ""
    """The action under which the audit notes it, where it does."""


_TRACKING: Final = "api/2.0/mlflow/"
_ARTIFACTS: Final = "api/2.0/mlflow-artifacts/artifacts"

OPEN: Final[tuple[Route, ...]] = (
    # What a client asks to learn what it talks to.
    Route("GET", "health", READ),
    Route("GET", "version", READ),
    Route("GET", "api/3.0/mlflow/server-info", READ),
    Route("GET", "api/3.0/mlflow/workspaces", READ),
    # Experiments.
    Route("GET", _TRACKING + "experiments/get", READ),
    Route("GET", _TRACKING + "experiments/get-by-name", READ),
    Route("GET", _TRACKING + "experiments/search", READ),
    Route("POST", _TRACKING + "experiments/search", READ),
    Route("POST", _TRACKING + "experiments/create", WRITE, "experiment"),
    Route("POST", _TRACKING + "experiments/update", WRITE, "default_experiment"),
    Route("POST", _TRACKING + "experiments/delete", WRITE, "default_experiment"),
    Route("POST", _TRACKING + "experiments/restore", WRITE),
    Route("POST", _TRACKING + "experiments/set-experiment-tag", WRITE),
    Route("POST", _TRACKING + "experiments/delete-experiment-tag", WRITE),
    # Runs.
    Route("GET", _TRACKING + "runs/get", READ),
    Route("POST", _TRACKING + "runs/search", READ),
    Route("POST", _TRACKING + "runs/create", WRITE, "run"),
    Route("POST", _TRACKING + "runs/update", WRITE),
    Route("POST", _TRACKING + "runs/delete", WRITE),
    Route("POST", _TRACKING + "runs/restore", WRITE),
    Route("POST", _TRACKING + "runs/log-metric", WRITE),
    Route("POST", _TRACKING + "runs/log-parameter", WRITE),
    Route("POST", _TRACKING + "runs/log-batch", WRITE, "batch"),
    Route("POST", _TRACKING + "runs/log-inputs", WRITE),
    Route("POST", _TRACKING + "runs/outputs", WRITE),
    Route("POST", _TRACKING + "runs/log-model", WRITE),
    Route("POST", _TRACKING + "runs/set-tag", WRITE, "tag"),
    Route("POST", _TRACKING + "runs/delete-tag", WRITE, "tag"),
    Route("GET", _TRACKING + "metrics/get-history", READ),
    Route("GET", _TRACKING + "metrics/get-history-bulk-interval", READ),
    # Logged models.
    Route("POST", _TRACKING + "logged-models", WRITE),
    Route("POST", _TRACKING + "logged-models/search", READ),
    Route("GET", _TRACKING + "logged-models/{id}", READ),
    Route("PATCH", _TRACKING + "logged-models/{id}", WRITE),
    Route("DELETE", _TRACKING + "logged-models/{id}", WRITE),
    Route("GET", _TRACKING + "logged-models/{id}/artifacts/directories", READ),
    Route("POST", _TRACKING + "logged-models/{id}/params", WRITE),
    Route("PATCH", _TRACKING + "logged-models/{id}/tags", WRITE),
    Route("DELETE", _TRACKING + "logged-models/{id}/tags/{key}", WRITE),
    # Registered models, versions, aliases.
    Route("GET", _TRACKING + "registered-models/get", READ),
    Route("GET", _TRACKING + "registered-models/search", READ),
    Route("GET", _TRACKING + "registered-models/get-latest-versions", READ),
    Route("POST", _TRACKING + "registered-models/get-latest-versions", READ),
    Route("POST", _TRACKING + "registered-models/create", WRITE),
    Route("POST", _TRACKING + "registered-models/rename", WRITE, note="model-change"),
    Route("PATCH", _TRACKING + "registered-models/update", WRITE, note="model-change"),
    Route("DELETE", _TRACKING + "registered-models/delete", WRITE, note="model-remove"),
    Route("POST", _TRACKING + "registered-models/set-tag", WRITE),
    Route("DELETE", _TRACKING + "registered-models/delete-tag", WRITE),
    Route("GET", _TRACKING + "registered-models/alias", READ),
    Route("POST", _TRACKING + "registered-models/alias", WRITE, note="model-alias"),
    Route("DELETE", _TRACKING + "registered-models/alias", WRITE, note="model-alias-remove"),
    Route("GET", _TRACKING + "model-versions/get", READ),
    Route("GET", _TRACKING + "model-versions/get-download-uri", READ),
    Route("GET", _TRACKING + "model-versions/search", READ),
    Route("POST", _TRACKING + "model-versions/create", WRITE, "model_version", note="model-register"),
    Route("POST", _TRACKING + "model-versions/transition-stage", WRITE, note="model-stage"),
    Route("PATCH", _TRACKING + "model-versions/update", WRITE),
    Route("DELETE", _TRACKING + "model-versions/delete", WRITE, note="model-remove"),
    Route("POST", _TRACKING + "model-versions/set-tag", WRITE),
    Route("DELETE", _TRACKING + "model-versions/delete-tag", WRITE),
    # Artifacts: files below the workspace's own folder, which MLflow confines them to.
    Route("GET", _TRACKING + "artifacts/list", READ),
    Route("GET", _ARTIFACTS, READ),
    Route("GET", _ARTIFACTS + "/{path}", READ, streamed=True),
    Route("PUT", _ARTIFACTS + "/{path}", WRITE, streamed=True),
)

_PLACES: Final = {"{id}": r"[\w.@:-]{1,255}", "{key}": r"[^/]{1,1500}", "{path}": r".{1,4000}"}


def _expression(pattern: str) -> re.Pattern[str]:
    text = re.escape(pattern)
    for place, expression in _PLACES.items():
        text = text.replace(re.escape(place), expression)
    return re.compile(text)


_PLAIN: Final = {(route.method, route.pattern): route for route in OPEN if "{" not in route.pattern}
_PATTERNS: Final = tuple((_expression(route.pattern), route) for route in OPEN if "{" in route.pattern)


def find(method: str, path: str) -> Route:
    """The open route for a path as it came over the wire, still encoded. Raises NotAllowed, Refused."""
    refuse_climbing(path)
    plain = _PLAIN.get((method, path))
    if plain:
        return plain
    for expression, route in _PATTERNS:
        if route.method == method and expression.fullmatch(path):
            return route
    raise NotAllowed(
        "The gateway does not pass {method} /{path} on to MLflow.",
        "Use the routes that MLflow's Python client needs; the documentation lists them.",
        code="route-closed",
        method=method,
        path=path[:200],
    )
