"""What changed between two editions is said in the words of the rules."""

from __future__ import annotations

from pathlib import Path

import pytest

from cin_reminders.pack_difference import Change, differences
from cin_reminders.policy import Edition
from cin_reminders.policy_file import load_edition, load_policy, packs

TEXT = """\
policy: a-council
council: A Council
title: Child in Need
edition: first
in_force_on: 2024-01-01  # Monday
plan_types: [child_in_need]
duties:
  - duty: review
    title: Review
    do: Hold the review
    clause: "3.1"
    says: Reviews follow every 8 weeks.
    start: [initial_meeting_held, review_meeting_held]
    length: 8 weeks
    agreed_interval: {fact: review_interval}
    met_by: {later: review_meeting_held}
    first_told: lead_practitioner
  - duty: oversight
    title: Oversight
    do: Record oversight
    clause: "3.2"
    says: A manager looks at each review.
    start: review_meeting_held
    length: 5 working days
    met_by: oversight_recorded
    first_told: team_manager
ladder:
  agreed_by: nobody yet
  procedure:
    - {stage: overdue, working_days_after: 1, to: first_told}
not_modelled:
  - {clause: "3.3", asks: who attends, reason: no timescale}
"""
NEW_DUTY = """\
  - duty: closing
    title: Closing
    do: Close the case
    clause: "3.4"
    says: A case closes within 2 weeks.
    start: closing_meeting_held
    length: 2 weeks
    met_by: case_closed
    first_told: team_manager
"""


def edition(folder: Path, old: str = "", new: str = "") -> Edition:
    assert not old or TEXT.count(old) == 1
    file = folder / "2024-01-01.yaml"
    file.write_text(TEXT.replace(old, new) if old else TEXT, encoding="utf-8")
    return load_edition(file)


def said(folder: Path, old: str, new: str) -> list[str]:
    return [str(change) for change in differences(edition(folder), edition(folder, old, new))]


@pytest.mark.parametrize("name", packs())
def test_an_edition_differs_in_nothing_from_itself(name: str) -> None:
    assert differences(load_policy(name).newest, load_policy(name).newest) == ()


@pytest.mark.parametrize(
    "old, new, change",
    [
        ("length: 8 weeks", "length: 6 weeks", "review: due: was: 8 weeks; is now: 6 weeks"),
        (
            "length: 8 weeks",
            "length: 8 weeks\n    start_day_counts: yes",
            "review: due: was: 8 weeks; is now: 8 weeks, the day of the start counted as the first",
        ),
        (
            "start: review_meeting_held",
            "start: {event: review_meeting_held, outcome: close}",
            "oversight: starts: was: each review meeting held; is now: each review meeting held whose outcome is close",
        ),
        (
            "start: review_meeting_held",
            "start: {event: plan_agreed, after: 3 months}",
            "oversight: starts: was: each review meeting held; is now: 3 months after plan agreed",
        ),
        (
            "met_by: {later: review_meeting_held}",
            "met_by: {later: [review_meeting_held, closing_meeting_held]}",
            "review: met by: was: review meeting held, on a later day than the start; "
            "is now: review or closing meeting held, on a later day than the start",
        ),
        (
            "first_told: lead_practitioner",
            "first_told: {first_of: [cin_coordinator, lead_practitioner]}",
            "review: first told: was: the lead practitioner; is now: the coordinator, else the lead practitioner",
        ),
        (
            "    agreed_interval: {fact: review_interval}\n",
            "",
            "review: agreed: gone; it was: the review interval agreed for the plan, where it is shorter",
        ),
        (
            "{fact: review_interval}",
            "{fact: review_interval, longer_when: {exceptional_circumstances: yes}}",
            "review: agreed: was: the review interval agreed for the plan, where it is shorter; is now: "
            "the review interval agreed for the plan, where it is shorter, or where exceptional circumstances is yes",
        ),
        (
            "length: 8 weeks",
            "length: 8 weeks\n    variations: [{when: {disabled: yes}, length: 12 weeks}]",
            "review: instead: new: 12 weeks where disabled is yes",
        ),
        (
            "length: 8 weeks",
            "length: 8 weeks\n    not_where: [{complex: no}]",
            "review: not asked: new: where complex is no",
        ),
        (
            "working_days_after: 1",
            "working_days_after: 3",
            "ladder procedure: overdue: was: 1 working day after the due date: whoever is first told; "
            "is now: 3 working days after the due date: whoever is first told",
        ),
        (
            "to: first_told}",
            "to: first_told}\n    - {stage: repeat, working_days_after: 5, every: 5, times: 6, to: team_manager}",
            "ladder procedure: repeat: new: 5 working days after the due date, then every 5 working days, 6 times in all: "
            "the team manager",
        ),
        (
            "asks: who attends",
            "asks: who comes",
            "not modelled: 3.3: was: who attends (no timescale); is now: who comes (no timescale)",
        ),
        (
            "plan_types: [child_in_need]",
            "plan_types: [child_in_need, family_help]",
            "plan types: was: child_in_need; is now: child_in_need, family_help",
        ),
        (
            "plan_types: [child_in_need]",
            "plan_types: [child_in_need]\nevents: [panel_held]",
            "own events: new: panel_held",
        ),
        (
            "plan_types: [child_in_need]",
            "plan_types: [child_in_need]\napplies_to: open_clocks",
            "applies to: was: new clocks; is now: new clocks and those open on that day",
        ),
    ],
)
def test_a_change_is_said_in_the_words_of_the_rule(tmp_path: Path, old: str, new: str, change: str) -> None:
    assert said(tmp_path, old, new) == [change]


def test_a_duty_that_is_added_and_one_that_is_gone_are_told_whole(tmp_path: Path) -> None:
    assert said(tmp_path, "ladder:\n", NEW_DUTY + "ladder:\n") == [
        "closing: new: Closing (3.4): each closing meeting held; due: 2 weeks; "
        "met by: case closed, on the day of the start or later"
    ]
    without = TEXT[TEXT.index("  - duty: oversight") : TEXT.index("ladder:")]
    assert said(tmp_path, without, "") == [
        "oversight: gone; it was: Oversight (3.2): each review meeting held; due: 5 working days; "
        "met by: oversight recorded, on the day of the start or later"
    ]


def test_the_order_of_the_duties_is_no_change(tmp_path: Path) -> None:
    one = edition(tmp_path)
    assert differences(one, one.model_copy(update={"duties": one.duties[::-1]})) == ()


def test_what_is_new_one_way_is_gone_the_other(tmp_path: Path) -> None:
    old, new = edition(tmp_path), edition(tmp_path, "ladder:\n", NEW_DUTY + "ladder:\n")
    (there,), (back,) = differences(old, new), differences(new, old)
    assert (there.was, there.now) == (back.now, back.was) == (None, there.now)


def test_every_pair_of_packs_can_be_told_apart() -> None:
    for one in packs():
        for other in packs():
            changes = differences(load_policy(one).newest, load_policy(other).newest)
            assert all(isinstance(change, Change) and change.was != change.now for change in changes)
            assert bool(changes) is (one != other)
