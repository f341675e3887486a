"""What one feature needs of another, as protocols; `app.compose` hands the implementations around."""

from dataclasses import dataclass
from typing import Protocol

from notebench.contract.tracking import ModelVersion, Signature
from notebench_spawner.workload import Hardware, ImageVersion

from notebench_hub.service.asker import Owner


@dataclass(frozen=True)
class Resolved:
    """A choice that the catalogue allows."""

    image: ImageVersion
    image_title: str
    hardware: Hardware


class Resolver(Protocol):
    """The catalogue: turns names into what was approved. Implemented by `shelf`."""

    async def resolve(self, user: str, image: str = "", profile: str = "") -> Resolved:
        """Empty words mean the user's last choice, else the default. Refused says what can be chosen."""
        ...


class Models(Protocol):
    """Registered models as deployments need them. Implemented by `tracking`."""

    async def version(self, owner: Owner, model: str, version: str) -> ModelVersion:
        """`version` is a number, `@alias`, or empty for the newest. Raises NotFound or Unavailable."""
        ...

    async def signature(self, owner: Owner, model: str, version: str) -> Signature:
        """What a form needs to ask for. Raises NotFound or Unavailable."""
        ...


@dataclass(frozen=True)
class Endpoint:
    """Where a deployment answers now."""

    owner: Owner
    address: str
    """`unix:/path` or `http://host:port`; empty while no replica is ready."""
    reason: str = ""
    """Why there is no address."""


class Endpoints(Protocol):
    """Deployments as the gateway needs them. Implemented by `deployments`."""

    async def endpoint(self, deployment: str) -> Endpoint:
        """Raises NotFound. Called for every request to an endpoint: from memory or by one indexed read."""
        ...
