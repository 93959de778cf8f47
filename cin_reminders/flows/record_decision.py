"""A person's decision, given in the form that Prefect's page makes of this flow's parameters.

Prefect keeps them in clear, and its server refuses what does not fit them before it keeps anything: references, dates and
a reason from a closed list, no name and no words of one's own. Those go by the command line, which decides the very same.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from prefect import flow, get_run_logger
from pydantic import Field, WithJsonSchema
from pydantic.fields import FieldInfo

from cin_reminders.deciding import IN_THE_FORM, Asked, decide
from cin_reminders.flows.daily import scheduled_on, without_its_words
from cin_reminders.flows.page import Page
from cin_reminders.holds import REFERENCE
from cin_reminders.reason_codes import ReasonCode
from cin_reminders.settings import load_settings

# What every place of the form may hold, so that the server refuses the rest before it keeps it.
_DATE = "[0-9]{4}-[0-9]{2}-[0-9]{2}"


def _text(pattern: str, *, blank: bool = True) -> FieldInfo:
    """What a place may hold. A page may hand on a place that was left empty as a blank text."""
    return Field(pattern=f"^({pattern})?$" if blank else f"^{pattern}$", max_length=200)  # type: ignore[no-any-return]


StaffReference = Annotated[str, _text(REFERENCE, blank=False)]
CaseReference = Annotated[str, _text(REFERENCE)]
DutyName = Annotated[str, _text("[a-z][a-z0-9_]*")]
MessageKey = Annotated[str, _text(f"[a-z0-9_-]+/(folder|staging|live)/{_DATE}/[A-Za-z0-9._:/-]+")]
# The deployment fills it in, and a folder may be called anything.
SettingsFile = Annotated[str, _text(r".+\.toml", blank=False)]
# The server takes any text for a date, unless a pattern says otherwise.
Day = Annotated[date, WithJsonSchema({"type": "string", "format": "date", "pattern": f"^{_DATE}$"})]


class What(StrEnum):
    """What can be decided."""

    HOLD = "hold"
    RELEASE = "release"
    SETTLE = "settle"
    ACCEPT_EXTRACT = "accept-extract"
    ACCEPT_LEDGER = "accept-ledger"
    RELEASE_RUN = "release-run"


class SettleAs(StrEnum):
    """What a message in doubt can be settled as."""

    SENT = "sent"
    FAILED = "failed"
    RESEND = "resend"


@flow(name="record-decision", retries=0, persist_result=False, log_prints=False)
def record_decision(
    what: What,
    who: StaffReference,
    why: ReasonCode,
    case: CaseReference | None = None,
    everything: bool = False,
    duty: DutyName | None = None,
    until: Day | None = None,
    key: MessageKey | None = None,
    settle_as: SettleAs | None = None,
    on: Day | None = None,
    settings: SettingsFile = "cin_reminders.toml",
) -> None:
    """Keep a person's decision in the ledger; the next report lists it.

    Raises UsageError with every fault at once where what is given does not fit together. Nothing is kept then.

    Args:
        what: **hold**: nobody is told of a case, a duty or anything until a day is over. **release**: end that early.
            **settle**: a message of which nobody knows whether it arrived. **accept-extract**: the day's records are right
            although a guard holds them. **accept-ledger**: a ledger put back from a copy is right although it lacks a run.
            **release-run**: the day's run may send although it is far larger than usual. After one of the last three, run
            daily-reminders again: nothing else does.
        who: Your staff reference, as S-00012. Never a name: Prefect keeps what you type here.
        why: The reason nearest to yours. One in your own words goes by the command line.
        case: Of a hold or a release: the case's reference, as C-00171.
        everything: Of a hold or a release: every case, in place of one.
        duty: Of a hold or a release: this duty alone, by its name in the pack, as review. Empty is every duty.
        until: Of a hold: its last day, at most 366 days ahead.
        key: Of a message to settle: its key, as `cin-reminders ledger --state uncertain` lists it.
        settle_as: Of a message to settle: it was sent, it failed, or it is to be sent again.
        on: The business date that it is about, today if empty; none to come.
        settings: The council's settings file.
    """
    logger = get_run_logger()
    asked = Asked(
        what=what.value,
        by=who,
        why=why.value,
        on=on or scheduled_on(),
        case=case or None,
        everything=everything,
        duty=duty or None,
        until=until.isoformat() if until else None,
        key=key or None,
        settle_as=settle_as.value if settle_as else None,
    )
    with without_its_words("The decision"):
        council = load_settings(Path(settings))
        decided = decide(council, asked, IN_THE_FORM, now=datetime.now(UTC), warn=logger.warning)
    # An earlier hold has a reason in somebody's own words.
    earlier = ["An earlier hold still covers it; the report and `cin-reminders audit` say which."] if decided.quoted else []
    said = [*decided.said, *earlier]
    for line in said:
        logger.info(line)
    story = "\n".join(f"- {line}" for line in said)
    Page("decision", council.council).done({asked.what: 1}, f"{story}\n", f"a decision of {asked.on}")
