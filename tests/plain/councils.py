"""Made-up councils that look for trouble: valid records on awkward days, the same for the same seed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from .duties_records import Council, Row

FIRST = date(2025, 9, 1)
LAST = date(2026, 12, 31)
# Weekends, bank holidays and the ends of months that clip.
AWKWARD = (
    *(date(2025, 11, 30), date(2025, 12, 24), date(2025, 12, 25), date(2025, 12, 26), date(2025, 12, 27), date(2025, 12, 31)),
    *(date(2026, 1, 1), date(2026, 1, 3), date(2026, 2, 28), date(2026, 3, 31), date(2026, 4, 2), date(2026, 4, 3)),
    *(date(2026, 4, 4), date(2026, 4, 6), date(2026, 4, 7), date(2026, 5, 1), date(2026, 5, 4), date(2026, 5, 22)),
    *(date(2026, 5, 25), date(2026, 8, 28), date(2026, 8, 31), date(2026, 9, 30), date(2026, 11, 30), date(2026, 12, 24)),
    *(date(2026, 12, 25), date(2026, 12, 28), date(2026, 12, 31)),
)
LIMITS = (5, 7, 10, 14, 21, 28, 42, 56, 84, 91, 182)
INTERVALS = (
    "4 weeks",
    "6 weeks",
    "8 weeks",
    "12 weeks",
    "3 months",
    "6 months",
    "1 month",
    "20 working days",
    "30 days",
    "40 calendar days",
)
VISIT_INTERVALS = ("10 working days", "20 working days", "4 weeks", "6 weeks", "28 days", "1 month")
YES_NO = ("disabled", "stable_long_term_plan", "exceptional_circumstances", "complex", "long_term_support", "high_support")
KINDS_EVERYWHERE = (
    "plan_agreed",
    "significant_change",
    "harm_identified",
    "strategy_discussion_held",
    "next_steps_decision_recorded",
)
KINDS = {
    "cumbria": ("oversight_recorded", "oversight_recorded", "plan_agreed"),
    "salford": (
        "coordinator_criteria_met",
        "stepped_down_from_cp",
        "supervision_order_made",
        "coordinator_allocated",
        "extension_consultation_recorded",
        "renewal_decision_recorded",
        "parents_agreement_recorded",
        "reassessment_started",
    ),
    "specialist-childrens-services": ("assessment_shared", "assessment_shared", "assessment_shared"),
    "psw-brief-2020": (
        "assessment_completed",
        "assessment_completed",
        "threshold_discussion_held",
        "consent_refused",
        "consent_withdrawn",
        "stepped_down_from_cp",
        "planning_meeting_date_set",
    ),
    "norfolk": ("plan_recorded", "plan_recorded", "plan_agreed"),
}
DERIVED_KINDS = ("initial_meeting_held", "review_meeting_held", "record_shared", "plan_shared", "became_resident", "case_closed")


class _Chance:
    """The dice of one case: days cluster round a few of their own, so that things fall on one day and on the next."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.anchors = [self._anywhere() for _ in range(4)] + [random.choice(AWKWARD)]

    def _anywhere(self) -> date:
        return FIRST + timedelta(days=self.random.randrange((LAST - FIRST).days))

    def odds(self, share: float) -> bool:
        return self.random.random() < share

    def day(self) -> date:
        """A day: near one of the case's own, or a limit away from one, or awkward, or anywhere."""
        throw = self.random.random()
        if throw < 0.35:
            return self.random.choice(self.anchors) + timedelta(days=self.random.choice((0, 0, 0, 1, -1, 2)))
        if throw < 0.65:
            return self.random.choice(self.anchors) + timedelta(
                days=self.random.choice(LIMITS) + self.random.choice((-1, 0, 0, 1))
            )
        if throw < 0.8:
            return self.random.choice(AWKWARD)
        return self._anywhere()

    def near(self, day: date, *, before: float = 0.15) -> date:
        """A day soon after another, now and then before it, or the same."""
        if self.odds(before):
            return day - timedelta(days=self.random.choice((1, 1, 3, 10)))
        return day + timedelta(days=self.random.choice((0, 0, 1, 2, 3, 5, 7, 8, 10, 14, 15, 21, 28, 29, 40)))

    def maybe(self, share: float, make: Callable[[], Any]) -> Any:
        return make() if self.odds(share) else None


def make_council(seed: int, cases: int, policy: str) -> Council:
    """A council of so many cases, made for one policy: the same rows for the same arguments."""
    random = Random(f"{seed} {policy}")
    council: Council = {
        name: []
        for name in (
            "cin_cases",
            "cin_facts",
            "cin_events",
            "cin_meetings",
            "cin_attendees",
            "cin_people",
            "cin_roles",
            "cin_actions",
            "cin_visits",
            "cin_transfers",
        )
    }
    _add_people(council)
    for number in range(cases):
        _add_case(council, random, policy, f"C{seed}-{number:03d}", number)
    return council


def _add_people(council: Council) -> None:
    for number in range(12):
        kind = "professional" if number < 8 else "family" if number < 11 else "child"
        council["cin_people"].append(
            {"person_ref": f"P{number:02d}", "name": f"Person {number}", "kind": kind, "email": f"p{number:02d}@council.gov.uk"}
        )
    for role, number in (("lead_practitioner", 0), ("team_manager", 1), ("service_manager", 2), ("cin_coordinator", 3)):
        council["cin_roles"].append(
            {"case_ref": None, "team": "North", "role": role, "person_ref": f"P{number:02d}", "from_on": None, "until_on": None}
        )


def _add_case(council: Council, random: Random, policy: str, case_ref: str, number: int) -> None:
    chance = _Chance(random)
    plan_types = ["child_in_need"] * 6 + ["supervision_order", "short_breaks", "family_support", "family_help"]
    sibling = number > 0 and chance.odds(0.2)
    family_ref = council["cin_cases"][-1]["family_ref"] if sibling else f"F-{case_ref}"
    council["cin_cases"].append(
        {
            "case_ref": case_ref,
            "label": case_ref,
            "plan_type": random.choice(plan_types),
            "family_ref": family_ref,
            "team": "North",
            "born_on": chance.maybe(0.8, lambda: date(2014, 6, 15)),
            "expected_on": None,
            "closed_on": chance.maybe(0.3, chance.day),
            "review_interval": chance.maybe(0.4, lambda: random.choice(INTERVALS)),
            "visit_interval": chance.maybe(0.5, lambda: random.choice(VISIT_INTERVALS)),
            "record_url": None,
        }
    )
    before = council["cin_cases"][-2] if sibling else None
    meetings = _add_meetings(council, chance, case_ref, before["case_ref"] if before else None)
    # Facts, events and the rest then fall on the days of the meetings too.
    chance.anchors += [m["held_on"] for m in meetings if m["held_on"] is not None]
    _add_facts(council, chance, case_ref)
    _add_events(council, chance, policy, case_ref, meetings)
    if before is not None and before["closed_on"] is not None and chance.odds(0.5):
        _reopen(council, chance, case_ref, before["closed_on"])
    _add_actions(council, chance, case_ref)
    _add_visits(council, chance, case_ref)
    _add_transfers(council, chance, policy, case_ref)
    _add_coordinators(council, chance, case_ref)


def _reopen(council: Council, chance: _Chance, case_ref: str, closed_on: date) -> None:
    agreed_on = closed_on + timedelta(days=chance.random.choice((0, 1, 30)))
    row = {"event_ref": f"E-{case_ref}-again", "case_ref": case_ref, "kind": "plan_agreed", "happened_on": agreed_on}
    council["cin_events"].append({**row, "recorded_on": None, "meeting_ref": None})


def _add_facts(council: Council, chance: _Chance, case_ref: str) -> None:
    def add(fact: str, value: str, since_on: date | None, until_on: date | None) -> None:
        if since_on is not None and until_on is not None and until_on < since_on:
            until_on = since_on
        row = {"case_ref": case_ref, "fact": fact, "value": value, "since_on": since_on, "until_on": until_on}
        if row not in council["cin_facts"]:
            council["cin_facts"].append(row)

    random = chance.random
    for fact in (*YES_NO, "assessment_sharing_agreed", "disabled", "stable_long_term_plan", "exceptional_circumstances"):
        if chance.odds(0.5):
            since_on = chance.maybe(0.7, chance.day)
            add(fact, random.choice(("yes", "yes", "no")), since_on, chance.maybe(0.2, chance.day))
            if chance.odds(0.15):
                add(fact, random.choice(("yes", "no")), since_on, None)
    for fact, lengths in (("review_interval", INTERVALS), ("visit_interval", VISIT_INTERVALS)):
        if chance.odds(0.4):
            since_on = chance.maybe(0.75, chance.day)
            add(fact, random.choice(lengths), since_on, chance.maybe(0.2, chance.day))
            if chance.odds(0.15):
                add(fact, random.choice(lengths), since_on, None)
            if chance.odds(0.3):
                add(fact, random.choice(lengths), chance.day(), None)
    for fact in ("supervision_order_ends", "planning_meeting_on"):
        for _ in range(random.choice((0, 1, 1, 2))):
            add(fact, chance.day().isoformat(), chance.maybe(0.6, chance.day), chance.maybe(0.1, chance.day))
    if chance.odds(0.4):
        add(
            "consent",
            random.choice(("given", "refused", "withdrawn")),
            chance.maybe(0.8, chance.day),
            chance.maybe(0.2, chance.day),
        )
    for fact in ("child_protection_plan", "looked_after"):
        if chance.odds(0.25):
            since_on = chance.maybe(0.85, chance.day)
            ends = chance.odds(0.6)
            until_on = chance.near(since_on or chance.day(), before=0) if ends else None
            add(fact, "yes", since_on, until_on)
            if chance.odds(0.25):
                add(fact, random.choice(("yes", "no", "no")), chance.near(since_on or chance.day(), before=0), None)
    if chance.odds(0.1):
        add("looked_after", "no", None, None)


def _add_meetings(council: Council, chance: _Chance, case_ref: str, sibling_ref: str | None) -> list[Row]:
    random = chance.random
    made: list[Row] = []
    shared = [m for m in council["cin_meetings"] if m["case_ref"] == sibling_ref]
    for meeting in random.sample(shared, k=min(2, len(shared))):
        row = dict(meeting, case_ref=case_ref)
        if row["held_on"] is not None and chance.odds(0.3):
            row["outcome"] = random.choice((None, "continue", "amend", "close", "harm"))
        made.append(row)
    previous = min(chance.anchors)
    for number in range(random.choice((0, 1, 2, 3, 3, 4, 5))):
        kind = (
            "initial" if number == 0 and chance.odds(0.8) else random.choice(("review", "review", "review", "initial", "closing"))
        )
        day = (
            previous + timedelta(days=random.choice(LIMITS) + random.choice((-1, 0, 0, 1))) if chance.odds(0.6) else chance.day()
        )
        previous = day
        was_held = chance.odds(0.8)
        held_on = (day if chance.odds(0.85) else chance.near(day)) if was_held else None
        outcome = random.choice((None, "continue", "continue", "amend", "close", "assess", "harm")) if was_held else None

        def after_it(held_on: date | None = held_on, day: date = day) -> date:
            return chance.near(held_on or day)

        made.append(
            {
                "meeting_ref": f"M-{case_ref}-{number}",
                "case_ref": case_ref,
                "kind": kind,
                "scheduled_at": datetime(day.year, day.month, day.day, random.choice((0, 9, 16)), random.choice((0, 30))),
                "booked_on": chance.maybe(0.75, lambda day=day: day - timedelta(days=random.choice((0, 1, 3, 7, 10, 21, -1)))),  # type: ignore[misc]
                "recorded_on": held_on + timedelta(days=random.choice((0, 1, 12))) if held_on and chance.odds(0.5) else None,
                "ends_at": None,
                "venue": "Family centre",
                "venue_accessible": None,
                "online_url": None,
                "held_on": held_on,
                "cancelled_on": None if was_held or chance.odds(0.6) else chance.near(day, before=0.7),
                "chair_ref": chance.maybe(0.8, lambda: "P00"),
                "note_taker_ref": None,
                "lead_attending": chance.maybe(0.5, lambda: random.choice(("yes", "no"))),
                "next_review_on": after_it() if was_held and chance.odds(0.6) else None,
                "outcome": outcome,
                "outcome_recorded_on": after_it() if was_held and chance.odds(0.9 if outcome else 0.1) else None,
                "record_shared_on": after_it() if chance.odds(0.7 if was_held else 0.05) else None,
                "plan_shared_on": after_it() if chance.odds(0.6 if was_held else 0.05) else None,
            }
        )
    council["cin_meetings"].extend(made)
    known = {a["meeting_ref"] for a in council["cin_attendees"]}
    for meeting in made:
        if meeting["meeting_ref"] in known:
            continue
        start = meeting["booked_on"] or meeting["scheduled_at"].date() - timedelta(days=14)
        everyone = chance.odds(0.6)
        for number in range(random.choice((0, 1, 2, 3))):
            council["cin_attendees"].append(
                {
                    "meeting_ref": meeting["meeting_ref"],
                    "person_ref": f"P{4 + number:02d}",
                    "capacity": random.choice(("parent", "education", "health", "other")),
                    "invited_on": chance.near(start) if everyone or chance.odds(0.6) else None,
                    "response": None,
                }
            )
    return made


def _add_events(council: Council, chance: _Chance, policy: str, case_ref: str, meetings: list[Row]) -> None:
    random = chance.random
    own = KINDS[policy]
    other = tuple(kind for kinds in KINDS.values() for kind in kinds)
    kinds = ["plan_agreed"] if chance.odds(0.8) else []
    kinds += [random.choice(own) for _ in range(random.randrange(1, 6))]
    kinds += [random.choice(KINDS_EVERYWHERE) for _ in range(random.randrange(0, 5))]
    kinds += [random.choice(other)] if chance.odds(0.3) else []
    kinds += [random.choice(DERIVED_KINDS)] if chance.odds(0.25) else []
    for harm in (m for m in meetings if m["outcome"] == "harm" and chance.odds(0.5)):
        told: Row = {"event_ref": f"E-{case_ref}-{harm['meeting_ref']}", "case_ref": case_ref, "kind": "harm_identified"}
        told |= {"happened_on": chance.near(harm["held_on"]), "recorded_on": None, "meeting_ref": harm["meeting_ref"]}
        council["cin_events"].append(told)
    consents = [f for f in council["cin_facts"] if f["case_ref"] == case_ref and f["fact"] == "consent" and f["since_on"]]
    for number, kind in enumerate(kinds):
        meeting = random.choice(meetings) if meetings and chance.odds(0.4) else None
        happened_on = chance.day()
        if meeting is not None and chance.odds(0.8):
            happened_on = chance.near(meeting["held_on"] or meeting["scheduled_at"].date())
        if kind == "plan_agreed" and meetings and chance.odds(0.4):
            happened_on = chance.near(meetings[0]["held_on"] or meetings[0]["scheduled_at"].date(), before=0.7)
        if kind.startswith("consent_") and consents and chance.odds(0.3):
            happened_on = consents[0]["since_on"]
        council["cin_events"].append(
            {
                "event_ref": f"E-{case_ref}-{number}",
                "case_ref": case_ref,
                "kind": kind,
                "happened_on": happened_on,
                "recorded_on": chance.maybe(0.4, lambda day=happened_on: day + timedelta(days=random.choice((0, 1, 20)))),  # type: ignore[misc]
                "meeting_ref": meeting["meeting_ref"] if meeting is not None and chance.odds(0.6) else None,
            }
        )


def _add_actions(council: Council, chance: _Chance, case_ref: str) -> None:
    for number in range(chance.random.choice((0, 0, 1, 2, 3))):
        due_on = chance.maybe(0.8, chance.day)
        council["cin_actions"].append(
            {
                "action_ref": f"A-{case_ref}-{number}",
                "case_ref": case_ref,
                "owner_ref": chance.maybe(0.7, lambda: "P05"),
                "due_on": due_on,
                "completed_on": chance.maybe(0.5, lambda due_on=due_on: chance.near(due_on or chance.day(), before=0.4)),  # type: ignore[misc]
                "agreed_on": chance.maybe(0.6, lambda due_on=due_on: chance.near(due_on or chance.day(), before=0.8)),  # type: ignore[misc]
                "recorded_on": None,
            }
        )


def _add_visits(council: Council, chance: _Chance, case_ref: str) -> None:
    day = min(chance.anchors)
    for number in range(chance.random.choice((0, 1, 3, 5, 7))):
        day = chance.day() if chance.odds(0.3) else day + timedelta(days=chance.random.choice((0, 14, 20, 28, 28, 29, 42)))
        council["cin_visits"].append(
            {
                "visit_ref": f"V-{case_ref}-{number}",
                "case_ref": case_ref,
                "visited_on": day,
                "child_seen": chance.random.choice(("yes", "yes", "no", None)),
                "recorded_on": None,
            }
        )


def _add_transfers(council: Council, chance: _Chance, policy: str, case_ref: str) -> None:
    if not chance.odds(0.5 if policy == "norfolk" else 0.1):
        return
    random = chance.random
    for number in range(random.choice((1, 1, 2))):
        known_on = chance.day()
        documents = ("assessment", "plan", "minutes", "summary")
        sent = random.sample(documents, k=random.choice((0, 2, 4, 4)))

        def soon(known_on: date = known_on) -> date:
            return chance.near(known_on)

        council["cin_transfers"].append(
            {
                "transfer_ref": f"T-{case_ref}-{number}",
                "case_ref": case_ref,
                "direction": random.choice(("in", "out", "out")),
                "resident_on": chance.maybe(0.8, soon),
                "known_on": known_on if chance.odds(0.85) else None,
                "notified_on": chance.maybe(0.6, soon),
                "permission_sought_on": chance.maybe(0.5, soon),
                "documents_sent": random.choice((",", ", ")).join(sent) or None,
                "documents_sent_on": chance.maybe(0.85, soon) if sent else None,
                "agencies_told_on": chance.maybe(0.5, soon),
                "disputed_on": chance.maybe(0.3, soon),
                "service_manager_told_on": chance.maybe(0.4, soon),
                "accepted_on": chance.maybe(0.4, soon),
            }
        )


def _add_coordinators(council: Council, chance: _Chance, case_ref: str) -> None:
    for number in range(chance.random.choice((0, 0, 1, 2))):
        from_on = chance.maybe(0.7, chance.day)
        until_on = chance.maybe(0.4, chance.day)
        if from_on is not None and until_on is not None and until_on < from_on:
            from_on, until_on = until_on, from_on
        council["cin_roles"].append(
            {
                "case_ref": case_ref,
                "team": None,
                "role": "cin_coordinator",
                "person_ref": f"P{3 + number:02d}",
                "from_on": from_on,
                "until_on": until_on,
            }
        )
