"""The backfill as Prefect carries it out: a form with days and a mode, each day a step, and figures that name nobody."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from prefect import State
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import (
    ArtifactFilter,
    ArtifactFilterKey,
    FlowRunFilter,
    FlowRunFilterId,
    LogFilter,
    LogFilterFlowRunId,
)
from small_council import EARLY, LAST, OVERDUE, SmallCouncil, case, lead, small_council
from test_through_prefect import run_of, steps_of

from cin_reminders.backfilled import Mode
from cin_reminders.flows.backfill import backfill

BEFORE, NEXT_DAY = "2026-03-13", "2026-03-25"  # Friday; Wednesday after OVERDUE
CANARY = "qzkanarie"
COUNCIL = "testshire"


@pytest.fixture
def council(tmp_path: Path, prefect_harness: None) -> SmallCouncil:
    """A council whose last run was on Friday 13 March; its records are full of what must never reach Prefect."""
    found = small_council(tmp_path)
    found.rows["cin_cases"] = [case(label=f"{CANARY}-label", record_url=f"https://records.example/{CANARY}")]
    found.rows["cin_people"][0] = lead(name=f"Lena {CANARY}")
    found.write_records()
    found.run(BEFORE)
    return found


def state_of(council: SmallCouncil, mode: Mode, first: str, last: str, on: str) -> State[Any]:
    state: State[Any] = backfill(
        from_on=date.fromisoformat(first),
        to_on=date.fromisoformat(last),
        mode=mode,
        settings=str(council.settings),
        on=date.fromisoformat(on),
        return_state=True,
    )
    return state


def artifact(client: SyncPrefectClient, run_id: Any, key: str) -> Any:
    [found] = client.read_artifacts(
        artifact_filter=ArtifactFilter(key=ArtifactFilterKey(any_=[key])),
        flow_run_filter=FlowRunFilter(id=FlowRunFilterId(any_=[run_id])),
    )
    return found


def test_its_parameters_are_a_form_of_two_days_and_three_modes() -> None:
    fields = backfill.parameters.properties

    assert list(fields) == ["from_on", "to_on", "mode", "settings", "on"]
    assert [fields[name]["format"] for name in ("from_on", "to_on")] == ["date", "date"]
    assert backfill.parameters.definitions is not None
    assert backfill.parameters.definitions["Mode"]["enum"] == ["plan", "record", "send"]
    assert backfill.parameters.required == ["from_on", "to_on"]


def test_each_day_is_a_step_and_its_figures_stand_in_a_table(council: SmallCouncil) -> None:
    with get_client(sync_client=True) as client:
        state = state_of(council, Mode.SEND, LAST, OVERDUE, OVERDUE)

        assert state.is_completed(), state.message
        assert state.result()["messages"] == {"sent": 2}
        run = run_of(client, state)
        looked = [f"Look at {day} Mar 2026" for day in ("Fri 20", "Sat 21", "Sun 22", "Mon 23", "Tue 24")]
        told = ["Read the records", "Work out the duties", "Decide who to tell", "Tell them", "Publish the report"]
        steps = ["Read the records", *looked, *told]
        assert steps_of(client, run, len(steps)) == steps
        assert artifact(client, run.id, f"backfill-progress-{COUNCIL}").data == 100
        table = artifact(client, run.id, f"backfill-days-{COUNCIL}")
        assert table.description == "Of the days from Fri 20 Mar 2026 to Tue 24 Mar 2026, looked at on Tue 24 Mar 2026"
        rows = {row["day"]: row for row in json.loads(str(table.data))}
        assert rows["Tue 24 Mar 2026"] == {
            "day": "Tue 24 Mar 2026",
            "run": "none",
            "fell due": 0,
            "overdue": 1,
            "missed": 2,
            "people": 2,
            "recorded": 0,
        }
        assert rows["Sat 21 Mar 2026"]["run"] == "Saturday"
        counts = json.loads(str(artifact(client, run.id, f"backfill-counts-{COUNCIL}").data))
        assert {row["what"]: row["count"] for row in counts} == {
            "days": 5,
            "notices missed": 3,
            "stages recorded": 0,
            "messages sent": 2,
        }
        story = str(artifact(client, run.id, f"backfill-story-{COUNCIL}").data)
        assert story == "# Fri 20 Mar 2026 to Tue 24 Mar 2026\n\n- 3 notices missed on 5 days\n- 2 messages sent\n"


def test_nothing_that_names_a_case_or_a_person_reaches_prefect(council: SmallCouncil) -> None:
    with get_client(sync_client=True) as client:
        for mode in Mode:
            state = state_of(council, mode, EARLY, LAST, NEXT_DAY)
            assert state.is_completed(), state.message
            run = run_of(client, state)
            logs = client.read_logs(log_filter=LogFilter(flow_run_id=LogFilterFlowRunId(any_=[run.id])))
            artifacts = client.read_artifacts(flow_run_filter=FlowRunFilter(id=FlowRunFilterId(any_=[run.id])))
            kept = f"{run} {logs} {artifacts} {state.result()}"
            for word in (CANARY, "C1", "LEAD", "E-C1"):
                assert word not in kept, (mode, word)
            assert len(artifacts) >= 2


def test_a_persons_own_words_for_a_hold_stay_out_of_prefect(council: SmallCouncil) -> None:
    answer = council.cin("hold", "--all", "--until", OVERDUE, "--by", f"{CANARY} Moss", "--why", CANARY, "--on", OVERDUE)
    assert answer.code == 0, answer.err
    with get_client(sync_client=True) as client:
        state = state_of(council, Mode.SEND, LAST, OVERDUE, OVERDUE)

        assert "held: a person holds the whole service; `cin-reminders audit` says who and why" in str(state.message)
        run = run_of(client, state)
        story = str(artifact(client, run.id, f"backfill-story-{COUNCIL}").data)
        assert "**Held: nothing new was sent.** a person holds the whole service" in story
        logs = client.read_logs(log_filter=LogFilter(flow_run_id=LogFilterFlowRunId(any_=[run.id])))
        artifacts = client.read_artifacts(flow_run_filter=FlowRunFilter(id=FlowRunFilterId(any_=[run.id])))
        assert CANARY not in f"{run} {logs} {artifacts}"


def test_days_that_cannot_be_backfilled_end_as_a_failed_run_that_says_why(council: SmallCouncil) -> None:
    state = state_of(council, Mode.RECORD, EARLY, OVERDUE, OVERDUE)

    assert state.is_failed()
    assert "--to 2026-03-24: what is due on the business date itself is told by its run" in str(state.message)


def test_a_backfill_that_a_guard_held_ends_as_a_failed_run_that_says_why(council: SmallCouncil) -> None:
    council.rows["cin_cases"] = []
    council.write_records()

    state = state_of(council, Mode.SEND, EARLY, LAST, OVERDUE)

    assert state.is_failed()
    assert "held: the extract is empty: cin_cases holds no row" in str(state.message)
