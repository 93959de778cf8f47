"""Families written to for real, by a Notify on this machine: once, by day; and the chair hears of whom nothing reached."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from live_channels import Ends, council_at, deliver_at, run_at
from notify_service import API_KEY, EMAIL_TEMPLATE, TEXT_TEMPLATE, NotifyService, running_notify
from small_council import SmallCouncil
from smtp_server import Running, running_server
from test_meeting_messages import BETWEEN, REMINDER, TOMORROW, move, of_meetings, rows

MORNING = "T06:30"  # in UTC; London's clock says the same in March
TO_WRITE_BY_DAY = "families are written to from 08:00: waits until then"


@contextmanager
def live_council(
    folder: Path, service: NotifyService, mode: str = "live", delivery: str = ""
) -> Iterator[tuple[SmallCouncil, Running]]:
    """A council whose e-mail goes to a relay and whose families are written to by Notify; and the relay."""
    with running_notify(service) as notify, running_server() as mail:
        settings = (
            f'\n[notify]\nbase_url = "https://localhost:{notify.port}"\nca_file = "{notify.ca_file}"\n'
            f'api_key_file = "notify_key"\ntimeout_seconds = 5\n'
            f'templates = {{email = "{EMAIL_TEMPLATE}", text = "{TEXT_TEMPLATE}"}}\n'
        )
        (folder / "notify_key").write_text(API_KEY, encoding="utf-8")
        partners = f'partner_domains = ["school.example"]\n{delivery}'
        ends = Ends(mail=mail, mode=mode, channels=(), teams="", delivery=partners, more=settings)
        council = council_at(folder, ends, rows=rows())
        council.more = council.more.replace('[teams]\nwebhooks_file = "webhooks.toml"\ntimeout_seconds = 2\n', "[teams]\n")
        council.write_settings()
        yield council, mail


def said_to(mail: Running, name: str) -> list[str]:
    """What a person of the council was told by e-mail, in order: subject and text."""
    found = []
    for taken in mail.messages:
        letter = taken.parsed
        if any(one.startswith(f"{name}@") for one in taken.rcpt_tos):
            body = letter.get_body(("plain",))
            found.append(f"{letter['Subject']}\n{' '.join(body.get_content().split())}")
    return found


def test_the_family_is_written_to_by_day_and_staff_at_the_mornings_run(tmp_path: Path) -> None:
    service = NotifyService()
    with live_council(tmp_path, service) as (council, mail):
        early = run_at(council, REMINDER, REMINDER + MORNING)
        assert early.messages == {"sent": 2, "planned": 2}
        assert {len(said_to(mail, name)) for name in ("carla", "tess")} == {1}
        assert service.notifications == []
        waiting = [one["reason"] for one in council.messages("--state", "planned")]
        assert waiting == [TO_WRITE_BY_DAY, TO_WRITE_BY_DAY]
        assert deliver_at(council, REMINDER, f"{REMINDER}T07:59") is None

        deliver_at(council, REMINDER, f"{REMINDER}T08:00")

        assert sorted(one["type"] for one in service.notifications) == ["email", "sms"]
        assert {ref for ref, _ in of_meetings(council, REMINDER)} == {"CHAIR", "TEACHER", "MUM", "NAN"}
        deliver_at(council, REMINDER, f"{REMINDER}T08:15")
        assert len(service.notifications) == 2


def test_the_chair_hears_once_of_whoever_could_not_be_reached(tmp_path: Path) -> None:
    service = NotifyService(statuses=("permanent-failure",))
    with live_council(tmp_path, service) as (council, mail):
        run_at(council, REMINDER, f"{REMINDER}T09:00")
        assert len(service.notifications) == 2

        run_at(council, BETWEEN, f"{BETWEEN}T09:00")

        (_, second) = said_to(mail, "carla")
        assert second.startswith("Not reached: ")
        assert "A parent could not be reminded." in second
        assert "One of the family could not be reminded." in second
        assert "Maria" not in second.partition("Who has answered")[0]
        assert {stage for ref, stage in of_meetings(council, BETWEEN) if ref == "CHAIR"} == {"unreached-MUM", "unreached-NAN"}
        run_at(council, "2026-03-13", "2026-03-13T09:00")  # Friday
        assert len(said_to(mail, "carla")) == 2
        # Their next notice is tried once more: by then the number may have been mended.
        run_at(council, TOMORROW, f"{TOMORROW}T09:00")
        assert len(service.notifications) == 4


def test_what_was_brought_is_told_and_nobody_hears_of_it(tmp_path: Path) -> None:
    with live_council(tmp_path, NotifyService(statuses=("delivered",))) as (council, mail):
        run_at(council, REMINDER, f"{REMINDER}T09:00")
        run_at(council, BETWEEN, f"{BETWEEN}T09:00")

        assert len(said_to(mail, "carla")) == 1
        assert of_meetings(council, BETWEEN) == set()


def test_a_cancellation_that_could_not_be_brought_is_told_to_the_chair(tmp_path: Path) -> None:
    service = NotifyService(statuses=("delivered",))
    with live_council(tmp_path, service) as (council, mail):
        run_at(council, REMINDER, f"{REMINDER}T09:00")
        run_at(council, BETWEEN, f"{BETWEEN}T09:00")
        service.statuses = ("permanent-failure",)
        move(council, cancelled_on="2026-03-13")  # Friday

        run_at(council, "2026-03-13", "2026-03-13T09:00")
        run_at(council, "2026-03-16", "2026-03-16T09:00")  # Monday

        told = said_to(mail, "carla")
        assert [one.partition(":")[0] for one in told] == ["Reminder", "Cancelled", "Not reached"]
        assert "A parent could not be told that the meeting is cancelled." in told[-1]


def test_in_a_rehearsal_no_family_is_written_to(tmp_path: Path) -> None:
    service = NotifyService()
    with live_council(tmp_path, service, "staging", 'staging_address = "trial@council.gov.uk"') as (council, mail):
        run_at(council, REMINDER, f"{REMINDER}T09:00")

        assert {one["email_address"] for one in service.notifications} == {"trial@council.gov.uk"}
        assert {address for taken in mail.messages for address in taken.rcpt_tos} == {"trial@council.gov.uk"}
        assert all(b"Staging" in taken.content for taken in mail.messages)


def test_live_and_without_notify_no_family_is_written_to_and_nothing_waits_for_it(tmp_path: Path) -> None:
    with live_council(tmp_path, NotifyService()) as (council, mail):
        council.more = council.more.partition("\n[notify]")[0]
        council.write_settings()

        run_at(council, REMINDER, f"{REMINDER}T09:00")

        assert {ref for ref, _ in of_meetings(council, REMINDER)} == {"CHAIR", "TEACHER"}
        assert len(mail.messages) == 2
