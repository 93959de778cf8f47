"""Every error a user can meet. The docstring of a class says what it means; the message says where and what is allowed."""

from __future__ import annotations

from collections.abc import Iterable


class CinRemindersError(Exception):
    """Something the service cannot do, said in one line a person can act on."""

    exit_code = 1


class Problems(CinRemindersError):
    """Several faults found together: each names its place and what is allowed there."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


class SettingsError(Problems):
    """The settings file, or an environment variable over it, cannot be used."""

    exit_code = 2


class PolicyError(Problems):
    """A policy pack cannot be used."""


class RecordsError(Problems):
    """The records cannot be read at all: nothing has been evaluated."""


class RecordsUnreachable(RecordsError):
    """The records are out of reach for the moment: what was asked may well be answered in some minutes."""


class LedgerError(CinRemindersError):
    """The ledger is absent, older or newer than this program, or cannot be used."""


class UsageError(CinRemindersError):
    """A command was given something it cannot take."""

    exit_code = 2


class BeyondCalendarError(CinRemindersError):
    """A date lies outside the working-day calendar."""
