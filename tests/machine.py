"""A machine with a clock of its own, on which a council's pilot is brought up as docs/operations.md says.

Its clock is that of every program that is started on it. What the test asks of it goes by Prefect's own API.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from patience import wait_until
from prefect_commands import ROOT
from small_council import PROGRAM, Answer, SmallCouncil

from cin_reminders.case import LONDON
from cin_reminders.owner import children_of
from cin_reminders.pilot import Pilot, running

ENDS = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")
MOVED_CLOCK = Path(__file__).parent / "moved_clock"


@dataclass(frozen=True, kw_only=True)
class Run:
    """A run as Prefect's page shows it: for when, in London, and how it stands."""

    planned_at: str
    state: str


@dataclass(frozen=True, kw_only=True)
class Machine:
    """Where the council's folder lies, which port Prefect's page has, and what the programs find in their environment."""

    council: SmallCouncil
    port: int
    more: dict[str, str]

    # ---- the clock

    def set_clock(self, moment: str) -> None:
        """Let it be a moment, in London."""
        wanted = datetime.fromisoformat(moment).replace(tzinfo=LONDON)
        file = self._clock.with_suffix(".new")
        file.write_text(str((wanted - datetime.now(UTC)).total_seconds()))
        file.replace(self._clock)

    @property
    def _clock(self) -> Path:
        return self.council.folder / "clock-ahead"

    # ---- what is typed on it

    @property
    def environment(self) -> dict[str, str]:
        """What a program that is started on it finds."""
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        clock = {"PYTHONPATH": str(MOVED_CLOCK), "CLOCK_AHEAD_IN": str(self._clock)}
        return os.environ | self.more | clock | {"PATH": path}

    def make(self, target: str) -> None:
        """`make up` or `make down`, as the page says."""
        self.type_in("make", "-C", str(ROOT), target, f"SETTINGS={self.council.settings}", f"PORT={self.port}")

    def cin(self, *words: str) -> Answer:
        """The installed program, by the machine's clock."""
        return self.type_in(str(PROGRAM), "--settings", str(self.council.settings), *words)

    def type_in(self, *words: str) -> Answer:
        """A command; it must end well."""
        done = subprocess.run(
            words, env=self.environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=150, check=False
        )
        assert done.returncode == 0, f"{words}\n{done.stdout}{done.stderr}"
        return Answer(code=done.returncode, out=done.stdout, err=done.stderr).checked()

    # ---- what becomes of its programs

    def kill(self, *names: str) -> None:
        """Kill -9 server or worker, with all that it has started, as a power cut would."""
        up = running(self._pilot)
        for name in names:
            for pid in (up[name], *descendants(up[name])):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        wait_until(lambda: not {*names} & {*running(self._pilot)}, 120)

    @property
    def _pilot(self) -> Pilot:
        return Pilot(folder=self.council.folder / "pilot", port=self.port)

    @property
    def is_up(self) -> bool:
        """Whether its server runs."""
        return "server" in running(self._pilot)

    # ---- what Prefect says

    def runs(self, flow: str) -> list[Run]:
        """Every run of a deployment that has begun or was to begin, in the order in which they were planned."""
        flows = {one["id"]: one["name"] for one in self._asked("flows")}
        return [
            Run(
                planned_at=f"{datetime.fromisoformat(one['expected_start_time']).astimezone(LONDON):%Y-%m-%dT%H:%M}",
                state=one["state"]["name"],
            )
            for one in self._asked("flow_runs", sort="EXPECTED_START_TIME_ASC")
            if one["state"]["name"] != "Scheduled" and flows[one["flow_id"]] == flow
        ]

    def ended(self, flow: str, planned_at: str) -> Run:
        """The run of a deployment that was planned for a moment or a day in London, once it has come to an end."""

        def found() -> list[Run]:
            return [one for one in self.runs(flow) if one.planned_at.startswith(planned_at) and one.state.upper() in ENDS]

        wait_until(lambda: bool(found()), 150)
        [run] = found()
        return run

    def _asked(self, what: str, **more: Any) -> list[Any]:
        word = self._pilot.word_file.read_text(encoding="utf-8").strip()
        user, _, password = word.partition(":")
        asked = httpx.post(
            f"{self._pilot.page}/api/{what}/filter",
            json={"limit": 200} | more,
            auth=(user, password),
            timeout=30,
            trust_env=False,
        )
        found: list[Any] = asked.raise_for_status().json()
        return found


def descendants(pid: int) -> list[int]:
    """Every process that a process has started, and those that they have."""
    found = children_of(pid)
    return [*found, *(one for child in found for one in descendants(child))]
