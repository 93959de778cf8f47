"""The five packs: every duty of the tables is there, each with its clause, and time has no gap and no overlap."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator
from datetime import date
from itertools import pairwise, product

import pytest
from cases import POLICIES, a_case, calendar, d, fact, policy

from cin_reminders.case import YES_NO_FACTS, Case
from cin_reminders.clocks import Clock
from cin_reminders.due import Due, work_out_due
from cin_reminders.length import Length, parse_length
from cin_reminders.policy import Duty
from cin_reminders.policy_file import packs
from cin_reminders.rule import FirstOf, Where

# The tables of duties, by hand: the length, or where the due date comes from; whose figure it is; who is told first.
PROMPT = "5 working days"
AT_ONCE = "1 working day"
LEAD, CHAIR, MANAGER = "lead_practitioner", "chair", "team_manager"
COORDINATOR_OR_LEAD, COORDINATOR_OR_CHAIR = "cin_coordinator, else lead_practitioner", "cin_coordinator, else chair"
ACTION = ("by due_on", "procedure", "action_owner, else lead_practitioner")
VISIT = ("by visit_interval", "procedure", LEAD)
HARM = (AT_ONCE, "council", MANAGER)
TABLES = {
    "cumbria": {
        "initial_meeting": ("15 working days", "procedure", LEAD),
        "record_shared": ("10 working days", "procedure", CHAIR),
        "plan_shared": (PROMPT, "council", "lead_practitioner where outcome is amend, else chair"),
        "review": ("8 weeks", "procedure", LEAD),
        "early_review": (PROMPT, "council", LEAD),
        "oversight": (PROMPT, "council", MANAGER),
        "outcome_recorded": (PROMPT, "council", CHAIR),
        "closure_decision": (PROMPT, "council", MANAGER),
        "invitations": (PROMPT, "council", LEAD),
        "action": ACTION,
        "visit": VISIT,
        "harm_response": HARM,
    },
    "salford": {
        "initial_meeting": (PROMPT, "council", COORDINATOR_OR_LEAD),
        "review": ("3 months", "procedure", COORDINATOR_OR_LEAD),
        "coordinator_for_complexity": (PROMPT, "council", MANAGER),
        "coordinator_after_six_months": ("6 months", "procedure", MANAGER),
        "twelve_month_consultation": ("12 months", "procedure", COORDINATOR_OR_LEAD),
        "supervision_order_decision": ("by supervision_order_ends", "procedure", LEAD),
        "invitations": (PROMPT, "council", COORDINATOR_OR_CHAIR),
        "record_shared": (PROMPT, "council", COORDINATOR_OR_CHAIR),
        "parents_agreement": (PROMPT, "council", COORDINATOR_OR_CHAIR),
        "plan_shared": (PROMPT, "council", LEAD),
        "early_review": (PROMPT, "council", COORDINATOR_OR_LEAD),
        "outcome_recorded": (PROMPT, "council", CHAIR),
        "reassessment": (PROMPT, "council", LEAD),
        "closure_decision": (PROMPT, "council", MANAGER),
        "action": ACTION,
        "visit": VISIT,
        "harm_response": HARM,
    },
    "specialist-childrens-services": {
        "initial_meeting": (PROMPT, "council", LEAD),
        "plan_shared": ("10 calendar days", "procedure", "note_taker where lead_attending is no, else lead_practitioner"),
        "first_review": ("3 months", "procedure", LEAD),
        "further_review": ("6 months", "procedure", LEAD),
        "early_review": (PROMPT, "council", LEAD),
        "assessment_seen": ("by working_day_before", "council", CHAIR),
        "action": ACTION,
        "harm_response": HARM,
    },
    "psw-brief-2020": {
        "initial_meeting": ("5 calendar days", "procedure", LEAD),
        "review": ("8 weeks", "procedure", LEAD),
        "record_shared": ("20 working days", "procedure", LEAD),
        "plan_shared": (PROMPT, "council", LEAD),
        "plan_updated": (PROMPT, "council", LEAD),
        "visit": VISIT,
        "action": ACTION,
        "threshold_discussion": (PROMPT, "council", "lead_practitioner, team_manager"),
        "consent_decision": (AT_ONCE, "council", MANAGER),
        "step_down_date": (PROMPT, "council", MANAGER),
        "planning_meeting": ("by planning_meeting_on", "procedure", LEAD),
        "invitations": (PROMPT, "council", LEAD),
        "final_review": ("by same_day", "procedure", MANAGER),
        "harm_response": HARM,
    },
    "norfolk": {
        "initial_meeting": (PROMPT, "council", LEAD),
        "review_date_agreed": (AT_ONCE, "council", CHAIR),
        "review": ("6 weeks", "procedure", LEAD),
        "plan_recorded": (PROMPT, "council", CHAIR),
        "plan_copies": (PROMPT, "council", LEAD),
        "early_review": (PROMPT, "council", LEAD),
        "transfer_in_meeting": ("20 working days", "procedure", LEAD),
        "transfer_out_notice": (PROMPT, "council", LEAD),
        "transfer_out_permission": (PROMPT, "council", LEAD),
        "transfer_out_documents": (PROMPT, "council", LEAD),
        "transfer_out_agencies": (PROMPT, "council", LEAD),
        "transfer_dispute": (AT_ONCE, "council", MANAGER),
        "transfer_decision": (PROMPT, "council", "service_manager"),
        "monitoring_visit": VISIT,
        "invitations": (PROMPT, "council", LEAD),
        "action": ACTION,
        "harm_response": HARM,
    },
}
# Everything that a chapter asks, as the packs cite it: nothing may be left out in silence.
CHAPTERS = {
    "cumbria": ["scope", *(str(number) for number in range(1, 26))],
    "norfolk": [
        "scope",
        *(str(number) for number in range(1, 23)),
        *(
            f"on {matter}"
            for matter in (
                "responsibility",
                "the impact of the move",
                "education and health",
                "notifying",
                "permission",
                "other agencies",
                "communication",
                "disputes",
                "the family",
                "receiving authorities",
                "recording",
            )
        ),
    ],
    "salford": [
        *("1.1", "1.2", "1.3 (1)", "1.3 (2)", "1.3 (3)", "1.3 (4)", "1.3 (5)", "1.4", "1.5", "1.6"),
        *("2.1", "2.2", "2.3", "2.4", "2.5", "2.6", "2.7"),
        *("3.1", "3.2", "3.3", "3.4", "3.5", "3.6", "3.7", "3.8", "3.9 (1)", "3.9 (2)", "3.9 (3)", "3.9 (4)", "3.10"),
    ],
    "specialist-childrens-services": [
        *(str(number) for number in range(1, 14)),
        *(f"CIN Review Meetings, {number}" for number in range(1, 4)),
    ],
    "psw-brief-2020": [
        *("Who is a child in need", "Consent", "What a good plan includes", "on timescales and visits", "on sharing"),
        *(f"Child in Need Reviews, {number}" for number in range(1, 4)),
        *("on each outcome and new risks", "on drift and delay", "after the review"),
        *("on attendance", "venue", "language", "festivals"),
        *(f"Step Up/Step Down and Case Closure, {number}" for number in range(1, 5)),
    ],
}
IN_FORCE = {
    "cumbria": "2024-08-12",  # Monday
    "salford": "2015-10-01",  # Thursday
    "specialist-childrens-services": "2000-01-01",  # Saturday
    "psw-brief-2020": "2020-07-01",  # Wednesday
    "norfolk": "2026-01-02",  # Friday
}
OUTLIVE_CLOSING = {
    "record_shared",
    "plan_shared",
    "plan_updated",
    "plan_copies",
    "outcome_recorded",
    "parents_agreement",
    "transfer_out_notice",
    "transfer_out_permission",
    "transfer_out_documents",
    "transfer_out_agencies",
    "transfer_dispute",
    "final_review",
}
EVERY_DUTY = [(name, duty) for name in POLICIES for edition in policy(name).editions for duty in edition.duties]
every_duty = pytest.mark.parametrize("name, duty", EVERY_DUTY, ids=[f"{name}: {duty.duty}" for name, duty in EVERY_DUTY])


def test_the_five_packs_come_with_the_service() -> None:
    assert packs() == POLICIES


@pytest.mark.parametrize("name", POLICIES)
def test_the_pack_has_one_edition_in_force_from_its_day(name: str) -> None:
    (edition,) = policy(name).editions
    assert (edition.policy, edition.in_force_on) == (name, d(IN_FORCE[name]))


@pytest.mark.parametrize("name", POLICIES)
def test_the_pack_has_every_duty_of_its_table_and_no_other(name: str) -> None:
    found = [duty.duty for duty in policy(name).newest.duties]
    assert sorted(found) == sorted(TABLES[name])


@every_duty
def test_the_duty_is_due_when_its_table_says_and_tells_whom_it_says_first(name: str, duty: Duty) -> None:
    assert (limit(duty), duty.figure, ", ".join(map(told, duty.first_told))) == TABLES[name][duty.duty]


def limit(duty: Duty) -> str:
    by = duty.due_by
    return f"by {by.fact or by.interval or by.action or by.start or by.meeting}" if by else str(duty.length)


def told(one: str | FirstOf | Where) -> str:
    if isinstance(one, FirstOf):
        return ", else ".join(one.first_of)
    if isinstance(one, Where):
        return f"{one.role} where {' and '.join(f'{word} is {value}' for word, value in one.when.items())}, else {one.otherwise}"
    return one


def test_the_twelve_month_consultation_is_copied_to_those_who_are_consulted() -> None:
    copied = {(name, duty.duty): duty.copied_to for name, duty in EVERY_DUTY if duty.copied_to}
    assert copied == {("salford", "twelve_month_consultation"): ("practice_manager", "safeguarding_service_manager")}


@every_duty
def test_the_response_to_harm_alone_has_a_ladder_of_its_own(name: str, duty: Duty) -> None:
    assert duty.ladder == ("harm_response" if duty.duty == "harm_response" else None)


@pytest.mark.parametrize("name", POLICIES)
def test_whatever_the_chapter_asks_is_a_duty_or_is_said_to_be_left_out(name: str) -> None:
    edition = policy(name).newest
    clauses = [one.clause for one in edition.duties] + [one.clause for one in edition.not_modelled]
    numbers = {number for clause in clauses for number in numbered(clause)}
    words = " / ".join(clauses)
    missing = [place for place in CHAPTERS[name] if place not in (numbers if place[-1] in "0123456789)" else words)]
    assert missing == []


def numbered(clause: str) -> Iterator[str]:
    """Each section or paragraph that a citation names by number: `paragraphs 9 to 11 and 19` names 9, 10, 11 and 19."""
    heading, _, listed = clause.rpartition("paragraph")
    section, previous, through = "", 0, False
    for word in re.findall(r"\d+\.\d+|\(\d+\)|\d+|\bto\b", listed):
        if word == "to":
            through = True
        elif "." in word:
            section = word
            yield word
        else:
            number = int(word.strip("()"))
            for one in range(previous + 1 if through else number, number + 1):
                yield f"{section} ({one})" if section else f"{heading}{one}"
            previous, through = number, False


@pytest.mark.parametrize("name", POLICIES)
def test_the_pack_covers_its_plan_types(name: str) -> None:
    usual = {"child_in_need", "supervision_order", "short_breaks"}
    assert set(policy(name).newest.plan_types) == (usual | {"family_support"} if name == "norfolk" else usual)


@every_duty
def test_the_duty_has_a_clause_and_says_it_in_words(name: str, duty: Duty) -> None:
    assert all(text.strip() for text in (duty.clause, duty.says, duty.title, duty.do))


@every_duty
def test_the_duty_outlives_closing_only_where_the_duties_say_so(name: str, duty: Duty) -> None:
    assert duty.outlives_closing is (duty.duty in OUTLIVE_CLOSING)


@pytest.mark.parametrize(
    "name, word, duty",
    [
        ("salford", "criterion", "coordinator_after_six_months"),
        ("specialist-childrens-services", "10 days", "plan_shared"),
        ("psw-brief-2020", "5 days", "initial_meeting"),
        ("psw-brief-2020", "8 weeks", "final_review"),
        ("psw-brief-2020", "drift", "threshold_discussion"),
    ],
)
def test_a_doubtful_reading_stands_beside_its_duty(name: str, word: str, duty: str) -> None:
    (found,) = [one for one in policy(name).newest.duties if one.duty == duty]
    assert found.doubt
    assert word in found.doubt


@pytest.mark.parametrize("name", ["cumbria", "norfolk"])
def test_short_breaks_are_a_doubt_of_the_whole_pack(name: str) -> None:
    assert any("Short Breaks" in doubt for doubt in policy(name).newest.doubts)


@pytest.mark.parametrize("name", POLICIES)
def test_children_looked_after_are_a_doubt_of_the_whole_pack(name: str) -> None:
    assert any("looked after" in doubt for doubt in policy(name).newest.doubts)


def test_salford_calls_a_meeting_under_a_supervision_order_by_its_own_name() -> None:
    assert policy("salford").newest.meeting_name("supervision_order") == "Supervision Order Review Meeting (SORM)"
    assert policy("salford").newest.meeting_name("child_in_need") == "Child in Need meeting"


# ---- coverage: every month, every combination of facts: one length, no gap, no overlap


def starts() -> Iterator[date]:
    """The first and the last three days of every month, 2023 to 2028, in order."""
    for year, month in product(range(2023, 2029), range(1, 13)):
        last = monthrange(year, month)[1]
        yield from (date(year, month, day) for day in (1, last - 2, last - 1, last))


STARTS = tuple(starts())
WITH_LENGTH = [(name, duty) for name, duty in EVERY_DUTY if duty.length]
every_length = pytest.mark.parametrize("name, duty", WITH_LENGTH, ids=[f"{name}: {duty.duty}" for name, duty in WITH_LENGTH])


def shapes(duty: Duty) -> Iterator[tuple[dict[str, str | None], str | None]]:
    """Every combination of the facts that the duty names, not recorded included, with each kind of agreed interval."""
    intervals = (None, "4 weeks", "24 months") if duty.agreed_interval else (None,)
    assert set(duty.facts) <= set(YES_NO_FACTS)
    for values in product(("yes", "no", None), repeat=len(duty.facts)):
        for interval in intervals:
            yield dict(zip(duty.facts, values, strict=True)), interval


def the_length(duty: Duty, facts: dict[str, str | None], interval: str | None, start: date) -> Length | None:
    """The one length that the pack gives a case of this shape; None where it asks nothing."""

    def true(when: dict[str, str]) -> bool:
        return all(facts[name] == value for name, value in when.items())

    if any(true(when) for when in duty.not_where):
        return None
    lengths = [variation.length for variation in duty.variations if true(variation.when)]
    assert len(lengths) <= 1, f"{len(lengths)} variations for {facts}"
    length = lengths[0] if lengths else duty.length
    assert length is not None
    if duty.agreed_interval is None or interval is None:
        return length
    agreed = parse_length(interval)
    longer = duty.agreed_interval.longer_when
    if longer and true(longer):
        return agreed
    return min(length, agreed, key=lambda one: calendar().due_on(start, one) or date.max)


def due(duty: Duty, case: Case, start: date) -> Due | None:
    clock = Clock(on=start, ref="E1", subject=None)
    return work_out_due(case, duty, clock, None, calendar(), start)


@every_length
def test_every_month_gives_every_shape_of_case_one_length_and_later_starts_no_earlier_limits(name: str, duty: Duty) -> None:
    for facts, interval in shapes(duty):
        rows = [fact(word, value) for word, value in facts.items() if value]
        case = a_case(facts=rows, review_interval=interval)
        limits: list[date] = []
        for start in STARTS:
            length = the_length(duty, facts, interval, start)
            found = due(duty, case, start)
            if length is None:
                assert found is None, f"{facts} {interval} {start}"
                continue
            assert found is not None, f"{facts} {interval} {start}"
            assert found.on == calendar().due_on(start, length), f"{facts} {interval} {start}"
            assert found.on is not None
            assert found.on > start
            limits.append(found.on)
        assert all(one <= other for one, other in pairwise(limits)), f"{facts} {interval}"


@pytest.mark.parametrize("name", POLICIES)
def test_each_day_has_one_edition(name: str) -> None:
    """The first edition also covers earlier clocks, so no day is without one."""
    editions = policy(name).editions
    assert [edition.in_force_on for edition in editions] == sorted({edition.in_force_on for edition in editions})
    for start in (date(1990, 1, 1), *STARTS):
        in_force = [one for one in editions if one.in_force_on <= start] or [editions[0]]
        assert policy(name).edition_for(start) is in_force[-1]
