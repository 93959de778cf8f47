"""What `check` says of the settings beside the records: domains, teams, channels, files, quiet hours, holds."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest
from small_council import EARLY, Answer, SmallCouncil, lead, professional, role, small_council, team_manager

import cin_reminders
from cin_reminders.case import Person
from cin_reminders.checkup import check_up
from cin_reminders.fit import of_domains
from cin_reminders.settings import load_settings

ON = ("--on", EARLY)
LISTS = 'allowed_domains = ["council.gov.uk"]'
LIVE = f'mode = "live"\n{LISTS}\nnotify_from = 2026-03-01'
RELAY = '[email]\nhost = "localhost"\n'
HOOKS = '[teams]\nwebhooks_file = "webhooks.toml"\n'


@pytest.fixture
def council(tmp_path: Path) -> SmallCouncil:
    return small_council(tmp_path, delivery=f'mode = "folder"\n{LISTS}\nnotify_from = 2026-03-01')


def check(council: SmallCouncil) -> Answer:
    council.write_settings()
    council.write_records()
    return council.cin("check", *ON)


def said(council: SmallCouncil, about: str) -> list[str]:
    """What `check` says of a place, whether as a note or as a problem."""
    lines = [line.partition(": ")[2] for line in check(council).out.splitlines()]
    return [line for line in lines if line.startswith(about)]


def name_webhooks(council: SmallCouncil, *names: str) -> None:
    text = "".join(f'{name} = "https://prod-1.westeurope.logic.azure.com/workflows/hunter2"\n' for name in names)
    (council.folder / "webhooks.toml").write_text(text, encoding="utf-8")


# ---- domains


def test_a_domain_that_nobody_is_at_gets_the_nearest_that_somebody_is_at(council: SmallCouncil) -> None:
    council.delivery = council.delivery.replace("council.gov.uk", "counsil.gov.uk")

    assert said(council, "delivery.allowed") == [
        "delivery.allowed_domains: counsil.gov.uk: nobody in the records has an address there; did you mean 'council.gov.uk'?"
    ]


def test_domains_that_somebody_is_at_are_not_mentioned_in_whatever_letters(council: SmallCouncil) -> None:
    council.rows["cin_people"].append(professional("NURSE", "Nora Hill", email="nora@NHS.example"))
    council.delivery += '\npartner_domains = ["nhs.example"]'

    assert said(council, "delivery") == []
    assert said(council, "records: ") == []


def test_professionals_at_domains_in_neither_list_are_counted_and_no_address_is_shown(council: SmallCouncil) -> None:
    domains = ["one.example", "one.example", *(f"d{number}.example" for number in range(6))]
    council.rows["cin_people"] += [
        professional(f"P{number}", f"canary{number} Hill", email=f"canary{number}@{domain}")
        for number, domain in enumerate(domains)
    ]
    council.rows["cin_people"].append(professional("GONE", "Gil Hill", email="gil@left.example", active_until="2026-03-15"))

    assert said(council, "records: ") == [
        "records: 8 professionals at domains in neither list, who are not written to: "
        "one.example (2), d0.example (1), d1.example (1), d2.example (1), d3.example (1) and 2 more"
    ]
    assert "canary" not in check(council).out


@pytest.mark.parametrize("last_day, counts", [("2026-03-16", True), ("2026-03-15", False)])  # Monday, Sunday
def test_somebody_counts_at_a_domain_up_to_their_last_day(last_day: str, counts: bool) -> None:
    leaver = Person(
        person_ref="P", name="P", kind="professional", email="p@council.gov.uk", active_until=date.fromisoformat(last_day)
    )

    found = list(of_domains([leaver], date.fromisoformat(EARLY), staff=("council.gov.uk",), partners=()))

    assert (found == []) is counts


# ---- Teams


def test_a_team_that_the_records_do_not_know_gets_the_nearest_that_they_do(council: SmallCouncil) -> None:
    council.more = '[teams.managers]\nNroth = "north-managers"\nNorth = "north-managers"\nElsewhere = "other"'

    assert said(council, "teams") == [
        "teams.managers: Nroth: no case or role in the records is of this team; did you mean 'North'?",
        "teams.managers: Elsewhere: no case or role in the records is of this team",
    ]


def test_a_team_without_a_case_is_known_where_it_has_a_manager(council: SmallCouncil) -> None:
    council.rows["cin_roles"].append(role("team_manager", "TEAM", team="South"))
    council.more = '[teams.managers]\nSouth = "south-managers"'

    assert said(council, "teams") == []


def test_channels_of_people_that_have_no_webhook_are_counted_and_named(council: SmallCouncil) -> None:
    council.rows["cin_people"] = [lead(teams_channel="own-lena"), team_manager(teams_channel="own-tom")]
    council.more = HOOKS
    name_webhooks(council, "own-tom")

    assert said(council, "records: the teams_channel") == [
        "records: the teams_channel of 1 person is none of those in teams.webhooks_file, so it gets no card: 'own-lena'"
    ]
    name_webhooks(council, "other")
    assert said(council, "records: the teams_channel")[0].endswith("'own-lena', 'own-tom'")
    assert "hunter2" not in check(council).out


def test_a_managers_channel_without_a_webhook_is_said_in_a_trial_already(council: SmallCouncil) -> None:
    council.more = HOOKS + '[teams.managers]\nNorth = "north-managers"'
    name_webhooks(council, "north")

    answer = check(council)

    assert answer.code == 0
    assert "note: teams.managers: North: no 'north-managers' stands in teams.webhooks_file" in answer.out


def test_a_file_of_webhooks_that_cannot_be_read_is_a_note_in_a_trial_and_hides_nothing_of_the_records(
    council: SmallCouncil,
) -> None:
    council.more = HOOKS
    council.rows["cin_roles"] = council.rows["cin_roles"][:1]

    in_trial = check(council)
    council.delivery, council.more = LIVE, RELAY + HOOKS
    live = check(council)

    why = "teams.webhooks_file: cannot be read (FileNotFoundError)"
    assert (in_trial.code, in_trial.out.count(why), live.code, live.out.count(why)) == (0, 1, 1, 1)
    assert f"note: {why}" in in_trial.out
    assert f"problem: {why}" in live.out
    for answer in (in_trial, live):
        assert "team North has no team manager" in answer.out


def test_where_teams_is_the_second_way_those_without_a_channel_are_counted(council: SmallCouncil) -> None:
    council.rows["cin_people"][0]["teams_channel"] = "own-lena"
    council.delivery += '\nfallback = "teams"'
    council.more = HOOKS
    name_webhooks(council, "own-lena")

    assert said(council, "delivery.fallback") == [
        "delivery.fallback is teams, and 1 of 4 people in a role has a channel of their own; "
        "for the others there is no second way"
    ]
    for person in council.rows["cin_people"]:
        person["teams_channel"] = "own-lena"
    assert said(council, "delivery.fallback") == []
    name_webhooks(council, "other")
    assert "0 of 4 people in a role have" in said(council, "delivery.fallback")[0]


# ---- ways of sending


def test_quiet_hours_come_with_a_word_on_the_deployment_that_sends_afterwards(council: SmallCouncil) -> None:
    assert said(council, "delivery.quiet_from") == []
    council.delivery += "\nquiet_from = 18:00:00\nquiet_until = 08:00:00"

    assert said(council, "delivery.quiet_from") == [
        "delivery.quiet_from: what comes up from 18:00 to 08:00 waits for the deployment deliver-due, which must run after that"
    ]


def test_a_rehearsal_says_that_it_is_one_and_shows_no_address(council: SmallCouncil) -> None:
    council.delivery = f'mode = "staging"\n{LISTS}\nstaging_address = "canary@council.gov.uk"\nnotify_from = 2026-03-01'
    council.more = RELAY + HOOKS
    name_webhooks(council, "own-lena")

    answer = check(council)

    assert answer.code == 0, answer.out
    assert "note: delivery.mode is staging: every message goes to delivery.staging_address alone" in answer.out
    assert "note: teams.webhooks_file: no 'staging' stands in it, so mode staging posts no card" in answer.out
    assert "canary" not in answer.out
    name_webhooks(council, "staging")
    assert said(council, "teams.webhooks_file") == []


def test_the_file_of_the_secret_for_graph_is_missed_in_a_trial_and_stops_a_live_run(council: SmallCouncil) -> None:
    graph = '[graph]\ntenant = "t"\nclient_id = "c"\nclient_secret_file = "graph-secret"\n'
    council.more = graph
    in_trial = check(council)
    council.delivery = f'channel = "graph"\n{LIVE}'
    live = check(council)

    why = "graph.client_secret_file: cannot be read (No such file or directory)"
    assert (in_trial.code, in_trial.out.count(f"note: {why}"), in_trial.out.count(why)) == (0, 1, 1)
    assert (live.code, live.out.count(f"problem: {why}"), live.out.count(why)) == (1, 1, 1)


def test_every_fault_of_every_channel_is_said_at_once(council: SmallCouncil) -> None:
    council.delivery = f'channel = "graph"\nfallback = "email"\n{LIVE}'
    council.more = (
        '[graph]\ntenant = "t"\nclient_id = "c"\nclient_secret_file = "graph-secret"\n'
        '[email]\nhost = "localhost"\nfrom_address = "no address"\npassword_file = "smtp-password"\n'
        f"{HOOKS}[guards]\nshrink_share = 0.3\n"
    )

    answer = check(council)

    problems = [line.removeprefix("problem: ") for line in answer.out.splitlines() if line.startswith("problem: ")]
    for place in ("graph.client_secret_file", "email.password_file", "teams.webhooks_file", "email.from_address"):
        assert len([line for line in problems if line.startswith(place)]) == 1, (place, problems)
    assert answer.code == 1


# ---- holds


def test_holds_in_force_are_counted_with_the_first_to_end(council: SmallCouncil) -> None:
    word = ("--by", "S-7", "--why", "court", *ON)
    assert said(council, "ledger: ") == []
    council.cin("hold", "C1", "--until", "2026-03-27", *word)  # Friday
    assert said(council, "ledger: ") == ["ledger: 1 hold is in force; it ends with Friday 27 March 2026 (case C1)"]
    council.cin("hold", "--all", "--duty", "review", "--until", "2026-03-20", *word)  # Friday

    assert said(council, "ledger: ") == [
        "ledger: 2 holds are in force; the first ends with Friday 20 March 2026 (the duty review of every case)"
    ]
    assert check(council).code == 0


def test_a_hold_on_the_whole_service_stops_a_run_and_is_a_problem(council: SmallCouncil) -> None:
    council.cin("hold", "--all", "--until", EARLY, "--by", "S-7", "--why", "wrong dates", *ON)

    answer = check(council)

    assert answer.code == 1
    why = "the whole service is held until Monday 16 March 2026 by S-7: wrong dates"
    assert f"problem: ledger: a run would be held: {why}" in answer.out
    assert council.cin("check", "--on", "2026-03-17").code == 0  # Tuesday


# ---- meetings


def write_terms(council: SmallCouncil, last_on: str) -> None:
    council.more = '[meetings]\nterm_dates = "terms.csv"'
    text = f"first_on,last_on,kind\n2026-01-05,{last_on},term\n"
    (council.folder / "terms.csv").write_text(text, encoding="utf-8")


@pytest.mark.parametrize("last_on, is_said", [("2026-06-14", True), ("2026-06-15", False)])
def test_term_dates_that_end_within_90_days_are_a_note(council: SmallCouncil, last_on: str, is_said: bool) -> None:
    # Sunday and Monday, 90 and 91 days after Monday 16 March.
    write_terms(council, last_on)

    found = said(council, "meetings")

    assert [one[:47] for one in found] == (["meetings.term_dates: The term dates end on Sun "] if is_said else [])
    assert check(council).code == 0


def test_term_dates_that_cannot_be_read_are_a_problem_with_every_fault_and_hide_nothing_else(council: SmallCouncil) -> None:
    write_terms(council, "x")
    council.delivery += '\npartner_domains = ["nhs.example"]'

    answer = check(council)

    assert answer.code == 1
    assert "problem: meetings.term_dates: terms.csv, line 2, last_on: must be a date" in answer.out
    assert "delivery.partner_domains: nhs.example" in answer.out


def test_a_year_in_which_festivals_are_not_known_is_said_from_the_first_day_that_is_looked_at(council: SmallCouncil) -> None:
    settings = load_settings(council.settings)
    unknown = "meetings: nobody knows the days of Diwali, Holi and Vaisakhi in 2036, so no check names them"

    assert unknown in check_up(settings, date(2035, 12, 2))[1]  # Sunday, 30 days before the year begins
    assert unknown not in check_up(settings, date(2035, 12, 1))[1]  # Saturday


@pytest.mark.parametrize("setting", ["reply_to", "from_address"])
@pytest.mark.parametrize("mailbox, is_said", [("childreninneed@council.gov.uk", True), ("families@council.gov.uk", False)])
def test_a_mailbox_that_names_a_child_in_need_is_a_note(council: SmallCouncil, setting: str, mailbox: str, is_said: bool) -> None:
    council.more = f'[email]\n{setting} = "{mailbox}"'
    assert bool(said(council, f"email.{setting}: names a child in need")) is is_said


def test_cases_called_by_what_no_partner_may_read_are_counted(council: SmallCouncil) -> None:
    note = "records: what 1 open case is called names a child in need, so no partner is told of its meetings"
    assert note not in said(council, "records: what")
    council.rows["cin_cases"][0]["label"] = "CIN 12"
    assert said(council, "records: what") == [note]


def test_a_council_whose_own_name_names_a_child_in_need_is_a_problem(council: SmallCouncil) -> None:
    pack = council.folder / "own"
    shutil.copytree(Path(cin_reminders.__file__).parent / "policies" / "cumbria", pack)
    for file in pack.glob("*.yaml"):
        text = file.read_text(encoding="utf-8")
        file.write_text(text.replace("council: Cumbria", "council: Cumbria Children in Need"), encoding="utf-8")
    council.policy = str(pack)

    answer = check(council)

    assert answer.code == 1
    assert "council: families and partners read it in notices of meetings" in answer.out
