"""Holds as people type them: what is taken, what is refused and with which words, and what is said of it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from small_council import EARLY, Answer, SmallCouncil, case, many_cases, of, small_council

from cin_reminders.case import LONDON
from cin_reminders.ledger import Ledger, open_ledger

ON = ("--on", EARLY)  # Monday 16 March 2026
UNTIL = ("--until", "2026-03-20")  # Friday
WORD = ("--by", "S-00001", "--why", "family bereavement")
HELD = (*UNTIL, *WORD, *ON)


@pytest.fixture
def council(tmp_path: Path) -> SmallCouncil:
    return small_council(tmp_path)


@contextmanager
def ledger_of(council: SmallCouncil) -> Iterator[Ledger]:
    with closing(open_ledger(council.ledger, council.folder, "testshire")) as ledger:
        yield ledger


def held(council: SmallCouncil, on: str = EARLY) -> list[tuple[str, str, str]]:
    """What is held on a day: case, duty, last day."""
    with ledger_of(council) as ledger:
        return [(one.case_ref, one.duty, one.until_on.isoformat()) for one in ledger.holds_on(date.fromisoformat(on))]


def decided(council: SmallCouncil) -> list[str]:
    with ledger_of(council) as ledger:
        return [one.kind for one in ledger.decisions()]


def refused(answer: Answer) -> list[str]:
    """The faults of a command that was wrongly called, one a line."""
    assert (answer.code, answer.out) == (2, "")
    return [line.removeprefix("cin-reminders: ") for line in answer.err.splitlines()]


def lines(answer: Answer) -> list[str]:
    """What a command said that was done without complaint."""
    assert (answer.code, answer.err) == (0, "")
    return answer.out.splitlines()


# ---- what is held, and what is said of it


@pytest.mark.parametrize(
    "what, kept, said",
    [
        (("C1",), ("C1", ""), "about case C1"),
        (("C1", "--duty", "review"), ("C1", "review"), "about the duty review of case C1"),
        (("--all", "--duty", "review"), ("", "review"), "about the duty review of every case"),
        (("--all",), ("", ""), "at all"),
    ],
)
def test_a_hold_says_what_will_not_be_sent_and_until_when(
    council: SmallCouncil, what: tuple[str, ...], kept: tuple[str, str], said: str
) -> None:
    answer = council.cin("hold", *what, *HELD)

    assert lines(answer) == [
        f"Nothing is sent {said} up to and including Friday 20 March 2026, decided by S-00001.",
        "The hold ends by itself: what is still true on Saturday 21 March 2026 is told from then on.",
    ]
    assert held(council) == [(*kept, "2026-03-20")]


def test_a_hold_keeps_who_why_and_the_moment(council: SmallCouncil) -> None:
    before = datetime.now(UTC)

    council.cin("hold", "C1", *HELD)

    with ledger_of(council) as ledger:
        [hold] = ledger.all_holds()
    assert (hold.by, hold.why) == ("S-00001", "family bereavement")
    assert before <= hold.at <= datetime.now(UTC)


def test_a_shorter_hold_beside_a_longer_one_says_which_stands(council: SmallCouncil) -> None:
    council.cin("hold", "C1", "--until", "2026-03-27", *WORD, *ON)  # Friday

    answer = council.cin("hold", "C1", *HELD)

    assert lines(answer)[1] == (
        "An earlier hold lasts longer and stands: case C1 is held until Friday 27 March 2026 by S-00001: family bereavement."
    )
    assert len(held(council)) == 2


def test_a_longer_hold_beside_a_shorter_one_ends_by_itself(council: SmallCouncil) -> None:
    council.cin("hold", "C1", *HELD)

    answer = council.cin("hold", "C1", "--until", "2026-03-27", *WORD, *ON)  # Friday

    assert lines(answer)[1].startswith("The hold ends by itself: what is still true on Saturday 28 March 2026")


def test_a_hold_of_another_duty_does_not_make_this_one_longer(council: SmallCouncil) -> None:
    council.cin("hold", "C1", "--duty", "review", "--until", "2026-03-27", *WORD, *ON)  # Friday

    assert "ends by itself" in council.cin("hold", "C1", *HELD).out


def test_a_hold_without_a_date_counts_from_today(council: SmallCouncil) -> None:
    today = datetime.now(LONDON).date()

    over = council.cin("hold", "--all", "--until", str(today - timedelta(days=2)), *WORD)
    taken = council.cin("hold", "--all", "--until", str(today + timedelta(days=1)), *WORD)

    assert "is over already" in refused(over)[0]
    assert taken.code == 0


# ---- what is refused


def test_everything_wrong_with_a_hold_is_said_at_once(council: SmallCouncil) -> None:
    faults = refused(council.cin("hold", "C01", "--duty", "reveiw", "--until", "2026-03-15", *ON))  # Sunday

    assert faults == [
        "--until 2026-03-15: is over already; allowed: 2026-03-16 to 2027-03-17",
        "--by: must say who decides it",
        "--why: must say why it is decided so",
        "case C01: no such case in the records; did you mean 'C1'?",
        "--duty reveiw: no such duty; did you mean 'review'?",
    ]
    assert held(council) == []


@pytest.mark.parametrize(
    "until, fault",
    [
        ((), "--until: must be given: a hold has an end"),
        (("--until", ""), "--until : is no date; write it as YYYY-MM-DD"),
        (("--until", "tomorrow"), "--until tomorrow: is no date; write it as YYYY-MM-DD"),
        (("--until", "20260320"), "--until 20260320: is no date; write it as YYYY-MM-DD"),
        (("--until", "9999-12-31"), "--until 9999-12-31: is more than 366 days ahead; allowed: 2026-03-16 to 2027-03-17"),
        (("--until", "2027-03-18"), "--until 2027-03-18: is more than 366 days ahead; allowed: 2026-03-16 to 2027-03-17"),
    ],
)
def test_a_hold_without_an_end_is_refused(council: SmallCouncil, until: tuple[str, ...], fault: str) -> None:
    assert refused(council.cin("hold", "C1", *until, *WORD, *ON)) == [fault]
    assert decided(council) == []


@pytest.mark.parametrize("until", ["2026-03-16", "2027-03-17"], ids=["today", "in 366 days"])
def test_the_first_and_the_last_day_a_hold_may_end_are_taken(council: SmallCouncil, until: str) -> None:
    assert council.cin("hold", "C1", "--until", until, *WORD, *ON).code == 0


@pytest.mark.parametrize("command", ["hold", "release"])
@pytest.mark.parametrize(
    "word, fault",
    [
        (("--why", "asked"), "--by: must say who decides it"),
        (("--by", " ", "--why", "asked"), "--by: must say who decides it"),
        (("--by", "S-00001"), "--why: must say why it is decided so"),
        (("--by", "https://canary.example", "--why", "asked"), "--by: must hold no link"),
        (("--by", "S-00001", "--why", "mail canary@council.gov.uk"), "--why: must hold no e-mail address and no link"),
    ],
)
def test_an_anonymous_word_is_refused_and_an_address_is_not_repeated(
    council: SmallCouncil, command: str, word: tuple[str, ...], fault: str
) -> None:
    council.cin("hold", "C1", *HELD)

    answer = council.cin(command, "C1", *(UNTIL if command == "hold" else ()), *word, *ON)

    [said] = refused(answer)
    assert said.startswith(fault)
    assert "canary" not in answer.err
    assert len(held(council)) == 1


def test_whoever_signs_with_a_work_address_is_named_in_reasons_without_its_domain(council: SmallCouncil) -> None:
    council.cin("hold", "--all", *UNTIL, "--by", "lena.moss@council.gov.uk", "--why", "wrong dates after the move", *ON)

    answer = council.cin("run", *ON, "--json")

    assert answer.json["held"] == "the whole service is held until Friday 20 March 2026 by lena.moss: wrong dates after the move"
    assert "@" not in answer.out + answer.err
    assert council.cin("audit", "--json").json[0]["by"] == "lena.moss@council.gov.uk"


@pytest.mark.parametrize("command", ["hold", "release"])
@pytest.mark.parametrize(
    "what, fault",
    [
        ((), "which case? Give its reference, or --all for the whole service"),
        (("ZEBRA", "--all"), "give a case or --all, not both"),
        (("",), "the case given is blank; give its reference, or --all for the whole service"),
        ((" ",), "the case given is blank; give its reference, or --all for the whole service"),
        (("", "--all"), "give a case or --all, not both"),
        (("C1", "--duty", ""), "--duty: must not be blank; leave it out for every duty"),
    ],
)
def test_a_case_that_was_left_blank_never_means_all_of_them(
    council: SmallCouncil, command: str, what: tuple[str, ...], fault: str
) -> None:
    council.cin("hold", "--all", *HELD)

    answer = council.cin(command, *what, *(UNTIL if command == "hold" else ()), *WORD, *ON)

    assert refused(answer) == [fault]
    assert held(council) == [("", "", "2026-03-20")]


def test_an_unknown_case_names_the_nearest_and_not_every_case(tmp_path: Path) -> None:
    council = small_council(tmp_path, rows=many_cases(40))

    assert refused(council.cin("hold", "C001X", *HELD)) == ["case C001X: no such case in the records; did you mean 'C001'?"]
    assert refused(council.cin("hold", "ZEBRA", *HELD)) == ["case ZEBRA: no such case in the records"]


def test_a_duty_of_an_older_edition_can_be_held(council: SmallCouncil) -> None:
    """Clocks that began under the older edition still run."""
    shutil.copytree(Path(__file__).parent / "packs" / "two-editions", council.folder / "two-editions")
    council.policy = "two-editions"
    council.write_settings()

    for duty in ("record_shared", "plan_shared"):  # the first edition's alone, the second's alone
        assert lines(council.cin("hold", "C1", "--duty", duty, *HELD))


def test_a_case_whose_row_cannot_be_read_can_be_held(council: SmallCouncil) -> None:
    """What was late in it is still told, so that a person must be able to stop it."""
    council.rows["cin_cases"] = [case(plan_type=None), case("C2")]
    council.write_records()

    assert lines(council.cin("hold", "C1", *HELD))
    assert held(council) == [("C1", "", "2026-03-20")]


# ---- when the rest is broken


def test_a_case_is_held_though_the_records_cannot_be_read(council: SmallCouncil) -> None:
    (council.folder / "records.db").unlink()

    answer = council.cin("hold", "C-typed-in-haste", "--duty", "review", *HELD)

    assert answer.code == 0
    assert answer.err.startswith("cin-reminders: whether case C-typed-in-haste exists could not be checked: ")
    assert len(answer.err.splitlines()) == 1
    assert held(council) == [("C-typed-in-haste", "review", "2026-03-20")]


def test_a_duty_is_checked_though_the_records_cannot_be_read(council: SmallCouncil) -> None:
    (council.folder / "records.db").unlink()

    answer = council.cin("hold", "C1", "--duty", "reveiw", *HELD)

    assert answer.code == 2
    assert answer.err.splitlines()[-1] == "cin-reminders: --duty reveiw: no such duty; did you mean 'review'?"
    assert held(council) == []


def test_a_duty_is_held_though_the_pack_cannot_be_read(council: SmallCouncil) -> None:
    council.policy = "cumbra"
    council.write_settings()

    answer = council.cin("hold", "--all", "--duty", "review", *HELD)

    assert answer.code == 0
    assert answer.err.startswith("cin-reminders: whether the duty review exists could not be checked: ")
    assert held(council) == [("", "review", "2026-03-20")]


@pytest.mark.parametrize("command", ["hold", "release"])
def test_the_whole_service_is_held_and_released_without_a_look_at_records_or_pack(council: SmallCouncil, command: str) -> None:
    council.cin("hold", "--all", *HELD)
    (council.folder / "records.db").unlink()
    council.policy = "cumbra"
    council.write_settings()

    assert lines(council.cin(command, "--all", *(UNTIL if command == "hold" else ()), *WORD, *ON))
    assert len(held(council)) == (2 if command == "hold" else 0)


@pytest.mark.parametrize(
    "command",
    [
        ("hold", "--all", *HELD),
        ("release", "--all", *WORD),
        ("release-run", *WORD),
        ("accept-extract", *WORD),
        ("audit",),
    ],
    ids=lambda command: command[0],
)
def test_a_word_makes_no_ledger(tmp_path: Path, command: tuple[str, ...]) -> None:
    council = small_council(tmp_path, set_up=False)

    answer = council.cin(*command)

    assert answer.code == 1
    assert "ledger.db does not exist" in answer.err
    assert not (tmp_path / "ledger.db").exists()


# ---- release


def test_a_release_says_what_ends(council: SmallCouncil) -> None:
    council.cin("hold", "C1", *HELD)

    answer = council.cin("release", "C1", "--by", "S-00002", "--why", "asked to", *ON)

    assert lines(answer) == ["1 hold on case C1 ends now, decided by S-00002; what is still true is told from the next run on."]
    assert held(council) == []
    assert decided(council) == ["hold", "release"]


def test_a_release_of_two_holds_says_so(council: SmallCouncil) -> None:
    council.cin("hold", "C1", "--duty", "review", *HELD)
    council.cin("hold", "C1", "--duty", "review", *HELD)

    assert lines(council.cin("release", "C1", "--duty", "review", *WORD, *ON))[0].startswith(
        "2 holds on the duty review of case C1 end now"
    )


def test_what_another_hold_still_covers_is_said_at_a_release(council: SmallCouncil) -> None:
    council.cin("hold", "C1", "--duty", "review", *HELD)
    council.cin("hold", "C1", *HELD)

    assert lines(council.cin("release", "C1", "--duty", "review", *WORD, *ON))[1] == (
        "But it stays held: case C1 is held until Friday 20 March 2026 by S-00001: family bereavement."
    )


def test_the_parts_that_stay_held_are_said_at_a_release(tmp_path: Path) -> None:
    council = small_council(tmp_path, rows=many_cases(8))
    for ref in (f"C00{number}" for number in range(7)):
        council.cin("hold", ref, *HELD)
    council.cin("hold", "C001", "--duty", "review", *HELD)
    council.cin("hold", "--all", *HELD)

    of_all = lines(council.cin("release", "--all", *WORD, *ON))
    of_one = lines(council.cin("release", "C001", *WORD, *ON))
    of_another = lines(council.cin("release", "C002", *WORD, *ON))

    assert of_all[1:] == ["Still held: case C000; case C001; case C002; case C003; case C004 and 3 more."]
    assert of_one[1:] == ["Still held: the duty review of case C001."]
    assert of_another[1:] == []


def test_other_duties_that_stay_held_are_not_said_at_the_release_of_one(council: SmallCouncil) -> None:
    council.cin("hold", "C1", "--duty", "review", *HELD)
    council.cin("hold", "C1", "--duty", "visit", *HELD)

    assert len(lines(council.cin("release", "C1", "--duty", "review", *WORD, *ON))) == 1
    assert held(council) == [("C1", "visit", "2026-03-20")]


def test_a_release_of_what_is_not_held_names_what_is(council: SmallCouncil) -> None:
    council.cin("hold", "C1", "--duty", "review", *HELD)

    assert refused(council.cin("release", "C1", *WORD, *ON)) == [
        "case C1 is not held; in force for it: the duty review of case C1, until Friday 20 March 2026"
    ]
    assert len(held(council)) == 1


def test_a_case_that_is_gone_from_the_records_can_be_released(council: SmallCouncil) -> None:
    council.cin("hold", "C1", *HELD)
    council.rows["cin_cases"] = [case("C2")]
    council.write_records()

    assert council.cin("release", "C1", *WORD, *ON).code == 0


def test_a_hold_that_ended_by_itself_cannot_be_released(council: SmallCouncil) -> None:
    council.cin("hold", "C1", *HELD)

    late = council.cin("release", "C1", *WORD, "--on", "2026-03-21")  # Saturday
    in_time = council.cin("release", "C1", *WORD, "--on", "2026-03-20")  # Friday

    assert refused(late) == ["case C1 is not held"]
    assert in_time.code == 0


# ---- a word on a run


def test_a_released_run_is_one_of_its_own_day(council: SmallCouncil) -> None:
    answer = council.cin("release-run", *WORD, *ON)

    first, _ = lines(answer)
    assert first == "The run of 2026-03-16 is released, decided by S-00001."
    [decision] = of(council.cin("audit", "--json").json, kind="release-run")
    assert (decision["key"], decision["by"], decision["why"]) == (EARLY, "S-00001", "family bereavement")


@pytest.mark.parametrize("command", ["release-run", "accept-extract"])
def test_a_run_and_an_extract_are_released_by_somebody_for_a_reason(council: SmallCouncil, command: str) -> None:
    answer = council.cin(command, *ON, "--by", "", "--why", "asked by lena@council.gov.uk")

    assert refused(answer) == [
        "--by: must say who decides it",
        "--why: must hold no e-mail address and no link, since reports show it",
    ]
    assert decided(council) == []
