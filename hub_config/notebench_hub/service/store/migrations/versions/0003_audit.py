"""The audit: from where, why, before and after; a sealed head; nothing in it is changed or deleted.

Revision ID: 0003
"""

import sqlalchemy as sa
from alembic import op
from notebench_hub.service.store.base import TEXT, WHOLE

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_WORDS = ("concerns", "kind", "origin", "request", "reason")
_INDEXED = ("moment", "acting_for", "action", "concerns")
_REFUSALS = (
    ("audit_no_update", "audit", "UPDATE", ""),
    ("audit_no_delete", "audit", "DELETE", ""),
    ("audit_head_no_delete", "audit_head", "DELETE", ""),
    ("audit_head_forward", "audit_head", "UPDATE", "NEW.number <= OLD.number"),
)
_REPLACED = (
    (
        "audit_no_replace",
        "audit",
        "INSERT",
        "EXISTS (SELECT 1 FROM audit WHERE number = NEW.number)",
    ),
    (
        "audit_head_no_replace",
        "audit_head",
        "INSERT",
        "EXISTS (SELECT 1 FROM audit_head WHERE id = NEW.id)",
    ),
)
_SAID = "the audit is append-only"


def upgrade() -> None:
    """Add the columns, the head, and the triggers."""
    for name in _WORDS:
        op.add_column("audit", sa.Column(name, TEXT, nullable=False, server_default=""))
    for name in ("before", "after"):
        op.add_column("audit", sa.Column(name, sa.JSON(), nullable=True))
    op.add_column("audit", sa.Column("event", TEXT, nullable=True))
    op.add_column("audit", sa.Column("scheme", WHOLE, nullable=False, server_default="0"))
    op.execute(sa.text('UPDATE audit SET concerns = "user"'))
    for name in _INDEXED:
        op.create_index(f"ix_audit_{name}", "audit", [name])
    op.create_index("ix_audit_event", "audit", ["event"], unique=True)
    op.create_table(
        "audit_head",
        sa.Column("id", WHOLE, primary_key=True),
        sa.Column("number", WHOLE, nullable=False),
        sa.Column("chain", TEXT, nullable=False),
        sa.Column("seal", TEXT, nullable=False),
    )
    if op.get_bind().dialect.name == "postgresql":
        _refuse_in_postgresql()
    else:
        _refuse_in_sqlite()


def _refuse_in_sqlite() -> None:
    # REPLACE deletes without the trigger for DELETE.
    for name, table, verb, when in (*_REFUSALS, *_REPLACED):
        condition = f"WHEN {when} " if when else ""
        op.execute(
            f"CREATE TRIGGER {name} BEFORE {verb} ON {table} {condition}"
            f"BEGIN SELECT RAISE(ABORT, '{_SAID}'); END"
        )


def _refuse_in_postgresql() -> None:
    op.execute(
        "CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{_SAID}'; END $$"
    )
    for name, table, verb, when in _REFUSALS:
        condition = f"WHEN ({when}) " if when else ""
        op.execute(
            f"CREATE TRIGGER {name} BEFORE {verb} ON {table} FOR EACH ROW {condition}"
            "EXECUTE FUNCTION audit_refuse()"
        )
    for table in ("audit", "audit_head"):
        op.execute(
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()"
        )
