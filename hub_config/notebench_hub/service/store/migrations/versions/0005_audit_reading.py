"""The audit: read by time for one person, one project, one thing or one action, however long it is.

Revision ID: 0005
"""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_READ_BY = ("user", "concerns", "acting_for", "action", "thing")


def upgrade() -> None:
    """Each index also orders by time, so that a page needs no sorting."""
    for name in _READ_BY:
        op.drop_index(f"ix_audit_{name}", "audit")
        op.create_index(f"ix_audit_{name}", "audit", [name, "moment", "number"])
