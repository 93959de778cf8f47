"""Makes a ledger in the folder given, and dies by kill -9 after the second of its tables."""

import os
import signal
import sys
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import event

sys.path.insert(0, str(Path(__file__).parents[2]))  # the program as it stands here, installed or not

from cin_reminders.ledger import create_ledger

made = []


@event.listens_for(sa.Engine, "after_cursor_execute")
def die_half_way(connection: object, cursor: object, statement: str, *rest: object) -> None:
    if "CREATE TABLE" in statement:
        made.append(statement)
    if len(made) == 2:
        os.kill(os.getpid(), signal.SIGKILL)


create_ledger("sqlite:///ledger.db", Path(sys.argv[1]))
