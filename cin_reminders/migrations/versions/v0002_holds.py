"""Holds, and how many notices a run planned."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from cin_reminders.ledger_schema import Moment

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the table of holds, when a notice was told and which date it replaced, and how many notices a run planned."""
    op.add_column("notice", sa.Column("told_on", sa.Date))
    op.add_column("notice", sa.Column("was_due_on", sa.Date))
    # Nobody kept the day until now; it is that of the message.
    op.execute(
        "UPDATE notice SET told_on = (SELECT message.day FROM message "
        "WHERE message.council = notice.council AND message.key = notice.message_key) WHERE outcome = 'told'"
    )
    op.add_column("run", sa.Column("notices", sa.Integer))
    # So that a first run afterwards, with the all-clears of all the time before, is measured by something.
    op.execute(
        "UPDATE run SET notices = (SELECT count(*) FROM notice WHERE notice.council = run.council AND notice.mode = run.mode "
        "AND notice.told_on = run.business_date) WHERE outcome = 'good'"
    )
    op.create_table(
        "hold",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("council", sa.String, nullable=False),
        sa.Column("case_ref", sa.String, nullable=False),
        sa.Column("duty", sa.String, nullable=False),
        sa.Column("until_on", sa.Date, nullable=False),
        sa.Column("by", sa.String, nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("at", Moment, nullable=False),
        sa.Column("released_at", Moment),
        sa.Column("released_by", sa.String),
        sa.Column("released_why", sa.Text),
    )
    op.create_index("hold_council", "hold", ["council", "until_on"])
