"""Why a person decided as they did, from a closed list: all that a form asks, since Prefect keeps in clear what is typed there.

A reason in words of one's own goes by the command line alone.
"""

from __future__ import annotations

from enum import StrEnum


class ReasonCode(StrEnum):
    """A reason as it stands in the ledger and the report. None says anything of a child or a family."""

    RECORDS = "the records are being put right"
    TOLD = "people are told another way"
    MANAGER = "agreed with the team manager"
    SYSTEM = "work on the records system"
    CHECKED = "checked and found right"
    ARRIVED = "known from the recipient or the mail system"
    OVER = "the reason for the hold is over"
    MISTAKE = "decided by mistake before"
