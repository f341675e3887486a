"""Reading the audit: whether its chain holds."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from notebench_hub.service.store.audit import KEYED, AuditTable, HeadTable, link, seal
from notebench_hub.service.store.engine import AUDIT_KEY, Transaction

_AT_ONCE = 1000

ENTRY_CHANGED = "Entry {number} does not follow from the one before: it was changed, or one was removed."
HEAD_MISSING = "The record of the newest entry is missing."
HEAD_CHANGED = "The record of the newest entry does not fit: entries were removed at the end."
HEAD_UNKNOWN = "The entry {head} that was noted earlier is not there as it was."


@dataclass(frozen=True)
class Verdict:
    """Whether the chain holds."""

    entries: int
    whole: bool
    broken_at: int = 0
    """Number of the first entry that does not follow from the one before; 0 where all do."""
    reason: str = ""
    head: str = ""
    """`NUMBER:HASH` of the newest entry. A later check that is given it sees a database that was put back."""


def first_break(tx: Transaction) -> int | None:
    """Number of the first entry that does not follow from the one before, or None."""
    return verify(tx).broken_at or None


def verify(tx: Transaction, noted: str = "") -> Verdict:
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
            return Verdict(entries=count, whole=False, broken_at=count, reason=reason)
        before = row.chain
        found = found or noted == f"{count}:{before}"
    reason = _head_trouble(tx, key, count, before)
    if not reason and not found:
        reason = HEAD_UNKNOWN.format(head=noted[:100])
    head = f"{count}:{before}" if not reason else ""
    return Verdict(entries=count, whole=not reason, reason=reason, head=head)


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
