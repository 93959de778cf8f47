"""Makes or upgrades a ledger, and dies by kill -9 after a statement of its own: migrate.py make|upgrade FOLDER URL STATEMENT."""

import os
import signal
import sys
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import event

sys.path.insert(0, str(Path(__file__).parents[2]))  # the program as it stands here, installed or not

from cin_reminders.ledger import create_ledger, upgrade_ledger

what, folder, url, fatal = sys.argv[1:]


@event.listens_for(sa.Engine, "after_cursor_execute")
def die_half_way(connection: object, cursor: object, statement: str, *rest: object) -> None:
    if fatal in " ".join(statement.split()):
        os.kill(os.getpid(), signal.SIGKILL)


{"make": create_ledger, "upgrade": upgrade_ledger}[what](url, Path(folder))
