"""Before there is a ledger: what a run would do can be looked at, a run says what is missing, and init makes one."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_council import EARLY, SmallCouncil, small_council


@pytest.fixture(params=["sqlite", "postgresql"])
def council(request: pytest.FixtureRequest, tmp_path: Path) -> SmallCouncil:
    ledger = "sqlite:///ledger.db" if request.param == "sqlite" else str(request.getfixturevalue("postgresql_url"))
    return small_council(tmp_path, set_up=False, ledger=ledger)


def test_a_preview_and_an_explanation_need_no_ledger(council: SmallCouncil) -> None:
    preview = council.cin("preview", "--on", EARLY, "--json")

    assert preview.code == 0, preview.err
    assert [message["to"]["person_ref"] for message in preview.json] == ["LEAD"]
    assert council.cin("explain", "C1", "--on", EARLY).code == 0


@pytest.mark.parametrize("command", [["run", "--on", EARLY], ["ledger"], ["upgrade"]])
def test_what_needs_a_ledger_says_in_one_line_how_to_make_one(council: SmallCouncil, command: list[str]) -> None:
    answer = council.cin(*command)

    assert answer.code == 1
    assert "run `cin-reminders init` where there never was one" in answer.err
    assert len(answer.err.splitlines()) == 1
    assert council.cin("init").code == 0
    assert council.cin(*command).code == 0


def test_a_ledger_that_cannot_be_used_is_no_missing_one(tmp_path: Path) -> None:
    council = small_council(tmp_path, set_up=False)
    (tmp_path / "ledger.db").touch()

    answer = council.cin("preview", "--on", EARLY)

    assert answer.code == 1
    assert "its making was not finished" in answer.err
