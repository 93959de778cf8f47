"""Which channel carries the messages out: files in a folder, or the council's relay."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from cin_reminders.channels import Channel
from cin_reminders.channels.email import EmailChannel, EmailRelay
from cin_reminders.channels.folder import FolderChannel
from cin_reminders.errors import SettingsError
from cin_reminders.settings import Settings


def channel_of(settings: Settings, clock: Callable[[], datetime]) -> Channel:
    """The channel that the settings name: files in a folder, or the council's relay.

    Raises SettingsError with every fault of the [email] section.
    """
    email = settings.email
    if settings.delivery.mode != "live":
        return FolderChannel(
            settings.path(settings.delivery.folder),
            from_address=email.from_address,
            from_name=email.from_name,
            reply_to=email.reply_to,
            clock=clock,
        )
    try:
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
    except ValueError as error:
        raise SettingsError(f"email.{fault}" for fault in str(error).splitlines()) from None
    return EmailChannel(relay, clock=clock)
