"""What delivery asks of the ledger for each message that it sends, put together once and not each time.

Each statement names the message by ``of_council`` and ``of_key``; what it changes is given as further parameters.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import sqlalchemy as sa

from cin_reminders.ledger_schema import MESSAGE_COLUMNS, NOTICE_COLUMNS, NOTICE_KEY, message
from cin_reminders.ledger_schema import notice as notice_table

_COURTESY = "teams"
_THIS = (message.c.council == sa.bindparam("of_council"), message.c.key == sa.bindparam("of_key"))
_IN_THIS = (
    notice_table.c.council == sa.bindparam("of_council"),
    notice_table.c.message_key == sa.bindparam("of_key"),
    notice_table.c.outcome == "planned",
)
LOCKED = sa.select(*MESSAGE_COLUMNS).where(*_THIS).with_for_update()
CLAIM = sa.update(message).where(*_THIS).returning(*MESSAGE_COLUMNS)
NOTICES = sa.select(*NOTICE_COLUMNS).where(*_IN_THIS).order_by(*(notice_table.c[part] for part in NOTICE_KEY))
BEGIN = (
    sa.update(message)
    .where(
        *_THIS,
        message.c.state == "claimed",
        message.c.owner == sa.bindparam("by_owner"),
        message.c.lease_until > sa.bindparam("at_moment"),
    )
    .values(
        state="sending",
        subject=sa.bindparam("said"),
        address=sa.bindparam("sent_to"),
        message_id=sa.bindparam("known_as"),
        attempts=message.c.attempts + 1,
        next_try_at=None,
        reason="",
    )
)
CHANGE = sa.update(message).where(*_THIS)
CHANGE_NOTICES = sa.update(notice_table).where(*_IN_THIS)


@cache
def first_due(urgencies: tuple[str, ...] | None, channels: tuple[str, ...] | None) -> tuple[Any, Any]:
    """Which message is claimed next: first of what goes to people, then of the copies in Teams."""
    where = [message.c.council == sa.bindparam("of_council"), message.c.mode == sa.bindparam("of_mode")]
    where += [
        column.in_(wanted)
        for column, wanted in ((message.c.urgency, urgencies), (message.c.channel, channels))
        if wanted is not None
    ]
    due = (
        sa.select(message.c.key)
        .where(
            *where,
            message.c.state == "planned",
            sa.or_(message.c.next_try_at.is_(None), message.c.next_try_at <= sa.bindparam("at_moment")),
            sa.or_(message.c.owner.is_(None), message.c.owner != sa.bindparam("by_owner")),
        )
        .order_by(message.c.urgency, message.c.day, message.c.key)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    return due.where(message.c.channel != _COURTESY), due.where(message.c.channel == _COURTESY)
