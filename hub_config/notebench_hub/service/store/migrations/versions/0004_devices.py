"""Devices that workloads hold.

Revision ID: 0004
"""

import sqlalchemy as sa
from alembic import op
from notebench_hub.service.store.base import MOMENT, TEXT, WHOLE

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "devices",
        sa.Column("device", TEXT, primary_key=True),
        *(
            sa.Column(name, TEXT, nullable=False)
            for name in ("resource", "workload", "kind", "thing", "user")
        ),
        sa.Column("attempt", WHOLE, nullable=False),
        sa.Column("since", MOMENT, nullable=False),
    )
    op.create_index("ix_devices_workload", "devices", ["workload"])
