"""Tokens, projects, sessions, choices, audit.

Revision ID: 0001
"""

import sqlalchemy as sa
from alembic import op
from notebench_hub.service.store.base import MOMENT, TEXT, WHOLE

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the first tables."""
    op.create_table(
        "tokens",
        sa.Column("hash", TEXT, primary_key=True),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("thing", TEXT, nullable=False),
        sa.Column("user", TEXT, nullable=False),
        sa.Column("acting_for", TEXT, nullable=False),
        sa.Column("created", MOMENT, nullable=False),
    )
    op.create_index("ix_tokens_kind", "tokens", ["kind"])
    op.create_index("ix_tokens_thing", "tokens", ["thing"])
    op.create_table(
        "projects",
        sa.Column("name", TEXT, primary_key=True),
        sa.Column("created", MOMENT, nullable=False),
    )
    op.create_table(
        "project_roles",
        sa.Column("project", TEXT, sa.ForeignKey("projects.name", ondelete="CASCADE"), primary_key=True),
        sa.Column("user", TEXT, primary_key=True),
        sa.Column("role", TEXT, nullable=False),
    )
    op.create_table(
        "sessions",
        sa.Column("id", TEXT, primary_key=True),
        *(
            sa.Column(name, TEXT, nullable=False)
            for name in ("user", "server", "acting_for", "image", "version", "identity", "profile")
        ),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("url", TEXT, nullable=False),
        sa.Column("started", MOMENT, nullable=False),
        sa.Column("ended", MOMENT, nullable=True),
    )
    op.create_index("ix_sessions_user", "sessions", ["user"])
    op.create_index("ix_sessions_state", "sessions", ["state"])
    op.create_table(
        "choices",
        sa.Column("user", TEXT, primary_key=True),
        sa.Column("image", TEXT, nullable=False),
        sa.Column("profile", TEXT, nullable=False),
        sa.Column("acting_for", TEXT, nullable=False),
    )
    op.create_table(
        "audit",
        sa.Column("number", WHOLE, primary_key=True),
        sa.Column("moment", MOMENT, nullable=False),
        sa.Column("user", TEXT, nullable=False),
        sa.Column("acting_for", TEXT, nullable=False),
        sa.Column("action", TEXT, nullable=False),
        sa.Column("thing", TEXT, nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("chain", TEXT, nullable=False),
    )
    op.create_index("ix_audit_user", "audit", ["user"])
    op.create_index("ix_audit_thing", "audit", ["thing"])
