"""The first ledger: notices, messages, runs and people's decisions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from cin_reminders.ledger_schema import Moment

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the four tables."""
    op.create_table(
        "notice",
        sa.Column("council", sa.String, primary_key=True),
        sa.Column("mode", sa.String, primary_key=True),
        sa.Column("case_ref", sa.String, primary_key=True),
        sa.Column("subject", sa.String, primary_key=True),
        sa.Column("start_ref", sa.String, primary_key=True),
        sa.Column("stage", sa.String, primary_key=True),
        sa.Column("person_ref", sa.String, primary_key=True),
        sa.Column("outcome", sa.String, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("role", sa.String, nullable=False),
        sa.Column("due_on", sa.Date),
        sa.Column("stage_on", sa.Date),
        sa.Column("urgency", sa.String, nullable=False),
        sa.Column("message_key", sa.String),
    )
    op.create_index("notice_message", "notice", ["council", "message_key"])
    op.create_table(
        "message",
        sa.Column("council", sa.String, primary_key=True),
        sa.Column("key", sa.String, primary_key=True),
        sa.Column("mode", sa.String, nullable=False),
        sa.Column("channel", sa.String, nullable=False),
        sa.Column("person_ref", sa.String, nullable=False),
        sa.Column("person_kind", sa.String, nullable=False),
        sa.Column("role", sa.String, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("urgency", sa.String, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("owner", sa.String),
        sa.Column("lease_until", Moment),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("doubts", sa.Integer, nullable=False),
        sa.Column("next_try_at", Moment),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("subject", sa.Text),
        sa.Column("address", sa.String),
        sa.Column("message_id", sa.String),
        sa.Column("settled_at", Moment),
    )
    op.create_index("message_queue", "message", ["council", "mode", "state", "urgency", "day", "key"])
    op.create_index("message_day", "message", ["council", "mode", "day"])
    op.create_table(
        "run",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("council", sa.String, nullable=False),
        sa.Column("mode", sa.String, nullable=False),
        sa.Column("business_date", sa.Date, nullable=False),
        sa.Column("started_at", Moment, nullable=False),
        sa.Column("finished_at", Moment, nullable=False),
        sa.Column("outcome", sa.String, nullable=False),
        sa.Column("held", sa.Text),
        sa.Column("rows", sa.JSON, nullable=False),
        sa.Column("counts", sa.JSON, nullable=False),
    )
    op.create_index("run_outcome", "run", ["council", "mode", "outcome", "business_date"])
    op.create_table(
        "decision",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("council", sa.String, nullable=False),
        sa.Column("at", Moment, nullable=False),
        sa.Column("by", sa.String, nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("key", sa.String, nullable=False),
    )
    op.create_index("decision_kind", "decision", ["council", "kind", "key"])
