"""Devices that workloads hold: one row per device, so that nobody can be given one that is given."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from notebench_spawner.catalogue.devices import Device
from notebench_spawner.workload import Kind
from sqlalchemy import delete, select
from sqlalchemy.orm import Mapped, mapped_column

from notebench_hub.service.store.base import Table, now
from notebench_hub.service.store.deployments import ServerTable
from notebench_hub.service.store.engine import Transaction
from notebench_hub.service.store.runs import RunTable
from notebench_hub.service.store.sessions import LIVE, SessionTable


class DeviceTable(Table):
    """A device and who holds it. A device that is free has no row."""

    __tablename__ = "devices"

    device: Mapped[str] = mapped_column(primary_key=True)
    resource: Mapped[str]
    workload: Mapped[str] = mapped_column(index=True)
    kind: Mapped[str]
    thing: Mapped[str]
    """Id of the session, run or model server."""
    attempt: Mapped[int]
    user: Mapped[str]
    since: Mapped[datetime]


@dataclass(frozen=True)
class Holder:
    """The workload that holds devices, or wants to."""

    workload: str
    kind: Kind
    thing: str
    user: str
    attempt: int = 1


@dataclass(frozen=True)
class Held:
    """A device that is not free."""

    device: str
    resource: str
    holder: Holder
    since: datetime


def held(tx: Transaction) -> list[Held]:
    """All that is held, the longest first."""
    return [_held(row) for row in tx.scalars(select(DeviceTable).order_by(DeviceTable.since))]


def reserve(
    tx: Transaction, holder: Holder, wanted: Mapping[str, int], known: Sequence[Device]
) -> dict[str, list[str]] | None:
    """Devices by resource, from now on the workload's alone; None, and no change, where some are missing.

    The same workload twice gets the same ones.
    """
    taken = held(tx)
    mine = [one for one in taken if one.holder.workload == holder.workload]
    if mine:
        return _by_resource([(one.resource, one.device) for one in mine])
    busy = {one.device for one in taken}
    chosen: list[Device] = []
    for resource, count in wanted.items():
        free = [one for one in known if one.resource == resource and one.id not in busy]
        if len(free) < count:
            return None
        chosen += free[:count]
    for one in chosen:
        tx.add(
            DeviceTable(
                device=one.id,
                resource=one.resource,
                workload=holder.workload,
                kind=holder.kind.value,
                thing=holder.thing,
                attempt=holder.attempt,
                user=holder.user,
                since=now(),
            )
        )
    tx.flush()
    return _by_resource([(one.resource, one.id) for one in chosen])


def release(tx: Transaction, workload: str) -> None:
    """Take all devices of a workload back. Only for one of which nothing runs, nor ever will."""
    tx.execute(delete(DeviceTable).where(DeviceTable.workload == workload))


def ended(tx: Transaction) -> list[str]:
    """Holders whose record says that they are over, or that have none any more: that never changes again."""
    found = {one.holder.workload: one.holder for one in held(tx)}
    return [workload for workload, holder in found.items() if _is_over(tx, holder)]


def _is_over(tx: Transaction, holder: Holder) -> bool:
    if holder.kind is Kind.session:
        session = tx.get(SessionTable, holder.thing)
        return session is None or session.state not in LIVE
    if holder.kind is Kind.run:
        run = tx.get(RunTable, holder.thing)
        return run is None or run.settled or run.attempt != holder.attempt
    server = tx.get(ServerTable, holder.thing)
    return server is None or server.attempt != holder.attempt


def _held(row: DeviceTable) -> Held:
    holder = Holder(row.workload, Kind(row.kind), row.thing, row.user, row.attempt)
    return Held(row.device, row.resource, holder, row.since)


def _by_resource(pairs: list[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for resource, device in sorted(pairs):
        found.setdefault(resource, []).append(device)
    return found
