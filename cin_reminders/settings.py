"""The settings of one council: a TOML file, any value of which an environment variable may replace.

Paths are relative to the settings file. Secrets come from the environment or from a file, never from the TOML itself.
"""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, get_origin

from pydantic import BaseModel, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from cin_reminders.errors import SettingsError
from cin_reminders.sections import (
    CalendarSettings,
    Caps,
    Delivery,
    Email,
    Graph,
    Guards,
    LedgerSettings,
    Meetings,
    Notify,
    Records,
    ReportSettings,
    Retention,
    Teams,
    Watch,
)
from cin_reminders.words import nearest

PREFIX = "CIN_REMINDERS__"
STAGING_CHANNEL = "staging"  # the one Teams channel that a rehearsal reaches
DEFAULT_FILE = Path("cin_reminders.toml")


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
    notify: Notify = Notify()
    caps: Caps = Caps()
    calendar: CalendarSettings = CalendarSettings()
    meetings: Meetings = Meetings()
    guards: Guards = Guards()
    retention: Retention = Retention()
    report: ReportSettings = ReportSettings()
    watch: Watch = Watch()
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
        wanting = list(self._wanting()) if self.delivery.mode != "folder" else []
        if self.watch.operator_channel is not None and self.teams.webhooks_file is None:
            raise ValueError("watch.operator_channel needs teams.webhooks_file, where its webhook stands")
        if wanting:
            raise ValueError(f"mode {self.delivery.mode} needs " + "; ".join(wanting))
        return self

    def _wanting(self) -> Iterator[str]:
        """What is still wanting before messages can really be sent."""
        delivery, graph = self.delivery, self.graph
        if not delivery.allowed_domains:
            yield "delivery.allowed_domains: name the domains that staff may be written to at"
        if "email" in (delivery.channel, delivery.fallback) and not self.email.host:
            yield "email.host: name the relay that takes the e-mail"
        if "graph" in (delivery.channel, delivery.fallback):
            given = {"tenant": graph.tenant, "client_id": graph.client_id, "client_secret": self._has_graph_secret}
            yield from (f"graph.{name}" for name, value in given.items() if not value)
        if self.notify.has_key and not self.notify.templates:
            yield "notify.templates: there is a key for GOV.UK Notify, and no template; give the id of email or text"
        if self.notify.templates and not self.notify.has_key:
            yield f"notify.api_key: there are templates for GOV.UK Notify, and no key; set {PREFIX}NOTIFY__API_KEY or name a file"
        if delivery.mode == "staging" and self.notify.is_on and "email" not in self.notify.templates:
            yield "notify.templates.email: a rehearsal goes by e-mail alone, to delivery.staging_address"
        if delivery.fallback == "teams" and not self.teams.is_on:
            yield "teams.webhooks_file: delivery.fallback is teams"
        if delivery.mode == "staging" and delivery.staging_address is None:
            yield "delivery.staging_address: the one address that every message is sent to"

    @property
    def _has_graph_secret(self) -> bool:
        return self.graph.client_secret is not None or self.graph.client_secret_file is not None

    def path(self, path: Path) -> Path:
        """A path of the settings, relative to the settings file."""
        return path if path.is_absolute() else self.base / path

    def email_password(self) -> str | None:
        """The relay's password, from the environment or from its file. Raises SettingsError where the file cannot be read."""
        return self._secret("email.password_file", self.email.password, self.email.password_file)

    def graph_secret(self) -> str | None:
        """The secret by which Microsoft Graph knows this service. Raises SettingsError where its file cannot be read."""
        return self._secret("graph.client_secret_file", self.graph.client_secret, self.graph.client_secret_file)

    def notify_key(self) -> str | None:
        """The key by which GOV.UK Notify knows this service. Raises SettingsError where its file cannot be read."""
        return self._secret("notify.api_key_file", self.notify.api_key, self.notify.api_key_file)

    def _secret(self, place: str, given: SecretStr | None, file: Path | None) -> str | None:
        if given is not None:
            return given.get_secret_value()
        if file is None:
            return None
        try:
            return self.path(file).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "not UTF-8"
            raise SettingsError([f"{place}: cannot be read ({why})"]) from None


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
    return [
        f"{section}.{key}"
        for section, key in (("email", "password"), ("graph", "client_secret"), ("notify", "api_key"))
        if isinstance(values := content.get(section), dict) and key in values
    ]


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
