"""Pages of the audit, for whoever may read which part of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from heapq import merge
from itertools import islice

from notebench.contract.audit import AuditEntry
from notebench.contract.people import PERSONAL
from sqlalchemy import ColumnElement, Select, and_, or_, select

from notebench_hub.service.store.audit import EVERYBODY, AuditTable
from notebench_hub.service.store.engine import Transaction


@dataclass(frozen=True)
class Reader:
    """Whose eyes it is for: what they did, what concerns them, and what was done for their projects."""

    user: str
    projects: tuple[str, ...] = ()
    everything: bool = False
    """An admin's."""


@dataclass(frozen=True)
class Wanted:
    """Which entries; what is empty does not matter."""

    who: str = ""
    whom: str = ""
    what: str = ""
    thing: str = ""
    project: str = ""
    since: datetime | None = None
    until: datetime | None = None


def page(
    tx: Transaction, reader: Reader, wanted: Wanted, limit: int, cursor: str = ""
) -> tuple[list[AuditEntry], str]:
    """The newest entries first, and the cursor of the next page (empty at the end).

    One question per reason why the reader may see an entry: each has an index that is in order already.
    """
    conditions = [*_conditions(wanted), *_before(tx, cursor)]
    questions = [_question([*conditions, reach], limit) for reach in _reaches(reader)]
    found = merge(*(list(tx.scalars(one)) for one in questions), key=_order)
    rows = list(islice(_once(found), limit + 1))
    shown = [_entry(row, reader) for row in rows[:limit]]
    return shown, str(rows[limit - 1].number) if len(rows) > limit else ""


def _question(conditions: Sequence[ColumnElement[bool]], limit: int) -> Select[AuditTable]:
    newest = (AuditTable.moment.desc(), AuditTable.number.desc())
    return select(AuditTable).where(*conditions).order_by(*newest).limit(limit + 1)


def _reaches(reader: Reader) -> list[ColumnElement[bool]]:
    if reader.everything:
        return [AuditTable.number > 0]
    projects = [one for one in reader.projects if one != PERSONAL]
    return [
        AuditTable.user == reader.user,
        AuditTable.concerns == reader.user,
        AuditTable.concerns == EVERYBODY,
        *(AuditTable.acting_for == project for project in projects),
    ]


def _conditions(wanted: Wanted) -> Iterator[ColumnElement[bool]]:
    equal = {
        AuditTable.user: wanted.who,
        AuditTable.concerns: wanted.whom,
        AuditTable.action: wanted.what,
        AuditTable.thing: wanted.thing,
        AuditTable.acting_for: wanted.project,
    }
    yield from (column == value for column, value in equal.items() if value)
    if wanted.since:
        yield AuditTable.moment >= wanted.since
    if wanted.until:
        yield AuditTable.moment < wanted.until


def _before(tx: Transaction, cursor: str) -> Iterator[ColumnElement[bool]]:
    number = int(cursor) if cursor.isascii() and cursor.isdecimal() and len(cursor) < 18 else 0
    last = tx.get(AuditTable, number) if number else None
    if last is not None:
        same = and_(AuditTable.moment == last.moment, AuditTable.number < last.number)
        # The first condition is what the index is entered by; the second is exact.
        yield AuditTable.moment <= last.moment
        yield or_(AuditTable.moment < last.moment, same)


def _order(row: AuditTable) -> tuple[float, int]:
    return -row.moment.timestamp(), -row.number


def _once(rows: Iterator[AuditTable]) -> Iterator[AuditTable]:
    last = 0
    for row in rows:
        if row.number != last:
            yield row
        last = row.number


def _entry(row: AuditTable, reader: Reader) -> AuditEntry:
    names = AuditEntry.model_fields.keys() - {"words", "origin"}
    near = reader.everything or reader.user in (row.user, row.concerns)
    plain = {name: getattr(row, name) for name in names}
    return AuditEntry(**plain, origin=row.origin if near else "")
