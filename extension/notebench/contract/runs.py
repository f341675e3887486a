"""Notebook runs and their schedules."""

import re
from enum import StrEnum
from keyword import iskeyword

from pydantic import Field

from notebench.contract.base import Answer, Json, Moment, Request
from notebench.contract.catalogue import Package


class RunState(StrEnum):
    """The truthful state of a notebook run. `lost`: nobody can say how it ended."""

    queued = "queued"
    starting = "starting"
    running = "running"
    succeeded = "succeeded"
    failed = "failed"
    timed_out = "timed_out"
    cancelled = "cancelled"
    lost = "lost"


FINAL_STATES = frozenset(
    {RunState.succeeded, RunState.failed, RunState.timed_out, RunState.cancelled, RunState.lost}
)


_PARAMETER_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")


def is_parameter_name(name: str) -> bool:
    """Whether a notebook's parameter may be called so: a plain variable's name, no word of Python's."""
    return bool(_PARAMETER_NAME.fullmatch(name)) and not iskeyword(name) and "__" not in name


class CellFailure(Answer):
    """The cell in which a run failed."""

    index: int
    """Zero-based index among all cells of the output notebook."""
    source: str
    error: str
    """Exception class, for example `ZeroDivisionError`."""
    message: str
    traceback: list[str] = Field(default_factory=list)
    """Lines without terminal colours."""


class Progress(Answer):
    """How far a run is, counted in code cells."""

    cell: int = 0
    """One-based number of the code cell that runs now, or ran last."""
    cells: int = 0
    cell_started: Moment | None = None


class RunRequest(Request):
    """`POST /runs`: run a notebook once, now."""

    notebook: str = Field(min_length=1, max_length=1024)
    """Path of the notebook in the owner's files, relative to the home, with `/`."""
    parameters: Json = Field(default_factory=dict)
    image: str = ""
    """Empty: the session's or the catalogue's default."""
    profile: str = ""
    timeout_seconds: int = Field(default=86_400, ge=1, le=7 * 86_400)


class Run(Answer):
    """`GET /runs` (newest first), `GET /runs/{id}`: one notebook run."""

    id: str
    user: str
    acting_for: str
    notebook: str
    parameters: Json
    image: str
    version: str
    identity: str
    profile: str
    added: list[Package] = Field(default_factory=list)
    state: RunState
    reason: str = ""
    """Why it waits, or how it ended, one sentence."""
    progress: Progress = Progress()
    failure: CellFailure | None = None
    schedule: str = ""
    """Id of the schedule that fired it."""
    fire_time: Moment | None = None
    attempt: int = 1
    created: Moment
    started: Moment | None = None
    ended: Moment | None = None
    output: str = ""
    """Path of the output notebook in the owner's files; there as soon as the first cell has run."""
    mlflow_runs: list[str] = Field(default_factory=list)
    url: str = ""
    """Address of this record's page below the hub."""


class RunReport(Request):
    """`POST /runs/{id}/report` (the run's own token): what the runner saw. It may repeat and come late."""

    sequence: int = Field(ge=0, le=2**53)
    """Grows with each report of an attempt; an older one than already seen is ignored."""
    state: RunState
    reason: str = ""
    progress: Progress = Progress()
    failure: CellFailure | None = None
    mlflow_runs: list[str] = Field(default_factory=list, max_length=1000)
    added: list[Package] = Field(default_factory=list, max_length=5000)


class RunList(Answer):
    """One page of runs; `next` is the cursor of the following page, empty at the end."""

    runs: list[Run]
    next: str = ""


class ScheduleRequest(Request):
    """`POST /schedules`, `PUT /schedules/{id}`: run a notebook at fire times."""

    name: str = Field(min_length=1, max_length=120)
    notebook: str = Field(min_length=1, max_length=1024)
    cron: str = Field(min_length=1, max_length=120)
    """Five fields, as in crontab(5)."""
    timezone: str = Field(default="UTC", max_length=64)
    """IANA name, for example `Europe/Berlin`."""
    parameters: Json = Field(default_factory=dict)
    image: str = ""
    profile: str = ""
    timeout_seconds: int = Field(default=86_400, ge=1, le=7 * 86_400)
    paused: bool = False


class Schedule(Answer):
    """`GET /schedules`, `GET /schedules/{id}`. `POST /schedules/{id}/run`: now; `DELETE` keeps its runs."""

    id: str
    user: str
    acting_for: str
    name: str
    notebook: str
    cron: str
    timezone: str
    words: str
    """The cron expression in the reader's language."""
    parameters: Json
    image: str
    profile: str
    timeout_seconds: int
    paused: bool
    next_fire_time: Moment | None = None
    next_fires: list[str] = Field(default_factory=list)
    """The next five fire times in the reader's language and the schedule's time zone."""
    last_run: Run | None = None
    created: Moment
    url: str = ""


class PreviewRequest(Request):
    """`POST /schedules/preview`: what a cron expression means, before saving."""

    cron: str = Field(max_length=120)
    timezone: str = Field(default="UTC", max_length=64)


class Preview(Answer):
    """The answer to a preview."""

    words: str
    next_fires: list[str]


class ParameterInfo(Answer):
    """One assignment of a notebook's `parameters` cell, as papermill reads it."""

    name: str
    default: str
    """The source text of the default value."""
    type: str = ""
    """`int`, `float`, `str`, `bool`, `list`, `dict`, or empty where unknown."""
    help: str = ""


class NotebookParameters(Answer):
    """`GET /notebench/parameters?path=` of the Jupyter server extension."""

    notebook: str
    has_cell: bool
    parameters: list[ParameterInfo] = Field(default_factory=list)
