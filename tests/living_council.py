"""A made-up council over thirteen weeks: plans begin, run and close, and things slip as often in one week as in the next.

The sample council is one day's picture: what is late lies around its business date, and its past went well. Here the same
building blocks tell each practitioner's cases as lives that follow each other, so that any day looks like any other; and the
records of a day hold only what somebody had recorded by the evening before.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

from cin_reminders.case import Attendee, Case, Extract, Meeting
from cin_reminders.records import read_records
from cin_reminders.sample import write_sqlite
from cin_reminders.sample.council import Council, Team
from cin_reminders.sample.families import a_household
from cin_reminders.sample.meetings import book_meeting, hold_meetings
from cin_reminders.sample.names import STAFF_DOMAIN
from cin_reminders.sample.plans import Plan, open_plan
from cin_reminders.sample.practice import practice_of
from cin_reminders.sample.staff import CASES_FOR_A_LEAD, hire_staff
from cin_reminders.sample.work import record_visit

CASELOAD = 18  # cases of one practitioner
FIRST_ON = date(2026, 9, 7)  # a Monday; no bank holiday lies in the thirteen weeks
LAST_ON = date(2026, 12, 4)  # a Friday
WARM_UP = timedelta(weeks=60)  # longer than the longest plan, so that on the first day plans of every age are running

# What goes wrong: one in ten of everything is late, by so many working days. It is set so that, as in the sample council, about
# one open case in ten has something overdue on any day.
SLIPS = 0.07
LATE_BY = (1, 1, 1, 2, 2, 3, 3, 5, 7, 8, 12, 30)
RECORDED_LATE = 0.03
# Sudden events of one plan in one week, as often as in the sample council.
HARM, CONSENT, CHANGE = 0.0024, 0.003, 0.003
TRANSFERS = {"norfolk": 0.04}  # of a hundred plans so many begin, and so many end, with a move


@dataclass(frozen=True, kw_only=True)
class LivingCouncil:
    """A council's records over the whole time, and who works there."""

    extract: Extract
    teams: tuple[Team, ...]

    def as_it_stood(self, on: date) -> Extract:
        """The records as the run of a morning reads them: nothing that was recorded on that day or later."""
        return replace(self.extract, cases=tuple(as_it_stood(case, on) for case in self.extract.cases if _known(case, on)))


def living_council(policy: str, cases: int, *, last_on: date = LAST_ON, seed: int = 2026) -> LivingCouncil:
    """A council in which about so many cases are open on each day of the time, eighteen for each practitioner."""
    council = Council(practice=practice_of(policy), on=last_on, seed=seed)
    practitioners = round(cases / CASELOAD)
    hire_staff(council, practitioners * CASES_FOR_A_LEAD)
    teams = _as_many_teams_as_needed(council, practitioners)
    leads = [(ref, team) for team in teams for ref in team.lead_refs]
    _a_week_off_for_everybody([ref for ref, _ in leads], council)
    for ref, team in leads:
        left = CASELOAD
        while left:
            children = min(left, council.rng.choice((2, 2, 2, 3, 3, 4)) if council.chance(0.09) else 1)
            _lives(council, policy, ref, team, children)
            left -= children
    with tempfile.TemporaryDirectory() as folder:
        write_sqlite(council.rows, Path(folder) / "records.db")
        extract = read_records("sqlite:///records.db", queries={}, date_format=None, base=Path(folder))
    assert not extract.rejections
    assert not extract.disputed
    return LivingCouncil(extract=extract, teams=tuple(teams))


def _as_many_teams_as_needed(council: Council, practitioners: int) -> list[Team]:
    """Teams as large as in the sample council, up to so many practitioners; the last may be smaller."""
    rows = {row["person_ref"]: row for row in council.rows["cin_people"]}
    found: list[Team] = []
    for team in council.teams:
        # Not those of the sample council's few who cannot be written to: in a small council they would be half the staff.
        leads = [ref for ref in team.lead_refs if _can_be_told(rows[ref])]
        staffed = replace(team, lead_refs=tuple(leads[:practitioners]))
        practitioners -= len(staffed.lead_refs)
        if staffed.lead_refs:
            found.append(staffed)
            council.team_of.update(dict.fromkeys(staffed.lead_refs, staffed))
    return found


def _can_be_told(person: dict[str, object]) -> bool:
    at_the_council = str(person["email"]).endswith("@" + STAFF_DOMAIN)
    return at_the_council and person["contact"] == "yes" and person["active_until"] is None


def _a_week_off_for_everybody(leads: list[str], council: Council) -> None:
    """Each practitioner is away for one of the thirteen weeks, and the next one in the list stands in."""
    rows = {row["person_ref"]: row for row in council.rows["cin_people"]}
    for place, ref in enumerate(leads):
        from_on = FIRST_ON + timedelta(weeks=place % 13)
        deputy_ref = leads[(place + 1) % len(leads)]
        rows[ref] |= {"away_from": from_on, "away_until": from_on + timedelta(days=4), "deputy_ref": deputy_ref}


# ---- one place in a practitioner's caseload


def _lives(council: Council, policy: str, lead_ref: str, team: Team, children: int) -> None:
    """One plan after the other, from before the time counted up to its last day."""
    begins_on = council.diary.after(FIRST_ON - WARM_UP - timedelta(days=council.rng.randrange(420)), 0)
    while begins_on <= council.on:
        begins_on = council.diary.after(_a_plan(council, policy, lead_ref, team, children, begins_on), council.rng.randint(1, 10))


def _a_plan(council: Council, policy: str, lead_ref: str, team: Team, children: int, started_on: date) -> date:
    """A plan from its agreement to its closing, as far as it has come by now; returns the day it closes."""
    diary, rng = council.diary, council.rng
    days = _meetings_from(council, started_on, reviews=rng.randint(0, council.practice.most_reviews))
    closes_on = diary.after(days[-1], rng.randint(1, 4) + _slip(council))
    if closes_on < FIRST_ON - timedelta(days=30):
        return closes_on  # over before anybody counts
    council.free_leads = {True: [(0, lead_ref)], False: [(0, lead_ref)]}
    household = a_household(council, children=children, youngest=4, disabilities=team.disabilities)
    closed_on = council.by_now(closes_on)
    plan = open_plan(council, household, started_on, closed_on=closed_on)
    held = [day for day in days if day <= council.on]
    to_come = days[len(held) :]
    ends = not to_come and len(held) > 1
    first_row = {relation: len(council.rows[relation]) for relation in ("cin_actions", "cin_events")}
    if held:
        hold_meetings(
            plan,
            held,
            closing=ends and council.chance(0.7),
            next_on=to_come[0] if to_come else None,
            outcomes={-1: "close"} if ends else None,
            shared={-n: 10 + late for n in range(1, len(held) + 1) if (late := _slip(council))},
        )
    if to_come:
        book_meeting(plan, to_come[0], kind="review" if held else "initial", booked_on=None if held else started_on)
    for row in council.rows["cin_actions"][first_row["cin_actions"] :]:
        _let_slip(council, row, "completed_on", plan.until)
    for row in council.rows["cin_events"][first_row["cin_events"] :]:
        _let_slip(council, row, "happened_on", plan.until)
        row["recorded_on"] = max(row["recorded_on"], row["happened_on"])  # type: ignore[type-var]
    for rows in plan.meetings:
        late = _slip(council)
        for row in rows:
            _let_slip(council, row, "outcome_recorded_on", council.on, by=late)
    _visits(plan)
    _sudden_events(plan)
    if council.chance(TRANSFERS.get(policy, 0)):
        _moved_in(plan)
    if closed_on and council.chance(TRANSFERS.get(policy, 0)):
        _moved_out(plan, closed_on)
    return closes_on


def _meetings_from(council: Council, started_on: date, *, reviews: int) -> list[date]:
    """The days of the first meeting and of so many reviews: up to six working days before the limit, or after it."""
    diary, rng, practice = council.diary, council.rng, council.practice
    days: list[date] = []
    for place in range(reviews + 1):
        start = days[-1] if days else started_on
        limit = diary.limit(start, practice.review_length(place) if place else practice.first_meeting)
        late = _slip(council)
        day = diary.after(limit, late) if late else diary.before(diary.before(limit, 0), rng.randrange(7 if place else 4))
        days.append(max(day, diary.after(start, 1)))
    return days


def _visits(plan: Plan) -> None:
    """Visits as often as the plan says, up to four working days before the limit, or after it."""
    council, day = plan.council, plan.started_on
    diary, rng = council.diary, council.rng
    interval = plan.visit_interval or "4 weeks"
    while True:
        limit, late = diary.limit(day, interval), _slip(council)
        following = diary.after(limit, late) if late else max(diary.before(limit, rng.randrange(5)), diary.after(day, 1))
        if following > plan.until:
            return
        unseen_on = diary.before(following, 2)
        if council.chance(0.06) and unseen_on > day:
            record_visit(plan, unseen_on, child_seen="no")
        seen = rng.choice(("yes",) * 9 + (None,))
        record_visit(plan, following, child_seen=seen, recorded_late=14 if council.chance(RECORDED_LATE) else 0)
        day = following


def _sudden_events(plan: Plan) -> None:
    """Harm, consent withdrawn, a significant change: each answered in time for the most part."""
    council = plan.council
    day = plan.started_on + timedelta(days=council.rng.randrange(7))
    while day <= plan.until:
        for kind, share, answer, usual in (
            ("harm_identified", HARM, "strategy_discussion_held", 1),
            ("consent_withdrawn", CONSENT, "next_steps_decision_recorded", 1),
            ("significant_change", CHANGE, "", 0),
        ):
            if council.chance(share):
                happened_on = council.diary.after(day, 0)
                plan.event(kind, happened_on)
                if answer:
                    plan.event(answer, council.diary.after(happened_on, usual + _slip(council)))
        day += timedelta(weeks=1)


def _moved_in(plan: Plan) -> None:
    diary, came_on = plan.council.diary, plan.council.diary.before(plan.started_on, 1)
    for case_ref in plan.cases:
        plan.council.add(
            "cin_transfers",
            transfer_ref=plan.council.ref("T"),
            case_ref=case_ref,
            direction="in",
            resident_on=came_on,
            known_on=diary.before(came_on, 3),
            notified_on=diary.before(came_on, 2),
            documents_sent="assessment,plan,minutes",
            documents_sent_on=came_on,
            accepted_on=diary.after(came_on, 1),
        )


def _moved_out(plan: Plan, closed_on: date) -> None:
    council, diary = plan.council, plan.council.diary
    known_on = diary.before(closed_on, 16)
    for case_ref in plan.cases:
        told_on, sent_on = (diary.after(known_on, usual + _slip(council)) for usual in (1, 3))
        council.add(
            "cin_transfers",
            transfer_ref=council.ref("T"),
            case_ref=case_ref,
            direction="out",
            known_on=known_on,
            notified_on=told_on,
            permission_sought_on=told_on,
            documents_sent="assessment,plan,minutes,summary",
            documents_sent_on=sent_on,
            agencies_told_on=sent_on,
            accepted_on=diary.after(told_on, 4),
        )


def _slip(council: Council) -> int:
    """By how many working days something is late: mostly 0."""
    return council.rng.choice(LATE_BY) if council.chance(SLIPS) else 0


def _let_slip(council: Council, row: dict[str, object], column: str, until: date, *, by: int | None = None) -> None:
    """Put a day of a row off by so many working days; what then lies in the future has not happened."""
    late, day = _slip(council) if by is None else by, row[column]
    if late and isinstance(day, date):
        later = council.diary.after(max(day, row.get("due_on") or day), late)  # type: ignore[call-overload]
        row[column] = later if later <= until or column == "happened_on" else None


# ---- the records of one morning


def _known(case: Case, on: date) -> bool:
    return any(_recorded(one.recorded_on or one.happened_on, on) for one in case.events)


def as_it_stood(case: Case, on: date) -> Case:
    """A case as its records stood on the morning of a day: without what was recorded that day or later."""
    return replace(
        case,
        closed_on=_by(case.closed_on, on),
        facts=tuple(one for one in case.facts if one.since_on is None or _recorded(one.since_on, on)),
        events=tuple(one for one in case.events if _recorded(one.recorded_on or one.happened_on, on)),
        meetings=tuple(_meetings_by(case, on)),
        actions=tuple(
            one if _by(one.completed_on, on) == one.completed_on else replace(one, completed_on=None)
            for one in case.actions
            if _recorded(one.recorded_on or one.agreed_on, on)
        ),
        visits=tuple(one for one in case.visits if _recorded(one.recorded_on, on)),
        transfers=tuple(
            replace(
                one,
                notified_on=_by(one.notified_on, on),
                permission_sought_on=_by(one.permission_sought_on, on),
                documents_sent=one.documents_sent if _by(one.documents_sent_on, on) else (),
                documents_sent_on=_by(one.documents_sent_on, on),
                agencies_told_on=_by(one.agencies_told_on, on),
                accepted_on=_by(one.accepted_on, on),
            )
            for one in case.transfers
            if _recorded(one.known_on, on)
        ),
    )


def _meetings_by(case: Case, on: date) -> Iterator[Meeting]:
    for one in case.meetings:
        held_is_known = one.held_on is not None and _recorded(one.recorded_on, on)
        if not held_is_known and not _recorded(one.booked_on, on):
            continue
        days = (one.outcome_recorded_on, one.record_shared_on, one.plan_shared_on)
        if held_is_known and all(day is None or day < on for day in days):
            yield one  # nothing of it was still to come
            continue
        yield replace(
            one,
            held_on=one.held_on if held_is_known else None,
            next_review_on=one.next_review_on if held_is_known else None,
            outcome=one.outcome if held_is_known and _by(one.outcome_recorded_on, on) else None,
            outcome_recorded_on=_by(one.outcome_recorded_on, on),
            record_shared_on=_by(one.record_shared_on, on),
            plan_shared_on=_by(one.plan_shared_on, on),
            attendees=tuple(_attendee_by(attendee, on) for attendee in one.attendees),
        )


def _attendee_by(attendee: Attendee, on: date) -> Attendee:
    known = _by(attendee.invited_on, on)
    return attendee if known == attendee.invited_on else replace(attendee, invited_on=known, response=None)


def _recorded(day: date | None, on: date) -> bool:
    return day is not None and day < on


def _by(day: date | None, on: date) -> date | None:
    return day if _recorded(day, on) else None
