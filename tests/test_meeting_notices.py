"""Who is told what of a meeting, and when."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from meeting_cases import (
    BOOKED,
    DAY,
    EVE,
    REMIND,
    RULES,
    USUAL,
    Book,
    booked,
    case,
    comes,
    directory,
    meeting,
    person,
    recorded,
    sitting,
    told,
)

from cin_reminders.case import Attendee
from cin_reminders.meeting_notices import why_not_sent
from cin_reminders.meeting_stages import CANCELLED, is_cancellation
from cin_reminders.notice import MeetingNotice
from cin_reminders.sitting import Sitting, fingerprint
from cin_reminders.working_days import make_calendar

ONE_DAY = timedelta(days=1)
TUESDAY = date(2026, 6, 2)
NEXT_DAY, NEXT_WEEK = date(2026, 6, 19), date(2026, 6, 25)  # Friday, Thursday
MOTHER = (comes("mother", "parent"),)
EVERYBODY = {"chair", "worker", "teacher", "mother"}


def alone(day: date = DAY, *, attendee: Attendee = MOTHER[0], **more: Any) -> Sitting:
    """A meeting that the mother alone comes to, and nobody chairs."""
    return booked((attendee,), day, **({"chair_ref": None} | more))


def told_by(book: Book, about: Sitting, on: date, **more: Any) -> dict[str, str]:
    return told(book.run(about, on, **more))


# ---- the three stages


def test_everybody_who_comes_and_the_chair_hears_three_times() -> None:
    book = Book()
    day = BOOKED
    while day <= DAY + timedelta(days=30):
        book.run(booked(), day)
        day += ONE_DAY

    expected = [(BOOKED, "invitation"), (REMIND, "reminder"), (EVE, "tomorrow")]
    assert [(on, stage) for on, ref, stage in book.sent if ref == "mother"] == expected
    assert {ref for _, ref, _ in book.sent} == EVERYBODY
    assert len(book.sent) == 3 * len(EVERYBODY)
    assert all(one.outcome == "told" for one in book.kept.values())


def test_each_stage_waits_for_its_day() -> None:
    book = Book()
    assert told_by(book, alone(), BOOKED - ONE_DAY) == {}  # Sunday
    assert told_by(book, alone(), BOOKED) == {"mother": "invitation"}  # Monday
    assert told_by(book, alone(), REMIND - ONE_DAY) == {}  # Wednesday
    assert told_by(book, alone(), REMIND) == {"mother": "reminder"}  # Thursday
    assert told_by(book, alone(), EVE - ONE_DAY) == {}  # Tuesday
    assert told_by(book, alone(), EVE) == {"mother": "tomorrow"}  # Wednesday


def test_a_second_run_tells_and_records_nothing_more() -> None:
    short_notice = alone(date(2026, 6, 4))  # Thursday
    book = Book()

    assert book.run(short_notice, TUESDAY) != ()
    assert book.run(short_notice, TUESDAY) == ()


def test_the_working_day_before_a_monday_is_a_friday() -> None:
    monday, friday = date(2026, 6, 22), date(2026, 6, 19)
    before = Book()
    before.run(alone(monday), BOOKED)
    before.run(alone(monday), date(2026, 6, 15))  # Monday, 5 working days before

    assert told_by(before, alone(monday), friday - ONE_DAY) == {}
    assert told_by(before, alone(monday), friday) == {"mother": "tomorrow"}


def test_a_stage_on_a_day_the_council_is_closed_goes_earlier() -> None:
    closed = make_calendar(closure_days=[EVE, EVE - ONE_DAY])
    book = Book()
    book.run(alone(), BOOKED)
    book.run(alone(), REMIND)

    assert told_by(book, alone(), EVE - 2 * ONE_DAY, calendar=closed) == {"mother": "tomorrow"}  # Monday


def test_after_missed_days_the_latest_stage_goes_and_the_earlier_are_superseded() -> None:
    found = Book().run(alone(), EVE)

    assert told(found) == {"mother": "tomorrow"}
    because = ("superseded", "tomorrow was reached before it went")
    assert recorded(found, "mother") == {"invitation": because, "reminder": because}


def test_a_reminder_that_comes_too_late_goes_on_the_day_of_the_meeting_and_is_missed_the_day_after() -> None:
    assert told_by(Book(), alone(), DAY) == {"mother": "tomorrow"}
    found = Book().run(alone(), DAY + ONE_DAY)
    assert told(found) == {}
    because = ("missed", "the meeting's day, Thu 18 Jun 2026, had passed")
    assert recorded(found, "mother") == dict.fromkeys(("invitation", "reminder", "tomorrow"), because)


def test_a_meeting_long_past_is_silent() -> None:
    book = Book()
    assert book.run(alone(), date(2026, 6, 26)) == ()  # Friday, 6 working days after
    assert book.run(alone(), date(2026, 6, 25)) != ()  # Thursday, 5 working days after
    assert book.run(alone(date(1990, 1, 1)), DAY) == ()


def test_whoever_heard_everything_has_missed_nothing() -> None:
    book = Book()
    for day in (BOOKED, REMIND, EVE):
        book.run(alone(), day)

    assert book.run(alone(), DAY + ONE_DAY) == ()


def test_a_stage_before_the_day_of_booking_is_skipped() -> None:
    book = Book()
    found = book.run(alone(booked_on=EVE), EVE)

    assert told(found) == {"mother": "invitation"}
    assert recorded(found, "mother") == {
        "reminder": ("skipped", "its day, Thu 11 Jun 2026, is not after the day the meeting was booked"),
        "tomorrow": ("skipped", "its day, Wed 17 Jun 2026, is not after the day the meeting was booked"),
    }
    assert told_by(Book(), alone(booked_on=EVE - ONE_DAY), EVE) == {"mother": "tomorrow"}


def test_without_a_day_of_booking_the_meeting_is_booked() -> None:
    assert told_by(Book(), alone(booked_on=None), TUESDAY) == {"mother": "invitation"}
    assert told_by(Book(), alone(booked_on=None), EVE) == {"mother": "tomorrow"}


def test_a_meeting_past_the_calendar_has_an_invitation_alone() -> None:
    assert told_by(Book(), alone(date(2049, 6, 18)), TUESDAY) == {"mother": "invitation"}


def test_a_stage_before_the_day_the_council_begins_is_not_told() -> None:
    rules = replace(RULES, notify_from=TUESDAY)
    book = Book()
    found = book.run(alone(), TUESDAY, rules=rules)
    assert recorded(found, "mother") == {
        "invitation": ("before_notify_from", "its day, Mon 1 Jun 2026, is before Tue 2 Jun 2026")
    }
    assert told_by(book, alone(), REMIND, rules=rules) == {"mother": "reminder"}
    assert told_by(Book(), alone(), TUESDAY, rules=replace(RULES, notify_from=BOOKED)) == {"mother": "invitation"}


# ---- invitations


def test_whoever_was_invited_is_not_invited_again_and_is_reminded() -> None:
    about = alone(attendee=comes("mother", "parent", invited_on=BOOKED))
    book = Book()

    assert book.run(about, TUESDAY) == ()
    assert told_by(book, about, REMIND) == {"mother": "reminder"}


def test_without_the_councils_leave_nobody_is_invited_and_everybody_is_reminded() -> None:
    rules = replace(RULES, invite=False)
    book = Book()

    assert book.run(booked(), TUESDAY, rules=rules) == ()
    assert told_by(book, booked(), REMIND, rules=rules) == dict.fromkeys(EVERYBODY, "reminder")


def test_somebody_added_later_is_invited_then() -> None:
    book = Book()
    book.run(alone(), BOOKED)

    assert told_by(book, booked((*MOTHER, comes("worker")), chair_ref=None), date(2026, 6, 9)) == {"worker": "invitation"}


def test_somebody_added_after_the_reminders_hears_the_latest_stage() -> None:
    book = Book()
    for day in (BOOKED, REMIND):
        book.run(alone(), day)

    assert told_by(book, booked((*MOTHER, comes("worker")), chair_ref=None), date(2026, 6, 12)) == {"worker": "reminder"}


def test_whoever_has_declined_is_not_reminded_and_hears_of_changes() -> None:
    book = Book()
    book.run(alone(), BOOKED)
    declined = comes("mother", "parent", response="no")
    found = book.run(alone(attendee=declined), REMIND)
    assert recorded(found, "mother") == {"reminder": ("withdrawn", "the person has answered that they are not coming")}
    assert book.run(alone(attendee=declined), REMIND) == ()

    moved = alone(NEXT_DAY, attendee=declined)
    assert told_by(book, moved, date(2026, 6, 15)) == {"mother": "changed-1"}
    assert told_by(book, alone(NEXT_DAY, attendee=replace(declined, response="yes")), date(2026, 6, 16)) == {"mother": "reminder"}


# ---- a meeting that changes


@pytest.mark.parametrize(
    "changed",
    [
        {"day": NEXT_WEEK},
        {"at": 14},
        {"venue": "Room 3"},
        {"online_url": "https://meet.example.org/1"},
        {"ends_at": datetime(2026, 6, 18, 11)},
    ],
)
def test_whoever_was_told_hears_of_another_time_or_place_once(changed: dict[str, Any]) -> None:
    book = Book()
    book.run(alone(), BOOKED)
    found = book.run(alone(**changed), TUESDAY)

    assert told(found) == {"mother": "changed-1"}
    assert found[0].is_changed
    assert found[0].notice.sequence == 1
    assert book.run(alone(**changed), date(2026, 6, 3)) == ()


def test_a_notice_of_a_change_says_the_day_told_before() -> None:
    book = Book()
    book.run(alone(), BOOKED)
    (one,) = book.run(alone(NEXT_WEEK), TUESDAY)
    assert (one.notice.due_on, one.notice.was_due_on, one.notice.stage_on) == (NEXT_WEEK, DAY, TUESDAY)
    (other,) = book.run(alone(NEXT_WEEK, venue="Room 3"), TUESDAY)
    assert (other.notice.due_on, other.notice.was_due_on) == (NEXT_WEEK, None)


def test_whoever_was_told_nothing_hears_of_no_change() -> None:
    """Somebody whom a colleague invited was told by that colleague, of what is not known."""
    invited = comes("mother", "parent", invited_on=BOOKED)

    assert Book().run(alone(NEXT_WEEK, attendee=invited), TUESDAY) == ()


def test_what_moves_back_before_anybody_heard_is_no_change() -> None:
    book = Book()
    book.run(alone(), BOOKED)
    book.run(alone(NEXT_WEEK), TUESDAY, down=True)

    assert book.run(alone(), date(2026, 6, 3)) == ()


def test_what_moves_and_moves_back_is_told_twice_each_with_the_next_number() -> None:
    book = Book()
    for on, day in ((BOOKED, DAY), (TUESDAY, NEXT_WEEK), (date(2026, 6, 3), DAY)):
        book.run(alone(day), on)

    assert book.told("mother") == ["invitation", "changed-1", "changed-2"]
    assert [one.sequence for one in book.kept.values()] == [0, 1, 2]
    first, moved, back = book.kept.values()
    assert first.told_what == back.told_what != moved.told_what


def test_a_stage_that_goes_anyway_carries_the_change() -> None:
    book = Book()
    book.run(alone(), BOOKED)
    found = book.run(alone(at=14), REMIND)

    assert told(found) == {"mother": "reminder"}
    assert (found[0].is_changed, found[0].notice.sequence) == (True, 1)
    assert book.run(alone(at=14), date(2026, 6, 12)) == ()


def test_a_reminder_of_what_has_not_changed_keeps_its_number() -> None:
    book = Book()
    book.run(alone(), BOOKED)
    book.run(alone(at=14), TUESDAY)
    (one,) = book.run(alone(at=14), REMIND)

    assert (one.notice.key.stage, one.notice.sequence, one.is_changed) == ("reminder", 1, False)


def test_a_reminder_told_for_one_day_is_not_told_again_for_another() -> None:
    book = Book()
    for day in (BOOKED, REMIND):
        book.run(alone(), day)
    moved = alone(date(2026, 7, 16))  # Thursday
    assert told_by(book, moved, date(2026, 6, 12)) == {"mother": "changed-1"}
    assert told_by(book, moved, date(2026, 7, 9)) == {}  # Thursday
    assert told_by(book, moved, date(2026, 7, 15)) == {"mother": "tomorrow"}  # Wednesday


def test_a_reminder_that_nobody_heard_goes_before_the_new_day() -> None:
    book = Book()
    book.run(alone(booked_on=EVE), EVE)
    moved = alone(date(2026, 7, 16), booked_on=EVE)  # Thursday
    assert told_by(book, moved, DAY) == {"mother": "changed-1"}
    assert told_by(book, moved, date(2026, 7, 9)) == {"mother": "reminder"}  # Thursday


def test_a_stage_told_for_another_day_leaves_the_earlier_ones_of_the_new_day() -> None:
    book = Book()
    assert told_by(book, alone(), EVE) == {"mother": "tomorrow"}
    moved = alone(date(2026, 7, 16))  # Thursday
    assert told_by(book, moved, EVE) == {"mother": "changed-1"}
    assert told_by(book, moved, date(2026, 7, 9)) == {"mother": "reminder"}  # Thursday


def test_whoever_heard_is_not_invited_because_the_day_is_another() -> None:
    book = Book()
    assert told_by(book, alone(), REMIND) == {"mother": "reminder"}
    assert told_by(book, alone(date(2026, 7, 16)), date(2026, 6, 12)) == {"mother": "changed-1"}


@pytest.mark.parametrize("failing", [(), ("mother",)])
def test_an_earlier_stage_does_not_go_after_a_later_one_of_the_same_day(failing: tuple[str, ...]) -> None:
    book = Book()
    book.run(alone(), EVE, failing=failing)
    book.run(alone(date(2026, 6, 22)), EVE, down=True)  # a Monday, whose reminder was due on the 15th
    found = book.run(alone(), DAY)

    assert told(found) == {}
    assert recorded(found, "mother")["reminder"] == ("superseded", "tomorrow was reached before it went")


def test_a_missed_meeting_that_is_booked_for_another_day_is_told() -> None:
    book = Book()
    book.run(alone(), DAY + ONE_DAY)
    moved = alone(date(2026, 7, 16))  # Thursday

    assert told_by(book, moved, date(2026, 6, 22)) == {"mother": "invitation"}


def test_whoever_waits_for_a_day_to_come_hears_that_it_was_moved_into_the_past() -> None:
    book = Book()
    book.run(alone(), BOOKED)
    earlier = alone(date(2026, 6, 4))  # Thursday

    assert told_by(book, earlier, date(2026, 6, 5)) == {"mother": "changed-1"}
    assert "mother" not in told_by(Book(kept=dict(book.kept)), alone(date(2026, 6, 3)), DAY + ONE_DAY)


# ---- a meeting that is cancelled


def test_whoever_was_told_hears_once_that_it_is_cancelled() -> None:
    book = Book()
    book.run(alone(), BOOKED)
    off = alone(cancelled_on=date(2026, 6, 3))
    assert told_by(book, off, TUESDAY) == {}
    found = book.run(off, date(2026, 6, 3))
    assert told(found) == {"mother": "cancelled"}
    assert (found[0].notice.told_what, found[0].notice.sequence) == (CANCELLED, 1)
    assert book.run(off, REMIND) == ()


def test_a_meeting_cancelled_before_anybody_was_told_is_silent() -> None:
    assert Book().run(alone(cancelled_on=TUESDAY), TUESDAY) == ()


def test_a_meeting_booked_again_is_told_as_a_change_and_may_be_cancelled_again() -> None:
    book = Book()
    book.run(alone(), BOOKED)
    book.run(alone(cancelled_on=TUESDAY), TUESDAY)
    (again,) = book.run(alone(), date(2026, 6, 3))
    assert (again.notice.key.stage, again.notice.sequence, again.cancellations) == ("changed-1", 2, 1)
    (off,) = book.run(alone(cancelled_on=date(2026, 6, 4)), date(2026, 6, 4))
    assert (off.notice.key.stage, off.notice.sequence, off.cancellations) == ("cancelled-2", 3, 1)
    assert is_cancellation(off.notice.key.stage)
    assert not is_cancellation(again.notice.key.stage)


def test_a_meeting_cancelled_on_its_day_is_told_and_the_day_after_is_not() -> None:
    book = Book()
    book.run(alone(), BOOKED)
    late = Book(kept=dict(book.kept))

    assert told_by(book, alone(cancelled_on=DAY), DAY) == {"mother": "cancelled"}
    assert told_by(late, alone(cancelled_on=DAY), DAY + ONE_DAY) == {}


def test_whoever_waits_for_a_later_day_hears_of_the_cancellation() -> None:
    book = Book()
    book.run(alone(), BOOKED)
    brought_forward = alone(date(2026, 6, 4), cancelled_on=date(2026, 6, 5))

    assert told_by(book, brought_forward, date(2026, 6, 5)) == {"mother": "cancelled"}


@pytest.mark.parametrize("over", [{"held_on": TUESDAY}, {"closed_on": TUESDAY}])
def test_a_meeting_held_or_whose_case_has_closed_is_silent(over: dict[str, date]) -> None:
    book = Book()
    book.run(alone(), BOOKED)
    columns = {name: value for name, value in over.items() if name == "closed_on"}
    about = sitting(case(meeting(MOTHER, at=14, chair_ref=None, held_on=over.get("held_on")), **columns))

    assert told_by(Book(kept=dict(book.kept)), about, BOOKED) == {"mother": "changed-1"}
    assert book.run(about, TUESDAY) == ()


# ---- whoever may not be told


def test_whoever_may_not_be_told_is_recorded_once_with_the_reason() -> None:
    no = directory(person("mother", "family", contact="no"))
    book = Book()
    found = book.run(alone(), EVE, no)

    assert recorded(found, "mother") == {"tomorrow": ("withdrawn", "the person must not be contacted")}
    assert book.run(alone(), EVE, no) == ()


def test_whoever_may_be_told_after_all_is_told() -> None:
    book = Book()
    book.run(alone(), TUESDAY, directory(person("mother", "family", contact="no")))

    assert told_by(book, alone(), date(2026, 6, 3)) == {"mother": "invitation"}


def test_whoever_was_told_and_may_no_longer_be_hears_of_no_change() -> None:
    book = Book()
    book.run(alone(), BOOKED)
    found = book.run(alone(NEXT_WEEK), TUESDAY, directory(person("mother", "family", contact="no")))

    assert recorded(found, "mother") == {"changed-1": ("withdrawn", "the person must not be contacted")}


@pytest.mark.parametrize("changed", [{"day": NEXT_WEEK}, {"cancelled_on": TUESDAY}])
def test_whoever_left_the_list_hears_nothing_more(changed: dict[str, Any]) -> None:
    book = Book()
    book.run(booked((*MOTHER, comes("worker"))), BOOKED)
    found = book.run(booked((comes("worker"),), **changed), TUESDAY)

    assert set(told(found)) == {"chair", "worker"}
    ((outcome, reason),) = recorded(found, "mother").values()
    assert (outcome, reason) == ("withdrawn", "the person is no longer asked to this meeting")


def test_whoever_comes_back_to_the_list_hears_what_has_changed() -> None:
    book = Book()
    book.run(booked(MOTHER), BOOKED)
    book.run(booked((), NEXT_WEEK), TUESDAY)

    assert told_by(book, booked(MOTHER, NEXT_WEEK), date(2026, 6, 3)) == {"mother": "changed-1"}


def test_what_could_not_be_brought_to_somebody_is_not_tried_again_and_the_next_stage_is() -> None:
    book = Book()
    book.run(alone(), BOOKED, failing={"mother"})
    assert book.run(alone(), TUESDAY) == ()
    assert told_by(book, alone(), REMIND) == {"mother": "reminder"}
    assert [one.outcome for one in book.kept.values()] == ["failed", "told"]


def test_a_change_that_could_not_be_brought_is_tried_again_once_it_is_another() -> None:
    book = Book()
    book.run(alone(), BOOKED)
    book.run(alone(at=11), TUESDAY, failing={"mother"})
    assert book.run(alone(at=11), date(2026, 6, 3)) == ()
    assert told_by(book, alone(at=14), date(2026, 6, 4)) == {"mother": "changed-1"}


def test_a_message_taken_back_goes_the_next_day_with_what_is_true_then() -> None:
    book = Book()
    book.run(alone(), BOOKED, down=True)
    assert told_by(book, alone(), TUESDAY) == {"mother": "invitation"}
    book = Book()
    book.run(alone(), BOOKED, down=True)
    found = book.run(alone(), REMIND)
    assert told(found) == {"mother": "reminder"}
    assert recorded(found, "mother")["invitation"][0] == "superseded"


def test_what_is_on_its_way_to_somebody_counts_as_told() -> None:
    book = Book()
    book.run(alone(), BOOKED)
    book.kept = {key: replace(one, outcome="planned") for key, one in book.kept.items()}

    assert book.run(alone(), TUESDAY) == ()
    assert told_by(book, alone(at=14), TUESDAY) == {"mother": "changed-1"}


# ---- siblings


def test_siblings_meetings_are_one_notice_a_person() -> None:
    found = Book().run(sitting(case(meeting(), ref="C1"), case(meeting(), ref="C2")), TUESDAY)

    assert told(found) == dict.fromkeys(EVERYBODY, "invitation")
    assert {one.notice.key.case_ref for one in found} == {"C1"}
    assert {(one.notice.key.subject, one.notice.key.start_ref) for one in found} == {("M1", "M1")}
    assert {one.sitting.case_refs for one in found} == {("C1", "C2")}


def test_a_sibling_whose_case_closes_is_no_longer_spoken_of_and_nothing_is_told_twice() -> None:
    both = [case(meeting(), ref="C1", closed_on=TUESDAY), case(meeting(), ref="C2")]
    book = Book()
    book.run(sitting(*both), BOOKED)

    assert book.run(sitting(*both), TUESDAY) == ()
    found = book.run(sitting(*both), REMIND)
    assert told(found) == dict.fromkeys(EVERYBODY, "reminder")
    assert {(one.notice.key.case_ref, one.sitting.case_refs) for one in found} == {("C2", ("C2",))}


def test_a_time_that_siblings_do_not_agree_on_is_told_to_nobody_until_they_do() -> None:
    torn = sitting(case(meeting(MOTHER, chair_ref=None), ref="C1"), case(meeting(MOTHER, at=14, chair_ref=None), ref="C2"))
    book = Book()
    found = book.run(torn, TUESDAY)

    assert recorded(found, "mother") == {"invitation": ("withdrawn", "the cases that share it (C1, C2) do not agree on the time")}
    assert book.run(torn, TUESDAY) == ()
    assert told_by(book, alone(), date(2026, 6, 3)) == {"mother": "invitation"}


def test_a_cancellation_goes_though_siblings_do_not_agree_on_the_rest() -> None:
    book = Book()
    book.run(alone(), BOOKED)
    row = meeting(MOTHER, chair_ref=None, cancelled_on=TUESDAY)
    found = book.run(off := sitting(case(row, ref="C1"), case(replace(row, venue="Room 3"), ref="C2")), TUESDAY)

    assert told(found) == {"mother": "cancelled"}
    assert sent(off, notice=found[0].notice) is None


# ---- at the moment of sending


def sent(about: Sitting | None, on: date = TUESDAY, *, notice: MeetingNotice | None = None, **people: Any) -> str | None:
    """Why the mother's invitation, planned on the Monday, must not go."""
    (planned,) = Book().run(alone(), BOOKED)
    return why_not_sent(notice or planned.notice, about, directory=people.pop("people", directory()), rules=RULES, on=on)


def test_a_notice_that_is_still_true_goes() -> None:
    assert sent(alone()) is None
    assert sent(alone(), DAY) is None


@pytest.mark.parametrize(
    "about, on, why",
    [
        (None, TUESDAY, "no longer in the records"),
        (sitting(case(meeting(MOTHER), closed_on=TUESDAY)), TUESDAY, "the case has closed"),
        (alone(held_on=TUESDAY), TUESDAY, "held meanwhile"),
        (alone(cancelled_on=TUESDAY), TUESDAY, "cancelled meanwhile"),
        (alone(at=14), TUESDAY, "when or where it is has changed again"),
        (alone(), DAY + ONE_DAY, "its day has passed"),
        (booked((comes("worker"),)), TUESDAY, "the person is no longer asked to this meeting"),
    ],
)
def test_a_notice_that_is_no_longer_true_does_not_go(about: Sitting | None, on: date, why: str) -> None:
    assert sent(about, on) == why


def test_a_notice_to_somebody_who_may_no_longer_be_told_does_not_go() -> None:
    people = directory(person("mother", "family", contact="no"))

    assert sent(alone(), people=people) == "the person must not be contacted"


def test_a_reminder_to_somebody_who_has_declined_since_does_not_go() -> None:
    declined = alone(attendee=comes("mother", "parent", response="no"))
    (reminder,) = [one.notice for one in Book().run(alone(), REMIND) if one.reader]

    assert sent(declined, REMIND, notice=reminder) == "the person has answered that they are not coming"
    assert sent(declined) is None


def test_a_cancellation_of_a_meeting_booked_again_does_not_go() -> None:
    book = Book()
    book.run(alone(), BOOKED)
    (off,) = book.run(alone(cancelled_on=TUESDAY), TUESDAY)

    assert sent(alone(cancelled_on=TUESDAY), notice=off.notice) is None
    assert sent(alone(), notice=off.notice) == "when or where it is has changed again"


def test_a_cancellation_of_a_day_still_to_come_goes_though_the_records_day_has_passed() -> None:
    book = Book()
    book.run(alone(), BOOKED)
    forward = alone(date(2026, 6, 4), cancelled_on=date(2026, 6, 5))
    (off,) = book.run(forward, date(2026, 6, 5))

    assert sent(forward, date(2026, 6, 5), notice=off.notice) is None


# ---- what the ledger keeps


def test_the_ledger_keeps_no_place_in_clear() -> None:
    about = alone(venue="7 Sample Street", online_url="https://meet.example.org/secret-room")
    kept = repr([one.notice for one in Book().run(about, TUESDAY)])

    assert fingerprint(about, RULES.secret) in kept
    assert "Sample" not in kept
    assert "secret-room" not in kept


def test_a_notice_bears_the_day_of_the_meeting_and_the_kind_of_reader() -> None:
    notices = {one.notice.key.person_ref: one.notice for one in Book().run(booked(USUAL), TUESDAY)}

    assert {ref: one.role for ref, one in notices.items()} == {
        "chair": "chair",
        "mother": "family",
        "teacher": "partner",
        "worker": "staff",
    }
    assert {(one.due_on, one.stage_on, one.urgency) for one in notices.values()} == {(DAY, BOOKED, "reminder")}
    assert notices["mother"].reason == "you are asked to this meeting"
