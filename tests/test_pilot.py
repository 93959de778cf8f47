"""A pilot on one machine: what it refuses, and what it takes for running. docs/operations.md starts and stops a real one."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from prefect.settings import PREFECT_API_URL, temporary_settings
from prefect_commands import free_port
from small_council import small_council

from cin_reminders.owner import start_of
from cin_reminders.pilot import Pilot, PilotError, as_exports, running, start, stop


@pytest.fixture
def pilot(tmp_path: Path) -> Pilot:
    return Pilot(folder=tmp_path / "pilot", port=free_port())


@pytest.fixture
def taken(pilot: Pilot) -> Iterator[None]:
    """Another program has the pilot's port."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", pilot.port))
        listener.listen()
        yield


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    """A process that is none of ours to stop."""
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    yield process
    process.kill()
    process.wait()


def noted(pilot: Pilot, name: str, text: str) -> None:
    pilot.folder.mkdir(exist_ok=True)
    (pilot.folder / f"{name}.pid").write_text(text, encoding="utf-8")


def never() -> None:
    raise AssertionError("nothing is deployed where no server came up")


def test_a_port_that_another_program_has_is_refused_with_the_next_one_to_try(pilot: Pilot, taken: None) -> None:
    with pytest.raises(PilotError, match=rf"port {pilot.port} cannot be had .*make up PORT={pilot.port + 1}"):
        start(pilot, never, lambda _: None)

    assert running(pilot) == {}
    assert not list(pilot.folder.glob("*.pid"))


def test_a_process_that_only_has_the_number_of_an_earlier_one_is_not_the_pilots_and_is_left_alone(
    pilot: Pilot, sleeper: subprocess.Popen[bytes]
) -> None:
    noted(pilot, "worker", f"{sleeper.pid} 1 {pilot.port}")
    said: list[str] = []

    stop(pilot, said.append)

    assert said == ["Nothing runs."]
    assert sleeper.poll() is None
    assert not (pilot.folder / "worker.pid").exists()


def test_a_pilot_is_stopped_whatever_has_become_of_its_settings(tmp_path: Path) -> None:
    council = small_council(tmp_path, set_up=False)
    council.settings.write_text("council = ", encoding="utf-8")

    assert council.cin("down").out == "Nothing runs.\n"
    assert council.cin("up").code == 2


def test_a_process_with_its_own_start_is_running_until_it_has_ended(pilot: Pilot, sleeper: subprocess.Popen[bytes]) -> None:
    noted(pilot, "worker", f"{sleeper.pid} {start_of(sleeper.pid)} {pilot.port}")
    assert running(pilot) == {"worker": sleeper.pid}

    said: list[str] = []
    stop(pilot, said.append)

    # It waits for its parent, and runs no more.
    assert running(pilot) == {}
    assert said == ["The worker stops ..."]
    assert sleeper.wait(5) == -15


@pytest.mark.parametrize("text", ["", "rubbish", "-1 5 4200", "1", "99999999 1 4200"])
def test_a_note_that_says_nothing_is_no_process(pilot: Pilot, text: str) -> None:
    noted(pilot, "server", text)

    assert running(pilot) == {}


def test_a_pilot_that_runs_on_another_port_is_not_begun_again_beside_itself(
    pilot: Pilot, sleeper: subprocess.Popen[bytes]
) -> None:
    noted(pilot, "server", f"{sleeper.pid} {start_of(sleeper.pid)} {pilot.port + 1}")

    with pytest.raises(PilotError, match=f"runs already, on port {pilot.port + 1}"):
        start(pilot, never, lambda _: None)

    assert sleeper.poll() is None


@pytest.mark.parametrize(
    "server, code, said", [(None, 2, "PREFECT_API_URL: is not set"), ("http://127.0.0.1:{}/api", 1, "server does not answer")]
)
def test_a_council_is_deployed_nowhere_without_a_server(tmp_path: Path, server: str | None, code: int, said: str) -> None:
    council = small_council(tmp_path, set_up=False)
    where = {PREFECT_API_URL: server.format(free_port())} if server else {}
    with temporary_settings(where, restore_defaults={PREFECT_API_URL}):
        answer = council.cin("deploy")

    assert answer.code == code
    assert said in answer.err


class RefusingServer(BaseHTTPRequestHandler):
    """A server of Prefect's: everybody may ask how it is, and nobody anything else."""

    status = 401

    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/api/health" else self.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_POST = do_GET

    def log_message(self, format: str, *args: object) -> None:
        """Nothing to say."""


class BrokenServer(RefusingServer):
    """One that wants a word, and cannot compare it with ours."""

    status = 500


@pytest.mark.parametrize(
    "server, said",
    [
        (RefusingServer, "refuses us: PREFECT_API_AUTH_STRING must be its USER:PASSWORD (401)"),
        (BrokenServer, "has a fault of its own (500)"),
    ],
)
def test_a_server_that_lets_nobody_deploy_is_said_with_what_is_missing(
    tmp_path: Path, server: type[RefusingServer], said: str
) -> None:
    council = small_council(tmp_path, set_up=False)
    with ThreadingHTTPServer(("127.0.0.1", 0), server) as listening:
        threading.Thread(target=listening.serve_forever, daemon=True).start()
        with temporary_settings({PREFECT_API_URL: f"http://127.0.0.1:{listening.server_port}/api"}):
            answer = council.cin("deploy")
        listening.shutdown()

    assert answer.code == 1
    assert answer.err == f"cin-reminders: Prefect's server {said}\n"


def test_an_operator_who_could_not_be_told_is_said_before_anything_is_deployed(tmp_path: Path) -> None:
    council = small_council(tmp_path, set_up=False, more='[watch]\noperator = "data.team@council.gov.uk"')
    with temporary_settings({PREFECT_API_URL: f"http://127.0.0.1:{free_port()}/api"}):
        answer = council.cin("deploy")

    assert answer.code == 2
    assert "email.host" in answer.err


def test_the_word_that_opens_the_page_is_made_once_and_is_its_owners_alone(pilot: Pilot) -> None:
    first, second = pilot.environment(), pilot.environment()

    word = first["PREFECT_SERVER_API_AUTH_STRING"]
    assert word == first["PREFECT_API_AUTH_STRING"] == second["PREFECT_SERVER_API_AUTH_STRING"]
    assert len(word.partition(":")[2]) >= 20
    assert pilot.word_file.stat().st_mode & 0o077 == 0
    assert word not in as_exports(pilot)


def test_nothing_of_a_pilot_reports_to_anybody(pilot: Pilot) -> None:
    environment = pilot.environment()

    assert (environment["DO_NOT_TRACK"], environment["PREFECT_SERVER_ANALYTICS_ENABLED"]) == ("1", "false")
    assert environment["PREFECT_SERVER_UI_V2_ENABLED"] == "false"
    assert environment["PREFECT_API_URL"] == f"http://127.0.0.1:{pilot.port}/api"
    assert environment["PATH"] == os.environ["PATH"]
