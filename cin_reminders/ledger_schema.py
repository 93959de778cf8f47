"""The ledger's five tables, and how their rows become values and values rows.

A change here needs a migration of its own in ``migrations/versions`` and a new version in VERSIONS; a test compares the two.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, Column, Date, Dialect, Index, Integer, MetaData, Row, String, Table, Text
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.types import TypeDecorator, TypeEngine

from cin_reminders.notice import MeetingNotice, Message, Notice, NoticeKey

# Every migration, the oldest first: numbers of four digits, so that older and newer can be told without Alembic.
VERSIONS = ("0001", "0002", "0003")
VERSION = VERSIONS[-1]
VERSION_TABLE = "ledger_version"


class Moment(TypeDecorator[datetime]):
    """A moment, always aware and always UTC: PostgreSQL's own type, or ISO text of one fixed width, which sorts by time."""

    impl = String(32)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """PostgreSQL has a type for it; SQLite has none."""
        return dialect.type_descriptor(TIMESTAMP(timezone=True) if dialect.name == "postgresql" else String(32))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """A moment without its offset is refused: nobody could tell later which hour it meant."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment in the ledger needs its offset from UTC")
        moment = value.astimezone(UTC)
        return moment if dialect.name == "postgresql" else moment.isoformat(timespec="microseconds")

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """What comes back is aware."""
        if value is None:
            return None
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
        return moment.astimezone(UTC)


metadata = MetaData()

notice = Table(
    "notice",
    metadata,
    Column("council", String, primary_key=True),
    Column("mode", String, primary_key=True),
    Column("case_ref", String, primary_key=True),
    Column("subject", String, primary_key=True),
    Column("start_ref", String, primary_key=True),
    Column("stage", String, primary_key=True),
    Column("person_ref", String, primary_key=True),
    Column("outcome", String, nullable=False),
    Column("reason", Text, nullable=False),
    Column("role", String, nullable=False),
    Column("due_on", Date),
    Column("stage_on", Date),
    Column("urgency", String, nullable=False),
    Column("message_key", String),
    Column("told_on", Date),
    Column("was_due_on", Date),
    # Of a notice of a meeting: what the person was told of when and where, and which of their calendar files it was.
    Column("told_what", String, nullable=False, server_default=""),
    Column("sequence", Integer, nullable=False, server_default="0"),
)
Index("notice_message", notice.c.council, notice.c.message_key)

message = Table(
    "message",
    metadata,
    Column("council", String, primary_key=True),
    Column("key", String, primary_key=True),
    Column("mode", String, nullable=False),
    Column("channel", String, nullable=False),
    Column("person_ref", String, nullable=False),
    Column("person_kind", String, nullable=False),
    Column("role", String, nullable=False),
    Column("day", Date, nullable=False),
    Column("urgency", String, nullable=False),
    Column("state", String, nullable=False),
    Column("owner", String),
    Column("lease_until", Moment),
    Column("attempts", Integer, nullable=False),
    Column("doubts", Integer, nullable=False),
    Column("next_try_at", Moment),
    Column("reason", Text, nullable=False),
    Column("subject", Text),
    Column("address", String),
    Column("message_id", String),
    Column("settled_at", Moment),
    Column("followed", String, nullable=False, server_default=""),
)
# In the order in which messages are claimed: "escalation" sorts before "reminder", and a claim reads one row of thousands.
Index("message_queue", message.c.council, message.c.mode, message.c.state, message.c.urgency, message.c.day, message.c.key)
Index("message_day", message.c.council, message.c.mode, message.c.day)

run = Table(
    "run",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("council", String, nullable=False),
    Column("mode", String, nullable=False),
    Column("business_date", Date, nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("finished_at", Moment, nullable=False),
    Column("outcome", String, nullable=False),
    Column("held", Text),
    Column("rows", JSON, nullable=False),
    Column("counts", JSON, nullable=False),
    Column("notices", Integer),
)
Index("run_outcome", run.c.council, run.c.mode, run.c.outcome, run.c.business_date)

decision = Table(
    "decision",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("council", String, nullable=False),
    Column("at", Moment, nullable=False),
    Column("by", String, nullable=False),
    Column("why", Text, nullable=False),
    Column("kind", String, nullable=False),
    Column("key", String, nullable=False),
)
Index("decision_kind", decision.c.council, decision.c.kind, decision.c.key)

hold = Table(
    "hold",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("council", String, nullable=False),
    Column("case_ref", String, nullable=False),
    Column("duty", String, nullable=False),
    Column("until_on", Date, nullable=False),
    Column("by", String, nullable=False),
    Column("why", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("released_at", Moment),
    Column("released_by", String),
    Column("released_why", Text),
)
Index("hold_council", hold.c.council, hold.c.until_on)

MESSAGE_COLUMNS = tuple(column for column in message.c if column.name != "council")
NOTICE_COLUMNS = tuple(column for column in notice.c if column.name not in ("council", "mode"))
NOTICE_KEY = ("case_ref", "subject", "start_ref", "stage", "person_ref")


def message_from(row: Row[Any]) -> Message:
    """One row of ``MESSAGE_COLUMNS`` as a message."""
    return Message(**row._mapping)


def message_row(council: str, value: Message) -> dict[str, Any]:
    """A message as one row."""
    return {"council": council, **{column.name: getattr(value, column.name) for column in MESSAGE_COLUMNS}}


def notice_from(row: Row[Any]) -> Notice:
    """One row of ``NOTICE_COLUMNS`` as a notice."""
    case_ref, subject, start_ref, stage, person_ref, outcome, reason, role, due_on, stage_on, urgency, *further = row
    message_key, told_on, was_due_on, told_what, sequence = further
    key = NoticeKey(case_ref=case_ref, subject=subject, start_ref=start_ref, stage=stage, person_ref=person_ref)
    # Written out twice, since the ledger is read whole every day and this is where that time goes.
    if told_what:
        return MeetingNotice(
            key=key,
            outcome=outcome,
            reason=reason,
            role=role,
            due_on=due_on,
            stage_on=stage_on,
            urgency=urgency,
            message_key=message_key,
            told_on=told_on,
            was_due_on=was_due_on,
            told_what=told_what,
            sequence=sequence,
        )
    return Notice(
        key=key,
        outcome=outcome,
        reason=reason,
        role=role,
        due_on=due_on,
        stage_on=stage_on,
        urgency=urgency,
        message_key=message_key,
        told_on=told_on,
        was_due_on=was_due_on,
    )


def notice_row(council: str, mode: str, value: Notice) -> dict[str, Any]:
    """A notice as one row."""
    told_what, sequence = (value.told_what, value.sequence) if isinstance(value, MeetingNotice) else ("", 0)
    return {
        "council": council,
        "mode": mode,
        **{part: getattr(value.key, part) for part in NOTICE_KEY},
        "outcome": value.outcome,
        "reason": value.reason,
        "role": value.role,
        "due_on": value.due_on,
        "stage_on": value.stage_on,
        "urgency": value.urgency,
        "message_key": value.message_key,
        "told_on": value.told_on,
        "was_due_on": value.was_due_on,
        "told_what": told_what,
        "sequence": sequence,
    }
