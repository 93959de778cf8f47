"""A pilot on one machine: Prefect's server and a worker, started together and stopped together.

Everything of it is in one folder beside the council's settings: who runs, what they said, Prefect's own database, and the word
that opens Prefect's page. ``docs/systemd`` has what a council runs for good.
"""

from __future__ import annotations

import os
import secrets
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import httpx

from cin_reminders.errors import CinRemindersError
from cin_reminders.owner import start_of
from cin_reminders.stopping import let_runs_finish
from cin_reminders.whole_file import write_whole

FOLDER = "pilot"
HOST = "127.0.0.1"
PORT = 4200
POOL = "cin-reminders"
_WORKER = "pilot"
_START_SECONDS = 120.0
_STOP_SECONDS = 60.0
# The worker first: its runs finish the message in hand, and say so to a server that is still there.
_NAMES = ("worker", "server")


class PilotError(CinRemindersError):
    """The pilot could not be started or stopped. The text says what to do."""


@dataclass(frozen=True, kw_only=True)
class Pilot:
    """One council's pilot, by the folder it lives in and the port of Prefect's page, which this machine alone can open."""

    folder: Path
    port: int = PORT

    @property
    def page(self) -> str:
        """The address of Prefect's page."""
        return f"http://{HOST}:{self.port}"

    @property
    def word_file(self) -> Path:
        """The file with user and password of Prefect's page, which its owner alone may read."""
        return self.folder / "page-login"

    def environment(self) -> dict[str, str]:
        """What Prefect's own commands need in order to reach the pilot's server."""
        try:
            word = self.word_file.read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            word = f"council:{secrets.token_urlsafe(18)}"
            write_whole(self.word_file, f"{word}\n".encode())
        return os.environ | {
            "PREFECT_HOME": str(self.folder / "prefect"),
            "PREFECT_API_URL": f"{self.page}/api",
            "PREFECT_SERVER_API_AUTH_STRING": word,
            "PREFECT_API_AUTH_STRING": word,
            # Its use is not reported to anybody. The newer of Prefect's two pages asks a host outside, whatever else is set.
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            "PREFECT_SERVER_UI_V2_ENABLED": "false",
            "DO_NOT_TRACK": "1",
        }

    def log(self, name: str) -> Path:
        """What the server or the worker said."""
        return self.folder / "logs" / f"{name}.log"


def running(pilot: Pilot) -> dict[str, int]:
    """Which of server and worker run, each with its process id."""
    found = {}
    for name in _NAMES:
        pid, started, _ = _noted(pilot, name)
        # A process id is used again after a while, but with another start.
        if pid.isdigit() and (start_of(int(pid)) or "-") == started and _is_there(int(pid)):
            found[name] = int(pid)
    return found


def start(pilot: Pilot, deploy: Callable[[], None], say: Callable[[str], None]) -> None:
    """Start the server, have ``deploy`` put the deployments in place, and start a worker; what runs already is left running.

    Raises PilotError where the port is taken or either does not come up, with what it said last; nothing half started stays.
    """
    up = running(pilot)
    if "server" in up and (port := _noted(pilot, "server")[2]) != str(pilot.port):
        raise PilotError(f"the pilot runs already, on port {port}; stop it first: make down")
    if not {*_NAMES} - set(up):
        say("Server and worker run already.")
    environment = pilot.environment()
    begun: list[str] = []
    try:
        if "server" not in up:
            _refuse_taken_port(pilot)
            say(f"Prefect's server starts, on port {pilot.port} ...")
            command = ["server", "start", "--host", HOST, "--port", str(pilot.port)]
            begun.append("server")
            _begin(pilot, "server", command, environment)
        _wait_for_server(pilot)
        deploy()
        if "worker" not in up:
            say("A worker starts ...")
            begun.append("worker")
            _begin(pilot, "worker", ["worker", "start", "--pool", POOL, "--name", _WORKER], environment)
            _wait_for_worker(pilot)
    except BaseException:
        for name in _NAMES:
            if name in begun:
                _end(pilot, name)
        raise


def stop(pilot: Pilot, say: Callable[[str], None]) -> None:
    """Stop worker and server, each in good order: a message in hand is finished first. Says so where neither runs."""
    up = running(pilot)
    if not up:
        say("Nothing runs.")
    for name in _NAMES:
        if name in up:
            say(f"The {name} stops ...")
        _end(pilot, name)


def _begin(pilot: Pilot, name: str, words: list[str], environment: dict[str, str]) -> None:
    log = pilot.log(name)
    log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if log.exists():
        log.replace(log.with_suffix(".log.before"))
    # Readable by its owner alone, as all that the service writes.
    with os.fdopen(os.open(log, os.O_CREAT | os.O_WRONLY, 0o600), "wb") as output:
        process = subprocess.Popen(  # noqa: S603 - our own words
            [sys.executable, "-m", "prefect", *words],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            # A session of its own, so that it outlives the terminal and a Ctrl-C there.
            start_new_session=True,
        )
    write_whole(_note(pilot, name), f"{process.pid} {start_of(process.pid) or '-'} {pilot.port}\n".encode())


def _end(pilot: Pilot, name: str) -> None:
    pid = running(pilot).get(name)
    if pid is not None:
        if name == "worker":
            let_runs_finish(pid)
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
        until = time.monotonic() + _STOP_SECONDS
        while name in running(pilot) and time.monotonic() < until:
            time.sleep(0.1)
        if name in running(pilot):
            os.killpg(pid, signal.SIGKILL)
    _note(pilot, name).unlink(missing_ok=True)


def _refuse_taken_port(pilot: Pilot) -> None:
    with socket.socket() as listener:
        # As the server will: a port that its last one left a moment ago is free.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, pilot.port))
        except OverflowError:
            raise PilotError(f"--port {pilot.port}: must be 1 to 65535") from None
        except OSError as error:
            raise PilotError(
                f"port {pilot.port} cannot be had ({error.strerror}): another program has it, or another council's pilot. "
                f"Take another port: make up PORT={pilot.port + 1}"
            ) from None


def _wait_for_server(pilot: Pilot) -> None:
    until = time.monotonic() + _START_SECONDS
    while not _answers(pilot):
        if "server" not in running(pilot) or time.monotonic() > until:
            raise PilotError(f"Prefect's server did not come up. It said last:\n{_last_words(pilot, 'server')}")
        time.sleep(0.3)


def _wait_for_worker(pilot: Pilot) -> None:
    until = time.monotonic() + _START_SECONDS
    while f"Worker {_WORKER!r} started" not in _last_words(pilot, "worker", 2000):
        if "worker" not in running(pilot) or time.monotonic() > until:
            raise PilotError(f"the worker did not come up. It said last:\n{_last_words(pilot, 'worker')}")
        time.sleep(0.3)


def _answers(pilot: Pilot) -> bool:
    try:
        # No proxy of the environment stands between this machine and itself.
        with httpx.Client(trust_env=False, timeout=2) as client:
            return client.get(f"{pilot.page}/api/health").status_code == 200
    except httpx.HTTPError:
        return False


def _last_words(pilot: Pilot, name: str, number: int = 12) -> str:
    try:
        lines = pilot.log(name).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return "nothing"
    return "\n".join(lines[-number:])


def _note(pilot: Pilot, name: str) -> Path:
    return pilot.folder / f"{name}.pid"


def _noted(pilot: Pilot, name: str) -> tuple[str, str, str]:
    """Process id, its start and the port, as noted when it was begun; blanks where it was not."""
    try:
        pid, started, port = _note(pilot, name).read_text(encoding="utf-8").split()
    except (OSError, ValueError):
        return "", "", ""
    return pid, started, port


def _is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def as_exports(pilot: Pilot) -> str:
    """What to type so that Prefect's own commands reach the pilot."""
    file = shlex.quote(str(pilot.word_file))
    return f'export PREFECT_API_URL={pilot.page}/api PREFECT_API_AUTH_STRING="$(cat {file})"'
