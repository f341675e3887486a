"""Where deployments answer now, in memory, for the gateway; from the store until the first look."""

from dataclasses import dataclass
from itertools import count

from notebench.contract.errors import NotFound

from notebench_hub.service.asker import Owner
from notebench_hub.service.deployments import plan
from notebench_hub.service.ports import Endpoint
from notebench_hub.service.store import Store
from notebench_hub.service.store import deployments as rows
from notebench_hub.service.store.deployments import DeploymentRecord, ServerRecord


@dataclass(frozen=True)
class _Entry:
    owner: Owner
    addresses: tuple[str, ...]
    reason: str


class Directory:
    """Implements `ports.Endpoints`. The controller writes it, the gateway asks it."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._entries: dict[str, _Entry] = {}
        self._turn = count()

    async def endpoint(self, deployment: str) -> Endpoint:
        """See `ports.Endpoints`; ready replicas take turns."""
        entry = self._entries.get(deployment) or await self._from_store(deployment)
        if not entry.addresses:
            return Endpoint(entry.owner, "", entry.reason)
        return Endpoint(entry.owner, entry.addresses[next(self._turn) % len(entry.addresses)])

    def tell(self, record: DeploymentRecord, servers: list[ServerRecord], reason: str) -> None:
        """What is true from now on."""
        self._entries[record.id] = _entry(record, servers, reason)

    def forget(self, deployment: str) -> None:
        """It is deleted."""
        self._entries.pop(deployment, None)

    async def _from_store(self, deployment: str) -> _Entry:
        record = await self._store.read(rows.find, deployment)
        if record is None or record.removed:
            raise NotFound("There is no such deployment.", "Choose one of yours.", code="deployment-unknown")
        servers = await self._store.read(rows.servers_of, deployment)
        return _entry(record, servers, record.reason)


def _entry(record: DeploymentRecord, servers: list[ServerRecord], reason: str) -> _Entry:
    addresses = tuple(one.address for one in plan.serving(record, servers))
    stopped = "" if record.wanted else "it is stopped."
    return _Entry(record.owner, addresses, stopped or reason)
