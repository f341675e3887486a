"""Whether the store answers."""

from sqlalchemy import text

from notebench_hub.service.store.engine import Transaction


def check(tx: Transaction) -> str:
    """An empty word if the store answers; else it raises."""
    tx.execute(text("SELECT version_num FROM alembic_version"))
    return ""
