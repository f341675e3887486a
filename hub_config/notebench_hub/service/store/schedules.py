"""Schedules, and the one transaction in which a due one becomes a run."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from notebench.contract.people import PERSONAL
from notebench.contract.runs import Run
from sqlalchemy import ColumnElement, Index, and_, func, select
from sqlalchemy.orm import Mapped, mapped_column

from notebench_hub.service.asker import Owner
from notebench_hub.service.store import audit, runs
from notebench_hub.service.store.base import Table
from notebench_hub.service.store.engine import Transaction

_AT_ONCE = 100


class ScheduleTable(Table):
    """One row per schedule."""

    __tablename__ = "schedules"
    __table_args__ = (
        Index("ix_schedules_owner", "acting_for", "user"),
        Index("ix_schedules_due", "paused", "next_fire_time"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    user: Mapped[str]
    acting_for: Mapped[str]
    name: Mapped[str]
    notebook: Mapped[str]
    cron: Mapped[str]
    timezone: Mapped[str]
    parameters: Mapped[dict[str, Any]]
    image: Mapped[str]
    profile: Mapped[str]
    timeout_seconds: Mapped[int]
    paused: Mapped[bool]
    next_fire_time: Mapped[datetime | None]
    created: Mapped[datetime]


@dataclass(frozen=True)
class ScheduleRecord:
    """A schedule as it is kept."""

    id: str
    user: str
    acting_for: str
    name: str
    notebook: str
    cron: str
    timezone: str
    parameters: dict[str, Any]
    image: str
    profile: str
    timeout_seconds: int
    paused: bool
    next_fire_time: datetime | None
    created: datetime

    @property
    def owner(self) -> Owner:
        """Whose it is."""
        return Owner(self.user, self.acting_for)


@dataclass(frozen=True)
class Firing:
    """What the calendar says of a due schedule."""

    fire_time: datetime
    """The latest one that is due; the ones before it are not made up for."""
    next_fire_time: datetime | None
    note: str = ""
    """That it is late, and what was missed; empty when it is in time."""


Calendar = Callable[[ScheduleRecord, datetime], Firing]


def put(tx: Transaction, record: ScheduleRecord) -> None:
    """Write a new schedule, or all fields of one that is there."""
    tx.merge(ScheduleTable(**vars(record)))


def find(tx: Transaction, schedule: str) -> ScheduleRecord | None:
    """The schedule of that id."""
    row = tx.get(ScheduleTable, schedule)
    return None if row is None else _record(row)


def listing(tx: Transaction, owner: Owner) -> list[ScheduleRecord]:
    """All of the owner's schedules, by name."""
    query = select(ScheduleTable).where(_of(owner)).order_by(ScheduleTable.name, ScheduleTable.id)
    return [_record(row) for row in tx.scalars(query)]


def count(tx: Transaction, owner: Owner) -> int:
    """How many schedules the owner has."""
    return tx.scalar(select(func.count()).select_from(ScheduleTable).where(_of(owner))) or 0


def remove(tx: Transaction, schedule: str) -> None:
    """Forget a schedule; its runs stay."""
    row = tx.get(ScheduleTable, schedule)
    if row is not None:
        tx.delete(row)


def pause(tx: Transaction, schedule: str, reason: str) -> None:
    """Let it fire no more until somebody who may starts it again: whose it was may not have it any more."""
    row = tx.get(ScheduleTable, schedule)
    if row is None or row.paused:
        return
    row.paused, row.next_fire_time = True, None
    before, after = {"paused": False}, {"paused": True}
    facts: dict[str, Any] = {"concerns": row.user, "before": before, "after": after, "reason": reason}
    audit.note(tx, "", row.acting_for, "schedule-change", schedule, **facts)


def next_due(tx: Transaction) -> datetime | None:
    """When the clock has to look again."""
    return tx.scalar(select(func.min(ScheduleTable.next_fire_time)).where(ScheduleTable.paused.is_(False)))


def fire_due(tx: Transaction, moment: datetime, calendar: Calendar, new_id: Callable[[], str]) -> list[Run]:
    """Make a run of each schedule that is due at `moment`, and move each on. All of it or nothing."""
    query = (
        select(ScheduleTable)
        .where(ScheduleTable.paused.is_(False), ScheduleTable.next_fire_time <= moment)
        .order_by(ScheduleTable.next_fire_time)
        .limit(_AT_ONCE)
    )
    fired = []
    for row in tx.scalars(query):
        record = _record(row)
        firing = calendar(record, moment)
        row.next_fire_time = firing.next_fire_time
        if not runs.fired(tx, record.id, firing.fire_time):
            fired.append(_fire(tx, record, as_run(record, new_id(), moment, firing)))
    return fired


def _fire(tx: Transaction, record: ScheduleRecord, new: runs.NewRun) -> Run:
    run = runs.add(tx, new)
    facts: dict[str, Any] = {"notebook": run.notebook, "image": run.image, "profile": run.profile}
    fire_time = new.fire_time.isoformat() if new.fire_time else ""
    audit.note(
        tx,
        "",
        run.acting_for,
        "run-start",
        run.id,
        concerns=run.user,
        schedule=record.id,
        fire_time=fire_time,
        **facts,
    )
    return run


def as_run(record: ScheduleRecord, run: str, moment: datetime, firing: Firing | None = None) -> runs.NewRun:
    """The run of a schedule; without a firing the one that somebody asked for by hand."""
    return runs.NewRun(
        id=run,
        owner=record.owner,
        notebook=record.notebook,
        parameters=record.parameters,
        image=record.image,
        profile=record.profile,
        timeout_seconds=record.timeout_seconds,
        schedule=record.id,
        fire_time=firing.fire_time if firing else None,
        note=firing.note if firing else "",
        created=moment,
    )


def _of(owner: Owner) -> ColumnElement[bool]:
    same = ScheduleTable.acting_for == owner.acting_for
    return and_(same, ScheduleTable.user == owner.user) if owner.acting_for == PERSONAL else same


def _record(row: ScheduleTable) -> ScheduleRecord:
    return ScheduleRecord(**{name: getattr(row, name) for name in ScheduleRecord.__dataclass_fields__})
