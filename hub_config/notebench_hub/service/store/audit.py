"""The audit: who did what to which thing, append-only, each entry chained to the one before."""

import json
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Mapped, mapped_column

from notebench_hub.service.store.base import Table, now
from notebench_hub.service.store.engine import Transaction


class AuditTable(Table):
    """One entry."""

    __tablename__ = "audit"

    number: Mapped[int] = mapped_column(primary_key=True)
    moment: Mapped[datetime]
    user: Mapped[str] = mapped_column(index=True)
    acting_for: Mapped[str]
    action: Mapped[str]
    thing: Mapped[str] = mapped_column(index=True)
    detail: Mapped[dict[str, Any]]
    chain: Mapped[str]


def note(tx: Transaction, user: str, acting_for: str, action: str, thing: str, **detail: Any) -> None:
    """Append an entry in the transaction of the change itself; `detail` is plain JSON without secrets."""
    last = tx.scalars(select(AuditTable).order_by(AuditTable.number.desc()).limit(1)).first()
    entry = AuditTable(
        number=last.number + 1 if last else 1,
        moment=now(),
        user=user,
        acting_for=acting_for,
        action=action,
        thing=thing,
        detail=detail,
    )
    entry.chain = _link(last.chain if last else "", entry)
    tx.add(entry)


def first_break(tx: Transaction) -> int | None:
    """Number of the first entry that does not follow from the one before, or None."""
    before = ""
    for number, entry in enumerate(tx.scalars(select(AuditTable).order_by(AuditTable.number)), start=1):
        if entry.number != number or entry.chain != _link(before, entry):
            return number
        before = entry.chain
    return None


def _link(before: str, entry: AuditTable) -> str:
    facts = [
        before,
        entry.number,
        entry.moment.isoformat(),
        entry.user,
        entry.acting_for,
        entry.action,
        entry.thing,
        entry.detail,
    ]
    return sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
