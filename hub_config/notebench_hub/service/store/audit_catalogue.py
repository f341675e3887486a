"""The catalogue in the audit: what it was and what it is now, whoever wrote the file."""

from typing import Any

from notebench.contract.people import PERSONAL
from sqlalchemy import select

from notebench_hub.service.store.audit import EVERYBODY, AuditTable, note
from notebench_hub.service.store.engine import Transaction

CHANGE = "catalogue-change"


def note_catalogue(tx: Transaction, after: dict[str, Any], file: str, owner: str) -> bool:
    """Note that the catalogue is another one than the audit knows, if it is. It concerns everybody."""
    newest = select(AuditTable).where(AuditTable.action == CHANGE)
    last = tx.scalars(newest.order_by(AuditTable.moment.desc(), AuditTable.number.desc()).limit(1)).first()
    before = last.after if last else None
    if before == after:
        return False
    note(tx, "", PERSONAL, CHANGE, file, concerns=EVERYBODY, before=before, after=after, file_of=owner)
    return True
