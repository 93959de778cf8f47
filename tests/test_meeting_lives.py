"""Meetings as they are lived: booked, moved, moved back, cancelled, booked again, with people who come, leave and answer.

Whatever happens in whatever order, nobody is told the same thing twice, whoever was told ends knowing what the records say,
and nobody hears who must not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from meeting_cases import BOOKED, RULES, Book, case, comes, directory, meeting, person, sitting

from cin_reminders.case import Attendee
from cin_reminders.meeting_notices import why_not_sent
from cin_reminders.meeting_stages import CANCELLED, is_cancellation
from cin_reminders.notice import MeetingNotice
from cin_reminders.recipients import Directory
from cin_reminders.sitting import Sitting, fingerprint

CAPACITIES = {"worker": "other", "teacher": "education", "mother": "parent", "child": "child", "aunt": "family"}
KINDS = {"mother": "family", "child": "child", "aunt": "family"}
DAYS = st.integers(0, 25).map(lambda days: BOOKED + timedelta(days=days))
SOMEBODY = st.sampled_from(sorted(CAPACITIES))


class MeetingLife(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.on = BOOKED  # Monday
        self.day, self.hour, self.venue = date(2026, 6, 18), 10, "Room 2"  # Thursday
        self.cancelled = self.held = self.torn = False
        self.closed: set[str] = set()
        self.chair: str | None = "chair"
        self.listed: dict[str, Attendee] = {}
        self.contact = dict.fromkeys((*CAPACITIES, "chair"), "yes")
        self.left: set[str] = set()
        self.book = Book()
        self.heard: dict[str, list[MeetingNotice]] = {}
        for ref in ("worker", "mother"):
            self.attend(ref)

    # ---- what the records say

    def sitting(self) -> Sitting:
        row = meeting(
            tuple(self.listed.values()),
            self.day,
            at=self.hour,
            venue=self.venue,
            chair_ref=self.chair,
            cancelled_on=self.on if self.cancelled else None,
            held_on=self.on if self.held else None,
        )
        other = replace(row, venue="Room 9") if self.torn else row
        closed = {ref: self.on if ref in self.closed else None for ref in ("C1", "C2")}
        return sitting(case(row, ref="C1", closed_on=closed["C1"]), case(other, ref="C2", closed_on=closed["C2"]))

    def people(self) -> Directory:
        changed = []
        for ref, contact in self.contact.items():
            usual = {"email": "teacher@school.example.org"} if ref == "teacher" else {}
            left_on = self.on - timedelta(days=1) if ref in self.left else None
            changed.append(
                person(
                    ref, KINDS.get(ref, "professional"), contact=contact, contact_via_ref="aunt", active_until=left_on, **usual
                )
            )
        return directory(*changed)

    def what(self) -> str:
        row = meeting((), self.day, at=self.hour, venue="Room 9" if self.torn and "C1" in self.closed else self.venue)
        return CANCELLED if self.cancelled else fingerprint(sitting(case(row)), RULES.secret)

    def may_hear(self, ref: str) -> bool:
        """The rules once more, by hand."""
        if (self.closed == {"C1", "C2"} and not self.cancelled) or self.held or self.contact[ref] != "yes" or ref in self.left:
            return False
        if ref == self.chair or ref in self.listed:
            return True
        # The aunt passes on what is for the family, and is nobody whom a professional is reached through.
        for_aunt = {one for one in self.listed if self.contact[one] == "via" and one not in self.left and one in KINDS}
        return ref == "aunt" and bool(for_aunt)

    def knows(self, ref: str) -> bool:
        """Whether somebody who was told knows what the records say, or this very thing could not be brought to them."""
        last = self.heard[ref][-1]
        failed = any(
            one.outcome == "failed" and one.told_what == self.what()
            for key, one in self.book.kept.items()
            if key.person_ref == ref
        )
        assert last.due_on is not None
        is_over = max(self.day, last.due_on) < self.on
        torn = self.torn and not self.cancelled and not self.closed
        return last.told_what == self.what() or failed or is_over or torn

    # ---- what happens

    @rule(day=DAYS)
    def move(self, day: date) -> None:
        self.day = day

    @rule(back=st.booleans())
    def move_by_hours(self, back: bool) -> None:
        self.hour = 10 if back else 14

    @rule(venue=st.sampled_from(["Room 2", "Room 3"]))
    def change_venue(self, venue: str) -> None:
        self.venue = venue

    @rule()
    def cancel(self) -> None:
        self.cancelled = True

    @rule()
    def book_again(self) -> None:
        self.cancelled = False

    @precondition(lambda self: self.on >= self.day)
    @rule()
    def hold(self) -> None:
        self.held = True

    @rule(ref=st.sampled_from(["C1", "C2"]))
    def close(self, ref: str) -> None:
        self.closed.add(ref)

    @rule(torn=st.booleans())
    def siblings_disagree(self, torn: bool) -> None:
        self.torn = torn

    @rule(ref=SOMEBODY)
    def attend(self, ref: str) -> None:
        self.listed.setdefault(ref, comes(ref, CAPACITIES[ref]))

    @rule(ref=SOMEBODY)
    def leave(self, ref: str) -> None:
        self.listed.pop(ref, None)

    @rule(ref=SOMEBODY, response=st.sampled_from([None, "yes", "no", "unsure"]))
    def answer(self, ref: str, response: str | None) -> None:
        if ref in self.listed:
            self.listed[ref] = replace(self.listed[ref], response=response)

    @rule(ref=SOMEBODY)
    def invite_by_hand(self, ref: str) -> None:
        if ref in self.listed:
            self.listed[ref] = replace(self.listed[ref], invited_on=self.on)

    @rule(chair=st.sampled_from(["chair", "worker", None]))
    def change_chair(self, chair: str | None) -> None:
        self.chair = chair

    @rule(ref=SOMEBODY, contact=st.sampled_from(["yes", "no", "via"]))
    def change_contact(self, ref: str, contact: str) -> None:
        self.contact[ref] = contact

    @rule(ref=st.sampled_from(["worker", "teacher"]))
    def leave_the_council(self, ref: str) -> None:
        self.left.add(ref)

    @rule(days=st.integers(1, 8))
    def days_pass(self, days: int) -> None:
        self.on += timedelta(days=days)

    # ---- what the service does

    @rule()
    def run(self) -> None:
        self.one_run()
        assert self.book.run(self.sitting(), self.on, self.people()) == (), "a second run decides something more"
        for ref in self.heard:
            if self.may_hear(ref):
                assert self.knows(ref), f"{ref} was told something else last"

    @rule(failing=st.sets(SOMEBODY, min_size=1))
    def run_while_some_messages_fail(self, failing: set[str]) -> None:
        self.one_run(failing=failing)

    @rule()
    def run_while_the_relay_is_down(self) -> None:
        self.one_run(down=True)

    @rule(change=st.sampled_from([cancel, book_again, hold, leave, move, change_contact]), ref=SOMEBODY, day=DAYS)
    def run_while_the_records_change(self, change: Callable[..., None], ref: str, day: date) -> None:
        about, people = self.sitting(), self.people()
        given = {"leave": [ref], "move": [day], "change_contact": [ref, "no"]}.get(change.__name__, [])
        change(self, *given)
        self.one_run(about, people)

    def one_run(self, about: Sitting | None = None, people: Directory | None = None, **how: Any) -> None:
        """A run that plans by the records given, and sends by those that stand now."""
        now, they = self.sitting(), self.people()

        def refuse(notice: MeetingNotice) -> str | None:
            return why_not_sent(notice, now, directory=they, rules=RULES, on=self.on)

        before = len(self.book.sent)
        self.book.run(about or now, self.on, people or they, refuse=refuse, **how)
        for _, ref, stage in self.book.sent[before:]:
            self.hear(ref, self.book.told_as(ref, stage))

    def hear(self, ref: str, notice: MeetingNotice) -> None:
        assert self.may_hear(ref), f"{ref} must not be told"
        assert notice.told_what == self.what(), f"{ref} is told what is not so"
        assert self.closed or self.cancelled or not self.torn, "what the siblings' rows do not agree on is told"
        stage, told = notice.key.stage, self.heard.setdefault(ref, [])
        assert stage not in [one.key.stage for one in told], f"{ref} is told {stage} twice"
        is_news = not told or told[-1].told_what != notice.told_what
        if stage.startswith(("changed", "cancelled")):
            assert told, f"{ref} is told that something changed of which they never heard"
            assert is_news, f"{ref} is told a change that is none"
        if not stage.startswith("unreached"):
            assert is_cancellation(stage) == (notice.told_what == CANCELLED)
        assert notice.sequence == (told[-1].sequence + is_news if told else 0)
        if stage in ("reminder", "tomorrow") and ref != self.chair and ref in self.listed:
            assert self.listed[ref].response != "no" or ref == "aunt", f"{ref} has declined and is reminded"
        told.append(notice)

    @invariant()
    def nothing_is_told_in_two_numbers(self) -> None:
        for told in self.heard.values():
            numbers = [one.sequence for one in told]
            assert numbers == sorted(numbers)

    def teardown(self) -> None:
        self.run()


TestMeetingLife = MeetingLife.TestCase
TestMeetingLife.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
