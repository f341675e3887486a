"""Devices that workloads hold.

Revision ID: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "devices",
        sa.Column("device", sa.String(), primary_key=True),
        *(
            sa.Column(name, sa.String(), nullable=False)
            for name in ("resource", "workload", "kind", "thing", "user")
        ),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("since", sa.String(32), nullable=False),
    )
    op.create_index("ix_devices_workload", "devices", ["workload"])
