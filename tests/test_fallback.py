"""A second way for a message that the first refused for good: the same person hears of it, and nobody else is told for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import http_server
import pytest
import smtp_server
from http_server import Reply, as_json
from live_channels import (
    NOBODY,
    TOKEN,
    Ends,
    by_graph,
    cards,
    council_at,
    deliver_at,
    killed_once,
    ledger_text,
    live,
    mailed,
    run_at,
    words_of,
)
from small_council import (
    EARLY,
    OVERDUE,
    TO_SERVICE_MANAGER,
    SmallCouncil,
    case,
    first_meeting,
    lead,
    plan_agreed,
    role,
    usual_rows,
)

NEXT_DAY = "2026-03-17"  # Tuesday after EARLY
REFUSED_BY_GRAPH = as_json(400, {"error": {"code": "ErrorInvalidRecipients", "message": "lena@council.gov.uk"}})
BY_GRAPH = 'fallback = "graph"'
BY_TEAMS = 'fallback = "teams"'


@contextmanager
def ends(*steps: http_server.Step, refuse: int | None = 1, reply: str = NOBODY, **more: Any) -> Iterator[Ends]:
    """A relay that refuses for good one recipient of those it is asked (None: every one), and a good Graph but for its steps."""
    behaviour = smtp_server.Behaviour(steps=(smtp_server.Step(at="RCPT", nth=refuse, reply=reply),))
    relay = smtp_server.running_server(behaviour=behaviour)
    graph = http_server.running_server(usual=TOKEN, behaviour=http_server.Behaviour(steps=steps))
    with relay as running_mail, graph as running_web:
        yield Ends(mail=running_mail, web=running_web, **{"delivery": BY_GRAPH, "teams": "", "channels": ()} | more)


def on_send(reply: Reply | None = None, **more: Any) -> http_server.Step:
    return http_server.Step(at="BODY", path="/sendMail", reply=reply, **more)


def graphed(here: Ends) -> list[str]:
    """Whom Graph took an e-mail for, by what stands before the @."""
    return [letter["To"].addresses[0].username for letter in by_graph(here.web)]


def states(council: SmallCouncil) -> dict[str, tuple[str, list[str]]]:
    """Each message by the end of its key: its state, and the outcomes of the notices in it."""
    return {
        "/".join(message["key"].split("/")[-2:]): (message["state"], [notice["outcome"] for notice in message["notices"]])
        for message in council.messages()
    }


# ---- by Graph


def test_what_the_relay_refuses_for_good_goes_by_graph_once_and_nobody_else_is_told_for_it(tmp_path: Path) -> None:
    with ends() as here:
        council = council_at(tmp_path, here)
        answer = live(council, EARLY)
        assert (answer.code, answer.json["messages"]) == (0, {"failed": 1, "sent": 1})
        for on in (EARLY, NEXT_DAY):
            assert live(council, on).code == 0

        assert graphed(here) == ["lena"]
        assert mailed(here.mail) == {}
    assert states(council) == {"LEAD/email": ("failed", []), "LEAD/graph": ("sent", ["told"])}
    failed, sent = council.messages()
    assert failed["reason"] == "the relay answered 550 5.1.1 to RCPT TO; its notices go by graph"
    assert (sent["channel"], sent["via"], sent["reason"]) == ("email", "graph", "202 accepted")


def test_an_escalation_goes_by_graph_too_and_nothing_is_lost_or_told_twice(tmp_path: Path) -> None:
    with ends(refuse=None) as here:
        council = council_at(tmp_path, here)
        for _ in range(2):
            assert live(council, OVERDUE).code == 0

        assert sorted(graphed(here)) == ["lena", "tom"]
    assert council.told(OVERDUE) == {
        ("LEAD", "lead_practitioner", "overdue", "C1"),
        ("TEAM", "team_manager", "overdue", "C1"),
    }


@pytest.mark.parametrize("reply", ["451 4.7.1 later", "421 4.3.2 closing"])
def test_what_the_relay_only_puts_off_does_not_go_by_graph(tmp_path: Path, reply: str) -> None:
    with ends(reply=reply) as here:
        council = council_at(tmp_path, here)
        run_at(council, EARLY, f"{EARLY}T06:30")
        assert states(council) == {"LEAD/email": ("planned", ["planned"])}

        deliver_at(council, EARLY, f"{EARLY}T12:00")

        assert mailed(here.mail) == {"lena": 1}
        assert here.web.asked == []


@pytest.mark.parametrize(
    "moment, reply", [("MAIL", "535 5.7.139 basic authentication is disabled"), ("CONNECT", "554 no service here")]
)
def test_a_relay_that_wants_nothing_from_us_has_everything_go_by_graph_and_the_run_says_so(
    tmp_path: Path, moment: Any, reply: str
) -> None:
    refusing = smtp_server.Behaviour(steps=(smtp_server.Step(at=moment, reply=reply),))
    with (
        smtp_server.running_server(behaviour=refusing) as mail,
        http_server.running_server(usual=TOKEN) as web,
    ):
        here = Ends(mail=mail, web=web, delivery=BY_GRAPH, teams="", channels=())
        council = council_at(tmp_path, here)

        first, again = live(council, OVERDUE), live(council, OVERDUE)

        assert sorted(graphed(here)) == ["lena", "tom"]
    # It is a fault that somebody must mend, though everybody was told.
    assert first.code == 1
    assert first.json["failed"].startswith("a channel is at fault, and its messages went another way: the relay")
    assert again.code == 0
    assert {state for end, (state, _) in states(council).items() if end.endswith("/graph")} == {"sent"}
    assert council.told(OVERDUE) == {
        ("LEAD", "lead_practitioner", "overdue", "C1"),
        ("TEAM", "team_manager", "overdue", "C1"),
    }


def test_a_relay_that_wants_nothing_from_us_keeps_a_breach_waiting_where_only_teams_is_left(tmp_path: Path) -> None:
    with ends(reply="535 5.7.8 no", delivery=BY_TEAMS, teams="", refuse=None) as here:
        council = council_at(tmp_path, here)

        answer = live(council, OVERDUE)

        assert answer.code == 1
        assert {state for state, _ in states(council).values()} == {"planned"}
        assert council.told(OVERDUE) == set()


def test_a_relay_that_is_down_is_waited_for_and_no_reason_to_go_by_graph(tmp_path: Path) -> None:
    with ends() as here:
        here.mail = None
        council = council_at(tmp_path, here)

        assert live(council, EARLY).code == 1

        assert here.web.asked == []
    assert states(council) == {"LEAD/email": ("planned", ["planned"])}


def test_where_both_refuse_the_next_role_up_hears_at_the_next_run(tmp_path: Path) -> None:
    with ends(on_send(REFUSED_BY_GRAPH, nth=1)) as here:
        council = council_at(tmp_path, here)
        first = live(council, EARLY)
        assert (first.code, first.json["messages"]) == (0, {"failed": 2})
        assert states(council) == {"LEAD/email": ("failed", []), "LEAD/graph": ("failed", ["failed"])}

        second = live(council, EARLY)

        assert (second.code, second.json["messages"]) == (0, {"failed": 2, "sent": 1})
        assert mailed(here.mail) == {"tom": 1}
        assert graphed(here) == []
    assert council.told(EARLY) == {("TEAM", "team_manager", "early", "C1")}


def test_what_graph_puts_off_goes_by_graph_later_and_not_by_the_relay_again(tmp_path: Path) -> None:
    with ends(on_send(Reply(status=429, headers={"Retry-After": "600"}), nth=1)) as here:
        council = council_at(tmp_path, here)
        run_at(council, EARLY, f"{EARLY}T06:30")
        assert states(council)["LEAD/graph"] == ("planned", ["planned"])

        deliver_at(council, EARLY, f"{EARLY}T06:40")

        assert graphed(here) == ["lena"]
        assert mailed(here.mail) == {}


def test_a_login_that_graph_refuses_fails_nobody_and_is_said(tmp_path: Path) -> None:
    login = http_server.Step(at="BODY", path="/token", reply=as_json(401, {"error_codes": [7000215]}))
    with ends(login) as here:
        council = council_at(tmp_path, here)
        answer = live(council, EARLY)

        assert answer.code == 1
        assert "the client_secret is wrong" in answer.json["failed"]
        assert "canary" not in answer.out + answer.err + ledger_text(council)
    assert states(council)["LEAD/graph"] == ("planned", ["planned"])


def test_what_was_met_before_the_second_way_is_not_sent_by_it(tmp_path: Path) -> None:
    with ends(on_send(Reply(status=429), nth=1)) as here:
        council = council_at(tmp_path, here)
        run_at(council, EARLY, f"{EARLY}T06:30")
        council.rows["cin_meetings"] = [first_meeting(held_on=EARLY, record_shared_on=EARLY)]
        council.write_records()

        deliver_at(council, EARLY, f"{EARLY}T12:00")

        assert graphed(here) == []
    assert states(council)["LEAD/graph"] == ("withdrawn", ["withdrawn"])


def test_killed_between_the_refusal_and_the_second_way_nothing_is_lost_and_nothing_goes_twice(tmp_path: Path) -> None:
    with ends() as here:
        council = council_at(tmp_path, here)
        killed_once(council, EARLY, "/LEAD/email: failed")
        assert states(council) == {"LEAD/email": ("failed", []), "LEAD/graph": ("planned", ["planned"])}
        assert here.web.asked == []

        for _ in range(2):
            assert live(council, EARLY).code == 0

        assert graphed(here) == ["lena"]
        assert mailed(here.mail) == {}
    assert states(council) == {"LEAD/email": ("failed", []), "LEAD/graph": ("sent", ["told"])}


def test_killed_and_not_run_until_the_next_day_the_person_still_hears_once(tmp_path: Path) -> None:
    with ends(refuse=None) as here:
        council = council_at(tmp_path, here)
        killed_once(council, EARLY, "/LEAD/email: failed")

        for _ in range(2):
            assert live(council, NEXT_DAY).code == 0

        assert graphed(here) == ["lena"]


def test_yesterdays_message_and_todays_that_both_fail_each_reach_the_person(tmp_path: Path) -> None:
    """Yesterday's was in doubt and is refused today: today's finds another second way than the one that has gone."""
    lost = smtp_server.Behaviour(steps=(smtp_server.Step(at="DOT", drop=True),))
    with ends(refuse=None) as here, smtp_server.running_server(behaviour=lost) as losing:
        refusing, here.mail = here.mail, losing
        council = council_at(tmp_path, here)
        live(council, OVERDUE)
        assert states(council)["LEAD/email"][0] == "uncertain"
        here.mail = refusing
        here.reach(council)
        council.rows["cin_cases"].append(case("C2"))
        # Wednesday: due on Wednesday 1 April, so that the first reminder goes on Wednesday 25 March.
        council.rows["cin_events"].append(plan_agreed("C2", happened_on="2026-03-11"))
        council.rows["cin_roles"].append(role("lead_practitioner", "LEAD", case_ref="C2"))
        council.write_records()

        for _ in range(2):
            assert live(council, "2026-03-25").code == 0

        assert sorted(graphed(here)) == ["lena", "lena", "tom"]
    by_key = {message["key"]: message for message in council.messages() if message["via"] == "graph"}
    to_lead = {key: found for key, found in by_key.items() if "/LEAD/" in key}
    assert [[one["case_ref"] for one in found["notices"]] for found in to_lead.values()] == [["C1"], ["C2"]]
    assert {found["state"] for found in by_key.values()} == {"sent"}
    assert {one["outcome"] for found in by_key.values() for one in found["notices"]} == {"told"}


# ---- by Teams


@contextmanager
def to_teams(*steps: http_server.Step, **more: Any) -> Iterator[Ends]:
    teams = {"delivery": BY_TEAMS, "channels": ("Duty desk",)}
    with ends(*steps, **teams | more) as here:
        yield here


def with_own_channel(name: str = "Duty desk") -> dict[str, Any]:
    rows = usual_rows()
    rows["cin_people"] = [row | {"teams_channel": name} for row in usual_rows()["cin_people"]]
    return rows


def test_a_reminder_goes_to_the_persons_own_channel_and_counts_as_told(tmp_path: Path) -> None:
    with to_teams() as here:
        council = council_at(tmp_path, here, rows=with_own_channel())
        for on in (EARLY, EARLY, NEXT_DAY):
            assert live(council, on).code == 0

        # Beside the courtesy copy of the day, which the channel gets anyway.
        assert len(cards(here.web, "Duty desk")) == 2
        assert mailed(here.mail) == {}
    assert states(council) == {
        "LEAD/email": ("failed", []),
        "LEAD/teams": ("sent", ["told"]),
        "teams:Duty desk/teams": ("sent", ["told"]),
    }


def test_an_escalation_does_not_go_to_teams_alone_but_to_the_next_role_up(tmp_path: Path) -> None:
    with to_teams() as here:
        council = council_at(tmp_path, here, rows=with_own_channel())
        assert live(council, TO_SERVICE_MANAGER).code == 0  # the relay refuses the first it is asked for
        failed = [m for m in council.messages() if m["state"] == "failed"]
        assert [[notice["outcome"] for notice in message["notices"]] for message in failed] == [["failed"]]
        assert "goes by" not in failed[0]["reason"]
        assert not [message for message in council.messages() if message["key"].endswith(("LEAD/teams", "SERVICE/teams"))]
        assert live(council, "2026-03-31").code == 0  # Tuesday

        told = {ref for ref, _, _, _ in council.told(TO_SERVICE_MANAGER) | council.told("2026-03-31") if "teams:" not in ref}
        assert {"TEAM", "SERVICE"} <= told | {failed[0]["to"]["person_ref"]}
        assert sum(mailed(here.mail).values()) >= 2


@pytest.mark.parametrize("channel", [None, "Nobody's desk"])
def test_whoever_has_no_channel_that_the_settings_know_is_failed_and_the_next_role_up_hears(
    tmp_path: Path, channel: str | None
) -> None:
    with to_teams() as here:
        rows = usual_rows()
        rows["cin_people"] = [lead(teams_channel=channel), *rows["cin_people"][1:]]
        council = council_at(tmp_path, here, rows=rows)
        assert live(council, EARLY).code == 0
        assert states(council) == {"LEAD/email": ("failed", ["failed"])}

        assert live(council, EARLY).code == 0

        assert here.web.asked == []
        assert mailed(here.mail) == {"tom": 1}


def test_a_person_whose_channel_is_gone_by_the_time_of_another_try_hears_by_another_way(tmp_path: Path) -> None:
    with to_teams(http_server.Step(at="BODY", path="/invoke", reply=Reply(status=429))) as here:
        council = council_at(tmp_path, here, rows=with_own_channel())
        run_at(council, EARLY, f"{EARLY}T06:30")
        assert states(council)["LEAD/teams"] == ("planned", ["planned"])
        council.rows = usual_rows()
        council.write_records()

        deliver_at(council, EARLY, f"{EARLY}T12:00")

        assert states(council)["LEAD/teams"] == ("withdrawn", ["withdrawn"])
        assert live(council, NEXT_DAY).code == 0
        assert mailed(here.mail) == {"lena": 1}


def test_killed_between_the_refusal_and_teams_nothing_is_lost_and_nothing_goes_twice(tmp_path: Path) -> None:
    with to_teams() as here:
        council = council_at(tmp_path, here, rows=with_own_channel())
        killed_once(council, EARLY, "/LEAD/email: failed")

        for _ in range(2):
            assert live(council, EARLY).code == 0

        assert len(cards(here.web, "Duty desk")) == 2
    assert states(council)["LEAD/teams"] == ("sent", ["told"])


def test_a_reminder_in_doubt_at_teams_is_not_posted_again_by_itself(tmp_path: Path) -> None:
    in_doubt = http_server.Step(at="BODY", path="/invoke", drop=True)
    with to_teams(in_doubt) as here:
        council = council_at(tmp_path, here, rows=with_own_channel())
        run_at(council, EARLY, f"{EARLY}T06:30")
        posted = len(here.web.asked)
        assert states(council)["LEAD/teams"] == ("uncertain", ["planned"])

        for moment in ("06:50", "12:00"):  # past its lease
            deliver_at(council, EARLY, f"{EARLY}T{moment}")
            run_at(council, EARLY, f"{EARLY}T{moment}")

        assert len(here.web.asked) == posted
    assert states(council)["LEAD/teams"] == ("uncertain", ["planned"])


def test_a_card_that_failed_goes_no_other_way(tmp_path: Path) -> None:
    gone = http_server.Step(at="BODY", path="/invoke", reply=Reply(status=410))
    with ends(gone, refuse=99, channels=("North managers",), teams='managers = {North = "North managers"}') as here:
        council = council_at(tmp_path, here)
        live(council, OVERDUE)

        assert graphed(here) == []
        assert mailed(here.mail) == {"lena": 1, "tom": 1}
    assert states(council)["teams:North managers/teams"] == ("failed", ["failed"])


# ---- Graph as the first way


def test_graph_as_the_first_way_carries_the_same_messages_and_the_ledger_says_the_same(tmp_path: Path) -> None:
    found, sent = [], []
    for name, delivery in (("relay", ""), ("graph", 'channel = "graph"')):
        folder = tmp_path / name
        folder.mkdir()
        with ends(refuse=99, delivery=delivery) as here:
            council = council_at(folder, here)
            for on in (EARLY, OVERDUE, OVERDUE, TO_SERVICE_MANAGER):
                answer = live(council, on)
                assert answer.code == 0, answer.err
            letters = by_graph(here.web) if name == "graph" else [taken.parsed for taken in here.mail.messages]
            assert (len(here.mail.messages) == 0) == (name == "graph")
        sent.append(sorted((letter["To"], letter["Subject"], letter.get_body(("plain",)).get_content()) for letter in letters))
        messages = council.messages()
        assert {message.pop("via") for message in messages} == {"email" if name == "relay" else "graph"}
        assert {message["channel"] for message in messages} == {"email"}
        for message in messages:
            # What the other side answered, and the channel's own name at the end of the key, are all that differs.
            message["key"] = message["key"].rpartition("/")[0]
            assert message.pop("reason")
        found.append(messages)

    assert len(sent[0]) == 4
    assert sent[0] == sent[1]
    assert found[0] == found[1]


def test_the_relay_can_be_graphs_second_way(tmp_path: Path) -> None:
    with ends(on_send(REFUSED_BY_GRAPH, nth=1), refuse=99, delivery='channel = "graph"\nfallback = "email"') as here:
        council = council_at(tmp_path, here)
        assert live(council, EARLY).code == 0

        assert mailed(here.mail) == {"lena": 1}
    assert states(council) == {"LEAD/graph": ("failed", []), "LEAD/email": ("sent", ["told"])}


def test_nothing_of_a_secret_or_an_answer_of_graph_is_kept_or_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    with ends(on_send(REFUSED_BY_GRAPH, nth=1)) as here:
        council = council_at(tmp_path, here)
        answer = live(council, EARLY)
    logs = " ".join(record.getMessage() for record in caplog.records if record.name not in ("asyncio", "mail.log"))
    for place in (answer.out, answer.err, logs, ledger_text(council)):
        for word in ("canary", "Lena", "@council.gov.uk", "localhost:", "/sendMail", "onmicrosoft"):
            assert word not in place, word


def test_a_card_that_is_the_only_one_does_not_call_itself_a_copy(tmp_path: Path) -> None:
    with to_teams() as here:
        council = council_at(tmp_path, here, rows=with_own_channel())
        live(council, EARLY)

        only, copy = sorted(map(words_of, cards(here.web, "Duty desk")), key=lambda words: "copy" in words)
    assert "This is only a copy" not in only
    assert "This is only a copy" in copy
