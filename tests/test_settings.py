"""The settings of a council as it writes them: what is refused and in which words, and what the environment changes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import time
from pathlib import Path

import pytest
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from small_council import EARLY, Answer, SmallCouncil, cin, small_council, working_in

from cin_reminders.policy_file import packs
from cin_reminders.settings import Settings, load_settings
from cin_reminders.starter import settings_text

RIGHT = 'council = "testshire"\npolicy = "cumbria"\n[records]\nurl = "csv:extract"\n'


@pytest.fixture
def council(tmp_path: Path) -> SmallCouncil:
    return small_council(tmp_path)


def check(folder: Path, text: str) -> Answer:
    (folder / "cin_reminders.toml").write_text(text, encoding="utf-8")
    return cin("--settings", str(folder / "cin_reminders.toml"), "ledger")


def lines(answer: Answer) -> list[str]:
    """The problems said, without the program's name and the file's."""
    assert (answer.code, answer.out) == (2, ""), answer
    found = answer.err.splitlines()
    assert all(line.startswith("cin-reminders: ") for line in found)
    return [line.partition("cin_reminders.toml: ")[2] for line in found]


# ---- the file


def test_a_settings_file_that_is_not_there_is_named_with_the_command_that_writes_one(tmp_path: Path) -> None:
    with working_in(tmp_path):
        answer = cin("run", "--on", EARLY)

    assert (answer.code, answer.out) == (2, "")
    assert answer.err == "cin-reminders: cin_reminders.toml: there is no such settings file; `cin-reminders init` writes one\n"


def test_a_file_that_is_no_toml_says_where(tmp_path: Path) -> None:
    [line] = lines(check(tmp_path, 'council = "testshire\npolicy = "cumbria"\n'))

    assert line.startswith("is not TOML: ")
    assert "line 1" in line


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "cin_reminders.toml").write_bytes(b"\xff\xfe\x00")

    assert lines(cin("--settings", str(tmp_path / "cin_reminders.toml"), "ledger")) == ["cannot be read: UnicodeDecodeError"]


def test_a_folder_in_place_of_the_file_is_refused(tmp_path: Path) -> None:
    answer = cin("--settings", str(tmp_path), "ledger")

    assert answer.code == 2
    assert "cannot be read" in answer.err


@pytest.mark.parametrize(
    "text, said",
    [
        (RIGHT + '[delivry]\nmode = "folder"\n', "delivry: no such key; did you mean 'delivery'?"),
        (RIGHT.replace("url", "ulr"), "records.ulr: no such key; did you mean 'url'?"),
        (RIGHT + "try_again_seconds = [60, 0]\n", "records.try_again_seconds.1: "),
        (RIGHT + "try_again_seconds = [3601]\n", "records.try_again_seconds.0: "),
        (RIGHT + f"try_again_seconds = {[1] * 11}\n", "records.try_again_seconds: "),
        (RIGHT + "[guards]\nshrink_shar = 0.3\n", "guards.shrink_shar: no such key; did you mean 'shrink_share'?"),
        (RIGHT + "[guards]\nshrink_share = 20\n", "guards.shrink_share: "),
        (RIGHT + '[delivery]\nmode = "lvie"\n', "delivery.mode: "),
        (RIGHT + "[delivery]\nnotify_from = 2026-02-31\n", "is not TOML: "),
        (
            RIGHT + '[delivery]\nallowed_domains = ["@council.gov.uk"]\n',
            "delivery.allowed_domains: '@council.gov.uk' is no domain",
        ),
        (RIGHT + "[email]\nport = 0\n", "email.port: "),
        (RIGHT.replace("testshire", "Test Shire"), "council: "),
        ("base = '/'\n" + RIGHT, "base: no such key"),
        (RIGHT + "[meetings]\nchildren_from_age = 4\n", "meetings.children_from_age: "),
        (RIGHT + "[meetings]\ndays = 0\n", "meetings.days: "),
        (RIGHT + '[meetings]\nterm_dates = "terms.xlsx"\n', "meetings: term_dates: must be a .csv or an .ics file"),
        (RIGHT + "[meetings]\nschool_begins = 15:30:00\n", "meetings: school_begins: must be earlier than school_until"),
        (RIGHT + '[meetings]\nschool_until = "15:30Z"\n', "meetings: school_begins and school_until: are times of day"),
        (RIGHT + '[meetings]\nfamily_contact = " "\n', "meetings: family_contact: must be words on one line"),
    ],
)
def test_what_cannot_stand_in_the_file_is_named_with_what_can(tmp_path: Path, text: str, said: str) -> None:
    assert any(line.startswith(said) for line in lines(check(tmp_path, text)))


def test_every_fault_is_said_at_once(tmp_path: Path) -> None:
    text = (
        RIGHT.replace('policy = "cumbria"\n', "")
        + '[delivery]\nlive = true\nmod = "folder"\n[email]\npassword = "hunter2"\nport = "x"\n'
    )

    answer = check(tmp_path, text)

    said = lines(answer)
    for place in ("policy: is missing", "delivery.live: ", "delivery.mod: no such key", "email.password: ", "email.port: "):
        assert len([line for line in said if line.startswith(place)]) == 1, (place, said)
    assert len(said) == 5
    assert "hunter2" not in answer.err


@pytest.mark.parametrize(
    "written",
    ["council.gov.uk.", ".council.gov.uk", "*.council.gov.uk", "council", "council.local", " council.gov.uk", "a@b.gov.uk", ""],
)
@pytest.mark.parametrize("key", ["allowed_domains", "partner_domains"])
def test_what_is_no_domain_that_mail_goes_to_is_refused_in_either_list(tmp_path: Path, key: str, written: str) -> None:
    [line] = lines(check(tmp_path, RIGHT + f'[delivery]\n{key} = ["council.gov.uk", "{written}"]\n'))

    assert line.startswith(f"delivery.{key}: {written!r} is no domain that mail goes to; write it as council.gov.uk")


def test_every_domain_that_is_none_is_named_at_once(tmp_path: Path) -> None:
    text = RIGHT + '[delivery]\nallowed_domains = ["one", "council.gov.uk", "two"]\npartner_domains = ["three"]\n'

    assert [line.partition(" domain")[0] for line in lines(check(tmp_path, text))] == [
        "delivery.allowed_domains: 'one', 'two' are no",
        "delivery.partner_domains: 'three' is no",
    ]


def test_no_word_for_families_may_name_a_child_in_need_and_both_faults_are_said_at_once(tmp_path: Path) -> None:
    words = 'family_name = "Child-in-Need meeting"\nfamily_contact = "the CIN team"\nschool_until = 08:45:00\n'

    [line] = lines(check(tmp_path, RIGHT + f"[meetings]\n{words}"))

    said = "families and partners read it, so it may not name a child in need"
    hours = "school_begins: must be earlier than school_until"
    assert line == f"meetings: {hours}; family_name: {said}; family_contact: {said}"


@pytest.mark.parametrize(
    "staff, partner, both",
    [
        ("nhs.example", "NHS.example", "nhs.example"),
        ("bücher.example", "xn--bcher-kva.example", "xn--bcher-kva.example"),
    ],
)
def test_a_domain_in_both_lists_is_refused_beside_every_other_fault(tmp_path: Path, staff: str, partner: str, both: str) -> None:
    lists = f'[delivery]\nallowed_domains = ["council.gov.uk", "{staff}"]\npartner_domains = ["{partner}", "school.example"]\n'
    said = lines(check(tmp_path, RIGHT + lists + "[email]\nport = 0\n"))

    only = "partners get meeting notices only"
    assert said[0] == f"delivery.partner_domains: {both} may not stand in delivery.allowed_domains too: {only}"
    assert said[1].startswith("email.port: ")
    assert len(said) == 2


def test_a_partners_subdomain_beside_the_councils_domain_is_right(tmp_path: Path) -> None:
    lists = '[delivery]\nallowed_domains = ["council.gov.uk"]\npartner_domains = ["schools.council.gov.uk"]\n'

    (tmp_path / "settings.toml").write_text(RIGHT + lists, encoding="utf-8")

    assert load_settings(tmp_path / "settings.toml").delivery.partner_domains == ("schools.council.gov.uk",)


def test_a_secret_in_the_file_is_refused_and_not_repeated(tmp_path: Path) -> None:
    answer = check(tmp_path, RIGHT + '[email]\npassword = "hunter2"\n')

    assert lines(answer) == ["email.password: a secret may not stand here; set CIN_REMINDERS__EMAIL__PASSWORD, or name a file"]


def test_the_words_that_let_messages_go_may_not_stand_in_the_file(tmp_path: Path) -> None:
    [line] = lines(check(tmp_path, RIGHT + "[delivery]\nlive = true\n"))

    assert "CIN_REMINDERS__LIVE=true" in line
    assert "--live" in line


def test_live_needs_domains_and_a_relay_and_says_both(tmp_path: Path) -> None:
    [line] = lines(check(tmp_path, RIGHT + '[delivery]\nmode = "live"\n'))

    assert "delivery.allowed_domains" in line
    assert "email.host" in line


def test_a_policy_that_does_not_exist_gets_the_nearest_name(council: SmallCouncil) -> None:
    council.policy = "norfolks"
    council.write_settings()

    answer = council.cin("obligations", "--on", EARLY)

    assert answer.code == 1
    assert "did you mean 'norfolk'?" in answer.err


# ---- the environment


def test_the_environment_names_other_records_over_a_section_of_the_file(
    council: SmallCouncil, monkeypatch: pytest.MonkeyPatch
) -> None:
    council.records = "csv:extract"
    council.write_records()
    (council.folder / "records.db").unlink()
    monkeypatch.setenv("CIN_REMINDERS__RECORDS__URL", "csv:extract")

    assert council.run(EARLY)["rows_read"] == 11


def test_the_environment_changes_one_value_of_a_section_and_leaves_the_rest(
    council: SmallCouncil, monkeypatch: pytest.MonkeyPatch
) -> None:
    council.delivery = 'mode = "folder"\nfolder = "ours"'
    council.write_settings()
    monkeypatch.setenv("CIN_REMINDERS__DELIVERY__NOTIFY_FROM", "2026-03-17")  # Tuesday

    assert council.run(EARLY)["messages"] == {}
    assert council.run("2026-03-20")["messages"] == {"sent": 1}  # Friday: last
    assert len(list((council.folder / "ours").rglob("*.eml"))) == 1


def test_the_environment_gives_what_the_file_leaves_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    council = small_council(tmp_path)
    council.settings.write_text('council = "testshire"\n')
    monkeypatch.setenv("CIN_REMINDERS__POLICY", "cumbria")
    monkeypatch.setenv("CIN_REMINDERS__RECORDS__URL", "sqlite:///records.db")
    monkeypatch.setenv("CIN_REMINDERS__LEDGER__URL", "sqlite:///ledger.db")

    assert council.run(EARLY)["messages"] == {"sent": 1}


@pytest.mark.parametrize("value", ['["council.gov.uk"]', "council.gov.uk"])
def test_the_environment_gives_a_list_or_says_how_to_write_one(
    council: SmallCouncil, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("CIN_REMINDERS__DELIVERY__ALLOWED_DOMAINS", value)

    answer = council.cin("obligations", "--on", EARLY)

    if value.startswith("["):
        assert answer.code == 0
    else:
        assert answer.code == 2
        assert "delivery" in answer.err.lower()
        assert value not in answer.err


@pytest.mark.parametrize(
    "name, said",
    [
        ("CIN_REMINDERS__RECORDS__ULR", "records.ulr: no such key; did you mean 'url'?"),
        ("CIN_REMINDERS__RECORD__URL", "CIN_REMINDERS__RECORD__URL: no such setting; did you mean 'records'?"),
        ("CIN_REMINDERS__POLIYC", "CIN_REMINDERS__POLIYC: no such setting; did you mean 'policy'?"),
        ("CIN_REMINDERS__BASE", "CIN_REMINDERS__BASE: no such setting"),
        ("CIN_REMINDERS__RECORDS", "CIN_REMINDERS__RECORDS: is a whole section"),
        ("CIN_REMINDERS__CALENDAR__CLOSURE_DAYS", "CIN_REMINDERS__CALENDAR__CLOSURE_DAYS: must be a list"),
        ("CIN_REMINDERS__EMAIL__PORT", "email.port: "),
    ],
)
def test_a_variable_that_cannot_be_is_refused_and_its_value_not_repeated(
    council: SmallCouncil, monkeypatch: pytest.MonkeyPatch, name: str, said: str
) -> None:
    monkeypatch.setenv(name, "hunter2")

    answer = council.cin("obligations", "--on", EARLY)

    assert (answer.code, answer.out) == (2, "")
    assert said in answer.err
    assert "hunter2" not in answer.err


@pytest.mark.parametrize("word, goes", [("true", True), ("1", True), ("TRUE", True), ("false", False), ("", False)])
def test_the_environment_says_that_messages_may_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, word: str, goes: bool
) -> None:
    delivery = 'mode = "live"\nallowed_domains = ["council.gov.uk"]'
    council = small_council(tmp_path, delivery=delivery, more='[email]\nhost = "localhost"')
    monkeypatch.setenv("CIN_REMINDERS__LIVE", word)

    answer = council.cin("run", "--on", EARLY, "--json")

    # A new ledger without notify_from is held by the next guard: nothing ever leaves this test.
    assert answer.code == 3
    assert ("notify_from" in answer.json["held"]) is goes
    assert ("neither --live nor" in answer.json["held"]) is not goes


def test_a_password_file_that_is_not_there_is_said_before_the_day_it_is_needed(council: SmallCouncil) -> None:
    council.delivery = 'mode = "live"\nallowed_domains = ["council.gov.uk"]'
    council.more = '[email]\nhost = "localhost"\nusername = "cin"\npassword_file = "smtp-password"'
    council.write_settings()

    answer = council.cin("check", "--on", EARLY)

    assert answer.code == 1
    assert "problem: email.password_file: cannot be read" in answer.out


# ---- what is written about them

PAGE = (Path(__file__).parent.parent / "docs" / "settings.md").read_text(encoding="utf-8")
SECRETS = {"email.password", "graph.client_secret", "notify.api_key"}
# Said on the command line or worked out, so no keys of the file.
NO_KEYS = {"base", "delivery.live"}


def every_setting(model: type[BaseModel] = Settings, place: str = "") -> Iterator[tuple[str, FieldInfo]]:
    """Each setting by its place in the file, as the models have it."""
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from every_setting(field.annotation, f"{name}.")
        elif place + name not in NO_KEYS:
            yield place + name, field


def lines_of_the_starter(policy: str = "cumbria") -> Iterator[tuple[str, str]]:
    """The place and the line of each setting in the file that `init` writes, commented out or not."""
    section = ""
    for line in settings_text(policy).splitlines():
        if found := re.match(r"(?:# )?\[([a-z._]+)\]", line):
            section = f"{found[1]}."
            if section in ("records.queries.", "teams.managers.", "notify.templates."):
                yield section.removesuffix("."), line
        elif found := re.match(r"(?:# )?([a-z_]+) = ", line):
            yield section + found[1], line


def uncommented(text: str, *but: str) -> str:
    lines = text.splitlines()
    return "\n".join(
        re.sub(r'^# (?=\[|"?\w+"? = )', "", line) if not line.startswith(tuple(f"# {key} " for key in but)) else line
        for line in lines
    )


def test_the_file_that_init_writes_has_every_setting_each_once_and_no_other() -> None:
    queries = [place for place, _ in lines_of_the_starter() if not place.startswith("records.queries.")]

    assert sorted(queries) == sorted(place for place, _ in every_setting() if place not in SECRETS)


def test_every_secret_is_named_in_the_file_with_the_variable_that_holds_them() -> None:
    for place in SECRETS:
        assert f"CIN_REMINDERS__{place.upper().replace('.', '__')}" in settings_text("cumbria")


@pytest.mark.parametrize("policy", packs())
def test_what_init_writes_loads_as_it_is_and_changes_no_default_but_the_sender(tmp_path: Path, policy: str) -> None:
    (tmp_path / "settings.toml").write_text(settings_text(policy), encoding="utf-8")

    written = load_settings(tmp_path / "settings.toml").model_dump()

    plain = Settings(council=policy, policy=policy, records={"url": "sqlite:///records.db"}).model_dump()  # type: ignore[arg-type]
    differing = {key for key in plain if written[key] != plain[key]}
    assert differing == {"wrong_contact", "email", "base"}
    assert {key for key in plain["email"] if written["email"][key] != plain["email"][key]} == {"from_address", "reply_to"}


def test_what_init_writes_loads_with_every_comment_taken_away(tmp_path: Path) -> None:
    # A rehearsal's address is refused while its domain is not allowed, and the example lists none.
    text = uncommented(settings_text("cumbria"), "staging_address")
    (tmp_path / "settings.toml").write_text(text, encoding="utf-8")

    loaded = load_settings(tmp_path / "settings.toml")

    assert (loaded.delivery.fallback, loaded.teams.managers) == ("graph", {"North": "north-managers"})
    assert str(loaded.delivery.quiet_until) == "07:30:00"
    assert loaded.records.queries


def test_a_default_that_the_file_shows_is_the_one_that_holds_without_it() -> None:
    defaults = {place: default_of(field) for place, field in every_setting()}
    for place, line in lines_of_the_starter():
        shown = re.match(r"[a-z_]+ = (\[.*?\]|\".*?\"|[\w.]+)", line)
        if (
            shown
            and defaults[place] != "must be given"
            and place not in ("wrong_contact", "email.from_address", "email.reply_to")
        ):
            assert shown[1] == defaults[place], place


def default_of(field: FieldInfo) -> str:
    """A default as the page shows it."""
    if field.is_required():
        return "must be given"
    value = list(field.default) if isinstance(field.default, tuple) else field.default
    if value is None or value == {}:
        return "none"
    if isinstance(value, time):
        return value.isoformat()  # TOML writes a time of day without quotes
    return json.dumps(str(value) if isinstance(value, Path) else value)


def test_the_page_of_settings_has_every_one_with_its_default_and_no_other() -> None:
    rows = re.findall(r"^\| `([a-z_.]+)` \| ([^|]+) \| [^|]+ \|$", PAGE, flags=re.MULTILINE)

    assert {place: default.strip("`") for place, default in rows} == {
        place: default_of(field) for place, field in every_setting()
    }
    assert len(rows) == len(dict(rows))
