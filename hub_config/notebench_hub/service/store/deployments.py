"""Deployments: what people want to be served, what the controller saw, and the model servers of each."""

from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

from notebench.contract.deployments import Desired, Observed
from notebench.contract.people import PERSONAL
from sqlalchemy import ForeignKey, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from notebench_hub.service.asker import Owner
from notebench_hub.service.store.base import Table, now
from notebench_hub.service.store.engine import Transaction


class DeploymentTable(Table):
    """One row per deployment. The API writes the upper part, the controller the lower."""

    __tablename__ = "deployments"
    __table_args__ = (UniqueConstraint("scope", "name", name="uq_deployments_name"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    scope: Mapped[str] = mapped_column(index=True)
    """Whose names it shares: one word per person and per project."""
    name: Mapped[str]
    user: Mapped[str]
    acting_for: Mapped[str]
    model: Mapped[str]
    version: Mapped[str]
    image: Mapped[str]
    identity: Mapped[str]
    profile: Mapped[str]
    replicas: Mapped[int]
    resolved: Mapped[dict[str, Any]]
    signature: Mapped[dict[str, Any] | None]
    generation: Mapped[int]
    """Grows when what is served changes; the servers of older generations go when the new ones are ready."""
    desired: Mapped[str]
    removed: Mapped[bool]
    """True when people deleted it and its servers have still to end."""
    created: Mapped[datetime]
    updated: Mapped[datetime]

    observed: Mapped[str]
    reason: Mapped[str]
    restarts: Mapped[int]


class ServerTable(Table):
    """One row per model server that should run or may still run. Only the controller writes it."""

    __tablename__ = "servers"

    id: Mapped[str] = mapped_column(primary_key=True)
    deployment: Mapped[str] = mapped_column(ForeignKey("deployments.id", ondelete="CASCADE"), index=True)
    generation: Mapped[int]
    number: Mapped[int]
    version: Mapped[str]
    model: Mapped[str]
    resolved: Mapped[dict[str, Any]]
    attempt: Mapped[int]
    handle: Mapped[dict[str, Any] | None]
    """Of the newest attempt that was started; its log is read through it also when it has ended."""
    live: Mapped[bool]
    """Whether the handle's process may run."""
    started: Mapped[datetime | None]
    ready: Mapped[bool]
    address: Mapped[str]
    failures: Mapped[int]
    """In a row; a while of good health makes it 0 again."""
    retry_at: Mapped[datetime | None]
    stopping: Mapped[bool]
    reason: Mapped[str]


@dataclass(frozen=True)
class DeploymentRecord:
    """A deployment as it is kept."""

    id: str
    name: str
    user: str
    acting_for: str
    model: str
    version: str
    image: str
    identity: str
    profile: str
    replicas: int
    resolved: dict[str, Any]
    signature: dict[str, Any] | None
    generation: int = 1
    desired: str = Desired.serving.value
    removed: bool = False
    created: datetime = field(default_factory=now)
    updated: datetime = field(default_factory=now)
    observed: str = Observed.pending.value
    reason: str = ""
    restarts: int = 0

    @property
    def owner(self) -> Owner:
        """Whose it is."""
        return Owner(self.user, self.acting_for)

    @property
    def wanted(self) -> bool:
        """Whether model servers should run for it."""
        return self.desired == Desired.serving.value and not self.removed


@dataclass(frozen=True)
class ServerRecord:
    """A model server as the controller keeps it."""

    id: str
    deployment: str
    generation: int
    number: int
    version: str
    model: str
    resolved: dict[str, Any]
    attempt: int = 1
    handle: dict[str, Any] | None = None
    live: bool = False
    started: datetime | None = None
    ready: bool = False
    address: str = ""
    failures: int = 0
    retry_at: datetime | None = None
    stopping: bool = False
    reason: str = ""

    @property
    def workload(self) -> str:
        """Id of the workload of this attempt."""
        return workload_id(self.id, self.attempt)


def workload_id(server: str, attempt: int) -> str:
    """Id of the workload that an attempt of a model server is."""
    return f"{server}-{attempt}"


_API = ("user", "model", "version", "image", "identity", "profile", "replicas", "resolved", "signature")
_OBSERVED = ("observed", "reason", "restarts")


def find_named(tx: Transaction, owner: Owner, name: str) -> DeploymentRecord | None:
    """The owner's deployment of that name, unless it was deleted."""
    row = tx.scalar(_named(owner, name))
    return _record(row) if row is not None and not row.removed else None


def find(tx: Transaction, deployment: str) -> DeploymentRecord | None:
    """The deployment of that id, also one whose servers have still to end."""
    row = tx.get(DeploymentTable, deployment)
    return None if row is None else _record(row)


def listing(tx: Transaction, owner: Owner) -> list[DeploymentRecord]:
    """All of the owner's deployments, by name."""
    query = (
        select(DeploymentTable)
        .where(DeploymentTable.scope == scope(owner), DeploymentTable.removed.is_(False))
        .order_by(DeploymentTable.name)
    )
    return [_record(row) for row in tx.scalars(query)]


def put(tx: Transaction, wanted: DeploymentRecord) -> DeploymentRecord:
    """Make it what `wanted` says. The same words twice change nothing; other ones begin a generation."""
    row = tx.scalar(_named(wanted.owner, wanted.name))
    if row is None:
        row = DeploymentTable(**vars(wanted), scope=scope(wanted.owner))
        tx.add(row)
        tx.flush()
        return _record(row)
    changed = [name for name in _API if name != "user" and getattr(row, name) != getattr(wanted, name)]
    again = row.removed or row.desired != Desired.serving.value
    if changed or again:
        for name in changed:
            setattr(row, name, getattr(wanted, name))
        row.user = wanted.user
        row.generation += bool(set(changed) - {"replicas", "signature"}) or row.removed
        row.desired, row.removed, row.updated = Desired.serving.value, False, now()
    return _record(row)


def desire(tx: Transaction, deployment: str, desired: Desired) -> DeploymentRecord:
    """Write whether it should serve."""
    row = tx.get_one(DeploymentTable, deployment)
    if row.desired != desired.value:
        row.desired, row.updated = desired.value, now()
    return _record(row)


def delete(tx: Transaction, deployment: str) -> None:
    """Nobody sees it any more; the controller ends its servers, then forgets it."""
    row = tx.get_one(DeploymentTable, deployment)
    row.removed, row.updated = True, now()


def everything(tx: Transaction) -> list[tuple[DeploymentRecord, list[ServerRecord]]]:
    """All deployments with their servers, for the controller."""
    servers: dict[str, list[ServerRecord]] = {}
    for row in tx.scalars(select(ServerTable).order_by(ServerTable.generation, ServerTable.number)):
        servers.setdefault(row.deployment, []).append(_server(row))
    rows = tx.scalars(select(DeploymentTable).order_by(DeploymentTable.created))
    return [(_record(row), servers.get(row.id, [])) for row in rows]


def servers_of(tx: Transaction, deployment: str) -> list[ServerRecord]:
    """The model servers of one deployment, oldest generation first."""
    query = select(ServerTable).where(ServerTable.deployment == deployment)
    return [_server(row) for row in tx.scalars(query.order_by(ServerTable.generation, ServerTable.number))]


def keep(tx: Transaction, server: ServerRecord) -> None:
    """Write all that is known of a server, new or not."""
    tx.merge(ServerTable(**vars(server)))


def drop(tx: Transaction, server: str) -> None:
    """Forget a server that has ended for good."""
    row = tx.get(ServerTable, server)
    if row is not None:
        tx.delete(row)


def restarted(tx: Transaction, deployment: str) -> None:
    """Count a start of a server that was started before."""
    row = tx.get(DeploymentTable, deployment)
    if row is not None:
        row.restarts += 1


def saw(tx: Transaction, deployment: str, observed: Observed, reason: str) -> None:
    """Write what the controller saw, if it is news."""
    row = tx.get(DeploymentTable, deployment)
    if row is not None and (row.observed, row.reason) != (observed.value, reason):
        row.observed, row.reason, row.updated = observed.value, reason, now()


def forget(tx: Transaction, deployment: str) -> None:
    """Remove a deleted deployment, unless it is wanted again or has servers still."""
    row = tx.get(DeploymentTable, deployment)
    if row is not None and row.removed and not servers_of(tx, deployment):
        tx.delete(row)


def scope(owner: Owner) -> str:
    """One word per person and one per project: names are unique within it."""
    return f"user {owner.user}" if owner.acting_for == PERSONAL else f"project {owner.acting_for}"


def _named(owner: Owner, name: str) -> Any:
    return select(DeploymentTable).where(DeploymentTable.scope == scope(owner), DeploymentTable.name == name)


def _record(row: DeploymentTable) -> DeploymentRecord:
    return DeploymentRecord(**{one.name: getattr(row, one.name) for one in fields(DeploymentRecord)})


def _server(row: ServerTable) -> ServerRecord:
    return ServerRecord(**{one.name: getattr(row, one.name) for one in fields(ServerRecord)})
