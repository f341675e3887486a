"""Reading the audit: what somebody may see of it, page by page, and whether its chain holds."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from notebench.contract.audit import AuditEntry, AuditVerdict
from notebench.contract.people import Role
from notebench_spawner.marks import N_
from sqlalchemy import ColumnElement, Select, false, or_, select, true

from notebench_hub.service.asker import Asker
from notebench_hub.service.store.audit import KEYED, AuditTable, HeadTable, link, seal
from notebench_hub.service.store.engine import AUDIT_KEY, Transaction

_AT_ONCE = 1000
_FIELDS = tuple(AuditEntry.model_fields)

ENTRY_CHANGED = N_("Entry {number} does not follow from the one before: it was changed, or one was removed.")
HEAD_MISSING = N_("The record of the newest entry is missing.")
HEAD_CHANGED = N_("The record of the newest entry does not fit: entries were removed at the end.")
HEAD_UNKNOWN = N_("The entry {head} that was noted earlier is not there as it was.")


@dataclass(frozen=True)
class Wanted:
    """Which entries; empty words mean all."""

    user: str = ""
    """Who did it, or whom it concerns."""
    action: str = ""
    thing: str = ""
    project: str = ""
    """`personal` or a project's name."""
    since: datetime | None = None
    until: datetime | None = None


def page(tx: Transaction, asker: Asker, wanted: Wanted, limit: int, below: int = 0) -> list[AuditEntry]:
    """Entries that the asker may see, newest first; `below` is the number before which to go on."""
    query = _query(asker, wanted).order_by(AuditTable.number.desc()).limit(limit)
    if below:
        query = query.where(AuditTable.number < below)
    return [_entry(row) for row in tx.scalars(query)]


def after(tx: Transaction, asker: Asker, wanted: Wanted, limit: int, above: int = 0) -> list[AuditEntry]:
    """The same, oldest first, for an export."""
    query = _query(asker, wanted).order_by(AuditTable.number).limit(limit)
    return [_entry(row) for row in tx.scalars(query.where(AuditTable.number > above))]


def first_break(tx: Transaction) -> int | None:
    """Number of the first entry that does not follow from the one before, or None."""
    return verify(tx).broken_at or None


def verify(tx: Transaction, noted: str = "") -> AuditVerdict:
    """Whether every entry follows from the one before, and the last is the one that was sealed.

    `noted` is the head of an earlier verification: it shows that all of the database was put back since.
    """
    key: bytes = tx.info[AUDIT_KEY]
    count, before, keyed, found = 0, "", False, not noted
    for row in _rows(tx):
        count += 1
        keyed = keyed or row.scheme == KEYED
        whole = row.number == count and row.chain == link(key, before, row)
        if not whole or (keyed and row.scheme != KEYED):
            reason = ENTRY_CHANGED.format(number=count)
            return AuditVerdict(entries=count, whole=False, broken_at=count, reason=reason)
        before = row.chain
        found = found or noted == f"{count}:{before}"
    reason = _head_trouble(tx, key, count, before)
    if not reason and not found:
        reason = HEAD_UNKNOWN.format(head=noted[:100])
    head = f"{count}:{before}" if not reason else ""
    return AuditVerdict(entries=count, whole=not reason, reason=reason, head=head)


def _head_trouble(tx: Transaction, key: bytes, count: int, chain: str) -> str:
    head = tx.get(HeadTable, 1)
    if head is None:
        return HEAD_MISSING
    fits = (head.number, head.chain) == (count, chain) and head.seal == seal(key, count, chain)
    return "" if fits else HEAD_CHANGED


def _rows(tx: Transaction) -> Iterator[Any]:
    last = -(2**62)
    while True:
        query = select(AuditTable).where(AuditTable.number > last).order_by(AuditTable.number).limit(_AT_ONCE)
        rows = tx.scalars(query).all()
        if not rows:
            return
        yield from rows
        last = rows[-1].number
        tx.expunge_all()


def _query(asker: Asker, wanted: Wanted) -> Select[AuditTable]:
    query = select(AuditTable).where(_visible(asker))
    if wanted.user:
        query = query.where(or_(AuditTable.user == wanted.user, AuditTable.concerns == wanted.user))
    for name in ("action", "thing"):
        if value := getattr(wanted, name):
            query = query.where(getattr(AuditTable, name) == value)
    if wanted.project:
        query = query.where(AuditTable.acting_for == wanted.project)
    if wanted.since:
        query = query.where(AuditTable.moment >= wanted.since)
    if wanted.until:
        query = query.where(AuditTable.moment < wanted.until)
    return query


def _visible(asker: Asker) -> ColumnElement[bool]:
    """Admins see all; others what they did, what was done to them, and the projects that they own."""
    if asker.admin and not asker.bound:
        return true()
    owned = [one.project for one in asker.projects if one.role is Role.owner]
    own = or_(AuditTable.user == asker.name, AuditTable.concerns == asker.name)
    seen = or_(own, AuditTable.acting_for.in_(owned) if owned else false())
    return seen & (AuditTable.acting_for == asker.acting_for) if asker.bound else seen


def _entry(row: AuditTable) -> AuditEntry:
    return AuditEntry.model_validate({name: getattr(row, name) for name in _FIELDS})
