"""Session records, and the choice each user made last."""

from datetime import datetime

from notebench.contract.catalogue import Choice
from notebench.contract.sessions import Session, SessionState
from sqlalchemy import select
from sqlalchemy.orm import Mapped, mapped_column

from notebench_hub.service.store.base import Table, now
from notebench_hub.service.store.engine import Transaction

LIVE = (SessionState.starting.value, SessionState.running.value)


class SessionTable(Table):
    """One row per start of a notebook server."""

    __tablename__ = "sessions"

    id: Mapped[str] = mapped_column(primary_key=True)
    user: Mapped[str] = mapped_column(index=True)
    server: Mapped[str]
    acting_for: Mapped[str]
    image: Mapped[str]
    version: Mapped[str]
    identity: Mapped[str]
    profile: Mapped[str]
    state: Mapped[str] = mapped_column(index=True)
    reason: Mapped[str]
    url: Mapped[str]
    started: Mapped[datetime]
    ended: Mapped[datetime | None]


class ChoiceTable(Table):
    """What a user chose last."""

    __tablename__ = "choices"

    user: Mapped[str] = mapped_column(primary_key=True)
    image: Mapped[str]
    profile: Mapped[str]
    acting_for: Mapped[str]


def workload_id(session: str) -> str:
    """Id of the workload that a session is."""
    return f"session-{session}"


def add(tx: Transaction, session: Session) -> None:
    """Write a new record and remember the choice in it."""
    tx.add(SessionTable(**session.model_dump(mode="python") | {"state": session.state.value}))
    choice = {"image": session.image, "profile": session.profile, "acting_for": session.acting_for}
    tx.merge(ChoiceTable(user=session.user, **choice))


def find(tx: Transaction, session: str) -> Session | None:
    """The record of that id."""
    row = tx.get(SessionTable, session)
    return None if row is None else _session(row)


def of_user(tx: Transaction, user: str, limit: int = 200) -> list[Session]:
    """The user's sessions, newest first."""
    query = (
        select(SessionTable)
        .where(SessionTable.user == user)
        .order_by(SessionTable.started.desc(), SessionTable.id)
        .limit(limit)
    )
    return [_session(row) for row in tx.scalars(query)]


def live(tx: Transaction) -> list[Session]:
    """All sessions that start or run, as far as the records know."""
    return [_session(row) for row in tx.scalars(select(SessionTable).where(SessionTable.state.in_(LIVE)))]


def live_at(tx: Transaction, user: str, server: str) -> list[Session]:
    """The live records of one server; more than one means that an end was not reported."""
    return [one for one in live(tx) if one.user == user and one.server == server]


def update(
    tx: Transaction, session: str, state: SessionState, reason: str = "", url: str = ""
) -> Session | None:
    """Write what became of it. An ended session stays as it ended; None if there is no such record."""
    row = tx.get(SessionTable, session)
    if row is None:
        return None
    if row.state in LIVE:
        row.state, row.reason, row.url = state.value, reason, url or row.url
        row.ended = None if state.value in LIVE else now()
    return _session(row)


def last_choice(tx: Transaction, user: str) -> Choice | None:
    """What the user chose at their last start."""
    row = tx.get(ChoiceTable, user)
    if row is None:
        return None
    return Choice(image=row.image, profile=row.profile, acting_for=row.acting_for)


def _session(row: SessionTable) -> Session:
    return Session.model_validate({name: getattr(row, name) for name in Session.model_fields})
