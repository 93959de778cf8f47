"""Cards in Teams beside the e-mails of the day: a courtesy, which never keeps an e-mail back and never counts as told."""

from __future__ import annotations

import json
import logging
import re
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import http_server
import pytest
import smtp_server
from http_server import Reply, as_page
from ledgers import COUNCIL, ELSEWHERE, ELSEWHERE_TOO, MORNING, Clock, Outbox, plan_one, run, standing, words
from live_channels import (
    NOBODY,
    SIGNATURE,
    Ends,
    card_rows,
    cards,
    council_at,
    deliver_at,
    killed_once,
    ledger_text,
    live,
    mailed,
    path_of,
    run_at,
    words_of,
)
from small_council import (
    DUE,
    EARLY,
    LAST,
    OVERDUE,
    TO_SERVICE_MANAGER,
    SmallCouncil,
    case,
    first_meeting,
    lead,
    many_cases,
    plan_agreed,
    role,
    small_council,
    usual_rows,
)

from cin_reminders.channels.card_post import MOST_OCTETS
from cin_reminders.delivery import PACE, deliver
from cin_reminders.ledger import Ledger, create_ledger, open_ledger

NEXT_DAY = "2026-03-25"  # Wednesday after OVERDUE
TO_NORTH = path_of("North managers")


@contextmanager
def ends(*steps: http_server.Step, mail: tuple[smtp_server.Step, ...] = (), **more: Any) -> Iterator[Ends]:
    """A relay and a server of webhooks, each as good or bad as its steps say."""
    relay = smtp_server.running_server(behaviour=smtp_server.Behaviour(steps=mail))
    hooks = http_server.running_server(behaviour=http_server.Behaviour(steps=steps))
    with relay as running_mail, hooks as running_web:
        yield Ends(mail=running_mail, web=running_web, **more)


def answering(reply: Reply | None = None, **more: Any) -> http_server.Step:
    return http_server.Step(at="BODY", path="/invoke", reply=reply, **more)


def with_own_channel(name: str = "Duty desk") -> dict[str, Any]:
    """The usual rows, where the lead practitioner has a Teams channel of their own."""
    rows = usual_rows()
    rows["cin_people"] = [lead(teams_channel=name), *rows["cin_people"][1:]]
    return rows


def outcomes(council: SmallCouncil, ref: str) -> list[tuple[str, str]]:
    """What became of each notice to a person or a channel: stage and outcome."""
    return [
        (notice["stage"], notice["outcome"]) for message in council.messages("--person", ref) for notice in message["notices"]
    ]


# ---- who is shown what


def test_a_teams_managers_channel_gets_one_card_a_day_with_what_its_managers_are_told(tmp_path: Path) -> None:
    with ends() as here:
        council = council_at(tmp_path, here)

        early = live(council, EARLY)
        assert (early.code, early.json["messages"]) == (0, {"sent": 1})
        assert cards(here.web) == []  # what only the lead practitioner is told is no manager's
        late = live(council, OVERDUE)
        assert (late.code, late.json["messages"]) == (0, {"sent": 2})  # of people: a card is nobody's

        (card,) = cards(here.web)
        assert "C1 (1 working day late)" in words_of(card)
        assert mailed(here.mail) == {"lena": 2, "tom": 1}
    (row,) = card_rows(council)
    assert (row["to"], row["state"], row["reason"]) == ({"person_ref": "teams:North managers", "role": ""}, "sent", "202 queued")
    assert [(one["stage"], one["outcome"]) for one in row["notices"]] == [("overdue", "told")]


def test_a_second_run_of_the_day_posts_nothing(tmp_path: Path) -> None:
    with ends() as here:
        council = council_at(tmp_path, here)
        for _ in range(3):
            assert live(council, OVERDUE).code == 0
        assert deliver_at(council, OVERDUE, f"{OVERDUE}T10:00") is None

        assert len(cards(here.web)) == 1


def test_the_next_days_card_shows_what_is_told_that_day_and_nothing_again(tmp_path: Path) -> None:
    with ends() as here:
        council = council_at(tmp_path, here)
        live(council, OVERDUE)
        live(council, NEXT_DAY)
        live(council, TO_SERVICE_MANAGER)

        assert [words_of(card).count("working days late") for card in cards(here.web)] == [0, 1]
    assert [(row["day"], [one["stage"] for one in row["notices"]]) for row in card_rows(council)] == [
        (OVERDUE, ["overdue"]),
        (TO_SERVICE_MANAGER, ["escalate_service_manager"]),
    ]


def test_what_comes_up_after_the_days_card_gets_no_second_one_that_day(tmp_path: Path) -> None:
    with ends() as here:
        council = council_at(tmp_path, here)
        live(council, OVERDUE)
        council.rows["cin_cases"].append(case("C2"))
        # Told at once to the team manager, who had a message today, and to the service manager, who had none.
        council.rows["cin_events"].append(plan_agreed("C2", kind="harm_identified", happened_on=OVERDUE))
        council.write_records()

        previewed = council.cin("preview", "--on", OVERDUE, "--json").json
        assert {one["to"]["person_ref"] for one in previewed} == {"SERVICE"}
        live(council, OVERDUE)

        assert mailed(here.mail) == {"lena": 1, "tom": 1, "sara": 1}
        assert len(cards(here.web)) == 1


def test_each_teams_managers_see_their_own_teams_cases_alone(tmp_path: Path) -> None:
    rows = usual_rows()
    rows["cin_cases"] = [case(), case("C2", team="South"), case("C3", team="West")]
    rows["cin_events"] += [plan_agreed("C2"), plan_agreed("C3")]
    people = [("team_manager", "TEAM"), ("service_manager", "SERVICE"), ("head_of_service", "HEAD")]
    rows["cin_roles"] += [role(name, ref, team=team) for team in ("South", "West") for name, ref in people]
    with ends(
        channels=("North managers", "South managers"),
        teams='managers = {North = "North managers", South = "South managers"}',
    ) as here:
        council = council_at(tmp_path, here, rows=rows)
        live(council, OVERDUE)

        (north,), (south,) = cards(here.web), cards(here.web, "South managers")
    assert ("C1" in words_of(north), "C2" in words_of(north), "C3" in words_of(north)) == (True, False, False)
    assert ("C1" in words_of(south), "C2" in words_of(south), "C3" in words_of(south)) == (False, True, False)
    # Nor was anything else meant for them, and only left out on the way.
    assert [[(one["case_ref"], one["outcome"]) for one in row["notices"]] for row in card_rows(council)] == [
        [("C1", "told")],
        [("C2", "told")],
    ]


def test_a_person_with_a_channel_of_their_own_is_shown_there_what_they_are_told(tmp_path: Path) -> None:
    with ends(channels=("North managers", "Duty desk")) as here:
        council = council_at(tmp_path, here, rows=with_own_channel())
        live(council, EARLY)

        (card,) = cards(here.web, "Duty desk")
        assert "C1" in words_of(card)
        assert cards(here.web) == []
        assert mailed(here.mail) == {"lena": 1}


def test_one_channel_for_a_person_and_for_the_managers_gets_one_card_and_each_duty_once(tmp_path: Path) -> None:
    with ends() as here:
        council = council_at(tmp_path, here, rows=with_own_channel("North managers"))
        previewed = council.cin("preview", "--on", OVERDUE, "--json").json
        assert [len(one["notices"]) for one in previewed if one["channel"] == "teams"] == [1]
        live(council, OVERDUE)

        (card,) = cards(here.web)
        assert words_of(card).count("C1") == 1
    (row,) = card_rows(council)
    assert [one["stage"] for one in row["notices"]] == ["overdue"]


@pytest.mark.parametrize("name", ["Nobody's desk", "https://localhost/invoke?sig=canary-sig", ""])
def test_a_channel_in_the_records_that_the_settings_do_not_know_gets_nothing_and_the_e_mail_goes(
    tmp_path: Path, name: str
) -> None:
    with ends() as here:
        council = council_at(tmp_path, here, rows=with_own_channel(name))
        answer = live(council, EARLY)

        assert (answer.code, answer.json["messages"]) == (0, {"sent": 1})
        assert here.web.connections == 0
        assert mailed(here.mail) == {"lena": 1}
    assert card_rows(council) == []


def test_without_teams_in_the_settings_nobodys_channel_is_shown_anything(tmp_path: Path) -> None:
    council = small_council(tmp_path, rows=with_own_channel())
    council.run(OVERDUE)

    assert sorted(file.suffix for file in council.outbox.rglob("*.*")) == [".eml", ".eml"]


# ---- never in an e-mail's way


DOWN = (
    answering(Reply(status=429)),
    answering(Reply(status=429, headers={"Retry-After": "3600"})),
    answering(
        Reply(status=200, body=b"Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 429")
    ),
    answering(Reply(status=200, body=b'{"error": "no"}')),
    answering(as_page(200)),
    answering(Reply(status=400)),
    answering(Reply(status=410)),
    answering(Reply(status=500)),
    answering(drop=True),
    answering(seconds=30.0),
    http_server.Step(at="CONNECT", drop=True),
)


@pytest.mark.parametrize("step", DOWN, ids=lambda step: f"{step.at} {step.reply.status if step.reply else 'no answer'}")
def test_whatever_teams_does_every_e_mail_goes_and_nothing_is_told_by_a_card_alone(step: Any, tmp_path: Path) -> None:
    with ends(step) as here:
        council = council_at(tmp_path, here)
        answer = live(council, OVERDUE)

        assert (answer.code, answer.json["failed"]) == (0, None)
        assert mailed(here.mail) == {"lena": 1, "tom": 1}
    (row,) = card_rows(council)
    assert row["state"] in ("planned", "failed", "uncertain")
    assert outcomes(council, "TEAM") == [("overdue", "told")]
    assert ("overdue", "told") not in outcomes(council, "teams:North managers")


def test_a_teams_that_is_not_there_keeps_no_e_mail_back(tmp_path: Path) -> None:
    with ends() as here:
        here.web = None
        council = council_at(tmp_path, here)
        answer = live(council, OVERDUE)

        assert (answer.code, answer.json["messages"]) == (0, {"sent": 2})
        assert mailed(here.mail) == {"lena": 1, "tom": 1}
    assert [row["state"] for row in card_rows(council)] == ["planned"]


def test_a_teams_that_cannot_be_trusted_is_said_and_keeps_no_e_mail_back(tmp_path: Path) -> None:
    behaviour = http_server.Behaviour(certificate="self-signed")
    with ends() as here, http_server.running_server(behaviour=behaviour) as strangers:
        here.web = strangers
        council = council_at(tmp_path, here)
        answer = live(council, OVERDUE)

        assert answer.code == 1
        assert "the webhook of the Teams channel North managers: its certificate is not trusted" in answer.json["failed"]
        assert mailed(here.mail) == {"lena": 1, "tom": 1}
        assert strangers.asked == []


def test_a_slow_teams_is_only_waited_for_once_every_e_mail_has_gone(tmp_path: Path) -> None:
    rows = usual_rows()
    # After the name of the Teams channel in every order of letters.
    rows["cin_people"] = [row | {"person_ref": f"z-{row['person_ref']}"} for row in rows["cin_people"]]
    rows["cin_roles"] = [row | {"person_ref": f"z-{row['person_ref']}"} for row in rows["cin_roles"]]
    rows["cin_people"][0]["teams_channel"] = "North managers"
    with ends(answering(seconds=30.0)) as here:
        council = council_at(tmp_path, here, rows=rows)

        assert mailed_before_the_first_card(council, EARLY, here) == {"lena": 1}


def mailed_before_the_first_card(council: SmallCouncil, on: str, here: Ends) -> Counter[str]:
    """Who has their e-mail at the moment in which the first card is handed over."""
    process = council.start("run", "--on", on, "--live", "--json")
    try:
        while not here.web.asked and process.poll() is None:
            pass
        assert process.poll() is None
        return mailed(here.mail)
    finally:
        process.kill()
        process.communicate()


def test_a_relay_that_is_down_keeps_no_card_back(tmp_path: Path) -> None:
    with ends() as here:
        here.mail = None
        council = council_at(tmp_path, here)
        answer = live(council, OVERDUE)

        assert answer.code == 1
        assert len(cards(here.web)) == 1
    assert {(m["to"]["person_ref"], m["state"]) for m in council.messages()} == {
        ("LEAD", "planned"),
        ("TEAM", "planned"),
        ("teams:North managers", "sent"),
    }


def test_an_e_mail_that_failed_is_not_told_by_the_card(tmp_path: Path) -> None:
    refused = smtp_server.Step(at="RCPT", nth=1, reply=NOBODY)
    with ends(mail=(refused,), channels=("North managers", "Duty desk")) as here:
        council = council_at(tmp_path, here, rows=with_own_channel())
        live(council, EARLY)
        assert len(cards(here.web, "Duty desk")) == 1
        assert outcomes(council, "LEAD") == [("early", "failed")]

        live(council, EARLY)

        assert mailed(here.mail) == {"tom": 1}  # the next role up
        assert outcomes(council, "TEAM") == [("early", "told")]


def test_what_a_channel_was_shown_is_not_shown_again_when_somebody_else_hears_of_it(tmp_path: Path) -> None:
    refused = smtp_server.Step(at="RCPT", nth=1, reply=NOBODY)
    with ends(mail=(refused,)) as here:
        council = council_at(tmp_path, here, rows=with_own_channel("North managers"))
        live(council, EARLY)
        assert (outcomes(council, "LEAD"), len(cards(here.web))) == ([("early", "failed")], 1)

        # The team manager hears of the same reminder in the lead practitioner's place; the channel is that of both.
        previewed = council.cin("preview", "--on", "2026-03-17", "--json").json  # Tuesday
        assert [one["to"]["person_ref"] for one in previewed] == ["TEAM"]
        live(council, "2026-03-17")

        assert mailed(here.mail) == {"tom": 1}
        assert len(cards(here.web)) == 1


def test_a_channel_is_nobody_who_was_told_and_hears_of_no_correction(tmp_path: Path) -> None:
    with ends() as here:
        council = council_at(tmp_path, here)
        live(council, OVERDUE)
        (meeting, *_) = council.cin("explain", "C1", "--on", OVERDUE, "--json").json
        assert {one["person_ref"] for one in meeting["told"] if one["outcome"] == "told"} == {"LEAD", "TEAM"}
        council.rows["cin_events"] = [plan_agreed(happened_on="2026-03-04")]  # Wednesday: due on Wednesday 25 March
        council.write_records()

        live(council, NEXT_DAY)

    assert outcomes(council, "teams:North managers")[0] == ("overdue", "told")
    text = ledger_text(council)
    assert "'teams:North managers','withdrawn'" not in text
    assert "'teams:North managers','told'" in text


# ---- refused for now, and in doubt


def test_a_card_refused_for_now_goes_once_the_time_is_over_and_only_once(tmp_path: Path) -> None:
    with ends(answering(Reply(status=429, headers={"Retry-After": "600"}), nth=1)) as here:
        council = council_at(tmp_path, here)
        run_at(council, OVERDUE, f"{OVERDUE}T06:30")
        assert cards(here.web) == []

        assert deliver_at(council, OVERDUE, f"{OVERDUE}T06:39") is None
        assert deliver_at(council, OVERDUE, f"{OVERDUE}T06:40").counts == {"sent": 1}
        assert deliver_at(council, OVERDUE, f"{OVERDUE}T06:45") is None

        assert len(cards(here.web)) == 1


def test_a_card_that_waits_is_not_shown_once_its_duty_is_met(tmp_path: Path) -> None:
    with ends(answering(Reply(status=429), nth=1)) as here:
        council = council_at(tmp_path, here)
        run_at(council, OVERDUE, f"{OVERDUE}T06:30")
        council.rows["cin_meetings"] = [first_meeting(held_on=DUE, record_shared_on=DUE)]
        council.write_records()

        assert deliver_at(council, OVERDUE, f"{OVERDUE}T12:00").counts == {"withdrawn": 1}
        assert cards(here.web) == []
    assert outcomes(council, "teams:North managers") == [("overdue", "withdrawn")]


def test_a_case_put_on_hold_meanwhile_is_not_shown(tmp_path: Path) -> None:
    with ends(answering(Reply(status=429), nth=1)) as here:
        council = council_at(tmp_path, here)
        run_at(council, OVERDUE, f"{OVERDUE}T06:30")
        put_on = council.cin("hold", "C1", "--until", OVERDUE, "--by", "S-7", "--why", "court", "--on", OVERDUE)
        assert put_on.code == 0, put_on.err

        deliver_at(council, OVERDUE, f"{OVERDUE}T12:00")

        assert cards(here.web) == []
    assert outcomes(council, "teams:North managers") == [("overdue", "held")]


def test_a_doubtful_post_is_never_sent_again_by_itself_and_goes_again_on_a_persons_word(tmp_path: Path) -> None:
    with ends(answering(drop=True, nth=1)) as here:
        council = council_at(tmp_path, here)
        run_at(council, OVERDUE, f"{OVERDUE}T06:30")
        (row,) = card_rows(council)
        assert (row["state"], row["reason"]) == (
            "uncertain",
            "the webhook of the Teams channel North managers: the card was handed over and no answer came",
        )

        for on in (OVERDUE, NEXT_DAY, "2026-03-26", TO_SERVICE_MANAGER):  # Tuesday to Thursday, Monday
            deliver_at(council, on, f"{on}T12:00")
            assert live(council, on).code == 0
        assert [one["day"] for one in card_rows(council) if one["state"] == "sent"] == [TO_SERVICE_MANAGER]
        assert len(here.web.asked) == 2  # the doubtful one, and that of Monday

        settled = council.cin("settle", row["key"], "--as", "resend", "--by", "S-7", "--why", "not in the channel")
        assert settled.code == 0, settled.err
        assert live(council, TO_SERVICE_MANAGER).code == 0
        assert live(council, TO_SERVICE_MANAGER).code == 0

        assert len(here.web.asked) == 3
    assert {one["state"] for one in card_rows(council)} == {"sent"}


def test_a_post_in_doubt_that_only_a_person_can_decide_does_not_have_the_records_read(tmp_path: Path) -> None:
    with ends(answering(drop=True)) as here:
        council = council_at(tmp_path, here)
        run_at(council, OVERDUE, f"{OVERDUE}T06:30")
        (tmp_path / "records.db").write_bytes(b"no database")

        assert deliver_at(council, OVERDUE, f"{OVERDUE}T12:00") is None


# ---- what must never be said


def test_no_name_no_address_and_no_webhook_is_in_the_ledger_the_output_a_card_or_a_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    steps = [
        answering(Reply(status=status, body=b"lena@council.gov.uk canary-sig"), nth=nth)
        for nth, status in enumerate((429, 200, 400), 1)
    ]
    said = ""
    with ends(*steps, answering(drop=True, nth=4), channels=("North managers", "Duty desk")) as here:
        council = council_at(tmp_path, here, rows=with_own_channel())
        for on in (EARLY, LAST, OVERDUE, TO_SERVICE_MANAGER):
            answer = live(council, on)
            said += answer.out + answer.err
        for command in (["ledger"], ["ledger", "--json"], ["check"], ["preview", "--on", NEXT_DAY, "--json"]):
            answer = council.cin(*command)
            said += answer.out + answer.err
        assert len(here.web.asked) >= 5
        shown = "".join(asked.body.decode() for asked in here.web.asked)
    assert {row["state"] for row in card_rows(council)} == {"withdrawn", "uncertain", "failed", "sent"}
    # The servers of the tests log what they like; nobody's service runs them.
    logs = " ".join(record.getMessage() for record in caplog.records if record.name not in ("asyncio", "mail.log"))
    assert "Duty desk" in ledger_text(council)  # the search finds what is there
    for place in (said, logs, shown, ledger_text(council)):
        for word in ("Lena", "Moss", "Ashby", "Brook", "Dale", "@council.gov.uk", SIGNATURE, "/workflows/", "localhost:"):
            assert word not in place, word


# ---- a card too large for one


def large_rows(number: int = 150) -> dict[str, Any]:
    """So many late cases with long labels and links that their card takes several posts."""
    rows = many_cases(number)
    rows["cin_cases"] = [
        case(
            row["case_ref"],
            label=f"Family {row['case_ref']} of the north side",
            record_url=f"https://records.example/{'x' * 250}/{row['case_ref']}",
        )
        for row in rows["cin_cases"]
    ]
    rows["cin_roles"] = [row if row["role"] != "lead_practitioner" else row | {"person_ref": "LEAD"} for row in rows["cin_roles"]]
    return rows


EVERY_CASE = Counter({f"C{count:03}": 1 for count in range(150)})


def shown_refs(web: http_server.Running) -> Counter[str]:
    """How often each case stands on the cards that were taken."""
    return Counter(ref for card in cards(web) for ref in re.findall(r"Family (C\d{3})", words_of(card)))


def keys(council: SmallCouncil) -> dict[str, str]:
    """The state of each card by the end of its key."""
    return {row["key"].rpartition("/")[2]: row["state"] for row in card_rows(council)}


def test_a_card_over_twenty_kilobytes_goes_in_parts_each_its_own_message_nothing_lost_nothing_twice(tmp_path: Path) -> None:
    with ends() as here:
        council = council_at(tmp_path, here, rows=large_rows())
        assert live(council, OVERDUE).code == 0

        assert shown_refs(here.web) == EVERY_CASE
        assert all(len(asked.body) <= MOST_OCTETS for asked in here.web.asked)
        parts = len(cards(here.web))
    assert parts > 2
    assert keys(council) == {"teams": "sent"} | {f"teams-{number}": "sent" for number in range(2, parts + 1)}
    assert Counter(one["case_ref"] for row in card_rows(council) for one in row["notices"]) == EVERY_CASE


def test_a_first_part_refused_for_now_holds_no_other_up_and_goes_later_by_itself(tmp_path: Path) -> None:
    with ends(answering(Reply(status=429, headers={"Retry-After": "600"}), nth=1)) as here:
        council = council_at(tmp_path, here, rows=large_rows())
        run_at(council, OVERDUE, f"{OVERDUE}T06:30")
        assert keys(council)["teams"] == "planned"
        assert keys(council)["teams-2"] == "sent"

        deliver_at(council, OVERDUE, f"{OVERDUE}T06:41")

        assert shown_refs(here.web) == EVERY_CASE
    assert set(keys(council).values()) == {"sent"}


@pytest.mark.parametrize("said", ["/teams: sent", "/teams-2: sent"])
def test_killed_between_two_parts_nothing_is_lost_and_nothing_shown_twice(tmp_path: Path, said: str) -> None:
    with ends() as here:
        council = council_at(tmp_path, here, rows=large_rows())
        killed_once(council, OVERDUE, said)
        assert 0 < sum(shown_refs(here.web).values()) < 150

        assert live(council, OVERDUE).code == 0
        assert live(council, OVERDUE).code == 0

        assert shown_refs(here.web) == EVERY_CASE
        assert mailed(here.mail) == {"lena": 1, "tom": 1}
    assert set(keys(council).values()) == {"sent"}


def test_killed_while_a_part_is_handed_over_that_part_waits_for_a_person_and_the_rest_goes(tmp_path: Path) -> None:
    with ends(answering(seconds=60.0, nth=2)) as here:
        council = council_at(tmp_path, here, rows=large_rows())
        process = council.start("run", "--on", OVERDUE, "--live", "--json")
        while len(here.web.asked) < 2 and process.poll() is None:
            pass
        process.kill()
        process.communicate()

        assert live(council, OVERDUE).code == 0

        assert shown_refs(here.web) == EVERY_CASE
    assert {end for end, state in keys(council).items() if state == "uncertain"} == {"teams-2"}
    assert {state for end, state in keys(council).items() if end != "teams-2"} == {"sent"}


def test_a_part_that_grew_meanwhile_finds_another_further_card_than_one_that_has_gone(tmp_path: Path) -> None:
    with ends(answering(Reply(status=429, headers={"Retry-After": "600"}), nth=1)) as here:
        council = council_at(tmp_path, here, rows=large_rows())
        run_at(council, OVERDUE, f"{OVERDUE}T06:30")
        for row in council.rows["cin_cases"]:
            row["label"] = f"Family {row['case_ref']} of the far north side, by the sea"
        council.write_records()

        deliver_at(council, OVERDUE, f"{OVERDUE}T06:41")

        assert shown_refs(here.web) == EVERY_CASE
    assert set(keys(council).values()) == {"sent"}
    assert {one["outcome"] for row in card_rows(council) for one in row["notices"]} == {"told"}


# ---- as files


def test_in_a_folder_the_card_lies_as_json_and_as_text_beside_the_e_mails(tmp_path: Path) -> None:
    council = small_council(tmp_path, more='[teams]\nmanagers = {North = "North managers"}')
    council.run(OVERDUE)

    assert sorted(file.suffix for file in council.outbox.rglob("*.*")) == [".eml", ".eml", ".json", ".txt"]
    (posted,), (text,) = council.outbox.rglob("*.json"), council.outbox.rglob("*.txt")
    assert posted.stem == text.stem
    card = json.loads(posted.read_text(encoding="utf-8"))["attachments"][0]["content"]
    assert "C1 (1 working day late)" in words_of(card)
    assert "C1 (1 working day late)" in text.read_text(encoding="utf-8")
    council.run(OVERDUE)
    assert len(card_rows(council)) == 1


def test_a_preview_writes_the_cards_too_and_records_nothing(tmp_path: Path) -> None:
    council = small_council(tmp_path, more='[teams]\nmanagers = {North = "North managers"}', rows=large_rows(120))
    preview = council.cin("preview", "--on", OVERDUE, "--json", "--out", str(tmp_path / "seen"))
    assert preview.code == 0, preview.err
    assert council.messages() == []

    council.run(OVERDUE)

    shown = {(m["key"], len(m["notices"])) for m in preview.json}
    assert shown == {(m["key"], len(m["notices"])) for m in council.messages()}
    seen, sent = tmp_path / "seen", council.outbox
    assert sorted(file.name for file in seen.rglob("*.*")) == sorted(file.name for file in sent.rglob("*.*"))
    for file in seen.rglob("*.json"):
        assert file.read_bytes() == next(sent.rglob(file.name)).read_bytes()


def test_files_know_no_pace(tmp_path: Path) -> None:
    council = small_council(tmp_path, more='[teams]\nmanagers = {North = "North managers"}', rows=large_rows(700))

    run_at(council, OVERDUE, f"{OVERDUE}T06:30")

    assert len(list(council.outbox.rglob("*.json"))) > 4
    assert set(keys(council).values()) == {"sent"}


# ---- the pace of a webhook


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    url = "sqlite:///ledger.db" if request.param == "sqlite" else str(request.getfixturevalue("postgresql_url"))
    create_ledger(url, tmp_path)
    return url


@pytest.fixture
def ledger(url: str, tmp_path: Path) -> Iterator[Ledger]:
    with closing(open_ledger(url, tmp_path, COUNCIL)) as ledger:
        yield ledger


class Webhooks(Outbox):
    name = "teams"


def plan_cards(ledger: Ledger, number: int, channel: str = "North") -> None:
    for count in range(number):
        plan_one(ledger, f"K{channel}{count:03}", person_ref=channel, channel="teams", person_kind="channel")


def sent(ledger: Ledger) -> int:
    return sum(message.state == "sent" for message, _ in ledger.messages())


def test_a_webhook_is_posted_to_four_times_a_second_and_the_fifth_waits(tmp_path: Path, ledger: Ledger) -> None:
    plan_cards(ledger, 5)
    clock, hooks = Clock(), Webhooks(tmp_path / "outbox")

    run(ledger, hooks, clock)
    assert sent(ledger) == 4
    assert standing(ledger, "KNorth004").next_try_at == MORNING + timedelta(seconds=1)
    assert standing(ledger, "KNorth004").reason == "as many have gone to this channel as it takes at a time"
    clock.move(seconds=0.999)
    run(ledger, hooks, clock)
    assert sent(ledger) == 4
    clock.move(seconds=0.001)
    run(ledger, hooks, clock)
    assert sent(ledger) == 5


def test_within_its_patience_a_delivery_waits_for_the_pace_itself(tmp_path: Path, ledger: Ledger) -> None:
    plan_cards(ledger, 9)
    clock = Clock()

    run(ledger, Webhooks(tmp_path / "outbox"), clock, patience=timedelta(minutes=1))

    assert sent(ledger) == 9
    assert clock.now == MORNING + timedelta(seconds=2)


def test_the_hundredth_card_of_an_hour_goes_and_the_next_waits_for_the_hour(ledger: Ledger) -> None:
    clock = Clock()
    for count in range(100):
        plan_one(ledger, f"K{count}", person_ref="North", channel="teams", person_kind="channel")
        message, _ = ledger.claim_next("live", ELSEWHERE, clock.now)
        assert ledger.paced(message, "North", clock.now, PACE["teams"]) is None
        ledger.begin_sending(message.key, ELSEWHERE, clock.now, subject="", address="North", message_id="")
        ledger.settle(message.key, ELSEWHERE, clock.now, "sent", "202 queued")
        clock.move(seconds=1)
    plan_cards(ledger, 1)
    message, _ = ledger.claim_next("live", ELSEWHERE, clock.now)
    the_hour_is_over = MORNING + timedelta(hours=1)

    for moment in (clock.now, the_hour_is_over - timedelta(seconds=1)):
        assert ledger.paced(message, "North", moment, PACE["teams"]) == the_hour_is_over
    assert ledger.paced(message, "North", the_hour_is_over, PACE["teams"]) is None


def test_each_webhook_has_a_pace_of_its_own_and_e_mail_has_none(tmp_path: Path, ledger: Ledger) -> None:
    plan_cards(ledger, 4, "North")
    plan_cards(ledger, 4, "South")
    for count in range(6):
        plan_one(ledger, f"K{count}", person_ref="P1")

    deliver(
        ledger,
        mode="live",
        channels={"email": Outbox(tmp_path / "mail"), "teams": Webhooks(tmp_path / "outbox")},
        compose=words,
        clock=Clock(),
        owner=ELSEWHERE,
        sleep=lambda _: None,
        patience=timedelta(0),
    )

    assert sent(ledger) == 14


def test_what_another_delivery_is_about_to_post_counts_too(ledger: Ledger) -> None:
    plan_cards(ledger, 5)
    pace = ((4, timedelta(seconds=1)),)
    free = []
    for owner in (ELSEWHERE, ELSEWHERE_TOO, ELSEWHERE, ELSEWHERE_TOO, ELSEWHERE):
        message, _ = ledger.claim_next("live", owner, MORNING)
        free.append(ledger.paced(message, "North", MORNING, pace))

    assert free == [None, None, None, None, MORNING + timedelta(seconds=1)]


def test_a_post_in_doubt_has_used_up_its_place(ledger: Ledger) -> None:
    plan_cards(ledger, 2)
    pace = ((1, timedelta(hours=1)),)
    message, _ = ledger.claim_next("live", ELSEWHERE, MORNING)
    ledger.begin_sending(message.key, ELSEWHERE, MORNING, subject="", address="North", message_id="")
    ledger.settle(message.key, ELSEWHERE, MORNING, "uncertain", "no answer came")

    following, _ = ledger.claim_next("live", ELSEWHERE, MORNING)

    assert ledger.paced(following, "North", MORNING, pace) == MORNING + timedelta(hours=1)


def test_a_card_put_off_by_the_pace_takes_nobodys_place(ledger: Ledger) -> None:
    plan_cards(ledger, 3)
    pace = ((1, timedelta(seconds=1)),)
    first, _ = ledger.claim_next("live", ELSEWHERE, MORNING)
    assert ledger.paced(first, "North", MORNING, pace) is None
    second, _ = ledger.claim_next("live", ELSEWHERE, MORNING)
    later = ledger.paced(second, "North", MORNING, pace)
    ledger.settle(second.key, ELSEWHERE, MORNING, "planned", "paced", later)
    ledger.settle(first.key, ELSEWHERE, MORNING, "planned", "not now", later)

    third, _ = ledger.claim_next("live", ELSEWHERE, MORNING)

    assert ledger.paced(third, "North", MORNING, pace) is None


def test_whoever_asks_for_a_place_waits_until_the_one_before_has_theirs(url: str, ledger: Ledger, tmp_path: Path) -> None:
    plan_cards(ledger, 1)
    message, _ = ledger.claim_next("live", ELSEWHERE, MORNING)
    pace = ((1, timedelta(seconds=1)),)
    with closing(open_ledger(url, tmp_path, COUNCIL)) as other, ThreadPoolExecutor(1) as thread:
        # Another delivery between its count and its commit.
        with other._database.writing() as connection:
            other._database.take_turn(connection, f"{COUNCIL} teams")
            asked = thread.submit(ledger.paced, message, "North", MORNING, pace)
            with pytest.raises(TimeoutError):
                asked.result(timeout=0.5)
        assert asked.result(timeout=10) is None


def test_several_deliveries_at_once_keep_the_pace_together(url: str, ledger: Ledger, tmp_path: Path) -> None:
    plan_cards(ledger, 12)
    hooks = Webhooks(tmp_path / "outbox")

    def deliver_once(number: int) -> None:
        with closing(open_ledger(url, tmp_path, COUNCIL)) as own:
            run(own, hooks, Clock(), owner=f"elsewhere/{number}:1:2:3")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(deliver_once, range(4)))

    assert sent(ledger) == 4
