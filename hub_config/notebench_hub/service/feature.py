"""What a feature is to the service: routers, perhaps a controller, perhaps a word about its health.

Each feature's folder has a function `feature(parts, …) -> Feature`, called once by `app.compose`. Features
do not import each other: what they share is in `Parts`, what one needs of another is a protocol in `ports`.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol
from urllib.parse import quote

from fastapi import APIRouter
from notebench_spawner.backends.base import Backend
from notebench_spawner.hands import Hands

from notebench_hub.place import Instance, Place
from notebench_hub.settings import Settings

if TYPE_CHECKING:
    from notebench_hub.service.devices import Devices
    from notebench_hub.service.doors import Doors
    from notebench_hub.service.doors.hub import HubClient
    from notebench_hub.service.doors.tokens import Tokens
    from notebench_hub.service.environment import Environment
    from notebench_hub.service.ground import Ground
    from notebench_hub.service.ports import Resolver
    from notebench_hub.service.shelf import Shelf
    from notebench_hub.service.store import Store


class Controller(Protocol):
    """Brings what is observed closer to what is desired until it is told to stop."""

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set, then return within seconds. If it raises, it is started again later."""
        ...


Health = Callable[[], Awaitable[str]]
"""Says why a part is not healthy, one sentence, or nothing. Answers within 2 seconds."""


@dataclass(frozen=True)
class Feature:
    """One feature, ready to be plugged in."""

    name: str
    api: Sequence[APIRouter] = ()
    """Routers below `/services/notebench/api/v1`: part of the OpenAPI document, contract models only."""
    outside: Sequence[APIRouter] = ()
    """Routers below `/services/notebench` (pages, gateway, internal): not part of the document."""
    controllers: Sequence[Controller] = ()
    health: Health | None = None


@dataclass(frozen=True)
class Parts:
    """What every feature may use."""

    place: Place
    instance: Instance
    settings: Settings
    store: "Store"
    """`await store.read(function, *arguments)` and `store.write(…)`; functions live in `store.<feature>`."""
    doors: "Doors"
    tokens: "Tokens"
    """`await tokens.issue(kind, id, user, acting_for)` and `await tokens.end(kind, id)`."""
    hub: "HubClient"
    environment: "Environment"
    """Builds the variables of any workload, and the homes and layers of its owner."""
    shelf: "Shelf"
    """The catalogue itself."""
    resolver: "Resolver"
    """Resolves image and profile against the catalogue, for whatever kind of workload."""
    backend: Backend
    """Launches runs and model servers."""
    hands: Hands
    """Reaches into people's homes; its verbs block."""
    devices: "Devices"
    """Reserves this machine's devices for workloads."""
    ground: "Ground"
    """Where workloads live: how their commands begin, where model servers listen."""

    @property
    def prefix(self) -> str:
        """Path of the service as browsers see it, without a slash at the end."""
        return "/services/notebench"

    def page(self, room: str, record: str, acting_for: str) -> str:
        """Path of a record's page below the public address."""
        return f"{self.prefix}/{room}/{quote(record, safe='')}?for={quote(acting_for, safe='')}"
