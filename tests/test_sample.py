"""The made-up council: the same every time, whole, faulty only where it means to be, and like a real council's day."""

from __future__ import annotations

import csv
import re
import sqlite3
import stat
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import date, datetime
from functools import cache
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from cin_reminders.case import DERIVED_EVENTS, FACTS, MEETING_KINDS, OUTCOMES, RECORDED_EVENTS
from cin_reminders.errors import UsageError
from cin_reminders.length import parse_length
from cin_reminders.policy_file import packs
from cin_reminders.records import read_records
from cin_reminders.records.relations import RELATIONS, Kind
from cin_reminders.sample import make_sample, names, write_csv, write_database, write_sqlite
from cin_reminders.sample.practice import PRACTICES
from cin_reminders.sample.rows import Rows

ON = date(2026, 3, 11)  # Wednesday
POLICIES = tuple(PRACTICES)
EVERY_SIZE = [(policy, 250) for policy in POLICIES] + [("cumbria", 3000), ("salford", 3000)]
# The rows that go wrong on purpose have references of their own, except a repeated event and a meeting that disagrees.
FAULTY = re.compile(r"^[A-Z]-9\d{4}$")
COMMON_PLAN_TYPES = ("child_in_need", "supervision_order", "short_breaks")


@cache
def sample(policy: str = "cumbria", cases: int = 250) -> Rows:
    return make_sample(policy=policy, on=ON, cases=cases)


def column(rows: Rows, relation: str, name: str) -> list[object]:
    return [row[name] for row in rows[relation]]


def refs(rows: Rows, relation: str, name: str) -> set[object]:
    return set(column(rows, relation, name)) - {None}


def open_cases(rows: Rows) -> set[object]:
    return {row["case_ref"] for row in rows["cin_cases"] if row["closed_on"] is None and not FAULTY.match(str(row["case_ref"]))}


def words_of_names(rows: Rows) -> set[str]:
    return {word.casefold() for name in column(rows, "cin_people", "name") for word in re.split(r"[ -]", str(name))}


def values(rows: Rows) -> Iterator[object]:
    return (value for found in rows.values() for row in found for value in row.values())


# ---- the same every time


@pytest.mark.parametrize("policy", POLICIES)
def test_the_same_arguments_give_the_same_rows(policy: str) -> None:
    assert make_sample(policy=policy, on=ON, cases=60) == make_sample(policy=policy, on=ON, cases=60)


def test_another_seed_gives_other_families() -> None:
    names = [set(column(make_sample(policy="cumbria", on=ON, cases=60, seed=seed), "cin_people", "name")) for seed in (1, 2)]
    assert names[0] != names[1]


def test_another_day_gives_the_same_stories_on_other_days() -> None:
    thursday = make_sample(policy="cumbria", on=date(2026, 3, 12))
    assert Counter(column(thursday, "cin_cases", "plan_type")) == Counter(column(sample(), "cin_cases", "plan_type"))
    assert column(thursday, "cin_events", "happened_on") != column(sample(), "cin_events", "happened_on")


@pytest.mark.parametrize(
    "on", [date(2026, 4, 7), date(2026, 12, 29), date(2028, 2, 29)]
)  # Tuesdays after bank holidays; leap day
def test_a_council_can_be_made_on_any_day(on: date) -> None:
    for policy in POLICIES:
        rows = make_sample(policy=policy, on=on, cases=100)
        assert max(day for day in column(rows, "cin_meetings", "held_on") if isinstance(day, date)) <= on


def test_every_pack_has_a_made_up_council() -> None:
    assert set(POLICIES) == set(packs())


def test_a_policy_that_is_none_of_the_five_is_refused_with_those_that_are_allowed() -> None:
    with pytest.raises(UsageError, match=r"'atlantis'.*cumbria.*specialist-childrens-services"):
        make_sample(policy="atlantis", on=ON)


def test_a_council_without_cases_is_refused() -> None:
    with pytest.raises(UsageError, match="at least 1 case"):
        make_sample(policy="cumbria", on=ON, cases=0)


# ---- whole


@pytest.mark.parametrize("policy, cases", EVERY_SIZE)
def test_it_has_all_ten_relations_and_exactly_so_many_cases(policy: str, cases: int) -> None:
    rows = sample(policy, cases)
    assert list(rows) == list(RELATIONS)
    assert all(rows.values())
    good = [ref for ref in column(rows, "cin_cases", "case_ref") if not FAULTY.match(str(ref))]
    assert len(good) == len(set(good)) == cases


@pytest.mark.parametrize("cases", [1, 2, 7, 25])
def test_a_small_council_has_exactly_so_many_cases_too(cases: int) -> None:
    assert len(make_sample(policy="norfolk", on=ON, cases=cases)["cin_cases"]) == cases + 1  # and the faulty one


@pytest.mark.parametrize("policy", POLICIES)
def test_every_row_has_the_columns_of_the_contract_and_no_other(policy: str) -> None:
    for relation, found in sample(policy).items():
        wanted = [one.name for one in RELATIONS[relation].columns]
        assert all(list(row) == wanted for row in found), relation


@pytest.mark.parametrize("policy", POLICIES)
def test_every_value_is_a_date_a_moment_a_text_or_nothing(policy: str) -> None:
    assert {type(value) for value in values(sample(policy))} == {date, datetime, str, type(None)}


@pytest.mark.parametrize("policy", POLICIES)
def test_every_reference_in_a_good_row_leads_somewhere(policy: str) -> None:
    rows = sample(policy)
    cases, people = refs(rows, "cin_cases", "case_ref"), refs(rows, "cin_people", "person_ref")
    meetings, teams = refs(rows, "cin_meetings", "meeting_ref"), refs(rows, "cin_cases", "team")
    for relation in rows:
        if "case_ref" in rows[relation][0]:
            assert refs(rows, relation, "case_ref") <= cases, relation
    for relation in ("cin_attendees", "cin_events"):
        assert refs(rows, relation, "meeting_ref") <= meetings, relation
    for relation, name in (
        ("cin_attendees", "person_ref"),
        ("cin_roles", "person_ref"),
        ("cin_actions", "owner_ref"),
        ("cin_meetings", "chair_ref"),
        ("cin_meetings", "note_taker_ref"),
        ("cin_people", "contact_via_ref"),
        ("cin_people", "deputy_ref"),
    ):
        assert refs(rows, relation, name) <= people, (relation, name)
    assert teams <= refs(rows, "cin_roles", "team")
    assert all((row["case_ref"] is None) != (row["team"] is None) for row in rows["cin_roles"])


@pytest.mark.parametrize("policy", POLICIES)
def test_nothing_is_recorded_before_it_has_happened(policy: str) -> None:
    rows = sample(policy)
    for relation, happened in (
        ("cin_events", "happened_on"),
        ("cin_visits", "visited_on"),
        ("cin_meetings", "held_on"),
        ("cin_actions", "agreed_on"),
    ):
        for row in rows[relation]:
            day, recorded_on = row[happened], row["recorded_on"]
            if isinstance(day, date) and isinstance(recorded_on, date):
                assert day <= recorded_on <= ON, (relation, row)
            elif isinstance(day, date):
                assert day <= ON, (relation, row)


# ---- faulty where it means to be


@pytest.mark.parametrize("policy", POLICIES)
def test_each_faulty_row_stands_once(policy: str) -> None:
    rows = sample(policy)
    dates = {one.name for relation in RELATIONS.values() for one in relation.columns if one.kind is Kind.DATE}
    misspelt = [row for found in rows.values() for row in found if any(isinstance(row[name], str) for name in dates & row.keys())]
    kinds = column(rows, "cin_events", "kind")
    events = Counter(tuple(row.values()) for row in rows["cin_events"])
    keys = Counter((row["meeting_ref"], row["case_ref"]) for row in rows["cin_meetings"])
    lengths = [
        value
        for relation, name in (("cin_cases", "review_interval"), ("cin_cases", "visit_interval"))
        for value in column(rows, relation, name)
    ] + [row["value"] for row in rows["cin_facts"] if row["fact"] in ("review_interval", "visit_interval")]
    counted = {
        "31/02/2026": [list(row.values()).count("31/02/2026") for row in misspelt],
        "the year 1900": sum(isinstance(value, date) and value.year == 1900 for value in values(rows)),
        "no case_ref": sum(
            row["case_ref"] is None for name in rows if name != "cin_roles" for row in rows[name] if "case_ref" in row
        ),
        "an unknown outcome": sum(outcome not in (*OUTCOMES, None) for outcome in column(rows, "cin_meetings", "outcome")),
        "no length": sum(not is_length(value) for value in lengths if value is not None),
        "repeated": sum(count - 1 for count in events.values()),
        "disagreeing": sum(count - 1 for count in keys.values()),
        "an unknown event": sum(kind not in RECORDED_EVENTS + DERIVED_EVENTS for kind in kinds),
        "a derived event": sum(kind in DERIVED_EVENTS for kind in kinds),
        "a control character": sum("\x0b" in value for value in values(rows) if isinstance(value, str)),
    }
    assert counted == {
        "31/02/2026": [1],
        "the year 1900": 1,
        "no case_ref": 1,
        "an unknown outcome": 1,
        "no length": 2,
        "repeated": 1,
        "disagreeing": 1,
        "an unknown event": 1,
        "a derived event": 1,
        "a control character": 1,
    }


def is_length(value: object) -> bool:
    try:
        parse_length(str(value))
    except ValueError:
        return False
    return True


@pytest.mark.parametrize("policy", POLICIES)
def test_the_reader_rejects_the_six_faulty_rows_and_sets_one_case_aside(policy: str, tmp_path: Path) -> None:
    write_sqlite(sample(policy), tmp_path / "records.db")
    extract = read_records("sqlite:///records.db", queries={}, date_format=None, base=tmp_path)
    assert Counter((one.relation, one.column) for one in extract.rejections) == {
        ("cin_cases", "review_interval"): 1,
        ("cin_facts", "value"): 1,
        ("cin_events", "happened_on"): 1,
        ("cin_meetings", "outcome"): 1,
        ("cin_actions", "case_ref"): 1,
        ("cin_visits", "visited_on"): 1,
    }
    assert len(extract.disputed) == 1
    assert len(extract.cases) == 250
    assert {name: count.read for name, count in extract.rows.items()} == {
        name: len(found) for name, found in sample(policy).items()
    }


# ---- like a real council


@pytest.mark.parametrize("policy, cases", EVERY_SIZE)
def test_no_label_equals_or_contains_a_persons_name(policy: str, cases: int) -> None:
    rows = sample(policy, cases)
    labels = [str(label) for label in column(rows, "cin_cases", "label")]
    assert all(re.fullmatch(r"[A-Z]{2}-\d{4}", label) for label in labels)
    assert len(set(labels)) == len(labels)
    names = words_of_names(rows)
    assert not [label for label in labels for word in names if word in label.casefold()]


@pytest.mark.parametrize("policy", POLICIES)
def test_no_address_could_reach_anybody(policy: str) -> None:
    rows = sample(policy)
    addresses = [str(address) for address in column(rows, "cin_people", "email") if address]
    assert all(re.fullmatch(r"[a-z0-9.-]+@([a-z]+\.)+example", address) for address in addresses)
    assert len(set(addresses)) == len(addresses)
    assert all(str(mobile).startswith("07700 900") for mobile in column(rows, "cin_people", "mobile") if mobile)
    assert all(".example/" in str(url) for url in column(rows, "cin_meetings", "online_url") if url)


@pytest.mark.parametrize("policy", POLICIES)
def test_six_teams_share_25_lead_practitioners_two_service_managers_and_one_head_of_service(policy: str) -> None:
    rows = sample(policy)
    now = [row for row in rows["cin_roles"] if row["until_on"] is None]
    holders = {role: {row["person_ref"] for row in now if row["role"] == role} for role in {row["role"] for row in now}}
    assert len(refs(rows, "cin_roles", "team")) == 6
    assert Counter(row["team"] for row in now if row["role"] == "team_manager").total() == 6
    expected = {"lead_practitioner": 25, "team_manager": 6, "service_manager": 2, "head_of_service": 1}
    if policy == "salford":
        expected |= {"cin_coordinator": 4, "practice_manager": 1, "safeguarding_service_manager": 1}
    assert {role: len(people) for role, people in holders.items()} == expected


@pytest.mark.parametrize("policy", POLICIES)
def test_some_of_the_staff_cannot_be_told(policy: str) -> None:
    rows = sample(policy)
    leads = {row["person_ref"] for row in rows["cin_roles"] if row["role"] == "lead_practitioner"}
    staff = {row["person_ref"]: row for row in rows["cin_people"] if row["person_ref"] in leads}
    away = {ref for ref, row in staff.items() if isinstance(row["away_from"], date) and row["away_from"] <= ON}
    assert sum(isinstance(row["active_until"], date) and row["active_until"] < ON for row in staff.values()) == 1
    assert sum(row["email"] is None for row in staff.values()) == 1
    assert sum(row["contact"] == "no" for row in staff.values()) == 1
    assert sum(not str(row["email"] or "@staff.").split("@")[1].startswith("staff.") for row in staff.values()) == 1
    assert sum(staff[ref]["deputy_ref"] in away for ref in away) == 1
    assert len(away) == 4


@pytest.mark.parametrize("policy", POLICIES)
def test_some_deputies_may_see_the_cases_and_one_may_not(policy: str) -> None:
    rows = sample(policy)
    team_of = {row["case_ref"]: row["team"] for row in rows["cin_cases"]}
    teams: dict[object, set[object]] = {}
    for row in rows["cin_roles"]:
        if row["until_on"] is None:
            teams.setdefault(row["person_ref"], set()).add(row["team"] or team_of[row["case_ref"]])
    away = [row for row in rows["cin_people"] if isinstance(row["away_from"], date) and row["away_from"] <= ON]
    strangers = [row for row in away if not teams[row["person_ref"]] & teams[row["deputy_ref"]]]
    assert len(away) == (6 if policy == "salford" else 5)
    assert len(strangers) == 1


@pytest.mark.parametrize("policy", POLICIES)
def test_partners_from_health_and_from_schools_own_actions_that_are_not_done(policy: str) -> None:
    rows = sample(policy)
    domain = {row["person_ref"]: str(row["email"]).rpartition("@")[2] for row in rows["cin_people"] if row["email"]}
    actions = [row for row in rows["cin_actions"] if row["completed_on"] is None and row["owner_ref"] in domain]
    partners = (names.SCHOOL_DOMAIN, names.HEALTH_DOMAIN)
    late = [row for row in actions if isinstance(row["due_on"], date) and row["due_on"] < ON]
    assert {domain[str(row["owner_ref"])] for row in actions} >= {*partners, names.STAFF_DOMAIN}
    assert any(domain[str(row["owner_ref"])] in partners for row in late)


@pytest.mark.parametrize("policy", POLICIES)
def test_a_few_people_have_a_teams_channel_of_their_own(policy: str) -> None:
    people = sample(policy)["cin_people"]
    named = {row["person_ref"]: row["teams_channel"] for row in people if row["teams_channel"]}
    assert len(named) == 3
    assert all(channel == f"own-{str(ref).lower()}" for ref, channel in named.items())


def test_the_teams_whose_managers_have_a_channel_are_teams_of_the_council() -> None:
    assert set(names.MANAGERS_CHANNELS) <= refs(sample(), "cin_cases", "team")


@pytest.mark.parametrize("policy", POLICIES)
def test_families_may_or_may_not_be_written_to_in_several_languages(policy: str) -> None:
    family = [row for row in sample(policy)["cin_people"] if row["kind"] == "family"]
    assert {row["contact"] for row in family} == {"yes", "no", "via", None}
    assert all((row["contact"] == "via") == (row["contact_via_ref"] is not None) for row in family)
    assert len({row["language"] for row in family}) >= 4


@pytest.mark.parametrize("policy", POLICIES)
def test_about_a_fifth_of_the_children_have_siblings_who_share_their_meetings(policy: str) -> None:
    rows = sample(policy)
    families = Counter(row["family_ref"] for row in rows["cin_cases"] if row["family_ref"])
    assert 40 <= families.total() <= 60
    assert all(size >= 2 for size in families.values())
    shared = {(row["meeting_ref"], row["case_ref"]) for row in rows["cin_meetings"] if row["held_on"]}
    assert max(Counter(meeting_ref for meeting_ref, _ in shared).values()) == max(families.values())


@pytest.mark.parametrize("policy", POLICIES)
def test_the_plan_types_are_those_of_the_policy_and_two_outside_it(policy: str) -> None:
    types = Counter(row["plan_type"] for row in sample(policy)["cin_cases"])
    assert set(types) == {*COMMON_PLAN_TYPES, "early_help"} | ({"family_support"} if policy == "norfolk" else set())
    assert types["early_help"] == 2
    assert types["child_in_need"] > 125


@pytest.mark.parametrize("policy", POLICIES)
def test_the_records_tell_every_kind_of_story(policy: str) -> None:
    rows = sample(policy)
    meetings = rows["cin_meetings"]
    assert {row["kind"] for row in meetings} == set(MEETING_KINDS)
    assert {row["outcome"] for row in meetings} >= set(OUTCOMES)
    assert any(row["cancelled_on"] for row in meetings)
    assert any(not row["held_on"] and not row["cancelled_on"] and day_of(row) < ON for row in meetings)
    assert any(not row["held_on"] and day_of(row) == ON for row in meetings)
    assert any(not row["held_on"] and day_of(row) > ON for row in meetings)
    assert {row["fact"] for row in rows["cin_facts"]} >= {"child_protection_plan", "looked_after", "visit_interval", "consent"}
    assert refs(rows, "cin_facts", "fact") <= set(FACTS)
    assert any(row["child_seen"] == "no" for row in rows["cin_visits"])
    assert any(row["due_on"] is None for row in rows["cin_actions"])
    assert {row["direction"] for row in rows["cin_transfers"]} == {"in", "out"}
    assert any(row["expected_on"] for row in rows["cin_cases"])
    assert 30 <= 250 - len(open_cases(rows)) <= 50
    assert any(
        isinstance(row["recorded_on"], date)
        and isinstance(row["held_on"], date)
        and (row["recorded_on"] - row["held_on"]).days > 14
        for row in meetings
    )


def day_of(row: dict[str, object]) -> date:
    scheduled_at = row["scheduled_at"]
    assert isinstance(scheduled_at, datetime)
    return scheduled_at.date()


@pytest.mark.parametrize(
    "policy, kinds",
    [
        ("cumbria", {"plan_agreed", "oversight_recorded", "significant_change", "harm_identified", "strategy_discussion_held"}),
        (
            "salford",
            {"supervision_order_made", "coordinator_criteria_met", "extension_consultation_recorded", "stepped_down_from_cp"},
        ),
        ("specialist-childrens-services", {"plan_agreed", "assessment_shared", "next_steps_decision_recorded"}),
        ("psw-brief-2020", {"assessment_completed", "threshold_discussion_held", "planning_meeting_date_set"}),
        ("norfolk", {"plan_agreed", "plan_recorded", "significant_change"}),
    ],
)
def test_each_policy_has_the_events_that_its_duties_start_from(policy: str, kinds: set[str]) -> None:
    assert kinds <= refs(sample(policy), "cin_events", "kind")


def test_norfolk_has_children_moving_in_and_out() -> None:
    directions = Counter(column(sample("norfolk"), "cin_transfers", "direction"))
    assert directions["in"] >= 5
    assert directions["out"] >= 5


# ---- written


def test_a_written_database_can_be_read_by_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "records.db"
    write_sqlite(sample(), path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM cin_visits").fetchone() == (len(sample()["cin_visits"]),)
        (happened_on,) = connection.execute("SELECT happened_on FROM cin_events LIMIT 1").fetchone()
    assert date.fromisoformat(happened_on) == sample()["cin_events"][0]["happened_on"]


def test_made_up_rows_never_replace_records_that_stand(tmp_path: Path) -> None:
    path = tmp_path / "records.db"
    path.write_bytes(b"a council's own")
    with pytest.raises(FileExistsError):
        write_sqlite(sample(), path)
    assert path.read_bytes() == b"a council's own"


def test_csv_files_hold_what_the_database_holds(tmp_path: Path) -> None:
    write_csv(sample(), tmp_path / "extract")
    write_sqlite(sample(), tmp_path / "records.db")
    for name, relation in RELATIONS.items():
        with (tmp_path / "extract" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            header, *lines = csv.reader(file)
        assert header == [one.name for one in relation.columns]
        assert len(lines) == len(sample()[name])
    from_files = read_records("csv:extract", queries={}, date_format=None, base=tmp_path)
    from_database = read_records("sqlite:///records.db", queries={}, date_format=None, base=tmp_path)
    assert from_files.cases == from_database.cases
    assert from_files.rejections == from_database.rejections


def test_a_postgresql_database_in_text_holds_every_row(postgresql_url: str, tmp_path: Path) -> None:
    write_database(sample(), postgresql_url)
    extract = read_records(postgresql_url, queries={}, date_format=None, base=tmp_path)
    assert {name: count.read for name, count in extract.rows.items()} == {name: len(found) for name, found in sample().items()}
    assert len(extract.rejections) == 6


def test_a_postgresql_database_with_real_dates_leaves_out_what_is_none(postgresql_url: str, tmp_path: Path) -> None:
    write_database(sample(), postgresql_url, typed=True)
    engine = create_engine(postgresql_url)
    with engine.connect() as connection:
        kinds = "SELECT data_type FROM information_schema.columns WHERE table_name = 'cin_meetings' AND column_name = :name"
        assert connection.execute(text(kinds), {"name": "held_on"}).scalar_one() == "date"
        assert connection.execute(text(kinds), {"name": "scheduled_at"}).scalar_one() == "timestamp without time zone"
    engine.dispose()
    extract = read_records(postgresql_url, queries={}, date_format=None, base=tmp_path)
    assert extract.rows["cin_events"].read == len(sample()["cin_events"]) - 1  # 31/02/2026 is no date
    assert len(extract.rejections) == 5
