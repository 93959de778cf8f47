"""The service is watched by people: a silent day is said to managers, in the report and in the summary; an alarm reaches us."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import http_server
import pytest
import smtp_server
from live_channels import NOBODY
from small_council import DUE, LAST, OVERDUE, TO_SERVICE_MANAGER, SmallCouncil, small_council

from cin_reminders.alarm import NotTold, tell_operator
from cin_reminders.errors import SettingsError
from cin_reminders.settings import load_settings
from cin_reminders.story import story_of_day
from cin_reminders.summary import Summary

NOW = datetime(2026, 3, 24, 6, 30, tzinfo=UTC)  # Tuesday


# ---- days of silence

MISSED = "Nothing was sent on Mon 23 Mar 2026: there was no run. What is still true goes with the next good run."


@pytest.fixture
def after_a_missed_day(tmp_path: Path) -> SmallCouncil:
    """A council that ran on Friday and not on Monday, the day on which its meeting was due."""
    council = small_council(tmp_path)
    council.run(LAST)
    return council


def test_a_missed_day_is_said_by_the_next_run_and_by_no_later_one(after_a_missed_day: SmallCouncil) -> None:
    assert after_a_missed_day.run(OVERDUE)["note"] == MISSED
    assert after_a_missed_day.run("2026-03-25")["note"] is None  # Wednesday


def test_no_day_is_missed_where_every_day_had_its_run(after_a_missed_day: SmallCouncil) -> None:
    assert after_a_missed_day.run(DUE)["note"] is None
    assert after_a_missed_day.run(OVERDUE)["note"] is None


def test_no_day_is_missed_before_the_services_first(tmp_path: Path) -> None:
    assert small_council(tmp_path).run(LAST)["note"] is None


def test_a_run_on_a_day_off_says_nothing_of_silence_and_leaves_it_to_the_next_open_day(after_a_missed_day: SmallCouncil) -> None:
    assert after_a_missed_day.run("2026-03-22")["note"] is None  # Sunday; nothing is missed yet
    assert after_a_missed_day.run("2026-03-29")["note"] is None  # Sunday; a week is
    assert "Fri 27 Mar 2026: there was no run" in after_a_missed_day.run(TO_SERVICE_MANAGER)["note"]  # Monday


def test_a_missed_day_stands_in_the_report_of_the_next(after_a_missed_day: SmallCouncil) -> None:
    after_a_missed_day.run(OVERDUE)

    page = after_a_missed_day.folder / "reports" / f"report-{OVERDUE}.html"
    assert MISSED in page.read_text(encoding="utf-8")


def test_managers_read_of_a_missed_day_and_practitioners_do_not(after_a_missed_day: SmallCouncil) -> None:
    after_a_missed_day.run(TO_SERVICE_MANAGER)  # Monday; nothing ran in the whole week before

    said = {
        letter["To"].addresses[0].addr_spec: " ".join(letter.get_body(("plain",)).get_content().split())  # type: ignore[union-attr]
        for letter in after_a_missed_day.letters()
        if letter["Subject"].endswith("(Mon 30 Mar 2026)")
    }
    silent = "Nothing was sent on Mon 23 Mar 2026, Tue 24 Mar 2026, Wed 25 Mar 2026, Thu 26 Mar 2026 and Fri 27 Mar 2026"
    assert silent in said["tom@council.gov.uk"]
    assert "Nothing was sent" not in said["lena@council.gov.uk"]


# ---- the alarm


def council_with(folder: Path, mail: smtp_server.Running, web: http_server.Running, mode: str = "folder") -> SmallCouncil:
    (folder / "webhooks.toml").write_text(f'data-team = "{web.origin}/hook"\n', encoding="utf-8")
    staging = 'staging_address = "rehearsal@council.gov.uk"' if mode == "staging" else ""
    return small_council(
        folder,
        set_up=False,
        delivery=f'mode = "{mode}"\nallowed_domains = ["council.gov.uk"]\n{staging}',
        more=f'[email]\nhost = "localhost"\nport = {mail.port}\nca_file = "{mail.ca_file}"\n'
        'from_address = "cin-reminders@council.gov.uk"\nreply_to = "data@council.gov.uk"\n'
        f'[teams]\nwebhooks_file = "webhooks.toml"\nca_file = "{web.ca_file}"\n'
        '[watch]\noperator = "data.team@council.gov.uk"\noperator_channel = "data-team"',
    )


@pytest.mark.parametrize("mode", ["folder", "staging"])
def test_an_alarm_goes_to_the_operator_in_every_mode(tmp_path: Path, mode: str) -> None:
    with smtp_server.running_server() as mail, http_server.running_server() as web:
        settings = load_settings(council_with(tmp_path, mail, web, mode).settings)
        tell_operator(settings, "A run failed", "Why it did\n\nWhat to do", lambda: NOW)

    (letter,) = mail.messages
    assert letter.rcpt_tos == ("data.team@council.gov.uk",)
    assert letter.parsed["Subject"] == "A run failed"
    assert [one.target for one in web.taken] == ["/hook"]
    assert b"What to do" in web.taken[0].body


def test_where_one_way_fails_the_other_is_still_tried_and_no_address_is_said(tmp_path: Path) -> None:
    refusing = smtp_server.Behaviour(steps=(smtp_server.Step(at="RCPT", reply=NOBODY),))
    with smtp_server.running_server(behaviour=refusing) as mail, http_server.running_server() as web:
        settings = load_settings(council_with(tmp_path, mail, web).settings)
        with pytest.raises(NotTold, match=r"^email: ") as failed:
            tell_operator(settings, "A run failed", "Why", lambda: NOW)

    assert len(web.taken) == 1
    assert "data.team" not in str(failed.value)


def test_what_stands_in_an_alarm_begins_no_line_of_its_own(tmp_path: Path) -> None:
    with smtp_server.running_server() as mail, http_server.running_server() as web:
        settings = load_settings(council_with(tmp_path, mail, web).settings)
        tell_operator(settings, "A run\r\nBcc: everybody@council.gov.uk", "Why <b>\x00it</b>", lambda: NOW)

    (letter,) = mail.messages
    assert letter.parsed["Bcc"] is None
    assert "&lt;b&gt;" in letter.parsed.get_body(("html",)).get_content()  # type: ignore[union-attr]


def test_a_channel_without_a_webhook_is_said_before_the_day_it_is_needed(tmp_path: Path) -> None:
    with smtp_server.running_server() as mail, http_server.running_server() as web:
        council = council_with(tmp_path, mail, web)
        (tmp_path / "webhooks.toml").write_text("", encoding="utf-8")

    with pytest.raises(SettingsError, match=r"no 'data-team' stands in teams\.webhooks_file"):
        tell_operator(load_settings(council.settings), "A run failed", "Why", lambda: NOW)
    assert "problem: watch.operator_channel: no 'data-team'" in council.cin("check", "--on", LAST).out


def test_check_says_that_nobody_watches(tmp_path: Path) -> None:
    said = small_council(tmp_path).cin("check", "--on", LAST).out

    assert "note: watch.operator is not set" in said
    assert "note: watch.heartbeat_url is not set" in said


# ---- by hand


def test_a_run_by_hand_of_today_is_told_to_the_watchman_and_one_of_another_day_is_not(tmp_path: Path) -> None:
    with http_server.running_server() as watchman:
        council = small_council(
            tmp_path, more=f'[watch]\nheartbeat_url = "{watchman.origin}/ping"\nca_file = "{watchman.ca_file}"'
        )
        council.run(LAST)
        assert watchman.asked == []
        assert council.cin("run").code == 0
        (tmp_path / "records.db").unlink()
        assert council.cin("run").code == 1

    assert [asked.target for asked in watchman.asked] == ["/ping", "/ping/fail"]


# ---- the story


def summary(**more: object) -> Summary:
    """A summary of a run on a Wednesday."""
    nothing: dict[str, object] = dict.fromkeys(Summary.__dataclass_fields__)
    counts = dict.fromkeys(("rows_read", "rows_accepted", "rows_rejected", "cases_evaluated", "out_of_scope", "refused"), 0)
    none = dict.fromkeys(("holds", "holds_ended", "rejections", "warnings", "not_supplied", "not_watched", "quarantined"), ())
    maps = {"obligations": {"overdue": 0}, "messages": {}, "cards": {}, "not_told": {}}
    return Summary(**{**nothing, **counts, **none, **maps, "business_date": date(2026, 3, 25), **more})  # type: ignore[arg-type]


def test_a_quiet_day_is_told_in_four_lines() -> None:
    assert story_of_day(summary(cases_evaluated=3)) == (
        "# Wed 25 Mar 2026\n\nThe run was done.\n\n- 3 cases looked at; 0 duties overdue\n- 0 messages sent today\n"
    )


def test_what_needs_a_person_is_said_with_its_number() -> None:
    story = story_of_day(
        summary(
            messages={"sent": 2, "uncertain": 1, "failed": 3},
            not_told={"no_recipient": 4},
            rows_rejected=5,
            refused=6,
            quarantined=("C1",),
            holds=("a", "b"),
            note="Nothing was odd.",
        ),
        heartbeat="it answered 500",
    )

    assert story.splitlines()[5:] == [
        "- 2 messages sent today",
        "- 1 message of which nobody knows whether it arrived",
        "- 3 messages refused for good",
        "- 4 notices for which there is nobody to tell",
        "- 6 people at no allowed domain",
        "- 5 rows rejected",
        "- 1 case whose rows contradict each other",
        "- 2 holds in force",
        "- Nothing was odd.",
        "- The watchman outside could not be told: it answered 500",
    ]


def test_a_held_day_says_why_and_a_persons_own_words_stay_in_the_ledger() -> None:
    hold = "the whole service is held until Friday by somebody: something about a family"

    assert "**Held: nothing new was sent.** the extract is empty." in story_of_day(summary(held="the extract is empty"))
    story = story_of_day(summary(held=hold, holds=(hold,)))
    assert "a person holds the whole service" in story
    assert "family" not in story


def test_a_day_left_undone_says_what() -> None:
    assert "**Not done whole:** the messages could not go: no relay. docs/" in story_of_day(
        summary(failed="the messages could not go: no relay")
    )
