"""Tokens, projects, sessions, choices, audit.

Revision ID: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the first tables."""
    op.create_table(
        "tokens",
        sa.Column("hash", sa.String(), primary_key=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("thing", sa.String(), nullable=False),
        sa.Column("user", sa.String(), nullable=False),
        sa.Column("acting_for", sa.String(), nullable=False),
        sa.Column("created", sa.String(32), nullable=False),
    )
    op.create_index("ix_tokens_kind", "tokens", ["kind"])
    op.create_index("ix_tokens_thing", "tokens", ["thing"])
    op.create_table(
        "projects",
        sa.Column("name", sa.String(), primary_key=True),
        sa.Column("created", sa.String(32), nullable=False),
    )
    op.create_table(
        "project_roles",
        sa.Column(
            "project", sa.String(), sa.ForeignKey("projects.name", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("user", sa.String(), primary_key=True),
        sa.Column("role", sa.String(), nullable=False),
    )
    op.create_table(
        "sessions",
        sa.Column("id", sa.String(), primary_key=True),
        *(
            sa.Column(name, sa.String(), nullable=False)
            for name in ("user", "server", "acting_for", "image", "version", "identity", "profile")
        ),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("started", sa.String(32), nullable=False),
        sa.Column("ended", sa.String(32), nullable=True),
    )
    op.create_index("ix_sessions_user", "sessions", ["user"])
    op.create_index("ix_sessions_state", "sessions", ["state"])
    op.create_table(
        "choices",
        sa.Column("user", sa.String(), primary_key=True),
        sa.Column("image", sa.String(), nullable=False),
        sa.Column("profile", sa.String(), nullable=False),
        sa.Column("acting_for", sa.String(), nullable=False),
    )
    op.create_table(
        "audit",
        sa.Column("number", sa.Integer(), primary_key=True),
        sa.Column("moment", sa.String(32), nullable=False),
        sa.Column("user", sa.String(), nullable=False),
        sa.Column("acting_for", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("thing", sa.String(), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("chain", sa.String(), nullable=False),
    )
    op.create_index("ix_audit_user", "audit", ["user"])
    op.create_index("ix_audit_thing", "audit", ["thing"])
