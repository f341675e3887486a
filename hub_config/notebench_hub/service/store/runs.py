"""Notebook runs: the queue, what was reported, and what is known of their processes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from notebench.contract.catalogue import Package
from notebench.contract.people import PERSONAL
from notebench.contract.runs import FINAL_STATES, CellFailure, Progress, Run, RunReport, RunState
from notebench_spawner.marks import N_
from sqlalchemy import ColumnElement, Index, and_, func, or_, select, text
from sqlalchemy.orm import Mapped, mapped_column

from notebench_hub.service.asker import Owner
from notebench_hub.service.run_states import after
from notebench_hub.service.store.base import Table, now
from notebench_hub.service.store.engine import Transaction


class RunTable(Table):
    """One row per notebook run. A fire time of a schedule has one row, whatever happens."""

    __tablename__ = "runs"
    __table_args__ = (
        Index(
            "uq_runs_fire_time",
            "schedule",
            "fire_time",
            unique=True,
            sqlite_where=text("fire_time IS NOT NULL"),
            postgresql_where=text("fire_time IS NOT NULL"),
        ),
        Index("ix_runs_owner", "acting_for", "user", "created"),
        Index("ix_runs_open", "settled", "state", "created"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    user: Mapped[str]
    acting_for: Mapped[str]
    notebook: Mapped[str]
    parameters: Mapped[dict[str, Any]]
    image: Mapped[str]
    version: Mapped[str]
    identity: Mapped[str]
    profile: Mapped[str]
    timeout_seconds: Mapped[int]
    schedule: Mapped[str] = mapped_column(index=True)
    fire_time: Mapped[datetime | None]
    note: Mapped[str]
    """Why it began late, if it did; stays, while `reason` changes."""
    created: Mapped[datetime]
    attempt: Mapped[int]
    resolved: Mapped[dict[str, Any] | None]
    """What the catalogue allowed, as the planner wrote it; None until then."""
    cancel_by: Mapped[str]
    """Who asked to cancel it. Only the API writes it."""
    state: Mapped[str]
    reason: Mapped[str]
    started: Mapped[datetime | None]
    ended: Mapped[datetime | None]
    output: Mapped[str]
    handle: Mapped[dict[str, Any] | None]
    settled: Mapped[bool]
    """True when no process can be left. Only the controller writes it."""
    sequence: Mapped[int]
    progress: Mapped[dict[str, Any]]
    failure: Mapped[dict[str, Any] | None]
    mlflow_runs: Mapped[list[Any]]
    added: Mapped[list[Any]]


@dataclass(frozen=True)
class Kept:
    """A run as the controller knows it: the record and what nobody else sees."""

    run: Run
    timeout_seconds: int
    resolved: dict[str, Any] | None
    cancel_by: str
    handle: dict[str, Any] | None
    settled: bool

    @property
    def owner(self) -> Owner:
        """Whose it is."""
        return Owner(self.run.user, self.run.acting_for)


@dataclass(frozen=True)
class NewRun:
    """What is written when a run is asked for or a schedule fires."""

    id: str
    owner: Owner
    notebook: str
    parameters: dict[str, Any]
    image: str
    profile: str
    timeout_seconds: int
    resolved: dict[str, Any] | None = None
    version: str = ""
    identity: str = ""
    schedule: str = ""
    fire_time: datetime | None = None
    note: str = ""
    created: datetime = field(default_factory=now)


@dataclass(frozen=True)
class Filter:
    """Which runs of an owner to list."""

    notebook: str = ""
    schedule: str = ""
    state: str = ""


def workload_id(run: str, attempt: int) -> str:
    """Id of the workload that an attempt of a run is."""
    return f"run-{run}-{attempt}"


def add(tx: Transaction, new: NewRun) -> Run:
    """Put a run at the end of the queue. Raises IntegrityError for a fire time that has its run."""
    row = RunTable(
        id=new.id,
        user=new.owner.user,
        acting_for=new.owner.acting_for,
        **{
            name: getattr(new, name)
            for name in (
                *("notebook", "parameters", "image", "version", "identity", "profile", "timeout_seconds"),
                *("schedule", "fire_time", "note", "created", "resolved"),
            )
        },
        attempt=1,
        cancel_by="",
        state=RunState.queued.value,
        reason=new.note,
        started=None,
        ended=None,
        output="",
        handle=None,
        settled=False,
        sequence=-1,
        progress={},
        failure=None,
        mlflow_runs=[],
        added=[],
    )
    tx.add(row)
    tx.flush()
    return _run(row)


def fired(tx: Transaction, schedule: str, fire_time: datetime) -> bool:
    """Whether this fire time has its run."""
    query = select(RunTable.id).where(RunTable.schedule == schedule, RunTable.fire_time == fire_time)
    return tx.scalar(query) is not None


def find(tx: Transaction, run: str) -> Kept | None:
    """The run of that id."""
    row = tx.get(RunTable, run)
    return None if row is None else _kept(row)


def listing(
    tx: Transaction, owner: Owner, limit: int, cursor: str = "", only: Filter | None = None
) -> tuple[list[Run], str]:
    """A page of the owner's runs, newest first, and the cursor of the next one (empty at the end)."""
    only = only or Filter()
    query = select(RunTable).where(_of(owner))
    for name in ("notebook", "schedule", "state"):
        if wanted := getattr(only, name):
            query = query.where(getattr(RunTable, name) == wanted)
    if (last := tx.get(RunTable, cursor) if cursor else None) is not None:
        before = and_(RunTable.created == last.created, RunTable.id < last.id)
        query = query.where(or_(RunTable.created < last.created, before))
    query = query.order_by(RunTable.created.desc(), RunTable.id.desc()).limit(limit + 1)
    found = [_run(row) for row in tx.scalars(query)]
    return found[:limit], found[limit - 1].id if len(found) > limit else ""


def last_of_schedules(tx: Transaction, schedules: Sequence[str]) -> dict[str, Run]:
    """The newest run of each of these schedules that has one."""
    newest = (
        select(RunTable.schedule, func.max(RunTable.created).label("created"))
        .where(RunTable.schedule.in_(schedules))
        .group_by(RunTable.schedule)
        .subquery()
    )
    on = and_(RunTable.schedule == newest.c.schedule, RunTable.created == newest.c.created)
    return {row.schedule: _run(row) for row in tx.scalars(select(RunTable).join(newest, on))}


def waiting(tx: Transaction, owner: Owner) -> int:
    """How many runs of this owner wait in the queue."""
    query = select(func.count()).where(_of(owner), RunTable.state == RunState.queued.value)
    return tx.scalar(query) or 0


def open_runs(tx: Transaction) -> list[Kept]:
    """Runs that were taken from the queue and may have a process."""
    query = (
        select(RunTable)
        .where(RunTable.settled.is_(False), RunTable.state != RunState.queued.value)
        .order_by(RunTable.created, RunTable.id)
    )
    return [_kept(row) for row in tx.scalars(query)]


def queued(tx: Transaction) -> bool:
    """Whether any run waits."""
    query = select(RunTable.id).where(RunTable.settled.is_(False), RunTable.state == RunState.queued.value)
    return tx.scalar(query.limit(1)) is not None


def claim(tx: Transaction, most: int, lacks: Callable[[Kept], str] = lambda _: "") -> list[Kept]:
    """Take the oldest from the queue, so that at most `most` are out of it. They are `starting` then.

    A run stays, and the next one comes before it, where `lacks` says what it still waits for.
    """
    taken = tx.scalar(
        select(func.count()).where(RunTable.settled.is_(False), RunTable.state != RunState.queued.value)
    )
    free = most - (taken or 0)
    if free <= 0:
        return []
    query = (
        select(RunTable)
        .where(RunTable.settled.is_(False), RunTable.state == RunState.queued.value)
        .order_by(RunTable.created, RunTable.id)
    )
    taken_now: list[Kept] = []
    for row in tx.scalars(query.execution_options(yield_per=20)):
        if len(taken_now) == free:
            break
        if reason := lacks(_kept(row)):
            row.reason = reason
            continue
        row.state, row.reason = RunState.starting.value, row.note
        taken_now.append(_kept(row))
    return taken_now


PREPARING = N_("Its environment is being prepared.")


def plan(tx: Transaction, run: str, resolved: dict[str, Any], words: dict[str, str], output: str) -> None:
    """Write down what will be started, before it is: a restart of the service starts the same."""
    row = tx.get_one(RunTable, run)
    row.resolved, row.output, row.reason = resolved, output, PREPARING
    row.image, row.version = words["image"], words["version"]
    row.identity, row.profile = words["identity"], words["profile"]


def launched(tx: Transaction, run: str, handle: dict[str, Any]) -> None:
    """Remember its process."""
    row = tx.get_one(RunTable, run)
    row.handle, row.started, row.reason = handle, row.started or now(), row.note


def waits(tx: Transaction, run: str, reason: str) -> None:
    """Say for what a start that is under way waits; nothing once it has begun."""
    row = tx.get_one(RunTable, run)
    if row.state == RunState.starting.value:
        row.reason = reason or row.note


ON_NODE = N_("It runs on node {node}.")


def runs_on(tx: Transaction, run: str, node: str) -> None:
    """Say where in the cluster it runs, unless something else is to be said of it."""
    row = tx.get_one(RunTable, run)
    if row.state == RunState.running.value and row.reason in ("", row.note):
        row.reason = f"{row.note} {ON_NODE.format(node=node)}".lstrip()


def wait(tx: Transaction, run: str, reason: str) -> None:
    """Put it back to the front of the queue: what it needs is away. It has no process yet."""
    row = tx.get_one(RunTable, run)
    if row.handle is None and row.state == RunState.starting.value:
        row.state, row.reason = RunState.queued.value, reason


def report(tx: Transaction, run: str, said: RunReport) -> bool:
    """Take in what the runner said, unless newer words came before. False for a run that has ended."""
    row = tx.get_one(RunTable, run)
    if RunState(row.state) in FINAL_STATES:
        return False
    if said.sequence <= row.sequence:
        return True
    row.sequence = said.sequence
    row.progress = said.progress.model_dump(mode="json")
    row.failure = said.failure.model_dump(mode="json") if said.failure else None
    row.mlflow_runs = list(said.mlflow_runs)
    row.added = [package.model_dump(mode="json") for package in said.added]
    by_hand = said.state is RunState.cancelled and row.cancel_by
    _move(row, said.state, f"It was cancelled by {row.cancel_by}." if by_hand else said.reason)
    return True


def finish(tx: Transaction, run: str, state: RunState, reason: str, *, settled: bool = True) -> Run:
    """Write how it ended, unless that is known, and whether its process is gone."""
    row = tx.get_one(RunTable, run)
    _move(row, state, reason)
    row.settled = row.settled or settled
    return _run(row)


def cancel(tx: Transaction, run: str, user: str, reason: str) -> Run:
    """Ask for its end. What still waits ends at once; for the rest the controller sees to it."""
    row = tx.get_one(RunTable, run)
    if RunState(row.state) not in FINAL_STATES and not row.cancel_by:
        row.cancel_by = user
        if row.state == RunState.queued.value:
            _move(row, RunState.cancelled, reason)
            row.settled = True
    return _run(row)


def _move(row: RunTable, wanted: RunState, reason: str) -> None:
    current = RunState(row.state)
    if after(current, wanted) is not wanted or current in FINAL_STATES:
        return
    if current is wanted and not reason:
        return  # what was said of where it runs stays
    row.state = wanted.value
    row.reason = reason or row.note
    if wanted in FINAL_STATES:
        row.ended = now()


def _of(owner: Owner) -> ColumnElement[bool]:
    same = RunTable.acting_for == owner.acting_for
    return and_(same, RunTable.user == owner.user) if owner.acting_for == PERSONAL else same


def _run(row: RunTable) -> Run:
    plain = {
        name: getattr(row, name)
        for name in Run.model_fields
        if name not in {"url", "progress", "failure", "added", "state"}
    }
    return Run(
        **plain,
        state=RunState(row.state),
        progress=Progress.model_validate(row.progress),
        failure=CellFailure.model_validate(row.failure) if row.failure else None,
        added=[Package.model_validate(package) for package in row.added],
    )


def _kept(row: RunTable) -> Kept:
    return Kept(
        run=_run(row),
        timeout_seconds=row.timeout_seconds,
        resolved=row.resolved,
        cancel_by=row.cancel_by,
        handle=row.handle,
        settled=row.settled,
    )
