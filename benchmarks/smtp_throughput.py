"""How fast letters go out with all the bookkeeping, beside a bare smtplib loop to the same relay.

    python benchmarks/smtp_throughput.py
    python benchmarks/smtp_throughput.py --rounds 9 --profile

The relay takes mail over TLS in a process of its own and answers each command after 10 ms. Each round sends the same letters
three times: a loop over one kept connection that hands over ready bytes, and delivery as the daily run does it, which claims,
composes, checks, hands over and settles each letter, with its ledger in SQLite and in PostgreSQL. The figure is the ratio of the
two within one round. Needs the packages of requirements/test.lock.
"""

from __future__ import annotations

import argparse
import cProfile
import os
import platform
import pstats
import random
import shutil
import smtplib
import ssl
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from daily_run import STAFF, new_database, postgresql
from smtp_server import Behaviour, Step, running_server

from cin_reminders.channels.mime import build_mime
from cin_reminders.day import Day, read_day, work_out_duties
from cin_reminders.delivery import deliver
from cin_reminders.envelopes import message_for
from cin_reminders.holding import recent_holds
from cin_reminders.ledger import create_ledger, open_ledger
from cin_reminders.letter import Letter
from cin_reminders.letters import composer
from cin_reminders.meeting_letters import MeetingLetters
from cin_reminders.outgoing import channels_of, close
from cin_reminders.owner import this_owner
from cin_reminders.sample import make_sample, write_sqlite
from cin_reminders.settings import load_settings
from cin_reminders.telling import Before, Decisions, decide_who_to_tell

ON = date(2024, 9, 18)  # a Wednesday that has come on every machine
COMMANDS = ("EHLO", "MAIL", "RCPT", "DATA", "DOT")
MOST_LINES = 8


def main() -> None:
    options = argparse.ArgumentParser(description="Delivery beside a bare smtplib loop.")
    options.add_argument("--letters", type=int, default=100)
    options.add_argument("--rounds", type=int, default=7)
    options.add_argument("--milliseconds", type=int, default=10, help="how long the relay takes for each answer")
    options.add_argument("--profile", action="store_true", help="also where delivery's own time goes")
    wanted = options.parse_args()
    home = Path(tempfile.mkdtemp(prefix="cin-throughput-"))
    os.environ["CIN_REMINDERS__LIVE"] = "true"
    try:
        with postgresql() as server, relay(wanted.milliseconds) as (host, port, ca_file):
            council = make_council(home, host, port, ca_file, wanted.letters)
            urls = {
                "SQLite": lambda number: f"sqlite:///{home}/ledger{number}.db",
                "PostgreSQL": lambda number: new_database(server, f"ledger{number}"),
            }
            bare_loop(council)  # what is loaded once is loaded
            for number, url in enumerate(urls.values(), start=900):
                delivered(council, url(number))
            ratios: dict[str, list[float]] = {name: [] for name in urls}
            loads = []
            for number in range(wanted.rounds):
                loads.append(os.getloadavg()[0])
                bare = bare_loop(council)
                line = f"round {number + 1}: bare {1000 * bare / len(council.letters):.1f} ms a letter"
                for name, url in urls.items():
                    ours = delivered(council, url(number))
                    ratios[name].append(bare / ours)
                    line += f"; {name} {1000 * ours / len(council.letters):.1f} ms, ratio {bare / ours:.3f}"
                print(line, flush=True)
            size = statistics.median(len(content) for content in council.contents)
            print(f"{os.cpu_count()} cores, Python {platform.python_version()}, load {min(loads):.1f} to {max(loads):.1f}")
            print(f"{len(council.letters)} letters of {size / 1024:.0f} KiB, {wanted.milliseconds} ms an answer")
            for name, found in ratios.items():
                print(f"{name}: ratio {statistics.median(found):.3f} ({min(found):.3f} to {max(found):.3f})")
            if wanted.profile:
                show_profile(lambda: delivered(council, urls["SQLite"](800)), len(council.letters))
    finally:
        shutil.rmtree(home, ignore_errors=True)


@dataclass(frozen=True, kw_only=True)
class Council:
    """One day of a made-up council, with so many of its messages, and each of them as ready bytes."""

    day: Day
    decisions: Decisions
    letters: Sequence[Letter]
    contents: Sequence[bytes]


def make_council(home: Path, host: str, port: int, ca_file: Path, letters: int) -> Council:
    write_sqlite(make_sample(policy="cumbria", on=ON, cases=letters * 20), home / "records.db")
    file = home / "cin_reminders.toml"
    file.write_text(
        f"""
        council = "cumbria"
        policy = "cumbria"
        records.url = "sqlite:///records.db"
        [delivery]
        mode = "live"
        allowed_domains = ["{STAFF}"]
        notify_from = 2024-01-01
        [email]
        host = "{host}"
        port = {port}
        security = "tls"
        ca_file = "{ca_file}"
        from_address = "cin-reminders@{STAFF}"
        reply_to = "data.team@{STAFF}"
        """,
        encoding="utf-8",
    )
    day = read_day(load_settings(file), ON)
    duties = work_out_duties(day)
    decisions = few_lines_each(decide_who_to_tell(day, duties, Before()), letters)
    compose = composer(day, decisions.about, meeting_letters(decisions))
    found = [
        compose(message_for(day, ref, theirs), tuple(one.notice for one in theirs)).letter
        for ref, theirs in decisions.by_person.items()
    ]
    ready = [letter for letter in found if letter is not None]
    assert len(ready) == letters, f"{len(ready)} letters came of {len(found)} people"
    email = day.settings.email
    contents = [
        build_mime(
            letter, from_address=email.from_address, from_name=email.from_name, reply_to=email.reply_to, sent_at=datetime.now(UTC)
        )
        for letter in ready
    ]
    return Council(day=day, decisions=decisions, letters=ready, contents=contents)


def few_lines_each(decisions: Decisions, people: int) -> Decisions:
    """So many people's messages, each cut to at most eight of its notices, as on a day that is not the first."""
    rng = random.Random(2026)
    chosen = {ref: found[: rng.randint(1, MOST_LINES)] for ref, found in list(decisions.by_person.items())[:people]}
    return Decisions(by_person=chosen, recorded=(), about=decisions.about, meetings=decisions.meetings)


def meeting_letters(decisions: Decisions) -> MeetingLetters:
    """What writes notices of meetings: these messages hold none."""
    return MeetingLetters(meetings=decisions.meetings, before=dict, clock=now)


# ---- the two ways


def bare_loop(council: Council) -> float:
    """Seconds for the letters through smtplib alone, over one connection, with bytes made beforehand."""
    email = council.day.settings.email
    context = ssl.create_default_context(cafile=email.ca_file)
    began = time.perf_counter()
    with smtplib.SMTP_SSL(email.host, email.port, context=context, timeout=60) as smtp:
        for letter, content in zip(council.letters, council.contents, strict=True):
            smtp.sendmail(email.from_address, [letter.to_address], content)
    return time.perf_counter() - began


def delivered(council: Council, url: str) -> float:
    """Seconds for the same letters through delivery, from planned messages in a fresh ledger to sent ones."""
    day, mode = council.day, council.day.settings.delivery.mode
    create_ledger(url, Path())
    ledger = open_ledger(url, Path(), day.settings.council)
    channels = channels_of(day.settings, now)
    try:
        with ledger.planning() as planning:
            for ref, found in council.decisions.by_person.items():
                planning.add(message_for(day, ref, found), [one.notice for one in found])
        began = time.perf_counter()
        done = deliver(
            ledger,
            mode=mode,
            channels=channels,
            compose=composer(day, council.decisions.about, meeting_letters(council.decisions), recent_holds(ledger, day.on, now)),
            clock=now,
            owner=this_owner(),
            sleep=time.sleep,
            patience=timedelta(0),
        )
        close(channels)
        seconds = time.perf_counter() - began
        assert done.counts == {"sent": len(council.letters)}, done
        return seconds
    finally:
        ledger.close()


def now() -> datetime:
    return datetime.now(UTC)


def show_profile(work: Callable[[], float], letters: int) -> None:
    profile = cProfile.Profile()
    profile.runcall(work)
    print(f"\nWhere delivery's time goes, over {letters} letters:")
    pstats.Stats(profile).sort_stats("cumulative").print_stats(60)


# ---- the relay


@contextmanager
def relay(milliseconds: int) -> Iterator[tuple[str, int, Path]]:
    ours, theirs = get_context("spawn").Pipe()
    process = get_context("spawn").Process(target=be_the_relay, args=(theirs, milliseconds), daemon=True)
    process.start()
    host, port, ca_file = ours.recv()
    try:
        yield host, port, Path(ca_file)
    finally:
        ours.send("enough")
        process.join(20)


def be_the_relay(asked: Connection, milliseconds: int) -> None:
    steps = tuple(Step(at=command, seconds=milliseconds / 1000) for command in COMMANDS)
    with running_server(security="tls", behaviour=Behaviour(steps=steps)) as running:
        asked.send((running.host, running.port, str(running.ca_file)))
        while asked.recv() != "enough":
            pass


if __name__ == "__main__":
    main()
