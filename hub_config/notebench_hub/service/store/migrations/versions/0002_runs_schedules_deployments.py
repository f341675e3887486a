"""Notebook runs, schedules, deployments and their model servers.

Revision ID: 0002
"""

import sqlalchemy as sa
from alembic import op
from notebench_hub.service.store.base import MOMENT, TEXT, WHOLE

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def _words(*names: str) -> list[sa.Column]:
    return [sa.Column(name, TEXT, nullable=False) for name in names]


def _moment(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, MOMENT, nullable=nullable)


def upgrade() -> None:
    """Make the tables."""
    _runs()
    _schedules()
    _deployments()


def _runs() -> None:
    op.create_table(
        "runs",
        sa.Column("id", TEXT, primary_key=True),
        *_words("user", "acting_for", "notebook"),
        sa.Column("parameters", sa.JSON(), nullable=False),
        *_words("image", "version", "identity", "profile"),
        sa.Column("timeout_seconds", WHOLE, nullable=False),
        *_words("schedule"),
        _moment("fire_time", nullable=True),
        *_words("note"),
        _moment("created"),
        sa.Column("attempt", WHOLE, nullable=False),
        sa.Column("resolved", sa.JSON(), nullable=True),
        *_words("cancel_by", "state", "reason"),
        _moment("started", nullable=True),
        _moment("ended", nullable=True),
        *_words("output"),
        sa.Column("handle", sa.JSON(), nullable=True),
        sa.Column("settled", sa.Boolean(), nullable=False),
        sa.Column("sequence", WHOLE, nullable=False),
        sa.Column("progress", sa.JSON(), nullable=False),
        sa.Column("failure", sa.JSON(), nullable=True),
        sa.Column("mlflow_runs", sa.JSON(), nullable=False),
        sa.Column("added", sa.JSON(), nullable=False),
    )
    op.create_index(
        "uq_runs_fire_time",
        "runs",
        ["schedule", "fire_time"],
        unique=True,
        sqlite_where=sa.text("fire_time IS NOT NULL"),
        postgresql_where=sa.text("fire_time IS NOT NULL"),
    )
    op.create_index("ix_runs_schedule", "runs", ["schedule"])
    op.create_index("ix_runs_owner", "runs", ["acting_for", "user", "created"])
    op.create_index("ix_runs_open", "runs", ["settled", "state", "created"])


def _schedules() -> None:
    op.create_table(
        "schedules",
        sa.Column("id", TEXT, primary_key=True),
        *_words("user", "acting_for", "name", "notebook", "cron", "timezone"),
        sa.Column("parameters", sa.JSON(), nullable=False),
        *_words("image", "profile"),
        sa.Column("timeout_seconds", WHOLE, nullable=False),
        sa.Column("paused", sa.Boolean(), nullable=False),
        _moment("next_fire_time", nullable=True),
        _moment("created"),
    )
    op.create_index("ix_schedules_owner", "schedules", ["acting_for", "user"])
    op.create_index("ix_schedules_due", "schedules", ["paused", "next_fire_time"])


def _deployments() -> None:
    op.create_table(
        "deployments",
        sa.Column("id", TEXT, primary_key=True),
        *_words("scope", "name", "user", "acting_for", "model", "version", "image", "identity", "profile"),
        sa.Column("replicas", WHOLE, nullable=False),
        sa.Column("resolved", sa.JSON(), nullable=False),
        sa.Column("signature", sa.JSON(), nullable=True),
        sa.Column("generation", WHOLE, nullable=False),
        *_words("desired"),
        sa.Column("removed", sa.Boolean(), nullable=False),
        _moment("created"),
        _moment("updated"),
        *_words("observed", "reason"),
        sa.Column("restarts", WHOLE, nullable=False),
        sa.UniqueConstraint("scope", "name", name="uq_deployments_name"),
    )
    op.create_index("ix_deployments_scope", "deployments", ["scope"])
    op.create_table(
        "servers",
        sa.Column("id", TEXT, primary_key=True),
        sa.Column("deployment", TEXT, sa.ForeignKey("deployments.id", ondelete="CASCADE"), nullable=False),
        sa.Column("generation", WHOLE, nullable=False),
        sa.Column("number", WHOLE, nullable=False),
        *_words("version", "model"),
        sa.Column("resolved", sa.JSON(), nullable=False),
        sa.Column("attempt", WHOLE, nullable=False),
        sa.Column("handle", sa.JSON(), nullable=True),
        sa.Column("live", sa.Boolean(), nullable=False),
        _moment("started", nullable=True),
        sa.Column("ready", sa.Boolean(), nullable=False),
        *_words("address"),
        sa.Column("failures", WHOLE, nullable=False),
        _moment("retry_at", nullable=True),
        sa.Column("stopping", sa.Boolean(), nullable=False),
        *_words("reason"),
    )
    op.create_index("ix_servers_deployment", "servers", ["deployment"])
