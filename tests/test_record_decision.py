"""A person's decision by the form in Prefect's page: what the form looks like, what it refuses, and what comes of it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from prefect import State
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId
from prefect.client.schemas.objects import FlowRun
from prefect.exceptions import PrefectHTTPStatusError
from prefect.settings import PREFECT_API_URL, temporary_settings
from prefect_commands import prefect
from small_council import EARLY, LAST, SmallCouncil, of, small_council

from cin_reminders.flows.record_decision import record_decision
from cin_reminders.flows.retention import retention
from cin_reminders.holds import faults_of_word
from cin_reminders.reason_codes import ReasonCode

CANARY = "qzkanarie"
WORD = {"who": "S-00012", "why": "agreed with the team manager"}
FORM = record_decision.parameters.model_dump()


@pytest.fixture
def council(tmp_path: Path) -> SmallCouncil:
    return small_council(tmp_path)


@pytest.fixture
def client(prefect_harness: None) -> Iterator[SyncPrefectClient]:
    with get_client(sync_client=True) as client:
        yield client


def decide(council: SmallCouncil, **parameters: Any) -> State[Any]:
    """What becomes of a form that was filled in, with the values as Prefect hands them on."""
    asked = WORD | {"on": EARLY, "settings": str(council.settings)} | parameters  # Monday
    state: State[Any] = record_decision(**asked, return_state=True)
    return state


def chain(council: SmallCouncil) -> list[tuple[str, str, str, str]]:
    return [(one["kind"], one["key"], one["by"], one["why"]) for one in council.cin("audit", "--json").json]


def in_doubt(council: SmallCouncil) -> None:
    """Nobody knows any more whether what was sent has arrived."""
    with closing(sqlite3.connect(council.folder / "ledger.db")) as ledger, ledger:
        ledger.execute("UPDATE message SET state = 'uncertain'")


def said_of(client: SyncPrefectClient, state: State[Any], logged: pytest.LogCaptureFixture) -> str:
    """Everything that Prefect keeps of a run: its parameters, its state, its logs, what its page shows."""
    assert state.state_details.flow_run_id is not None
    run = client.read_flow_run(state.state_details.flow_run_id)
    shown = client.read_artifacts(flow_run_filter=FlowRunFilter(id=FlowRunFilterId(any_=[run.id])))
    return "\n".join([str(run.parameters), str(run.state), str(run.name), logged.text, *(str(one.data) for one in shown)])


# ---- the form as a person sees it


def test_the_form_asks_what_who_and_why_first_and_only_these_must_be_given() -> None:
    in_order = sorted(FORM["properties"], key=lambda name: FORM["properties"][name]["position"])

    assert in_order == ["what", "who", "why", "case", "everything", "duty", "until", "key", "settle_as", "on", "settings"]
    assert FORM["required"] == ["what", "who", "why"]


def test_what_why_and_settle_as_are_chosen_from_a_list() -> None:
    lists = {name: definition["enum"] for name, definition in FORM["definitions"].items()}

    assert lists["What"] == ["hold", "release", "settle", "accept-extract", "accept-ledger", "release-run"]
    assert lists["SettleAs"] == ["sent", "failed", "resend"]
    assert lists["ReasonCode"] == [code.value for code in ReasonCode]
    assert "$ref" in FORM["properties"]["what"]
    assert "$ref" in FORM["properties"]["why"]


def test_each_place_says_what_it_is_for() -> None:
    for name, place in FORM["properties"].items():
        assert place["description"].endswith("."), name


@pytest.mark.parametrize("code", ReasonCode)
def test_each_reason_of_the_list_can_be_kept_and_shown(code: ReasonCode) -> None:
    assert faults_of_word("S-00012", code.value) == []


FULL = WORD | {"what": "hold", "case": "C-00171", "until": "2026-03-20", "duty": "review", "settings": "councils/a.toml"}
BLANK = {"case": None, "duty": "", "until": None, "key": "", "settle_as": None, "on": None, "everything": False}


@pytest.mark.parametrize(
    "given",
    [
        FULL,
        WORD | {"what": "release-run"} | BLANK,
        WORD | {"what": "settle", "key": "testshire/live/2026-03-16/S-00001/email-2", "settle_as": "sent"},
        WORD | {"what": "hold", "who": "e1234", "everything": True, "until": "2026-03-20"},
        FULL | {"settings": "/srv/councils/St Mary's/cin_reminders.toml"},
    ],
)
def test_the_form_takes_references_dates_and_places_left_empty(given: dict[str, Any]) -> None:
    assert list(Draft202012Validator(FORM).iter_errors(given)) == []


@pytest.mark.parametrize(
    "place, value",
    [
        ("what", "send"),
        ("who", "Lena Moss"),
        ("who", "lena@council.gov.uk"),
        ("who", "Moss"),
        ("who", ""),
        ("why", "a funeral"),
        ("why", ""),
        ("case", "Lena Moss 2"),
        ("case", "Moss"),
        ("duty", "Review of Lena"),
        ("until", "when Lena is back"),
        ("on", "Monday"),
        ("key", "the message to Lena"),
        ("key", "testshire/live/2026-03-16/Lena Moss/email"),
        ("settle_as", "planned"),
        ("everything", "yes"),
        ("settings", "what Lena said"),
    ],
)
def test_the_form_refuses_names_and_words_of_ones_own_in_every_place(place: str, value: str) -> None:
    [error] = Draft202012Validator(FORM).iter_errors(FULL | {place: value})

    assert list(error.absolute_path) == [place]


# ---- what comes of it


def test_a_hold_by_the_form_is_the_hold_of_the_command_and_stands_in_the_next_report(
    client: SyncPrefectClient, council: SmallCouncil, caplog: pytest.LogCaptureFixture
) -> None:
    state = decide(council, what="hold", case="C1", duty="initial_meeting", until="2026-03-20")  # Friday

    assert state.is_completed()
    assert chain(council) == [("hold", "C1/initial_meeting", "S-00012", "until 2026-03-20: agreed with the team manager")]
    assert council.run(EARLY)["not_told"] == {"held": 1}
    page = (council.folder / "reports" / f"report-{EARLY}.html").read_text(encoding="utf-8")
    assert "<td>S-00012</td><td>until 2026-03-20: agreed with the team manager</td>" in page
    assert "Nothing is sent about the duty initial_meeting of case C1" in said_of(client, state, caplog)


def test_a_release_an_extract_a_ledger_and_a_run_are_decided_like_by_the_commands(
    prefect_harness: None, council: SmallCouncil
) -> None:
    decide(council, what="hold", everything=True, until="2026-03-20")
    for what in ("release", "accept-extract", "accept-ledger", "release-run"):
        assert decide(council, what=what, **({"everything": True} if what == "release" else {})).is_completed()

    assert [(kind, key) for kind, key, *_ in chain(council)] == [
        ("hold", "--all"),
        ("release", "--all"),
        ("accept-extract", EARLY),
        ("accept-ledger", EARLY),
        ("release-run", EARLY),
    ]


@pytest.mark.parametrize(
    "given, kind, about, why",
    [
        ({"what": "hold", "case": "C1", "until": "2026-03-20"}, "hold", "C1", "until 2026-03-20: "),
        ({"what": "release", "everything": True}, "release", "--all", ""),
        ({"what": "settle", "key": "{key}", "settle_as": "failed"}, "settle as failed", "{key}", ""),
        ({"what": "accept-extract"}, "accept-extract", EARLY, ""),
        ({"what": "accept-ledger"}, "accept-ledger", EARLY, ""),
        ({"what": "release-run"}, "release-run", EARLY, ""),
    ],
    ids=lambda given: given["what"] if isinstance(given, dict) else "",
)
def test_the_next_report_lists_each_kind_with_what_it_was_about_who_and_why(
    prefect_harness: None, council: SmallCouncil, given: dict[str, Any], kind: str, about: str, why: str
) -> None:
    council.run(EARLY)
    in_doubt(council)
    [message] = council.messages()
    # What there is to end.
    assert council.cin("hold", "--all", "--until", "2026-03-18", "--by", "S-1", "--why", "asked", "--on", EARLY).code == 0
    given = {place: message["key"] if value == "{key}" else value for place, value in given.items()}

    assert decide(council, **given).is_completed()

    council.cin("report", "--on", LAST)
    page = (council.folder / "reports" / f"report-{LAST}.html").read_text(encoding="utf-8")
    row = f"<td>{about.format(key=message['key'])}</td><td>S-00012</td><td>{why}agreed with the team manager</td>"
    assert page.count(f'<th scope="row">{kind}</th>{row}') == 1


def test_a_held_run_is_let_go_by_the_form_which_says_that_the_day_must_be_run_again(
    client: SyncPrefectClient, council: SmallCouncil, caplog: pytest.LogCaptureFixture
) -> None:
    council.run("2026-03-13")  # Friday
    cases, council.rows["cin_cases"] = council.rows["cin_cases"], []
    council.write_records()
    council.cin("run", "--on", EARLY)

    said = said_of(client, decide(council, what="accept-extract"), caplog)

    assert f"Now run daily-reminders again for Monday 16 March 2026 (press Run, Custom run and give on as {EARLY}" in said
    assert "The word is for this day alone: a run of today needs one of its own." in said
    council.rows["cin_cases"] = cases
    council.write_records()
    assert "No run of Monday 16 March 2026 is held for its size" in said_of(client, decide(council, what="release-run"), caplog)


@pytest.mark.parametrize("what", ["accept-extract", "accept-ledger", "release-run", "hold"])
def test_no_guard_is_switched_off_for_a_day_to_come(prefect_harness: None, council: SmallCouncil, what: str) -> None:
    more = {"everything": True, "until": "2049-03-20"} if what == "hold" else {}

    state = decide(council, what=what, on="2049-03-16", **more)

    assert "on 2049-03-16: has not come yet; allowed: up to 20" in str(state.message)
    assert chain(council) == []


def test_a_message_in_doubt_is_settled_by_the_form(prefect_harness: None, council: SmallCouncil) -> None:
    council.run(EARLY)
    [message] = council.messages()
    in_doubt(council)

    assert decide(council, what="settle", key=message["key"], settle_as="sent").is_completed()
    assert council.messages()[0]["state"] == "sent"
    assert chain(council)[0][:2] == ("settle as sent", message["key"])


def test_what_does_not_fit_together_is_refused_in_one_error_with_every_fault(
    client: SyncPrefectClient, council: SmallCouncil
) -> None:
    state = decide(council, what="hold", case="C1", everything=True, duty="revue", key="testshire/live/2026-03-16/S1/email")

    assert state.is_failed()
    said = str(client.read_flow_run(state.state_details.flow_run_id).state)
    for fault in (
        "key: hold takes none; leave it empty",
        "give a case or everything, not both",
        "until: must be given: a hold has an end",
        "duty revue: no such duty",
    ):
        assert fault in said
    assert chain(council) == []


@pytest.mark.parametrize(
    "given, fault",
    [
        ({"what": "release"}, "which case? Give its reference, or everything for the whole service"),
        ({"what": "hold", "case": "", "until": "2026-03-20"}, "which case? Give its reference"),
        ({"what": "hold", "case": "C9", "until": "2026-03-20"}, "case C9: no such case in the records"),
        ({"what": "settle"}, "which message? Give its key"),
        ({"what": "settle"}, "settle_as: must be given: sent, failed or resend"),
        ({"what": "release-run", "until": "2026-03-20"}, "until: release-run takes none; leave it empty"),
        ({"what": "accept-extract", "everything": True}, "everything: accept-extract takes none; leave it empty"),
    ],
)
def test_each_kind_of_decision_says_what_it_needs_and_what_it_does_not_take(
    prefect_harness: None, council: SmallCouncil, given: dict[str, Any], fault: str
) -> None:
    state = decide(council, **given)

    assert fault in str(state.message)
    assert chain(council) == []


def test_the_reason_of_an_earlier_hold_never_reaches_prefect(
    client: SyncPrefectClient, council: SmallCouncil, caplog: pytest.LogCaptureFixture
) -> None:
    longer = council.cin("hold", "--all", "--until", "2026-03-27", "--by", CANARY, "--why", f"{CANARY} is ill", "--on", EARLY)
    assert longer.code == 0

    for what, more in (("hold", {"until": "2026-03-20"}), ("release", {})):
        caplog.clear()
        said = said_of(client, decide(council, what=what, case="C1", **more), caplog)
        assert "An earlier hold still covers it" in said
        assert CANARY not in said


# ---- deployed


def test_the_server_refuses_a_name_before_it_keeps_it_and_takes_a_reference(prefect_server: str) -> None:
    with temporary_settings({PREFECT_API_URL: prefect_server}), get_client(sync_client=True) as client:
        prefect(prefect_server, "work-pool", "create", "cin-reminders", "--type", "process", "--overwrite")
        prefect(prefect_server, "deploy", "--name", "record-decision", "--name", "retention")
        deployment = client.read_deployment_by_name("record-decision/record-decision")

        assert deployment.enforce_parameter_schema
        assert deployment.parameter_openapi_schema == FORM
        for place in ("who", "case", "until", "on", "key", "duty", "settings"):
            with pytest.raises(PrefectHTTPStatusError):
                client.create_flow_run_from_deployment(deployment.id, parameters=FULL | {place: f"{CANARY} Moss"})
        run: FlowRun = client.create_flow_run_from_deployment(deployment.id, parameters=FULL)
        everything = client.read_flow_runs(flow_run_filter=FlowRunFilter())
        client.delete_flow_run(run.id)

    assert run.id in {one.id for one in everything}
    assert CANARY not in str(everything)


# ---- retention as a flow


def test_the_monthly_flow_removes_what_is_old_and_says_how_much(
    client: SyncPrefectClient, council: SmallCouncil, caplog: pytest.LogCaptureFixture
) -> None:
    state = retention(settings=str(council.settings), on="2026-03-16", before="2020-01-01", return_state=True)

    assert state.result()["before"] == "2020-01-01"
    assert "Nothing was left that is older than Wednesday 1 January 2020." in said_of(client, state, caplog)
    assert of(council.cin("audit", "--json").json, kind="purge")[0]["by"] == "the deployment retention"
