"""Planning: what the ledger already holds, and what a run adds to it, under the one planning lock of a council."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from cin_reminders.courtesy import channel_ref
from cin_reminders.ledger_schema import (
    MESSAGE_COLUMNS,
    NOTICE_COLUMNS,
    NOTICE_KEY,
    message,
    message_from,
    message_row,
    notice_from,
    notice_row,
    run,
)
from cin_reminders.ledger_schema import notice as table
from cin_reminders.notice import (
    OUTCOMES,
    RECORDED,
    REOPENED,
    DutyKey,
    MeetingNotice,
    Message,
    Notice,
    NoticeKey,
    key_of_next_part,
)
from cin_reminders.recipients import MANAGERS

_IN_ONE = 500  # keys in one statement
_DROPPED = "a copy of an earlier day: dropped"
_LAST_DAYS = 20  # days with a good run by which the size of the next is measured
_is_a_copy = table.c.person_ref.startswith(channel_ref(""), autoescape=True)


class Planning:
    """One transaction over the ledger: all that it adds is kept at its end, or nothing is."""

    def __init__(self, connection: Connection, council: str) -> None:
        self._connection = connection
        self._council = council

    def notices(self, mode: str) -> dict[DutyKey, list[Notice]]:
        """Every notice of the mode to a person, by its case, its duty or meeting, and its start.

        What was told in another mode does not count: a trial that wrote files has told nobody. Nor do copies in a Teams channel.
        """
        query = sa.select(*NOTICE_COLUMNS).where(table.c.council == self._council, table.c.mode == mode, ~_is_a_copy)
        found: dict[DutyKey, list[Notice]] = {}
        for row in self._connection.execute(query.execution_options(yield_per=5000)):
            found.setdefault((row.case_ref, row.subject, row.start_ref), []).append(notice_from(row))
        return found

    def cards(self, mode: str) -> set[NoticeKey]:
        """The copies that Teams channels were shown, or are about to be."""
        query = sa.select(*(table.c[part] for part in NOTICE_KEY)).where(
            table.c.council == self._council, table.c.mode == mode, _is_a_copy, table.c.outcome.notin_(REOPENED)
        )
        return {NoticeKey(**row._mapping) for row in self._connection.execute(query)}

    def meeting_notices(self, mode: str) -> dict[str, list[MeetingNotice]]:
        """Every notice of a meeting of the mode, by the meeting."""
        query = sa.select(*NOTICE_COLUMNS).where(table.c.council == self._council, table.c.mode == mode, table.c.told_what != "")
        found: dict[str, list[MeetingNotice]] = {}
        for one in map(notice_from, self._connection.execute(query)):
            if isinstance(one, MeetingNotice):
                found.setdefault(one.meeting_ref, []).append(one)
        return found

    def reminders_of(self, mode: str, day: date) -> tuple[dict[str, int], dict[str, int]]:
        """How many reminders the day's messages to people hold: by person, and by case."""
        query = (
            sa.select(table.c.person_ref, table.c.case_ref)
            .join(message, sa.and_(message.c.council == table.c.council, message.c.key == table.c.message_key))
            .where(
                message.c.council == self._council,
                message.c.mode == mode,
                message.c.day == day,
                table.c.urgency == "reminder",
                table.c.told_what == "",  # notices of meetings are never capped
                table.c.outcome.in_(("planned", "told")),
                ~_is_a_copy,
            )
        )
        rows = self._connection.execute(query).all()
        return dict(Counter(row.person_ref for row in rows)), dict(Counter(row.case_ref for row in rows))

    def usual(self, mode: str) -> list[tuple[date, int]]:
        """How many notices were planned on each of the last days that had a good run, the newest first."""
        query = (
            sa.select(run.c.business_date, sa.func.sum(run.c.notices).label("number"))
            .where(
                run.c.council == self._council,
                run.c.mode == mode,
                run.c.outcome.in_(("good", "failed")),
                run.c.notices.is_not(None),
            )
            .group_by(run.c.business_date)
            .order_by(run.c.business_date.desc())
            .limit(_LAST_DAYS)
        )
        return [(row.business_date, row.number) for row in self._connection.execute(query)]

    def managers_told_before(self, mode: str, on: date) -> date | None:
        """The last day before a day on which somebody was told of a duty as a manager; None where nobody ever was."""
        query = sa.select(sa.func.max(table.c.told_on)).where(
            table.c.council == self._council,
            table.c.mode == mode,
            table.c.role.in_(MANAGERS),
            table.c.told_what == "",  # who is asked to a meeting reads nothing else of the service
            table.c.outcome == "told",
            table.c.told_on < on,
            ~_is_a_copy,
        )
        day: date | None = self._connection.execute(query).scalar()
        return day

    def held_for_its_size_since(self, mode: str, after: date | None) -> date | None:
        """The first day after a day (None: ever) on which a run was held because it was far above the usual."""
        query = sa.select(sa.func.min(run.c.business_date)).where(
            run.c.council == self._council, run.c.mode == mode, run.c.outcome == "held", run.c.notices.is_not(None)
        )
        if after is not None:
            query = query.where(run.c.business_date > after)
        day: date | None = self._connection.execute(query).scalar()
        return day

    def messages_of(self, mode: str, day: date) -> dict[str, list[Message]]:
        """The day's messages by the person who gets them, in the order of their keys."""
        query = sa.select(*MESSAGE_COLUMNS).where(
            message.c.council == self._council, message.c.mode == mode, message.c.day == day
        )
        found: dict[str, list[Message]] = {}
        for row in self._connection.execute(query.order_by(message.c.key)):
            found.setdefault(row.person_ref, []).append(message_from(row))
        return found

    def carry_over(self, mode: str, before: date) -> int:
        """Earlier days' messages that nobody has begun to send are withdrawn, so that their notices can go in today's; how many.

        A copy for a Teams channel is dropped: it is owed to nobody, and its day is over.

        A message in somebody's hands, or one that may have reached its reader already, is left as it is.
        """
        waiting = (
            sa.update(message)
            .where(
                message.c.council == self._council,
                message.c.mode == mode,
                message.c.state == "planned",
                message.c.day < before,
                message.c.doubts == 0,
            )
            .values(
                state="withdrawn",
                reason=sa.case((message.c.person_kind == "channel", _DROPPED), else_=f"carried over to {before.isoformat()}"),
                next_try_at=None,
            )
            .returning(message.c.key)
        )
        keys = self._connection.execute(waiting).scalars().all()
        for start in range(0, len(keys), _IN_ONE):
            self._connection.execute(
                sa.update(table)
                .where(
                    table.c.council == self._council,
                    table.c.message_key.in_(keys[start : start + _IN_ONE]),
                    table.c.outcome == "planned",
                )
                .values(
                    outcome="withdrawn",
                    reason=sa.case((_is_a_copy, _DROPPED), else_=f"carried over to {before.isoformat()}"),
                )
            )
        return len(keys)

    def add(self, planned: Message, notices: Sequence[Notice], *, further: bool = False) -> tuple[Notice, ...]:
        """Put notices into a message, made if it does not stand yet; return those that now stand in it.

        A notice that the ledger knows already is left out, unless nobody has heard of it (withdrawn, failed). A message that
        is no longer waiting, or that may have reached its reader already, takes none: nothing is added, or, where a ``further``
        message of the day may go to this person, they go into that.
        """
        where, standing = self._standing(planned.key)
        while standing is not None and (standing.state == "withdrawn" or (further and _takes_no_more(standing))):
            # Nothing of it went, or all of it: what is true now goes in a message of its own.
            planned = replace(planned, key=key_of_next_part(planned.key))
            where, standing = self._standing(planned.key)
        if standing is not None:
            if standing.mode != planned.mode:
                raise ValueError(f"message {planned.key} stands in mode {standing.mode}: a key names one mode's message")
            if _takes_no_more(standing):
                return ()
        added = self._put(planned.mode, (replace(notice, outcome="planned", message_key=planned.key) for notice in notices))
        if not added:
            return ()
        if standing is None:
            self._connection.execute(sa.insert(message), message_row(self._council, planned))
        elif planned.urgency == "escalation" != standing.urgency:
            self._connection.execute(sa.update(message).where(*where).values(urgency="escalation"))
        return added

    def _standing(self, key: str) -> tuple[tuple[Any, ...], Any]:
        where = (message.c.council == self._council, message.c.key == key)
        columns = (message.c.mode, message.c.state, message.c.doubts, message.c.urgency)
        return where, self._connection.execute(sa.select(*columns).where(*where).with_for_update()).first()

    def record(self, mode: str, notices: Iterable[Notice]) -> tuple[Notice, ...]:
        """Keep what was decided about notices that go into no message; return those that the ledger did not know."""
        notices = tuple(notices)
        for notice in notices:
            if notice.outcome not in OUTCOMES or notice.outcome == "planned":
                raise ValueError(f"a notice outside a message cannot be {notice.outcome!r}")
        return self._put(mode, notices)

    def _put(self, mode: str, notices: Iterable[Notice]) -> tuple[Notice, ...]:
        rows: dict[NoticeKey, Notice] = {}
        for notice in notices:
            rows.setdefault(notice.key, notice)
        if not rows:
            return ()
        known = self._known(mode, sorted({key.case_ref for key in rows}))
        new = [notice_row(self._council, mode, notice) for key, notice in rows.items() if key not in known]
        if new:
            self._connection.execute(sa.insert(table), new)
        # Reopened one by one: they are few, and nobody else changes a notice that is withdrawn or failed.
        return tuple(
            notice for key, notice in rows.items() if key not in known or self._reopen(notice_row(self._council, mode, notice))
        )

    def _known(self, mode: str, cases: Sequence[str]) -> set[NoticeKey]:
        query = sa.select(*(table.c[part] for part in NOTICE_KEY)).where(table.c.council == self._council, table.c.mode == mode)
        known = set()
        for start in range(0, len(cases), _IN_ONE):
            of_cases = query.where(table.c.case_ref.in_(cases[start : start + _IN_ONE]))
            known |= {NoticeKey(**row._mapping) for row in self._connection.execute(of_cases)}
        return known

    def _reopen(self, row: Mapping[str, Any]) -> bool:
        # What was closed for one person of a meeting opens again once the meeting is on another day.
        closed_for_one = sa.and_(table.c.outcome.in_(RECORDED), table.c.told_what != "")
        update = sa.update(table).where(
            *(table.c[name] == row[name] for name in ("council", "mode", *NOTICE_KEY)),
            sa.or_(table.c.outcome.in_(REOPENED), closed_for_one),
        )
        return (
            self._connection.execute(update.values({name: row[name] for name in row if not table.c[name].primary_key})).rowcount
            == 1
        )


def _takes_no_more(standing: Any) -> bool:
    """Whether a message is in somebody's hands, or may have reached its reader already."""
    return standing.state != "planned" or bool(standing.doubts)
