"""The audit: who did what to which thing, append-only, chained to the entry before by a keyed hash."""

import hmac
import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

from notebench.contract.people import PERSONAL
from sqlalchemy import Index, select
from sqlalchemy.orm import Mapped, mapped_column

from notebench_hub.events import Event
from notebench_hub.service.asker import caller
from notebench_hub.service.store.base import Table, now
from notebench_hub.service.store.engine import AUDIT_KEY, Transaction

UNKEYED, KEYED = 0, 1
"""How an entry is chained. Entries from before there was a key are chained by a plain hash."""

BEGIN: Final = "audit-begin"
EVERYBODY: Final = "*"
"""Whom an entry concerns that everybody may read."""

_TEXT: Final = 400
_LONG: Final = 2000
_SECRET_NAMES: Final = re.compile(r"(?i)(^|[_-])(token|secret|password|passwd|authorization|cookie|key)s?$")
_SECRET_TEXT: Final = re.compile(r"nbt_[a-z]+_[A-Za-z0-9_-]{16,}|(?i:bearer|token)\s+[A-Za-z0-9_.-]{16,}")
MASK: Final = "•••"


class AuditTable(Table):
    """One entry. The database itself refuses to change or delete one: see the migration's triggers."""

    __tablename__ = "audit"
    __table_args__ = tuple(
        Index(f"ix_audit_{name}", name, "moment", "number")
        for name in ("user", "concerns", "acting_for", "action", "thing")
    )

    number: Mapped[int] = mapped_column(primary_key=True)
    moment: Mapped[datetime] = mapped_column(index=True)
    user: Mapped[str]
    acting_for: Mapped[str]
    action: Mapped[str]
    thing: Mapped[str]
    detail: Mapped[dict[str, Any]]
    chain: Mapped[str]
    concerns: Mapped[str] = mapped_column(server_default="")
    kind: Mapped[str] = mapped_column(server_default="")
    origin: Mapped[str] = mapped_column(server_default="")
    request: Mapped[str] = mapped_column(server_default="")
    reason: Mapped[str] = mapped_column(server_default="")
    before: Mapped[dict[str, Any] | None]
    after: Mapped[dict[str, Any] | None]
    event: Mapped[str | None] = mapped_column(index=True, unique=True)
    scheme: Mapped[int] = mapped_column(server_default="0")


class HeadTable(Table):
    """The newest entry's number and hash, sealed with the key: entries that were cut off at the end show."""

    __tablename__ = "audit_head"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int]
    chain: Mapped[str]
    seal: Mapped[str]


def note(
    tx: Transaction,
    /,
    user: str,
    acting_for: str,
    action: str,
    thing: str,
    *,
    concerns: str | None = None,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    reason: str = "",
    **detail: Any,
) -> None:
    """Append an entry in the transaction of the change itself.

    `user` did it (empty: Notebench itself); it concerns `concerns`, by default the same user. Where they came
    from is taken from the request under way. What looks like a secret is masked.
    """
    asked = caller.get()
    _append(
        tx,
        AuditTable(
            moment=now(),
            user=_text(user),
            concerns=_text(user if concerns is None else concerns),
            acting_for=_text(acting_for),
            action=action,
            thing=_text(thing),
            kind=asked.kind if asked else "notebench",
            origin=_text(asked.origin) if asked else "",
            request=asked.request if asked else "",
            reason=_text(reason, _LONG),
            before=_plain(before),
            after=_plain(after),
            detail=_plain(detail) or {},
            event=None,
        ),
    )


def take(tx: Transaction, events: Sequence[Event]) -> list[Event]:
    """Append what happened elsewhere, but for what is here already. Returns what was new."""
    named = {one.event: one for one in events}
    for known in tx.scalars(select(AuditTable.event).where(AuditTable.event.in_(named))).all():
        named.pop(known or "", None)
    new = list(named.values())
    for one in new:
        _append(
            tx,
            AuditTable(
                moment=one.moment,
                user=_text(one.user),
                concerns=_text(one.concerns),
                acting_for=_text(one.acting_for),
                action=_text(one.action),
                thing=_text(one.thing),
                kind=_text(one.kind),
                origin=_text(one.origin),
                request=_text(one.request),
                reason=_text(one.reason, _LONG),
                before=_plain(one.before),
                after=_plain(one.after),
                detail=_plain(one.detail) or {},
                event=one.event,
            ),
        )
    return new


def begun(tx: Transaction) -> bool:
    """Whether there is a keyed entry, or the record of one."""
    keyed = select(AuditTable.number).where(AuditTable.scheme == KEYED).limit(1)
    return tx.get(HeadTable, 1) is not None or tx.scalars(keyed).first() is not None


def begin(tx: Transaction) -> None:
    """The first keyed entry, once. A head that has vanished is not made again: verification must show it."""
    if not begun(tx):
        last = tx.scalars(select(AuditTable).order_by(AuditTable.number.desc()).limit(1)).first()
        number, chain = (last.number, last.chain) if last else (0, "")
        first = seal(tx.info[AUDIT_KEY], number, chain)
        tx.add(HeadTable(id=1, number=number, chain=chain, seal=first))
        tx.flush()
        note(tx, "", PERSONAL, BEGIN, "", entries_before=number)


def _append(tx: Transaction, entry: AuditTable) -> None:
    key = tx.info[AUDIT_KEY]
    # Locked where the database has several writers: two entries never follow the same one.
    head = tx.get(HeadTable, 1, with_for_update=True)
    if head is None:
        last = tx.scalars(select(AuditTable).order_by(AuditTable.number.desc()).limit(1)).first()
        number, chain = (last.number, last.chain) if last else (0, "")
    else:
        number, chain = head.number, head.chain
    entry.number, entry.scheme = number + 1, KEYED
    entry.chain = link(key, chain, entry)
    tx.add(entry)
    if head is not None:
        # A head that somebody else wrote is not sealed: that would make it ours.
        ours = hmac.compare_digest(head.seal, seal(key, head.number, head.chain))
        head.number, head.chain = entry.number, entry.chain
        head.seal = seal(key, entry.number, entry.chain) if ours else "broken"
    tx.flush()


def link(key: bytes, before: str, entry: Any) -> str:
    """The hash of an entry that follows the one whose hash is `before`."""
    facts = [before, entry.number, entry.moment.isoformat()]
    facts += [entry.user, entry.acting_for, entry.action, entry.thing, entry.detail]
    if entry.scheme == UNKEYED:
        return sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
    facts += [entry.concerns, entry.kind, entry.origin, entry.request, entry.reason]
    facts += [entry.before, entry.after, entry.event, entry.scheme]
    return hmac.new(key, json.dumps(facts, sort_keys=True).encode(), sha256).hexdigest()


def seal(key: bytes, number: int, chain: str) -> str:
    """The keyed hash of the head."""
    return hmac.new(key, f"head {number} {chain}".encode(), sha256).hexdigest()


def _text(value: str, most: int = _TEXT) -> str:
    """Text that every database keeps: no NUL, no half characters, not endless, no token in it."""
    whole = value.encode("utf-8", "replace").decode().replace("\0", "\ufffd")
    masked = _SECRET_TEXT.sub(MASK, whole)
    return masked if len(masked) <= most else masked[: most - 1] + "…"


def _plain(facts: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Plain JSON without secrets."""
    if facts is None:
        return None
    plain = json.loads(json.dumps(facts, default=str))
    return {_text(str(name)): _masked(str(name), value) for name, value in plain.items()}


def _masked(name: str, value: Any) -> Any:
    if isinstance(value, dict):
        return {_text(inner): _masked(inner, one) for inner, one in value.items()}
    if isinstance(value, list):
        return [_masked(name, one) for one in value[:1000]]
    if isinstance(value, str):
        return MASK if value and _SECRET_NAMES.search(name) else _text(value, _LONG)
    return value
