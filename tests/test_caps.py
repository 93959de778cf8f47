"""Caps: how many reminders a person gets and a case sends on one day; what is over waits, and escalations are never capped."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from cin_reminders.caps import Reminders, over_the_cap
from cin_reminders.notice import Notice, NoticeKey
from cin_reminders.notices import Decision

NONE = Reminders()


def a_decision(case_ref: str, person_ref: str = "P1", day: int = 11, urgency: str = "reminder") -> Decision:
    key = NoticeKey(case_ref=case_ref, subject="review", start_ref="M1", stage="early", person_ref=person_ref)
    notice = Notice(
        key=key, outcome="planned", reason="you are the lead practitioner", due_on=date(2026, 5, day), urgency=urgency
    )
    return Decision(notice=notice, obligation=None)  # type: ignore[arg-type]


def over(decisions: list[Decision], a_person: int = 0, a_case: int = 0, had: Reminders = NONE) -> dict[str, str]:
    found = over_the_cap(decisions, a_person=a_person, a_case=a_case, had=had)
    return {f"{key.case_ref} {key.person_ref}": reason for key, reason in found.items()}


def test_up_to_the_cap_everything_goes() -> None:
    assert over([a_decision("C1"), a_decision("C2")], a_person=2) == {}


def test_past_the_cap_of_a_person_what_is_due_last_waits() -> None:
    three = [a_decision("C1", day=13), a_decision("C2", day=11), a_decision("C3", day=12)]  # Wednesday, Monday, Tuesday
    assert over(three, a_person=2) == {"C1 P1": "the person has 2 reminders today already; goes on a later day"}


def test_one_persons_cap_is_nobody_elses() -> None:
    assert over([a_decision("C1", "P1"), a_decision("C1", "P2")], a_person=1) == {}


def test_past_the_cap_of_a_case_the_others_wait() -> None:
    found = over([a_decision("C1", f"P{number}") for number in range(3)], a_case=2)
    assert found == {"C1 P2": "2 reminders go out of this case today already; goes on a later day"}


def test_a_cap_of_none_is_no_cap() -> None:
    assert over([a_decision(f"C{number}") for number in range(100)]) == {}


def test_an_escalation_always_goes_and_takes_nobodys_place() -> None:
    breaches = [a_decision(f"C{number}", urgency="escalation") for number in range(5)]
    assert over([*breaches, a_decision("C9")], a_person=1, a_case=1) == {}


def test_what_went_earlier_today_counts() -> None:
    had = Reminders(by_person={"P1": 1}, by_case={"C2": 1})
    assert list(over([a_decision("C1")], a_person=1, had=had)) == ["C1 P1"]
    assert list(over([a_decision("C1")], a_person=2, had=had)) == []
    assert list(over([a_decision("C2", "P2")], a_case=1, had=had)) == ["C2 P2"]


decisions_ = st.lists(
    st.builds(
        a_decision,
        st.sampled_from(["C1", "C2", "C3"]),
        st.sampled_from(["P1", "P2", "P3"]),
        st.integers(4, 8),
        st.sampled_from(["reminder", "escalation"]),
    ),
    unique_by=lambda one: one.notice.key,
)


@given(decisions_, st.integers(0, 3), st.integers(0, 3))
def test_what_goes_never_exceeds_a_cap_and_nothing_waits_without_need(found: list[Decision], a_person: int, a_case: int) -> None:
    waits = over_the_cap(found, a_person=a_person, a_case=a_case, had=NONE)
    goes = [one for one in found if one.notice.key not in waits and one.notice.urgency == "reminder"]
    people = {ref: sum(one.notice.key.person_ref == ref for one in goes) for ref in ("P1", "P2", "P3")}
    cases = {ref: sum(one.notice.key.case_ref == ref for one in goes) for ref in ("C1", "C2", "C3")}

    assert not a_person or max(people.values()) <= a_person
    assert not a_case or max(cases.values()) <= a_case
    for key in waits:
        assert (a_person and people[key.person_ref] == a_person) or (a_case and cases[key.case_ref] == a_case)
