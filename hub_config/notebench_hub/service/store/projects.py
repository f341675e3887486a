"""Projects: which hub groups are marked as one, and the roles that were set for their members."""

from collections.abc import Iterable
from datetime import datetime

from notebench.contract.people import Member, Membership, Role
from sqlalchemy import ForeignKey, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from notebench_hub.role_groups import roles_of
from notebench_hub.service.store.base import Table, now
from notebench_hub.service.store.engine import Transaction


class ProjectTable(Table):
    """A hub group that is a project."""

    __tablename__ = "projects"

    name: Mapped[str] = mapped_column(primary_key=True)
    created: Mapped[datetime]


class RoleTable(Table):
    """The role that was set for a user in a project; members without a row are editors."""

    __tablename__ = "project_roles"

    project: Mapped[str] = mapped_column(ForeignKey("projects.name", ondelete="CASCADE"), primary_key=True)
    user: Mapped[str] = mapped_column(primary_key=True)
    role: Mapped[str]


def memberships(tx: Transaction, user: str, groups: Iterable[str]) -> list[Membership]:
    """The user's projects: the groups they are in now that are marked as projects.

    A role that their provider gave counts; else the one that was set here, else they are editors.
    """
    named = list(groups)
    given = roles_of(named)
    if not named:
        return []
    marked = tx.scalars(
        select(ProjectTable.name).where(ProjectTable.name.in_(named)).order_by(ProjectTable.name)
    ).all()
    set_roles = dict(
        tx.execute(select(RoleTable.project, RoleTable.role).where(RoleTable.user == user)).tuples().all()
    )
    return [
        Membership(project=name, role=given.get(name) or Role(set_roles.get(name, Role.editor)))
        for name in marked
    ]


def exists(tx: Transaction, name: str) -> bool:
    """Whether the group of that name is a project."""
    return tx.get(ProjectTable, name) is not None


def names(tx: Transaction) -> list[str]:
    """All projects."""
    return list(tx.scalars(select(ProjectTable.name).order_by(ProjectTable.name)))


def mark(tx: Transaction, name: str) -> bool:
    """Mark a group as a project, and leave the roles in it alone; whether it was none before."""
    if exists(tx, name):
        return False
    tx.add(ProjectTable(name=name, created=now()))
    tx.flush()
    return True


def roles(tx: Transaction, name: str) -> list[Member]:
    """The roles that were set in a project, by user."""
    rows = tx.scalars(select(RoleTable).where(RoleTable.project == name).order_by(RoleTable.user))
    return [Member(user=row.user, role=Role(row.role)) for row in rows]


def left(tx: Transaction, name: str, users: Iterable[str]) -> list[str]:
    """Forget the roles of whoever is none of `users`, the project's members now; whose roles those were."""
    here = set(users)
    rows = tx.scalars(select(RoleTable).where(RoleTable.project == name))
    gone = [row for row in rows if row.user not in here]
    for row in gone:
        tx.delete(row)
    tx.flush()
    return [row.user for row in gone]


def with_role(tx: Transaction, user: str) -> list[str]:
    """Projects in which a role was set for the user."""
    return list(tx.scalars(select(RoleTable.project).where(RoleTable.user == user)))


def put(tx: Transaction, name: str, members: Iterable[Member]) -> None:
    """Mark a group as a project and replace the roles that were set in it."""
    mark(tx, name)
    tx.execute(delete(RoleTable).where(RoleTable.project == name))
    tx.add_all(RoleTable(project=name, user=one.user, role=one.role.value) for one in members)
