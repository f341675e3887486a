"""Whose hub name is whose at the provider: written at the first sign-in, and never given to anybody else.

A person is known by what the provider never changes (`sub`, GitHub's number, `entryUUID`). A new spelling of
their name or another address of theirs makes no new person, and the name of somebody who left stays theirs.
"""

from datetime import UTC, datetime
from typing import Any

from jupyterhub import orm
from sqlalchemy import JSON
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class _Table(DeclarativeBase):
    pass


class Identity(_Table):
    """One person of a provider, and what they were given because of it. In the hub's database."""

    __tablename__ = "notebench_identities"

    provider: Mapped[str] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    """The hub user."""
    groups: Mapped[list[str]] = mapped_column(JSON, default=list)
    """Hub groups that they are in because of the provider; others were given by hand."""
    admin: Mapped[bool] = mapped_column(default=False)
    """Whether they are an admin because of the provider."""
    by_hand: Mapped[bool] = mapped_column(default=False)
    """Whether an operator joined the two: then they may come in without any other rule."""
    since: Mapped[datetime] = mapped_column(default=lambda: datetime.now(UTC))


def find(db: Any, provider: str, subject: str) -> Identity | None:
    """The person, if they were here before."""
    _make_table(db)
    found: Identity | None = db.get(Identity, (provider, subject), populate_existing=True)
    return found


def owner(db: Any, name: str) -> Identity | None:
    """Whose hub name this is."""
    _make_table(db)
    asked = db.query(Identity).populate_existing().filter(Identity.name == name)
    found: Identity | None = asked.one_or_none()
    return found


def taken(db: Any, name: str) -> bool:
    """Whether a new person cannot be called this: somebody is, or an account of that name was made here."""
    return owner(db, name) is not None or orm.User.find(db, name) is not None


def begin(db: Any, provider: str, subject: str, name: str, *, by_hand: bool = False) -> Identity:
    """Write down who this is, in the transaction under way."""
    _make_table(db)
    made = Identity(provider=provider, subject=subject, name=name, groups=[], admin=False, by_hand=by_hand)
    db.add(made)
    return made


def _make_table(db: Any) -> None:
    _Table.metadata.create_all(db.get_bind(), checkfirst=True)
