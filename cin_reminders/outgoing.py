"""Which channels carry the messages out: files in a folder, or the council's e-mail, its Teams channels and GOV.UK Notify."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from cin_reminders.channels import Channel
from cin_reminders.channels.email import EmailChannel, EmailRelay
from cin_reminders.channels.folder import FolderChannel
from cin_reminders.errors import SettingsError
from cin_reminders.notify_call import KINDS
from cin_reminders.settings import STAGING_CHANNEL, Settings

_SENDER = ("from_address", "from_name", "reply_to")


def channels_of(settings: Settings, clock: Callable[[], datetime]) -> dict[str, Channel]:
    """The channels that the settings name, each by its name in the ledger. In mode folder every one of them writes files.

    Raises SettingsError with every fault of their sections.
    """
    makers: dict[str, Callable[[], Channel]] = {
        "folder": lambda: folder_channel(settings, settings.path(settings.delivery.folder), clock),
        "email": lambda: _email(settings, clock),
        "graph": lambda: _graph(settings, clock),
        "teams": lambda: _teams(settings),
        "notify": lambda: _notify(settings, clock),
    }
    in_folder = settings.delivery.mode == "folder"
    wanted = [settings.delivery.first_channel]
    if not in_folder:
        wanted += [settings.delivery.fallback] if settings.delivery.fallback else []
        wanted += ["teams"] if settings.teams.is_on else []
        wanted += ["notify"] if settings.notify.is_on else []
    found = _made({name: makers[name] for name in wanted})
    return found | dict.fromkeys(("teams", "notify"), found["folder"]) if in_folder else found


def _made(makers: Mapping[str, Callable[[], Channel]]) -> dict[str, Channel]:
    faults: list[str] = []
    found: dict[str, Channel] = {}
    for name, make in makers.items():
        try:
            found[name] = make()
        except SettingsError as error:
            faults += error.problems
        except ValueError as error:
            # The sender stands in one place for both ways of sending e-mail.
            faults += [f"{'email' if fault.startswith(_SENDER) else name}.{fault}" for fault in str(error).splitlines()]
    if faults:
        close(found)
        raise SettingsError(faults)
    return found


def channels_to_operator(settings: Settings, clock: Callable[[], datetime]) -> dict[str, Channel]:
    """What reaches those who run the service, in every mode: their address by e-mail, and their own channel in Teams.

    Raises SettingsError with every fault; none at all are named where ``[watch]`` names neither.
    """
    watch = settings.watch
    makers: dict[str, Callable[[], Channel]] = {}
    if watch.operator is not None:
        makers[settings.delivery.channel] = lambda: (_email if settings.delivery.channel == "email" else _graph)(settings, clock)
    if watch.operator_channel is not None:
        makers["teams"] = lambda: _to_one_channel(settings, watch.operator_channel or "")
    return _made(makers)


def refuse_silent_operator(settings: Settings) -> None:
    """Raise SettingsError, with every fault, where those who run the service are named and could not be told.

    It would only show on the day that something fails.
    """
    close(channels_to_operator(settings, lambda: datetime.max))


def close(channels: Mapping[str, Channel]) -> None:
    """Let go of every channel's connections."""
    for channel in channels.values():
        channel.close()


def folder_channel(settings: Settings, folder: Path, clock: Callable[[], datetime]) -> FolderChannel:
    """A folder in which each message becomes a file. Raises ValueError, with every fault, for a sender that is none."""
    email = settings.email
    return FolderChannel(
        folder,
        from_address=email.from_address,
        from_name=email.from_name,
        reply_to=email.reply_to,
        clock=clock,
        templates=settings.notify.templates or KINDS,
        secret=settings.council.encode(),
    )


def known_channels(settings: Settings) -> frozenset[str] | None:
    """The Teams channels that can be shown a card; None for any, where cards are files. Raises SettingsError."""
    if settings.delivery.mode == "folder":
        return None if settings.teams.is_on else frozenset()
    names = frozenset(_read_webhooks(settings))
    return names if settings.delivery.mode == "live" or STAGING_CHANNEL in names else frozenset()


def _read_webhooks(settings: Settings) -> dict[str, str]:
    if settings.teams.webhooks_file is None:
        return {}
    try:
        content: dict[str, Any] = tomllib.loads(settings.path(settings.teams.webhooks_file).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError([f"teams.webhooks_file: cannot be read ({type(error).__name__})"]) from None
    except tomllib.TOMLDecodeError:
        # Not its own words: they may repeat an address, which is a secret.
        raise SettingsError(['teams.webhooks_file: is not TOML; each line is: name = "https://..."']) from None
    wrong = [name for name, url in content.items() if not isinstance(url, str)]
    if wrong:
        raise SettingsError([f'teams.webhooks_file: {name}: must be an address in quotes, "https://..."' for name in wrong])
    return {str(name): url for name, url in content.items()}


def _email(settings: Settings, clock: Callable[[], datetime]) -> EmailChannel:
    email = settings.email
    relay = EmailRelay(
        host=email.host,
        port=email.port,
        security=email.security,
        username=email.username,
        password=settings.email_password(),
        ca_file=settings.path(email.ca_file) if email.ca_file else None,
        timeout=email.timeout_seconds,
        from_address=email.from_address,
        from_name=email.from_name,
        reply_to=email.reply_to,
    )
    return EmailChannel(relay, clock=clock)


def _graph(settings: Settings, clock: Callable[[], datetime]) -> Channel:
    # Loaded only where it is used: it brings a web client with it.
    from cin_reminders.channels.graph import GraphChannel, GraphMailbox

    graph, email = settings.graph, settings.email
    mailbox = GraphMailbox(
        tenant=graph.tenant,
        client_id=graph.client_id,
        client_secret=settings.graph_secret() or "",
        from_address=email.from_address,
        from_name=email.from_name,
        reply_to=email.reply_to,
        authority=graph.authority,
        endpoint=graph.endpoint,
        ca_file=settings.path(graph.ca_file) if graph.ca_file else None,
        timeout=graph.timeout_seconds,
    )
    return GraphChannel(mailbox, clock=clock)


def _teams(settings: Settings) -> Channel:
    teams, urls = settings.teams, _read_webhooks(settings)
    if settings.delivery.mode == "staging":
        # A rehearsal reaches no team's channel.
        urls = {name: url for name, url in urls.items() if name == STAGING_CHANNEL}
    elif unknown := {team: name for team, name in teams.managers.items() if name not in urls}:
        raise SettingsError(
            [f"teams.managers: {team}: no {name!r} stands in teams.webhooks_file" for team, name in unknown.items()]
        )
    return _posting_to(urls, settings)


def _to_one_channel(settings: Settings, name: str) -> Channel:
    urls = _read_webhooks(settings)
    if name not in urls:
        raise SettingsError([f"watch.operator_channel: no {name!r} stands in teams.webhooks_file"])
    return _posting_to({name: urls[name]}, settings)


def _posting_to(urls: Mapping[str, str], settings: Settings) -> Channel:
    from cin_reminders.channels.teams import TeamsChannel, TeamsWebhooks

    teams = settings.teams
    webhooks = TeamsWebhooks(
        urls=urls, ca_file=settings.path(teams.ca_file) if teams.ca_file else None, timeout=teams.timeout_seconds
    )
    return TeamsChannel(webhooks)


def _notify(settings: Settings, clock: Callable[[], datetime]) -> Channel:
    try:
        from cin_reminders.channels.notify import NotifyChannel, NotifyService
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] == "cin_reminders":
            raise
        how = "`make notify`, or pip install --no-deps --require-hashes -r requirements/notify.lock"
        raise SettingsError([f"notify: the client of GOV.UK Notify is not installed; install it with {how}"]) from None

    notify = settings.notify
    service = NotifyService(
        api_key=settings.notify_key() or "",
        templates=notify.templates,
        secret=settings.council.encode(),
        base_url=notify.base_url,
        ca_file=settings.path(notify.ca_file) if notify.ca_file else None,
        timeout=notify.timeout_seconds,
    )
    return NotifyChannel(service, clock=clock)
