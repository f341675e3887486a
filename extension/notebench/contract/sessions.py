"""Sessions: a user's notebook servers, as records."""

from enum import StrEnum

from pydantic import Field

from notebench.contract.base import Answer, Json, Moment, Request
from notebench.contract.catalogue import Package


class SessionState(StrEnum):
    """What is known of a session."""

    starting = "starting"
    running = "running"
    stopped = "stopped"
    failed = "failed"


class SessionRequest(Request):
    """`POST /internal/sessions` (the hub only): resolve the choice, reserve, write the record."""

    user: str
    server: str = ""
    """The named server's name; empty for the default one."""
    image: str
    profile: str
    acting_for: str = "personal"


class SessionGrant(Answer):
    """What the hub needs to launch a session; `workload` is `notebench_spawner.workload.Workload` as JSON."""

    id: str
    workload: Json


class SessionUpdate(Request):
    """`PUT /internal/sessions/{id}` (the hub only): what became of it."""

    state: SessionState
    reason: str = ""
    url: str = ""


class Session(Answer):
    """`GET /sessions`, `GET /sessions/{id}`: the asker's own sessions, newest first."""

    id: str
    user: str
    server: str
    acting_for: str
    image: str
    version: str
    identity: str
    profile: str
    state: SessionState
    reason: str = ""
    url: str = ""
    started: Moment
    ended: Moment | None = None


class SessionHere(Answer):
    """`GET /notebench/here` of the Jupyter server extension: what JupyterLab's status bar shows."""

    user: str
    session: str
    acting_for: str
    image: str
    image_title: str
    version: str
    profile: str
    layer: str
    """Path of the environment layer, shown to its owner."""
    added: list[Package] = Field(default_factory=list)
    hub_url: str
    """Address of the service's pages below the hub, for links that work without a server."""
