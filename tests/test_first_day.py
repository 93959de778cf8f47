"""The first day of a council that goes live with 400 old breaches: everybody gets one list, and the days after are as any other.

Measured with 400 cases of 20 lead practitioners in 4 teams, whose first meetings fell due over five months: on the first day each
lead practitioner gets 1 message (20), each team manager 1 (4), each service manager 1 (2), the head of service 1: 27 messages
with 1,600 notices. On each of the eight working days after it the 4 team managers get 1 each, with 4 to 18 notices in all, and
nobody else gets any.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import http_server
import smtp_server
from live_channels import Ends, cards, council_at, live, words_of
from small_council import SmallCouncil, case, plan_agreed, professional, role, small_council, usual_rows

TEAMS = ("North", "South", "East", "West")
FIRST, SECOND = "2026-03-24", "2026-03-25"  # Tuesday, Wednesday
# Friday, Monday, and on to the Tuesday after Easter.
LATER = ("2026-03-26", "2026-03-27", "2026-03-30", "2026-03-31", "2026-04-01", "2026-04-02", "2026-04-07")
OLD = "2025-09-01"  # Monday: the first of the plans was agreed then


def four_hundred() -> dict[str, Any]:
    """400 cases whose first meeting was never recorded; their plans were agreed over 150 days from 1 September 2025."""
    refs = [f"C{number:03}" for number in range(400)]
    rows = usual_rows()
    rows["cin_facts"] = []
    rows["cin_cases"] = [case(ref, team=TEAMS[number % 4]) for number, ref in enumerate(refs)]
    agreed = [date.fromisoformat(OLD) + timedelta(days=number % 150) for number in range(400)]
    rows["cin_events"] = [plan_agreed(ref, happened_on=day.isoformat()) for ref, day in zip(refs, agreed, strict=True)]
    rows["cin_people"] = [
        *(professional(f"L{number}", f"lead-{number} Moss") for number in range(20)),
        *(professional(f"T{number}", f"team-{number} Ashby") for number in range(4)),
        *(professional(f"S{number}", f"service-{number} Brook") for number in range(2)),
        professional("HEAD", "head-0 Dale"),
    ]
    rows["cin_roles"] = [role("lead_practitioner", f"L{number % 20}", case_ref=ref) for number, ref in enumerate(refs)]
    for number, team in enumerate(TEAMS):
        rows["cin_roles"] += [
            role("team_manager", f"T{number}", team=team),
            role("service_manager", f"S{number % 2}", team=team),
            role("head_of_service", "HEAD", team=team),
        ]
    return rows


@contextmanager
def going_live(folder: Path, **more: Any) -> Iterator[tuple[SmallCouncil, Ends]]:
    with smtp_server.running_server() as mail, http_server.running_server() as web:
        here = Ends(mail=mail, web=web, **{"notify_from": OLD} | more)
        yield council_at(folder, here, rows=four_hundred()), here


def by_role(taken: list[smtp_server.Taken]) -> dict[str, int]:
    """How many messages went to people of each role, who are named after it."""
    return dict(Counter(address.partition("-")[0] for one in taken for address in one.rcpt_tos))


def told_on(council: SmallCouncil, on: str) -> int:
    """How many notices people were told on a day."""
    return sum(len(one["notices"]) for one in council.messages() if one["day"] == on and one["channel"] == "email")


def test_on_the_first_day_everybody_gets_one_list_and_the_days_after_are_like_any_other(tmp_path: Path) -> None:
    with going_live(tmp_path) as (council, here):
        first = live(council, FIRST)

        assert (first.code, first.json["held"]) == (0, None)
        assert by_role(here.mail.messages) == {"lead": 20, "team": 4, "service": 2, "head": 1}
        assert max(Counter(taken.rcpt_tos for taken in here.mail.messages).values()) == 1
        assert told_on(council, FIRST) == 1600

        for on in (SECOND, *LATER):
            here.mail.messages.clear()
            answer = live(council, on)
            assert (answer.code, answer.json["held"]) == (0, None), on
            assert by_role(here.mail.messages) == {"team": 4}, on
            assert 4 <= told_on(council, on) <= 18, on


def test_a_managers_list_is_the_worst_twenty_and_the_counts_and_a_leads_is_complete(tmp_path: Path) -> None:
    with going_live(tmp_path) as (council, here):
        live(council, FIRST)

        texts = {taken.rcpt_tos[0].partition("@")[0]: taken.parsed for taken in here.mail.messages}
    for who, number in (("team-0", 100), ("service-0", 200), ("head-0", 400)):
        text = texts[who].get_body(("plain",)).get_content()
        assert texts[who]["Subject"] == f"Child in Need: {number} late (Tue 24 Mar 2026)"
        assert f"These are the worst 20 of {number}. The other {number - 20} stand in the report." in text
        assert len(re.findall(r"^\* C\d{3}:", text, re.MULTILINE)) == 20
        assert "128 WORKING DAYS LATE" in text
    to_lead = texts["lead-7"].get_body(("plain",)).get_content()
    assert len(re.findall(r"^\* C\d{3}:", to_lead, re.MULTILINE)) == 20


def test_a_managers_channel_gets_one_card_a_day_too(tmp_path: Path) -> None:
    with going_live(tmp_path, teams='managers = {North = "North managers"}') as (council, here):
        live(council, FIRST)
        live(council, FIRST)

        parts = cards(here.web)
        # 100 short labels fit into one card.
        assert [len(set(re.findall(r"C\d{3}", words_of(card)))) for card in parts] == [100]


def test_no_cap_silences_a_breach_on_the_first_day(tmp_path: Path) -> None:
    with going_live(tmp_path, more="[caps]\na_person = 1\na_case = 1") as (council, here):
        answer = live(council, FIRST)

        assert answer.json["not_told"] == {}
        assert by_role(here.mail.messages) == {"lead": 20, "team": 4, "service": 2, "head": 1}
        assert told_on(council, FIRST) == 1600


def test_a_guard_as_narrow_as_it_can_be_holds_neither_the_first_day_nor_the_second(tmp_path: Path) -> None:
    with going_live(tmp_path, more="[guards]\nrun_times = 1.01\nrun_at_least = 1") as (council, _):
        for on in (FIRST, SECOND):
            answer = live(council, on)
            assert (answer.code, answer.json["held"]) == (0, None), on


def test_weeks_of_a_trial_in_files_make_the_first_live_day_no_larger_than_usual(tmp_path: Path) -> None:
    with going_live(tmp_path, more="[guards]\nrun_times = 1.01\nrun_at_least = 1") as (council, here):
        here.mode = "folder"
        here.reach(council)
        for on in ("2026-03-20", "2026-03-23"):  # Friday, Monday
            council.run(on)
        here.mode = "live"
        here.reach(council)

        first = live(council, FIRST)

        assert (first.code, first.json["held"]) == (0, None)
        assert by_role(here.mail.messages) == {"lead": 20, "team": 4, "service": 2, "head": 1}


def test_with_notify_from_on_the_day_itself_what_lies_before_is_on_record_and_told_to_nobody(tmp_path: Path) -> None:
    with going_live(tmp_path, notify_from=FIRST) as (council, here):
        first = live(council, FIRST)

        assert (first.code, first.json["held"]) == (0, None)
        assert by_role(here.mail.messages) == {"team": 4}  # the repeats whose day this is
        assert told_on(council, FIRST) == 8
    [meeting, *_] = council.cin("explain", "C000", "--on", FIRST, "--json").json
    assert {one["outcome"] for one in meeting["told"]} == {"before_notify_from"}


def test_the_first_day_of_a_trial_is_as_quiet(tmp_path: Path) -> None:
    council = small_council(tmp_path, rows=four_hundred())

    council.run(FIRST)

    assert dict(Counter(address.partition("-")[0] for address in council.sent_to())) == {
        "lead": 20,
        "team": 4,
        "service": 2,
        "head": 1,
    }
