"""A small council whose messages really go: to a relay, to Teams channels and to Microsoft Graph on this machine."""

from __future__ import annotations

import base64
import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import http_server
import smtp_server
from http_server import as_json
from small_council import SmallCouncil, small_council
from smtp_server import refused_port

from cin_reminders.run import World, deliver_due, run_day
from cin_reminders.settings import load_settings

SIGNATURE = "canary-sig"  # part of each webhook's address, which is a secret
CLIENT_SECRET = "canary-client-secret"
TOKEN = {"/token": as_json(200, {"access_token": "canary-token", "expires_in": 3599})}
NOBODY = "550 5.1.1 no such user"


@dataclass(kw_only=True)
class Ends:
    """What stands at the other ends: a relay, a server that takes cards and Graph's letters. Without one its port is refused."""

    mail: smtp_server.Running | None = None
    web: http_server.Running | None = None
    channels: tuple[str, ...] = ("North managers",)
    mode: str = "live"
    delivery: str = ""
    teams: str = 'managers = {North = "North managers"}'
    more: str = ""
    notify_from: str = "2026-03-01"  # Sunday
    _refused: int = field(default_factory=refused_port)

    def reach(self, council: SmallCouncil) -> SmallCouncil:
        """Write the settings under which the council's messages go here."""
        council.delivery = f'mode = "{self.mode}"\nallowed_domains = ["council.gov.uk"]\n'
        council.delivery += f"notify_from = {self.notify_from}\n{self.delivery}"
        mail, web = self.mail.port if self.mail else self._refused, self.web.port if self.web else self._refused
        mail_ca = f'ca_file = "{self.mail.ca_file}"' if self.mail else ""
        web_ca = f'ca_file = "{self.web.ca_file}"' if self.web else ""
        council.more = (
            f'[email]\nhost = "localhost"\nport = {mail}\nsecurity = "starttls"\n{mail_ca}\n'
            'from_address = "cin-reminders@council.gov.uk"\nreply_to = "data@council.gov.uk"\n'
            f'[graph]\ntenant = "council.onmicrosoft.com"\nclient_id = "0a1b"\nclient_secret_file = "graph_secret"\n{web_ca}\n'
            f'authority = "https://localhost:{web}"\nendpoint = "https://localhost:{web}/v1.0"\n'
            f'[teams]\nwebhooks_file = "webhooks.toml"\ntimeout_seconds = 2\n{web_ca}\n{self.teams}\n{self.more}'
        )
        council.write_settings()
        lines = [f'"{name}" = "https://localhost:{web}{path_of(name)}?sig={SIGNATURE}"' for name in self.channels]
        (council.folder / "webhooks.toml").write_text("\n".join(lines), encoding="utf-8")
        (council.folder / "graph_secret").write_text(CLIENT_SECRET, encoding="utf-8")
        return council


def council_at(folder: Path, ends: Ends, **more: Any) -> SmallCouncil:
    """A council ready for its first live run, with these ends."""
    return ends.reach(small_council(folder, **more))


def path_of(name: str) -> str:
    """The path of a Teams channel's webhook."""
    return f"/workflows/{name.lower().replace(' ', '-')}/invoke"


def live(council: SmallCouncil, on: str) -> Any:
    """The installed program's run of a day, which may really send."""
    return council.cin("run", "--on", on, "--live", "--json")


def run_at(council: SmallCouncil, on: str, moment: str) -> Any:
    """A day's run with the clock at a moment, in UTC."""
    return run_day(load_settings(council.settings, live=True), date.fromisoformat(on), _world(moment))


def scheduled_at(council: SmallCouncil, on: str, moment: str) -> Any:
    """The scheduled run of a day with the clock at a moment, in UTC: late ones begin when a worker is there again."""
    settings = load_settings(council.settings, live=True)
    return run_day(settings, date.fromisoformat(on), replace(_world(moment), scheduled=True))


def deliver_at(council: SmallCouncil, on: str, moment: str) -> Any:
    """What waits is delivered with the clock at a moment, in UTC."""
    return deliver_due(load_settings(council.settings, live=True), date.fromisoformat(on), _world(moment))


def _world(moment: str) -> World:
    at = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    return World(clock=lambda: at, sleep=lambda _: None)


def killed_once(council: SmallCouncil, on: str, said: str) -> None:
    """A live run in a process of its own, which dies by kill -9 the moment it has kept something: `KEY: STATE`, by its end."""
    program = f"""
import os, signal, sys, time
from datetime import UTC, date, datetime
from pathlib import Path
from cin_reminders.run import World, run_day
from cin_reminders.settings import load_settings

def progress(said):
    if said.endswith({said!r}):
        os.kill(os.getpid(), signal.SIGKILL)

world = World(clock=lambda: datetime.now(UTC), sleep=time.sleep, progress=progress)
run_day(load_settings(Path(sys.argv[1]), live=True), date.fromisoformat(sys.argv[2]), world)
"""
    root = Path(__file__).parent.parent
    done = subprocess.run(
        [sys.executable, "-c", program, str(council.settings), on],
        env=os.environ | {"PYTHONPATH": str(root)},
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()


def mailed(mail: smtp_server.Running) -> Counter[str]:
    """How many e-mails the relay took for each person, by what stands before the @."""
    return Counter(address.partition("@")[0] for taken in mail.messages for address in taken.rcpt_tos)


def by_graph(web: http_server.Running) -> list[EmailMessage]:
    """The e-mails that Graph took, as a mail program reads them."""
    found = []
    for taken in web.taken:
        if taken.path.endswith("/sendMail"):
            letter = message_from_bytes(base64.b64decode(taken.body), policy=policy.SMTP)
            assert isinstance(letter, EmailMessage)
            found.append(letter)
    return found


def cards(web: http_server.Running, name: str = "North managers") -> list[Any]:
    """The cards that a Teams channel took, in the order in which they came."""
    return [json.loads(taken.body)["attachments"][0]["content"] for taken in web.taken if taken.path.endswith(path_of(name))]


def words_of(card: Any) -> str:
    """All that a card says."""
    return "\n".join(block["text"] for block in card["body"])


def card_rows(council: SmallCouncil) -> list[Any]:
    """What the ledger says of messages to Teams."""
    return [message for message in council.messages() if message["channel"] == "teams"]


def ledger_text(council: SmallCouncil) -> str:
    """Everything in the ledger but where e-mails went to, and their Message-ID, which is of the sender."""
    with closing(sqlite3.connect(council.folder / "ledger.db")) as ledger, ledger:
        copy = sqlite3.connect(":memory:")
        ledger.backup(copy)
        copy.execute("UPDATE message SET address = NULL, message_id = NULL WHERE channel != 'teams'")
        text = "\n".join(copy.iterdump())
        copy.close()
    return text
