"""The command line: every command reads the clock, or a date that is given, and hands the rest on.

Exit codes: 0 done, 1 failed or incomplete, 2 wrongly called, 3 held by a guard. With ``--json`` the standard output holds one
JSON document and nothing else; whatever people are to read besides goes to the standard error.
"""

from __future__ import annotations

import sys
import traceback
from pathlib import Path

from typer.main import get_command

# Each of these adds its commands.
from cin_reminders.cli import act, decide, look, meetings, operate, set_up  # noqa: F401
from cin_reminders.cli.policy import policy_app
from cin_reminders.cli.program import app
from cin_reminders.cli.shared import err
from cin_reminders.errors import CinRemindersError

__all__ = ["app", "main"]

app.add_typer(policy_app, name="policy")
_program = get_command(app)


def main() -> None:
    """Run a command; an error becomes its lines on the standard error and its exit code, never a traceback."""
    try:
        _program()
    except CinRemindersError as error:
        for line in str(error).splitlines():
            err.print(f"cin-reminders: {line}", markup=False, highlight=False, soft_wrap=True)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        sys.exit(0)
    except Exception as error:
        # Its text may hold what a row holds: where it happened is enough to have it mended.
        at = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{Path(at.filename).name}, line {at.lineno}"
        err.print(
            f"cin-reminders: a fault of this program: {type(error).__name__} in {place}",
            markup=False,
            highlight=False,
            soft_wrap=True,
        )
        sys.exit(1)
