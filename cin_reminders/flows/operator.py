"""How Prefect's server tells those who run the service of a run that failed: by the council's own e-mail and Teams channel.

Prefect loads this module in every process of its own (``prefect.collections`` in pyproject.toml), so it is light.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

from prefect.blocks.abstract import NotificationBlock
from prefect.exceptions import PrefectException
from pydantic import Field


class OperatorOfCouncil(NotificationBlock):
    """Tells the operator whom a council's settings name under `[watch]`, by e-mail, in Teams, or both.

    Prefect keeps the path of the settings and nothing else: the server reads addresses and secrets where the runs do.
    """

    _block_type_name = "Child in Need reminders: operator"
    _block_type_slug = "cin-reminders-operator"

    settings: str = Field(title="Settings", description="The path of the council's settings file on the server's machine.")

    async def notify(self, body: str, subject: str | None = None) -> None:
        """Send the words on. Raises PrefectException, with the reason and no address, where they could not be handed over."""
        why = await asyncio.to_thread(_tell, Path(self.settings), subject or "Child in Need reminders", body)
        if why is not None:
            raise PrefectException(why)


def _tell(settings: Path, subject: str, body: str) -> str | None:
    # Loaded only once there is something to tell: every command of Prefect's would wait for it.
    from cin_reminders.alarm import tell_operator
    from cin_reminders.errors import CinRemindersError
    from cin_reminders.settings import load_settings

    try:
        tell_operator(load_settings(settings), subject, body, lambda: datetime.now(UTC))
    except CinRemindersError as error:
        return str(error)
    return None
