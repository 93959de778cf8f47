"""The sections of a council's settings: one class for each table of the file, and what each value may be.

docs/settings.md says each in words.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, time
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationInfo, field_validator, model_validator

from cin_reminders.address import read_address, read_domain
from cin_reminders.line import web_address
from cin_reminders.meeting_check import UNDERSTANDING_FROM
from cin_reminders.notify_call import KINDS, TEMPLATE_ID, TEMPLATE_NAME
from cin_reminders.occasion import FAMILY_NAME, STAGES
from cin_reminders.retention import NEAREST_MONTHS
from cin_reminders.unsaid import says_child_in_need


class Section(BaseModel):
    """One table of the settings file; unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Records(Section):
    """Where the council's records are read, and how often and when a database is asked again that cannot be reached."""

    url: str
    layout: Literal["contract"] = "contract"
    queries: dict[str, str] = {}
    date_format: str | None = None
    try_again_seconds: Annotated[tuple[Annotated[int, Field(ge=1, le=3600)], ...], Field(max_length=10)] = (60, 300, 900)


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

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Delivery:
        faults = []
        if (self.quiet_from is None) != (self.quiet_until is None):
            faults.append("quiet_from and quiet_until: both or neither")
        elif self.quiet_from is not None and self.quiet_from == self.quiet_until:
            faults.append("quiet_from and quiet_until: are the same time; leave both out for no quiet hours")
        if any(one is not None and one.tzinfo is not None for one in (self.quiet_from, self.quiet_until)):
            faults.append("quiet_from and quiet_until: are times of day in London, without an offset")
        if self.fallback == self.channel:
            faults.append(f"fallback: {self.fallback} is the first channel already")
        if self.staging_address is not None:
            address = read_address(self.staging_address)
            if address is None:
                faults.append("staging_address: is no e-mail address")
            elif address.domain not in self.allowed_domains:
                faults.append(f"staging_address: its domain {address.domain} must stand in allowed_domains")
            if self.mode == "live":
                faults.append("staging_address: in mode live messages go to everybody; set mode to staging, or take this out")
        if faults:
            raise ValueError("; ".join(faults))
        return self

    @property
    def first_channel(self) -> str:
        """What carries a person's messages: files in a folder, or the council's way of sending e-mail."""
        return "folder" if self.mode == "folder" else self.channel

    @field_validator("allowed_domains", "partner_domains")
    @classmethod
    def _plain_domains(cls, domains: tuple[str, ...]) -> tuple[str, ...]:
        read = {domain: read_domain(domain) for domain in domains}
        none = [repr(domain) for domain, found in read.items() if found is None]
        if none:
            be = "is no domain" if len(none) == 1 else "are no domains"
            raise ValueError(f"{', '.join(none)} {be} that mail goes to; write it as council.gov.uk, each subdomain of its own")
        return tuple(dict.fromkeys(found for found in read.values() if found))

    @field_validator("partner_domains")
    @classmethod
    def _of_partners_alone(cls, domains: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        both = sorted({*domains} & {*info.data.get("allowed_domains", ())})
        if both:
            raise ValueError(
                f"{', '.join(both)} may not stand in delivery.allowed_domains too: partners get meeting notices only"
            )
        return domains


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

    @property
    def is_on(self) -> bool:
        """Whether Teams gets anything at all: only once the settings name a channel, or where the webhooks stand."""
        return bool(self.managers) or self.webhooks_file is not None


class Notify(Section):
    """GOV.UK Notify, by which families are written to, with the council's own templates there.

    ``templates`` holds the id of each template by what it is for: `email` or `text`, and more narrowly with a stage before it,
    a language after it or both (`cancelled.email`, `email.pl`, `cancelled.email.pl`). Families are written to from
    ``family_from`` to ``family_until``, times of day in London.
    """

    api_key: SecretStr | None = None
    api_key_file: Path | None = None
    templates: dict[str, str] = {}
    prefer: Literal["email", "text"] = "email"
    family_from: time = time(8)
    family_until: time = time(20)
    base_url: str = "https://api.notifications.service.gov.uk"
    ca_file: Path | None = None
    timeout_seconds: Annotated[float, Field(gt=0, le=600)] = 30

    @field_validator("templates", mode="before")
    @classmethod
    def _by_whole_names(cls, templates: Any) -> Any:
        """A name without quotes is, to TOML, a table in a table: `cancelled.email` is read as the name that it was meant for."""
        return dict(_whole_names(templates)) if isinstance(templates, Mapping) else templates

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Notify:
        faults = []
        for name, template in self.templates.items():
            found = TEMPLATE_NAME.fullmatch(name)
            if found is None:
                form = "a template is named email or text, with a stage before it or a language after it: cancelled.email.pl"
                faults.append(f"templates.{name}: {form}; stages: {', '.join(STAGES)}")
            elif found[2] not in self.templates:
                faults.append(f"templates.{name}: needs {found[2]} beside it, for every other letter")
            if not TEMPLATE_ID.fullmatch(template):
                faults.append(f"templates.{name}: is no template's id; copy it from the template's page in GOV.UK Notify")
        if self.templates and self.prefer not in self.templates:
            faults.append(f"prefer: is {self.prefer}, and templates has no {self.prefer}")
        if self.family_from.tzinfo is not None or self.family_until.tzinfo is not None:
            faults.append("family_from and family_until: are times of day in London, without an offset")
        elif self.family_from >= self.family_until:
            faults.append("family_from: must be earlier than family_until")
        if faults:
            raise ValueError("; ".join(faults))
        return self

    @property
    def kinds(self) -> tuple[str, ...]:
        """What there is a template for, e-mail or text message: the preferred first. Without any template, both."""
        others = (kind for kind in KINDS if kind != self.prefer)
        return tuple(kind for kind in (self.prefer, *others) if not self.templates or kind in self.templates)

    @property
    def has_key(self) -> bool:
        """Whether the settings say where the key is."""
        return self.api_key is not None or self.api_key_file is not None

    @property
    def is_on(self) -> bool:
        """Whether families can be written to: there is a key, and a template at least."""
        return self.has_key and bool(self.templates)


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


class Retention(Section):
    """How long what is personal is kept, in months, after which `cin-reminders purge` removes it (docs/retention.md)."""

    months: Annotated[int, Field(ge=NEAREST_MONTHS, le=120)] = 24


class ReportSettings(Section):
    """Where the report is written, and, where the council has put that folder on its own network, its address there."""

    folder: Path = Path("reports")
    url: str = ""

    @field_validator("url")
    @classmethod
    def _is_an_address(cls, url: str) -> str:
        if url and web_address(url) is None:
            raise ValueError(f"{url!r} is no address on the web; write it as https://intranet.council.gov.uk/reports")
        return url


class Watch(Section):
    """Who watches the service itself: a watchman outside that hears of every run, and whom Prefect tells of one that failed.

    ``heartbeat_url`` is called after a good run, and with /fail at its end after any other. ``operator`` is the address of
    those who run the service, ``operator_channel`` their Teams channel, by its name in ``teams.webhooks_file``.
    """

    heartbeat_url: str | None = None
    ca_file: Path | None = None
    timeout_seconds: Annotated[float, Field(gt=0, le=60)] = 10
    operator: str | None = None
    operator_channel: str | None = None

    @model_validator(mode="after")
    def _can_be_reached(self) -> Watch:
        faults = []
        if self.heartbeat_url is not None and not _is_heartbeat(self.heartbeat_url):
            # Not repeated: whoever knows it can say that all is well.
            faults.append("heartbeat_url: must be an https:// address without a user, a query or a fragment")
        if self.operator is not None and read_address(self.operator) is None:
            faults.append("operator: is no e-mail address")
        if faults:
            raise ValueError("; ".join(faults))
        return self


def _is_heartbeat(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return (
        web_address(url) is not None
        and parts.scheme == "https"
        and not any((parts.username, parts.password, parts.query, parts.fragment))
    )


class Meetings(Section):
    """What the checks on a meeting rest on, and what its notices say to whom.

    ``days``: how many days ahead meetings are shown. School hours are times of day in London. ``understanding_from``: the age in
    years from which a child is expected at a meeting. ``children_from_age``: from which a child is written to; None for no
    child. ``invite``: the service invites those whom nobody has. ``notify_from``: the first day on which a notice of a meeting
    goes; without it `delivery.notify_from` counts. ``family_name`` and ``family_contact`` are what families and partners read:
    what the meeting is called, and how they reach somebody. ``translations``: a folder with the council's own texts for families
    in other languages.
    """

    days: Annotated[int, Field(ge=1, le=366)] = 30
    term_dates: Path | None = None
    school_begins: time = time(8, 45)
    school_until: time = time(15, 30)
    understanding_from: Annotated[int, Field(ge=1, le=18)] = UNDERSTANDING_FROM
    children_from_age: Annotated[int, Field(ge=5, le=18)] | None = None
    invite: bool = False
    notify_from: date | None = None
    family_name: str = FAMILY_NAME
    family_contact: str = "children's services at the council"
    translations: Path | None = None

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Meetings:
        faults = []
        if self.school_begins.tzinfo is not None or self.school_until.tzinfo is not None:
            faults.append("school_begins and school_until: are times of day in London, without an offset")
        elif self.school_begins >= self.school_until:
            faults.append("school_begins: must be earlier than school_until")
        for name, said in (("family_name", self.family_name), ("family_contact", self.family_contact)):
            if not said.strip() or not said.isprintable():
                faults.append(f"{name}: must be words on one line")
            elif says_child_in_need(said):
                faults.append(f"{name}: families and partners read it, so it may not name a child in need")
        if self.term_dates is not None and self.term_dates.suffix.lower() not in (".csv", ".ics"):
            faults.append("term_dates: must be a .csv or an .ics file")
        if self.translations == Path():
            faults.append("translations: must be a folder of its own, with nothing else in it")
        if faults:
            raise ValueError("; ".join(faults))
        return self


def _whole_names(templates: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in templates.items():
        if isinstance(value, Mapping):
            yield from _whole_names(value, f"{before}{name}.")
        else:
            yield f"{before}{name}", value
