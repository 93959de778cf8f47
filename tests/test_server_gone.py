"""Prefect's server goes away in the middle of a run: no message is lost, and none goes twice."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest
from patience import wait_until
from prefect_commands import free_port, running_prefect
from small_council import EARLY, SmallCouncil, many_cases, small_council
from smtp_server import Behaviour, Running, Step, running_server

from cin_reminders.ledger import open_ledger

CASES = 8
RUN = """
import sys
from datetime import date
from cin_reminders.flows.daily import daily_reminders

state = daily_reminders(settings=sys.argv[1], on=date.fromisoformat(sys.argv[2]), return_state=True)
print(state.name)
"""


def start_run(council: SmallCouncil, api: str) -> subprocess.Popen[str]:
    """The daily flow in a process of its own, live, under Prefect's server at an address."""
    return subprocess.Popen(
        [sys.executable, "-c", RUN, str(council.settings), EARLY],
        env=os.environ | {"PREFECT_API_URL": api, "CIN_REMINDERS__LIVE": "true"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def live_council(folder: Path, relay: Running) -> SmallCouncil:
    return small_council(
        folder,
        rows=many_cases(CASES),
        delivery='mode = "live"\nnotify_from = 2026-03-01\nallowed_domains = ["council.gov.uk"]',
        more=f'[email]\nhost = "localhost"\nport = {relay.port}\nsecurity = "starttls"\nca_file = "{relay.ca_file}"\n'
        'from_address = "cin-reminders@council.gov.uk"\nreply_to = "data@council.gov.uk"',
    )


def states(council: SmallCouncil) -> Counter[str]:
    with closing(open_ledger(council.ledger, council.folder, "testshire")) as book:
        return Counter(message.state for message, _ in book.messages(mode="live"))


def outcomes(council: SmallCouncil) -> list[str]:
    """What the ledger keeps of the day's runs."""
    day = date.fromisoformat(EARLY)
    with closing(open_ledger(council.ledger, council.folder, "testshire")) as book:
        return [one.outcome for one in book.runs_between("live", day, day)]


@pytest.mark.timeout(300)
def test_a_server_killed_while_messages_go_loses_none_and_repeats_none(tmp_path: Path) -> None:
    slow = Behaviour(steps=(Step(at="DOT", nth=3, seconds=4),))
    home, port = tmp_path / "prefect", free_port()
    home.mkdir()
    with running_server(behaviour=slow) as relay:
        council = live_council(tmp_path, relay)
        with running_prefect(home, port) as server:
            run = start_run(council, server.url)
            deadline = time.monotonic() + 60
            while len(relay.messages) < 2 and time.monotonic() < deadline and run.poll() is None:
                time.sleep(0.05)
            server.kill()
            assert run.poll() is None, run.communicate()
            # The page is gone with the server, and the work is done without it.
            wait_until(lambda: outcomes(council) == ["good"], 30, every=0.1)
            while_away = len(relay.messages)
            # Prefect's own client would try for minutes more to say how it ended: the process need not live so long.
            run.kill()
            out, err = run.communicate()

        # The server is back, and the day is run again.
        with running_prefect(home, port) as server:
            again = start_run(council, server.url)
            said, trouble = again.communicate(timeout=100)

        assert said.split() == ["Completed"], trouble
        sent_to = Counter(address for taken in relay.messages for address in taken.rcpt_tos)
        assert len(sent_to) == CASES
        assert set(sent_to.values()) == {1}
        assert states(council) == {"sent": CASES}
        assert while_away == CASES, out + err
        assert outcomes(council) == ["good", "good"]
