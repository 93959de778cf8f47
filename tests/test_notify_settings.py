"""The settings of GOV.UK Notify: half of them is no way to write to families, and every fault is said at once."""

from __future__ import annotations

import re
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, time
from pathlib import Path

import pytest
from meeting_cases import booked
from notify_service import API_KEY, EMAIL_TEMPLATE, TEXT_TEMPLATE, running_notify
from small_council import EARLY, SmallCouncil, small_council

from cin_reminders.channels.folder import FolderChannel
from cin_reminders.channels.notify import NotifyChannel
from cin_reminders.errors import SettingsError
from cin_reminders.family_words import family_words
from cin_reminders.letter import Letter, NotifyCall
from cin_reminders.notify_call import LONGEST_TEXT, asked_for
from cin_reminders.outgoing import channels_of, close
from cin_reminders.sections import Notify
from cin_reminders.settings import Settings, load_settings

FOLDER = 'council = "testshire"\npolicy = "cumbria"\n[records]\nurl = "csv:extract"\n'
LIVE = FOLDER + '[delivery]\nmode = "live"\nallowed_domains = ["council.gov.uk"]\n[email]\nhost = "localhost"\n'
STAGING = LIVE.replace('"live"', '"staging"').replace("[email]", 'staging_address = "rehearsal@council.gov.uk"\n[email]')
TEMPLATES = f'[notify.templates]\nemail = "{EMAIL_TEMPLATE}"\n'
SENT_AT = datetime(2026, 5, 4, 5, 30, tzinfo=UTC)  # Monday
LETTER = Letter(
    key="testshire/live/2026-05-04/F123/notify",
    message_id="",
    to_address="pat.parent@mail.example",
    to_name="",
    subject="You are invited",
    text="Please come.\n",
    html="",
    call=NotifyCall(kind="email", stage="invitation", language="en", values=()),
)


@pytest.fixture
def council(tmp_path: Path) -> SmallCouncil:
    return small_council(tmp_path)


def settings(folder: Path, text: str) -> Settings:
    (folder / "cin_reminders.toml").write_text(text, encoding="utf-8")
    return load_settings(folder / "cin_reminders.toml")


def faults(folder: Path, text: str) -> list[str]:
    with pytest.raises(SettingsError) as refused:
        settings(folder, text)
    return [fault.partition("cin_reminders.toml: ")[2] for fault in refused.value.problems]


# ---- templates


def test_names_may_stand_with_quotes_or_without(tmp_path: Path) -> None:
    quoted = f'[notify.templates]\nemail = "{EMAIL_TEMPLATE}"\n"cancelled.email" = "{TEXT_TEMPLATE}"\n'
    bare = f'[notify.templates]\nemail = "{EMAIL_TEMPLATE}"\ncancelled.email = "{TEXT_TEMPLATE}"\n'

    for text in (quoted, bare):
        assert settings(tmp_path, FOLDER + text).notify.templates == {"email": EMAIL_TEMPLATE, "cancelled.email": TEXT_TEMPLATE}


def test_every_fault_of_the_templates_and_the_hours_is_said_at_once(tmp_path: Path) -> None:
    text = (
        '[notify]\nprefer = "text"\nfamily_from = 20:00:00\nfamily_until = 08:00:00\n'
        f'[notify.templates]\n"email" = "nonsense"\n"overdue.email" = "{EMAIL_TEMPLATE}"\n"text.pl" = "{TEXT_TEMPLATE}"\n'
    )

    [fault] = faults(tmp_path, FOLDER + text)

    assert fault.startswith("notify: ")
    assert [one.partition(": ")[0] for one in fault.removeprefix("notify: ").split("; ") if ": " in one] == [
        "templates.email",
        "templates.overdue.email",
        "stages",
        "templates.text.pl",
        "prefer",
        "family_from",
    ]
    assert "invitation, reminder, tomorrow, changed, cancelled" in fault
    assert "nonsense" not in fault


@pytest.mark.parametrize("value", ["7", "true", '["one"]'])
def test_an_id_that_is_no_text_is_refused(tmp_path: Path, value: str) -> None:
    [fault] = faults(tmp_path, FOLDER + f"[notify.templates]\nemail = {value}\n")

    assert fault.startswith("notify.templates.email: ")


@pytest.mark.parametrize("written", [EMAIL_TEMPLATE.upper(), EMAIL_TEMPLATE])
def test_an_id_may_be_in_capitals(tmp_path: Path, written: str) -> None:
    assert settings(tmp_path, FOLDER + f'[notify.templates]\nemail = "{written}"\n').notify.kinds == ("email",)


@pytest.mark.parametrize("written", [EMAIL_TEMPLATE[:-1], f"{EMAIL_TEMPLATE} ", EMAIL_TEMPLATE.replace("-", ""), ""])
def test_what_is_no_id_is_refused(tmp_path: Path, written: str) -> None:
    [fault] = faults(tmp_path, FOLDER + f'[notify.templates]\nemail = "{written}"\n')

    assert fault == "notify: templates.email: is no template's id; copy it from the template's page in GOV.UK Notify"


@pytest.mark.parametrize(
    "templates, prefer, kinds",
    [
        ((), "email", ("email", "text")),
        ((), "text", ("text", "email")),
        (("email",), "email", ("email",)),
        (("text",), "text", ("text",)),
        (("text", "email"), "email", ("email", "text")),
        (("text", "email"), "text", ("text", "email")),
    ],
)
def test_the_preferred_kind_comes_first_and_without_a_template_there_is_none(
    templates: tuple[str, ...], prefer: str, kinds: tuple[str, ...]
) -> None:
    assert Notify(templates=dict.fromkeys(templates, EMAIL_TEMPLATE), prefer=prefer).kinds == kinds  # type: ignore[arg-type]


# ---- the hours


def test_families_are_written_to_from_eight_to_eight_unless_the_council_says_otherwise(tmp_path: Path) -> None:
    plain = settings(tmp_path, FOLDER).notify
    own = settings(tmp_path, FOLDER + "[notify]\nfamily_from = 09:30:00\nfamily_until = 17:00:00\n").notify

    assert (plain.family_from, plain.family_until) == (time(8), time(20))
    assert (own.family_from, own.family_until) == (time(9, 30), time(17))


@pytest.mark.parametrize(
    "until, fault",
    [
        ("08:00:01", None),
        ("08:00:00", "notify: family_from: must be earlier than family_until"),
        ('"20:00Z"', "notify: family_from and family_until: are times of day in London, without an offset"),
    ],
)
def test_the_hours_are_at_least_a_moment_and_by_londons_clock(tmp_path: Path, until: str, fault: str | None) -> None:
    text = FOLDER + f"[notify]\nfamily_until = {until}\n"

    if fault is None:
        assert settings(tmp_path, text).notify.family_until == time(8, 0, 1)
    else:
        assert faults(tmp_path, text) == [fault]


# ---- the key


def test_the_key_may_not_stand_in_the_file_and_is_not_repeated(tmp_path: Path) -> None:
    [fault] = faults(tmp_path, FOLDER + f'[notify]\napi_key = "{API_KEY}"\n')

    assert fault == "notify.api_key: a secret may not stand here; set CIN_REMINDERS__NOTIFY__API_KEY, or name a file"


def test_the_key_comes_from_the_environment_or_from_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "key").write_text(f"{API_KEY}\n", encoding="utf-8")

    assert settings(tmp_path, FOLDER).notify_key() is None
    assert settings(tmp_path, FOLDER + '[notify]\napi_key_file = "key"\n').notify_key() == API_KEY
    monkeypatch.setenv("CIN_REMINDERS__NOTIFY__API_KEY", "of the environment")
    found = settings(tmp_path, FOLDER + '[notify]\napi_key_file = "key"\n')
    assert found.notify_key() == "of the environment"
    assert "of the environment" not in repr(found)


def test_a_file_of_the_key_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"^notify\.api_key_file: cannot be read \(No such file or directory\)$"):
        settings(tmp_path, FOLDER + '[notify]\napi_key_file = "key"\n').notify_key()


# ---- on or off


@pytest.mark.parametrize("mode", [LIVE, STAGING])
def test_where_messages_really_go_half_of_it_is_refused_and_it_is_said_which_half(tmp_path: Path, mode: str) -> None:
    [without_template] = faults(tmp_path, mode + '[notify]\napi_key_file = "key"\n')
    [without_key] = faults(tmp_path, mode + TEMPLATES)

    assert "notify.templates: there is a key for GOV.UK Notify, and no template" in without_template
    assert "notify.api_key: there are templates for GOV.UK Notify, and no key" in without_key


def test_a_rehearsal_needs_a_template_for_e_mails_and_live_does_not(tmp_path: Path) -> None:
    texts = f'[notify]\nprefer = "text"\napi_key_file = "key"\n[notify.templates]\ntext = "{TEXT_TEMPLATE}"\n'

    [fault] = faults(tmp_path, STAGING + texts)

    assert fault.endswith("notify.templates.email: a rehearsal goes by e-mail alone, to delivery.staging_address")
    assert settings(tmp_path, LIVE + texts).notify.is_on


def test_while_messages_are_files_half_of_it_is_no_fault(tmp_path: Path) -> None:
    assert not settings(tmp_path, FOLDER + '[notify]\napi_key_file = "key"\n').notify.is_on
    assert not settings(tmp_path, FOLDER + TEMPLATES).notify.is_on
    assert settings(tmp_path, FOLDER + '[notify]\napi_key_file = "key"\n' + TEMPLATES).notify.is_on


@pytest.mark.parametrize("mode", [LIVE, STAGING])
def test_without_any_of_it_families_have_no_channel(tmp_path: Path, mode: str) -> None:
    found = settings(tmp_path, mode)
    channels = channels_of(found, lambda: SENT_AT)
    close(channels)

    assert not found.notify.is_on
    assert set(channels) == {"email"}


def test_in_a_trial_families_letters_are_files_like_all_others_and_no_key_is_read(tmp_path: Path) -> None:
    found = settings(tmp_path, FOLDER + '[notify]\napi_key_file = "not there"\n' + TEMPLATES)
    channels = channels_of(found, lambda: SENT_AT)

    assert isinstance(channels["notify"], FolderChannel)
    assert channels["notify"] is channels["folder"] is channels["teams"]


@pytest.mark.parametrize("mode", [LIVE, STAGING])
def test_with_all_of_it_letters_reach_notify(tmp_path: Path, mode: str) -> None:
    (tmp_path / "key").write_text(API_KEY, encoding="utf-8")
    with running_notify() as server:
        (tmp_path / "ca.pem").write_bytes(server.ca_file.read_bytes())
        place = f'[notify]\napi_key_file = "key"\nbase_url = "{server.origin}"\nca_file = "ca.pem"\n'
        channels = channels_of(settings(tmp_path, mode + place + TEMPLATES), lambda: SENT_AT)
        with closing(channels["notify"]) as channel:
            assert isinstance(channel, NotifyChannel)
            assert channel.send(LETTER) == "201 accepted"
            assert channel.holds(LETTER.key)
        close(channels)


def test_what_the_channel_finds_wrong_is_said_with_its_place_and_all_at_once(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("no key", encoding="utf-8")
    place = '[notify]\napi_key_file = "key"\nbase_url = "https://elsewhere.example"\n'
    found = settings(tmp_path, LIVE.replace('"localhost"', '"localhost"\nfrom_address = "nobody"') + place + TEMPLATES)

    with pytest.raises(SettingsError) as refused:
        channels_of(found, lambda: SENT_AT)

    assert [fault.partition(": ")[0] for fault in refused.value.problems] == [
        "email.from_address",
        "notify.api_key",
        "notify.base_url",
    ]


def test_the_file_of_the_key_is_missed_in_a_trial_and_stops_a_live_run(council: SmallCouncil) -> None:
    council.more = '[notify]\napi_key_file = "key"\n' + TEMPLATES
    council.write_settings()
    in_trial = council.cin("check", "--on", EARLY)
    council.delivery = 'mode = "live"\nallowed_domains = ["council.gov.uk"]\nnotify_from = 2026-03-01'  # Sunday
    council.more += '[email]\nhost = "localhost"\nfrom_address = "cin@council.gov.uk"\nreply_to = "data@council.gov.uk"\n'
    council.write_settings()
    live = council.cin("check", "--on", EARLY)

    why = "notify.api_key_file: cannot be read (No such file or directory)"
    assert (in_trial.code, in_trial.out.count(f"note: {why}"), in_trial.out.count(why)) == (0, 1, 1)
    assert (live.code, live.out.count(f"problem: {why}"), live.out.count(why)) == (1, 1, 1)


# ---- what is written about them

PAGE = (Path(__file__).parent.parent / "docs" / "settings.md").read_text(encoding="utf-8")


def test_the_templates_that_the_page_shows_are_ones_that_load(tmp_path: Path) -> None:
    [shown] = [
        block for block in re.findall(r"^```toml\n(.*?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL) if "[notify." in block
    ]

    assert set(settings(tmp_path, FOLDER + shown).notify.templates) == {"email", "text", "cancelled.email", "email.pl"}


def test_the_placeholders_that_the_page_lists_are_those_that_notify_is_given() -> None:
    words = family_words(
        reader="family",
        stage="reminder",
        sitting=booked(),
        council="Sample Council",
        contact="01632 960000",
        family_name="family meeting",
        to_bring=(),
        via=None,
        language="en",
        translations={},
    )
    call = NotifyCall(kind="email", stage="reminder", language="en", values=words.values)

    given = asked_for(replace(LETTER, call=call), ("email",), secret=b"testshire").personalisation

    assert set(re.findall(r"^\| `\(\((\w+)\)\)` \|", PAGE, flags=re.MULTILINE)) == set(given)


def test_the_page_says_how_long_a_text_message_may_be() -> None:
    assert f"room for {LONGEST_TEXT} characters" in PAGE
