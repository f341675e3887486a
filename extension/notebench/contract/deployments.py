"""Deployments: a model version that answers at an endpoint."""

from enum import StrEnum

from pydantic import Field

from notebench.contract.base import Answer, Moment, Name, Request
from notebench.contract.tracking import Signature


class Desired(StrEnum):
    """What people asked for. Only the API writes it."""

    serving = "serving"
    stopped = "stopped"


class Observed(StrEnum):
    """What the controller saw last. Only the controller writes it."""

    pending = "pending"
    starting = "starting"
    ready = "ready"
    failing = "failing"
    stopping = "stopping"
    stopped = "stopped"


class DeployRequest(Request):
    """`PUT /deployments/{name}`: serve a model version at an endpoint. Asking twice changes nothing."""

    model: str = Field(min_length=1, max_length=120)
    version: str = ""
    """A version number, `@alias`, or empty for the newest version."""
    image: str = ""
    """Empty: the image in which the model was trained, if the catalogue still has it."""
    profile: str = ""
    replicas: int = Field(default=1, ge=1, le=8)


class DesiredRequest(Request):
    """`PUT /deployments/{name}/desired`: stop or start it; the record and its address stay."""

    desired: Desired


class Deployment(Answer):
    """`GET /deployments`, `GET /deployments/{name}`. `DELETE` removes; `GET …/logs` is text.

    Names are unique within what they act for; `id` is unique everywhere and part of the endpoint's address.
    """

    id: str
    name: Name
    user: str
    acting_for: str
    model: str
    version: str
    image: str
    identity: str
    profile: str
    replicas: int
    desired: Desired
    observed: Observed
    reason: str = ""
    """Why it is not ready, one sentence, with the model's own error where it has one."""
    restarts: int = 0
    endpoint: str = ""
    """Address below the hub: `…/endpoints/{id}/` + `invocations`, `v2/…`, `health/…`."""
    created: Moment
    updated: Moment
    signature: Signature | None = None
    url: str = ""
