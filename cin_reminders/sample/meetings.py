"""The meetings of a made-up plan, with all that each asks for; in time unless a story says otherwise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta

from cin_reminders.sample import names as names
from cin_reminders.sample.council import Council
from cin_reminders.sample.plans import Plan
from cin_reminders.sample.work import agree_usual_actions

START_TIMES = (time(9, 30), time(10, 0), time(11, 0), time(13, 0), time(14, 0), time(15, 45), time(16, 0))
AN_HOUR = timedelta(hours=1)
SOMETIMES = 0.05  # the share of meetings and records that were late in the past; nothing of it is late now


def meeting_days(
    council: Council, last_held_on: date, *, reviews: int, interval: str | None = None, late: Mapping[int, int] | None = None
) -> list[date]:
    """The days of an initial meeting and so many later ones, the last as given, nearly all in time after the one before.

    ``late`` says by how many working days a meeting was late, by its place: 1 is the first after the initial meeting.
    """
    diary, rng = council.diary, council.rng
    days = [last_held_on]
    for place in range(reviews, 0, -1):
        earliest = diary.earliest_start(interval or council.practice.review_length(place), days[0])
        lateness = (late or {}).get(place) or (rng.randint(1, 5) if council.chance(SOMETIMES) else 0)
        previous = diary.before(earliest, lateness) if lateness else diary.after(earliest, rng.randrange(7))
        days.insert(0, min(previous, diary.before(days[0], 1)))
    return days


def start_before(council: Council, first_meeting_on: date) -> date:
    """A working day from which the first meeting was in time."""
    diary, length = council.diary, council.practice.first_meeting
    in_time = [n for n in range(2, 16) if diary.limit(diary.before(first_meeting_on, n), length) >= first_meeting_on]
    return diary.before(first_meeting_on, council.rng.choice(in_time or [1]))


def hold_meetings(
    plan: Plan,
    days: Sequence[date],
    *,
    closing: bool = False,
    next_on: date | None = None,
    shared: Mapping[int, int | None] | None = None,
    outcomes: Mapping[int, str] | None = None,
) -> None:
    """Hold the initial meeting and every later one, and do all that each asks for.

    ``shared`` says after how many working days a meeting's record and plan were shared, or None for never; ``outcomes`` what
    it decided. Both by the meeting's place, counted back from the last: -1.
    """
    council = plan.council
    for place, held_on in enumerate(days):
        from_last = place - len(days)
        kind = "initial" if place == 0 else "closing" if closing and from_last == -1 else "review"
        _hold(
            plan,
            kind,
            held_on,
            booked_on=plan.started_on if place == 0 else _booked_before(council, held_on, days[place - 1]),
            outcome=(outcomes or {}).get(from_last) or _usual_outcome(plan, kind),
            next_on=next_on if from_last == -1 else days[place + 1],
            shared_after=(shared or {}).get(from_last, _usual_delay(council, held_on, latest=from_last == -1)),
        )


def book_meeting(
    plan: Plan, scheduled_on: date, *, kind: str = "review", booked_on: date | None = None, cancelled_on: date | None = None
) -> str:
    """Book a meeting that has not been held, and invite those who should come; returns its reference."""
    earliest = plan.held[-1] if plan.held else plan.started_on
    booked_on = booked_on or _booked_before(plan.council, scheduled_on, earliest)
    rows = _meeting_rows(plan, kind, scheduled_on, booked_on, recorded_on=booked_on, cancelled_on=cancelled_on)
    return str(rows[0]["meeting_ref"])


def _hold(
    plan: Plan, kind: str, held_on: date, *, booked_on: date, outcome: str, next_on: date | None, shared_after: int | None
) -> None:
    council, diary, rng, practice = plan.council, plan.council.diary, plan.council.rng, plan.council.practice
    shared_on = None if shared_after is None else council.by_now(diary.after(held_on, shared_after))
    outcome_on = council.by_now(diary.after(held_on, rng.randrange(3)))
    rows = _meeting_rows(
        plan,
        kind,
        held_on,
        booked_on,
        held_on=held_on,
        recorded_on=council.recorded_after(held_on),
        next_review_on=None if outcome == "close" else next_on,
        outcome=outcome if outcome_on else None,
        outcome_recorded_on=outcome_on,
        record_shared_on=shared_on,
        plan_shared_on=shared_on,
    )
    plan.held.append(held_on)
    plan.meetings.append(rows)
    meeting_ref = str(rows[0]["meeting_ref"])
    for event in practice.after_meeting:
        plan.event(event, diary.after(held_on, rng.randint(1, 4)), meeting_ref=meeting_ref)
    if practice.parents_agree and shared_on:
        plan.event("parents_agreement_recorded", diary.after(shared_on, rng.randint(1, 4)), meeting_ref=meeting_ref)
    if outcome == "assess":
        plan.event("reassessment_started", diary.after(held_on, rng.randint(1, 4)), meeting_ref=meeting_ref)
    if kind != "closing" and outcome != "close":
        agree_usual_actions(plan, held_on, next_on)


def _meeting_rows(plan: Plan, kind: str, scheduled_on: date, booked_on: date, **values: object) -> list[dict[str, object]]:
    council, rng, household = plan.council, plan.council.rng, plan.household
    meeting_ref = council.ref("M")
    starts_at = datetime.combine(scheduled_on, rng.choice(START_TIMES))
    chair_ref = None if council.chance(0.04) and "held_on" not in values else _chair(plan, kind, scheduled_on)
    attending = "yes" if chair_ref == household.lead_ref else rng.choice(("yes",) * 6 + (None, None, "no"))
    online = council.chance(0.2)
    row: dict[str, object] = {
        "meeting_ref": meeting_ref,
        "kind": kind,
        "scheduled_at": starts_at,
        "ends_at": starts_at + AN_HOUR,
        "booked_on": booked_on,
        "venue": None if online else rng.choice(names.VENUES),
        "venue_accessible": None if online else rng.choice(("yes", "yes", "yes", "no", None)),
        "online_url": names.MEETINGS_SITE + meeting_ref if online else None,
        "chair_ref": chair_ref,
        "note_taker_ref": _note_taker(plan, chair_ref, attending),
        "lead_attending": attending,
    }
    rows = [council.add("cin_meetings", case_ref=case_ref, **(row | values)) for case_ref in plan.cases]
    invited_on = council.by_now(min(council.diary.after(booked_on, rng.randrange(3)), council.diary.before(scheduled_on, 1)))
    for person_ref, capacity in household.attendees:
        council.add(
            "cin_attendees",
            meeting_ref=meeting_ref,
            person_ref=person_ref,
            capacity=capacity,
            invited_on=invited_on,
            response=rng.choice(("yes", "yes", "yes", "no", "unsure", None)) if invited_on else None,
        )
    if council.practice.assessment_before_meeting:
        shared_on = max(booked_on, council.diary.before(scheduled_on, rng.randint(3, 6)))
        plan.event("assessment_shared", shared_on, meeting_ref=meeting_ref)
    return rows


def _chair(plan: Plan, kind: str, day: date) -> str:
    if plan.coordinator_ref and plan.coordinator_from and plan.coordinator_from <= day:
        return plan.coordinator_ref
    return plan.household.team.manager_ref if kind != "review" else plan.household.lead_ref


def _note_taker(plan: Plan, chair_ref: str | None, lead_attending: str | None) -> str | None:
    household = plan.household
    if plan.council.chance(0.06):
        return None
    busy = chair_ref == household.lead_ref or lead_attending == "no"
    return household.team.note_taker_ref if busy else household.lead_ref


def _usual_delay(council: Council, held_on: date, *, latest: bool) -> int:
    """How many working days a meeting's record and plan take: too many only where they have arrived since."""
    soonest, longest = council.practice.share_days
    too_long = longest + council.rng.randint(7, 12)
    if not latest and council.chance(SOMETIMES) and council.diary.after(held_on, too_long) <= council.on:
        return too_long
    return council.rng.randint(soonest, longest)


def _booked_before(council: Council, scheduled_on: date, earliest: date) -> date:
    """Meetings are booked some three weeks ahead, and none before the one that came before it."""
    return max(earliest, min(council.on, council.diary.before(scheduled_on, council.rng.randint(12, 18))))


def _usual_outcome(plan: Plan, kind: str) -> str:
    if kind == "closing":
        return "close"
    return plan.council.rng.choice(("continue",) * 12 + ("amend",) * 6 + ("assess",)) if kind == "review" else "continue"
