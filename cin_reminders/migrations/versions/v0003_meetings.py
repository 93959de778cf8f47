"""Notices of meetings, and what became of a message after it was taken."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add what a person was told of a meeting and which of their calendar files it was, and what became of a taken message."""
    op.add_column("notice", sa.Column("told_what", sa.String, nullable=False, server_default=""))
    op.add_column("notice", sa.Column("sequence", sa.Integer, nullable=False, server_default="0"))
    op.add_column("message", sa.Column("followed", sa.String, nullable=False, server_default=""))
