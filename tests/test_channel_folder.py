"""In a trial every e-mail becomes a file that only its owner can read, one file a letter."""

from __future__ import annotations

import json
import os
import stat
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cin_reminders.channels import Channel, ChannelDown, NotSent
from cin_reminders.channels.folder import FolderChannel
from cin_reminders.channels.mime import build_mime
from cin_reminders.letter import Letter, NotifyCall
from cin_reminders.notify_call import reference_of

SENT_AT = datetime(2026, 5, 4, 5, 30, tzinfo=UTC)  # Monday
LETTER = Letter(
    key="cumbria/folder/2026-05-04/P123/email",
    message_id="<0123456789abcdef@reminders.council.gov.uk>",
    to_address="j.smith@council.gov.uk",
    to_name="Jo Smith",
    subject="Review of A1 due Friday 8 May",
    text="The review is due.\n",
    html="<p>The review is due.</p>\n",
)


def channel_in(folder: Path) -> FolderChannel:
    return FolderChannel(
        folder, from_address="reminders@council.gov.uk", from_name="CIN", reply_to="cin@council.gov.uk", clock=lambda: SENT_AT
    )


def test_a_letter_becomes_one_file_in_the_folder_of_its_day_named_by_its_key(tmp_path: Path) -> None:
    channel: Channel = channel_in(tmp_path / "outbox")
    assert channel.send(LETTER) == "written"
    (file,) = [path for path in (tmp_path / "outbox").rglob("*") if path.is_file()]
    assert file.relative_to(tmp_path) == Path("outbox/2026-05-04/cumbria+folder+2026-05-04+^P123+email.eml")
    assert message_from_bytes(file.read_bytes(), policy=policy.SMTP)["Subject"] == LETTER.subject
    channel.close()


def test_the_file_holds_the_very_bytes_that_would_be_sent(tmp_path: Path) -> None:
    channel = channel_in(tmp_path)
    channel.send(LETTER)
    assert channel.path_of(LETTER.key).read_bytes() == build_mime(
        LETTER, from_address="reminders@council.gov.uk", from_name="CIN", reply_to="cin@council.gov.uk", sent_at=SENT_AT
    )


def test_a_letter_is_held_once_it_was_written_and_not_before(tmp_path: Path) -> None:
    channel = channel_in(tmp_path / "outbox")
    assert not channel.holds(LETTER.key)
    channel.send(LETTER)
    assert channel.holds(LETTER.key)
    assert not channel.holds("cumbria/folder/2026-05-04/P124/email")
    assert not channel.holds("no key of ours")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_only_the_owner_can_read_what_is_written(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        channel = channel_in(tmp_path / "outbox")
        channel.send(LETTER)
    finally:
        os.umask(before)
    file = channel.path_of(LETTER.key)
    assert [stat.S_IMODE(path.stat().st_mode) for path in (file, file.parent, file.parent.parent)] == [0o600, 0o700, 0o700]


def test_a_letter_sent_again_replaces_its_file_and_leaves_nothing_else(tmp_path: Path) -> None:
    channel = channel_in(tmp_path)
    channel.send(LETTER)
    channel.send(replace(LETTER, subject="Corrected"))
    assert [path.name for path in channel.path_of(LETTER.key).parent.iterdir()] == [channel.path_of(LETTER.key).name]
    assert b"Subject: Corrected\r\n" in channel.path_of(LETTER.key).read_bytes()


def test_a_letter_that_cannot_be_written_as_an_email_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(NotSent) as refused:
        channel_in(tmp_path).send(replace(LETTER, subject="a\r\nBcc: thief@elsewhere.test"))
    assert refused.value.permanent
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "key", ["", "a/b", "cumbria/folder/someday/P1/email", "cumbria/folder/20260504/P1/email", "cumbria/folder/../P1/email"]
)
def test_a_key_of_another_form_is_refused_for_good(tmp_path: Path, key: str) -> None:
    with pytest.raises(NotSent, match="key") as refused:
        channel_in(tmp_path).send(replace(LETTER, key=key))
    assert refused.value.permanent
    with pytest.raises(ValueError, match="council/mode/day/person/channel"):
        channel_in(tmp_path).path_of(key)


def test_a_folder_that_cannot_be_written_is_the_channels_fault_and_not_the_letters(tmp_path: Path) -> None:
    (tmp_path / "outbox").write_text("a file where the folder should be")
    with pytest.raises(ChannelDown, match="cannot be written"):
        channel_in(tmp_path / "outbox").send(LETTER)


def test_a_write_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    channel = channel_in(tmp_path)
    channel.path_of(LETTER.key).mkdir(parents=True)  # no file can take this name
    with pytest.raises(ChannelDown):
        channel.send(LETTER)
    assert [path.name for path in channel.path_of(LETTER.key).parent.iterdir()] == [channel.path_of(LETTER.key).name]


def test_a_sender_that_cannot_stand_in_an_email_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"from_address: .*\nreply_to: "):
        FolderChannel(tmp_path, from_address="x", from_name="", reply_to="y", clock=lambda: SENT_AT)


PERSONS = st.text(st.characters(exclude_categories=()), max_size=300)


@given(one=PERSONS, other=PERSONS)
def test_two_keys_never_share_a_file_even_where_capitals_do_not_count(one: str, other: str) -> None:
    channel = channel_in(Path("outbox"))
    paths = [channel.path_of(f"cumbria/folder/2026-05-04/{person}/email") for person in (one, other)]
    assert (str(paths[0]).casefold() == str(paths[1]).casefold()) == (one == other)


@pytest.mark.parametrize(
    "one, other", [("P1", "p1"), ("a/b", "a+b"), ("^p", "P"), ("%41", "A"), ("x" * 300, "x" * 301), ("é", "e\u0301")]
)
def test_keys_that_are_nearly_the_same_have_files_of_their_own(one: str, other: str) -> None:
    channel = channel_in(Path("outbox"))
    names = {channel.path_of(f"cumbria/folder/2026-05-04/{person}/email").name.casefold() for person in (one, other)}
    assert len(names) == 2


@given(person=PERSONS)
def test_a_file_name_is_one_that_every_system_takes(person: str) -> None:
    name = channel_in(Path("outbox")).path_of(f"cumbria/folder/2026-05-04/{person}/email").name
    assert name.isascii()
    assert len(name) <= 255
    assert not set(name) & set('<>:"/\\|?* ')
    assert name.count(".") == 1


# ---- letters to families, which would go by GOV.UK Notify

CALL = NotifyCall(kind="email", stage="cancelled", language="pl", values=(("day", "Thursday 14 May 2026"), ("venue", "# Room 3")))
TO_FAMILY = replace(
    LETTER,
    key="cumbria/folder/2026-05-04/F123/notify",
    message_id="",
    to_address="pat.parent@mail.example",
    subject="Cancelled: family meeting",
    text="Hello,\n\nThe family meeting is not on\nThursday 14 May 2026.\n",
    html="",
    call=CALL,
)


def written(folder: Path, ending: str) -> str:
    (file,) = folder.rglob(f"*.{ending}")
    return file.read_text(encoding="utf-8")


def test_a_letter_to_a_family_becomes_what_would_be_asked_of_notify_and_the_same_for_eyes(tmp_path: Path) -> None:
    channel_in(tmp_path).send(TO_FAMILY)

    files = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file())
    assert files == [f"2026-05-04/cumbria+folder+2026-05-04+^F123+notify.{ending}" for ending in ("json", "txt")]
    assert json.loads(written(tmp_path, "json")) == {
        "kind": "email",
        "template": "email",
        "to": "pat.parent@mail.example",
        "personalisation": {
            "subject": "Cancelled: family meeting",
            "day": "Thursday 14 May 2026",
            "venue": "\u2060# Room 3",
            "body": "Hello,\n\nThe family meeting is not on Thursday 14 May 2026.",
        },
        "reference": reference_of(TO_FAMILY.key, b""),
    }
    assert written(tmp_path, "txt").split("\n") == [
        "To: pat.parent@mail.example",
        "Template: email",
        "Subject: Cancelled: family meeting",
        "",
        "Hello,",
        "",
        "The family meeting is not on Thursday 14 May 2026.",
        "",
    ]


def test_a_text_message_has_no_subject_and_names_the_councils_own_template(tmp_path: Path) -> None:
    sender = {"from_address": "reminders@council.gov.uk", "from_name": "CIN", "reply_to": "cin@council.gov.uk"}
    channel = FolderChannel(tmp_path, **sender, clock=lambda: SENT_AT, templates=("text", "text.pl"), secret=b"cumbria")
    channel.send(replace(TO_FAMILY, to_address="07700 900123", call=replace(CALL, kind="text")))

    assert written(tmp_path, "txt").startswith("To: +447700900123\nTemplate: text.pl\n\nHello,\n")
    assert json.loads(written(tmp_path, "json"))["reference"] == reference_of(TO_FAMILY.key, b"cumbria")


def test_a_letter_to_a_family_is_held_once_both_its_files_are_there(tmp_path: Path) -> None:
    channel = channel_in(tmp_path)
    assert not channel.holds(TO_FAMILY.key)
    channel.send(TO_FAMILY)
    assert channel.holds(TO_FAMILY.key)
    channel.path_of(TO_FAMILY.key, "json").unlink()
    assert not channel.holds(TO_FAMILY.key)


def test_a_letter_that_notify_could_not_be_asked_for_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(NotSent, match=r"^the letter is for no e-mail address$") as refused:
        channel_in(tmp_path / "outbox").send(replace(TO_FAMILY, to_address="07700 900123"))

    assert refused.value.permanent
    assert not (tmp_path / "outbox").exists()


@pytest.mark.skipif(os.name == "nt", reason="Windows has other permissions")
def test_only_the_owner_can_read_a_letter_to_a_family(tmp_path: Path) -> None:
    channel_in(tmp_path).send(TO_FAMILY)

    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.rglob("*.*") if path.is_file()} == {0o600}
