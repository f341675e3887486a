"""Experiments, MLflow runs and registered models: MLflow's records in the words the panels need."""

from typing import Any

from pydantic import Field

from notebench.contract.base import Answer, Moment, Request


class Experiment(Answer):
    """`GET /experiments`, `GET /experiments/{id}`."""

    id: str
    name: str
    created: Moment | None = None
    updated: Moment | None = None
    url: str = ""


class Origin(Answer):
    """Where an MLflow run came from; empty words where the run does not say."""

    user: str = ""
    acting_for: str = ""
    session: str = ""
    notebook_run: str = ""
    image: str = ""
    identity: str = ""
    profile: str = ""
    added: list[str] = Field(default_factory=list)
    notebook: str = ""
    notebook_hash: str = ""
    git_commit: str = ""
    git_dirty: bool = False


class MlflowRun(Answer):
    """One MLflow run with its latest metrics."""

    id: str
    experiment: str
    name: str
    status: str
    """MLflow's word: RUNNING, SCHEDULED, FINISHED, FAILED or KILLED."""
    started: Moment | None = None
    ended: Moment | None = None
    metrics: dict[str, float | str] = Field(default_factory=dict)
    """Latest value by key; `NaN`, `Infinity` and `-Infinity` as these words."""
    params: dict[str, str] = Field(default_factory=dict)
    tags: dict[str, str] = Field(default_factory=dict)
    origin: Origin = Origin()
    models: list["LoggedModel"] = Field(default_factory=list)
    url: str = ""


class LoggedModel(Answer):
    """A model that a run logged."""

    name: str
    uri: str
    """For example `models:/m-0123…` or `runs:/<id>/model`."""


class MlflowRunList(Answer):
    """`GET /experiments/{id}/runs?filter=&order_by=&limit=&cursor=`: one page."""

    runs: list[MlflowRun]
    next: str = ""


class MetricPoint(Answer):
    """One logged value."""

    step: int
    value: float | str
    time: Moment


class MetricHistory(Answer):
    """`GET /mlflow-runs/{id}/metrics/{key}`: at most 1,000 points, evenly sampled over the steps."""

    key: str
    points: list[MetricPoint]


class ArtifactEntry(Answer):
    """`GET /mlflow-runs/{id}/artifacts?path=`: files of one folder.

    Content: `GET /mlflow-runs/{id}/artifact?path=`.
    """

    path: str
    folder: bool
    size: int | None = None
    """Bytes, for files."""


class ModelVersion(Answer):
    """One version of a registered model."""

    model: str
    version: str
    created: Moment | None = None
    status: str
    run: str = ""
    """Id of the MLflow run it came from."""
    source: str = ""
    description: str = ""
    aliases: list[str] = Field(default_factory=list)
    origin: Origin = Origin()
    url: str = ""


class RegisteredModel(Answer):
    """`GET /models`, `GET /models/{name}`: newest version first."""

    name: str
    description: str = ""
    created: Moment | None = None
    updated: Moment | None = None
    aliases: dict[str, str] = Field(default_factory=dict)
    """Version by alias."""
    versions: list[ModelVersion] = Field(default_factory=list)
    url: str = ""


class RegisterRequest(Request):
    """`POST /models`: register a model that a run logged; answers a `ModelVersion`."""

    name: str = Field(min_length=1, max_length=120)
    run: str = Field(min_length=1, max_length=64)
    """Id of the MLflow run."""
    model: str = ""
    """`name` of the logged model; empty where the run logged one."""
    alias: str = Field(default="", max_length=64)
    description: str = Field(default="", max_length=4000)


class AliasRequest(Request):
    """`PUT /models/{name}/aliases/{alias}`: point an alias at a version. `DELETE` removes it."""

    version: str


class Column(Answer):
    """One named input of a model's signature."""

    name: str
    type: str
    """MLflow's word: double, float, long, integer, string, boolean, datetime, binary, or a tensor's dtype."""
    required: bool = True
    example: Any = None


class Signature(Answer):
    """`GET /models/{name}/versions/{version}/signature`: what a form needs."""

    inputs: list[Column] = Field(default_factory=list)
    tensor: list[int] | None = None
    """The shape where the model takes one tensor instead of named columns."""
    example: Any = None
    """The input example as a body for `/invocations`, if the model has one."""


MlflowRun.model_rebuild()
