"""The settings of one council: a TOML file, any value of which an environment variable may replace.

Paths are relative to the settings file. Secrets come from the environment or from a file, never from the TOML itself.
"""

from __future__ import annotations

import json
import os
import tomllib
from datetime import date, time
from pathlib import Path
from typing import Annotated, Any, Literal, get_origin

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from cin_reminders.errors import SettingsError
from cin_reminders.words import nearest

PREFIX = "CIN_REMINDERS__"
DEFAULT_FILE = Path("cin_reminders.toml")


class Section(BaseModel):
    """One table of the settings file; unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Records(Section):
    """Where the council's records are read."""

    url: str
    layout: Literal["contract"] = "contract"
    queries: dict[str, str] = {}
    date_format: str | None = None


class LedgerSettings(Section):
    """Where the service keeps what was told to whom."""

    url: str = "sqlite:///ledger.db"


class Delivery(Section):
    """How messages go out. `live` is no key of the file: it comes from the environment or from --live.

    In mode `staging` every message is really sent, but to ``staging_address`` alone. Between ``quiet_from`` and ``quiet_until``
    (times of day in London) nothing is sent.
    """

    mode: Literal["folder", "live", "staging"] = "folder"
    live: bool = False
    folder: Path = Path("outbox")
    channel: Literal["email", "graph"] = "email"
    fallback: Literal["email", "graph", "teams"] | None = None
    allowed_domains: tuple[str, ...] = ()
    partner_domains: tuple[str, ...] = ()
    staging_address: str | None = None
    quiet_from: time | None = None
    quiet_until: time | None = None
    notify_from: date | None = None
    patience_seconds: Annotated[int, Field(ge=0, le=3600)] = 60

    @field_validator("allowed_domains", "partner_domains")
    @classmethod
    def _plain_domains(cls, domains: tuple[str, ...]) -> tuple[str, ...]:
        for domain in domains:
            if "@" in domain or "*" in domain or "." not in domain or domain != domain.strip():
                raise ValueError(f"{domain!r} is no domain; write it as council.gov.uk, each subdomain of its own")
        return tuple(domain.lower() for domain in domains)


class Email(Section):
    """The relay that takes e-mail, and the mailbox it comes from; a person reads ``reply_to``."""

    host: str = ""
    port: Annotated[int, Field(ge=1, le=65535)] = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    username: str | None = None
    password: SecretStr | None = None
    password_file: Path | None = None
    ca_file: Path | None = None
    timeout_seconds: Annotated[float, Field(gt=0, le=600)] = 30
    from_address: str = "cin-reminders@localhost.example"
    from_name: str = "Child in Need reminders"
    reply_to: str = "cin-reminders@localhost.example"


class Graph(Section):
    """Microsoft Graph, by which e-mail goes from the mailbox ``email.from_address`` without a password for SMTP."""

    tenant: str = ""
    client_id: str = ""
    client_secret: SecretStr | None = None
    client_secret_file: Path | None = None
    authority: str = "https://login.microsoftonline.com"
    endpoint: str = "https://graph.microsoft.com/v1.0"
    ca_file: Path | None = None
    timeout_seconds: Annotated[float, Field(gt=0, le=600)] = 30


class Teams(Section):
    """Teams channels that get a card a day: those of ``managers`` by team, and a person's own as the records name it.

    A channel has a name of the council's choosing; its webhook is a secret and stands in ``webhooks_file`` (TOML, name = "https://...").
    """

    managers: dict[str, str] = {}
    webhooks_file: Path | None = None
    ca_file: Path | None = None
    timeout_seconds: Annotated[float, Field(gt=0, le=600)] = 30


class Caps(Section):
    """How many reminders a person gets, and are sent of one case, on one day; 0 is no cap. Escalations are never capped."""

    a_person: Annotated[int, Field(ge=0)] = 40
    a_case: Annotated[int, Field(ge=0)] = 20


class CalendarSettings(Section):
    """Days that the official list of bank holidays does not know."""

    extra_days: tuple[date, ...] = ()
    put_back_days: tuple[date, ...] = ()
    closure_days: tuple[date, ...] = ()


class Guards(Section):
    """What holds a run for a person's word.

    ``shrink_share``: the share by which an extract may shrink between two runs. ``run_times``: how many times the usual number
    of notices a run may plan; ``run_at_least``: a run of no more notices than this is never held for its size.
    """

    shrink_share: Annotated[float, Field(gt=0, lt=1)] = 0.2
    run_times: Annotated[float, Field(gt=1)] = 3
    run_at_least: Annotated[int, Field(ge=1)] = 100


class ReportSettings(Section):
    """Where the report is written."""

    folder: Path = Path("reports")


class Settings(BaseSettings):
    """Everything one council decides about the service."""

    model_config = SettingsConfigDict(
        extra="forbid", frozen=True, env_prefix=PREFIX, env_nested_delimiter="__", nested_model_default_partial_update=True
    )

    council: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")]
    policy: str
    wrong_contact: str = "the data team that runs this service"
    records: Records
    ledger: LedgerSettings = LedgerSettings()
    delivery: Delivery = Delivery()
    email: Email = Email()
    graph: Graph = Graph()
    teams: Teams = Teams()
    caps: Caps = Caps()
    calendar: CalendarSettings = CalendarSettings()
    guards: Guards = Guards()
    report: ReportSettings = ReportSettings()
    base: Path = Path()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment wins over the file, whose content is handed in."""
        return env_settings, init_settings

    @model_validator(mode="after")
    def _safe_to_go_live(self) -> Settings:
        if self.delivery.mode != "live":
            return self
        wanting = []
        if not self.delivery.allowed_domains:
            wanting.append("delivery.allowed_domains: name the domains that staff may be written to at")
        if not self.email.host:
            wanting.append("email.host: name the relay that takes the e-mail")
        if wanting:
            raise ValueError("mode live needs " + "; ".join(wanting))
        return self

    def path(self, path: Path) -> Path:
        """A path of the settings, relative to the settings file."""
        return path if path.is_absolute() else self.base / path

    def into_folder(self, folder: Path) -> Settings:
        """The same settings with every message written to a folder, whatever the mode."""
        delivery = self.delivery.model_copy(update={"mode": "folder", "folder": folder.absolute()})
        return self.model_copy(update={"delivery": delivery})

    def email_password(self) -> str | None:
        """The relay's password, from the environment or from its file. Raises SettingsError where the file cannot be read."""
        if self.email.password is not None:
            return self.email.password.get_secret_value()
        if self.email.password_file is None:
            return None
        try:
            return self.path(self.email.password_file).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise SettingsError([f"email.password_file: cannot be read ({error.strerror})"]) from None


def load_settings(file: Path = DEFAULT_FILE, *, live: bool = False) -> Settings:
    """The settings of a file with the environment over it. Raises SettingsError with every fault at once.

    ``live`` is a person's word on the command line; without it, or the environment's, mode `live` sends nothing.
    """
    try:
        content: dict[str, Any] = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SettingsError([f"{file}: there is no such settings file; `cin-reminders init` writes one"]) from None
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError([f"{file}: cannot be read: {type(error).__name__}"]) from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsError([f"{file}: is not TOML: {error}"]) from None
    problems = [
        f"{file}: {place}: a secret may not stand here; set {PREFIX}{place.upper().replace('.', '__')}, or name a file"
        for place in _secrets(content)
    ]
    delivery = content.get("delivery")
    if isinstance(delivery, dict) and "live" in delivery:
        problems.append(f"{file}: delivery.live: may not stand in the file; set {PREFIX}LIVE=true, or give --live")
    if "base" in content:
        problems.append(f"{file}: base: no such key")
    in_environment = _faults_of_environment()
    problems += in_environment
    try:
        # Where a variable cannot be read, nothing can be said of the values together.
        loaded = Settings(**{**content, "base": file.parent}) if not in_environment else None
    except ValidationError as error:
        problems += [f"{file}: {_said(fault)}" for fault in error.errors()]
    if problems or loaded is None:
        raise SettingsError(problems)
    is_live = live or loaded.delivery.live or os.environ.get(f"{PREFIX}LIVE", "").lower() in ("1", "true", "yes")
    return loaded.model_copy(update={"delivery": loaded.delivery.model_copy(update={"live": is_live})})


def _faults_of_environment() -> list[str]:
    """What is wrong with the variables of this service: one that names no setting would otherwise change nothing in silence."""
    problems = []
    for name in sorted(one for one in os.environ if one.upper().startswith(PREFIX) and one.upper() != f"{PREFIX}LIVE"):
        allowed = [key for key in Settings.model_fields if key != "base"]
        steps = name[len(PREFIX) :].lower().split("__")
        field = Settings.model_fields.get(steps[0])
        if field is None or steps[0] == "base":
            problems.append(f"{name}: no such setting{nearest(steps[0], allowed)}")
            continue
        section = field.annotation
        if len(steps) > 1 and isinstance(section, type) and issubclass(section, BaseModel):
            field = section.model_fields.get(steps[1])
            if field is None:
                problems.append(f"{name}: {'.'.join(steps[:2])}: no such key{nearest(steps[1], section.model_fields)}")
                continue
        is_section = isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)
        if is_section:
            problems.append(f"{name}: is a whole section; name one of its settings, {name}__...")
        elif get_origin(field.annotation) is tuple and not _is_list(os.environ[name]):
            problems.append(f'{name}: must be a list, as ["one", "two"]')
    return problems


def _is_list(text: str) -> bool:
    try:
        return isinstance(json.loads(text), list)
    except ValueError:
        return False


def _secrets(content: dict[str, Any]) -> list[str]:
    email = content.get("email")
    return ["email.password"] if isinstance(email, dict) and "password" in email else []


def _said(fault: Any) -> str:
    steps = [str(step) for step in fault["loc"]]
    place = ".".join(steps)
    message = str(fault["msg"]).removeprefix("Value error, ")
    if fault["type"] == "extra_forbidden":
        section = Settings.model_fields.get(steps[0])
        inner = section.annotation if section and len(steps) > 1 else Settings
        allowed = tuple(inner.model_fields) if isinstance(inner, type) and issubclass(inner, BaseModel) else ()
        return f"{place}: no such key{nearest(steps[-1], [name for name in allowed if name not in ('base', 'live')])}"
    if fault["type"] == "missing":
        return f"{place}: is missing; it must be given"
    return f"{place}: {message}" if place else message
