"""E-mails and text messages by GOV.UK Notify, for families: the council's own templates there, filled with a letter's words.

Over its official client (https://docs.notifications.service.gov.uk/python.html). What its errors mean stands in
https://docs.notifications.service.gov.uk/rest-api.html#error-codes; its words are not passed on, since they may repeat a number.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from notifications_python_client.errors import InvalidResponse
from notifications_python_client.notifications import NotificationsAPIClient

from cin_reminders.channels import ChannelDown, Doubtful, NotSent
from cin_reminders.channels.https import Answer, NotHandedOver, Unanswered, Unreached, address_fault
from cin_reminders.channels.notify_line import NotifyLine, Refused
from cin_reminders.letter import Letter
from cin_reminders.notify_call import Asked, asked_for, reference_of

HOST = "api.notifications.service.gov.uk"
_ID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
# The key's own name, the service's id, the secret: the client looks at the last 73 characters only and takes anything for them.
API_KEY = re.compile(rf"[!-~]*-?{_ID}-{_ID}")
ERROR_TYPE = re.compile(r"[A-Za-z]{1,40}")
RATE_SECONDS = 60.0  # the limit of requests is one for each 60 seconds


@dataclass(frozen=True, kw_only=True, slots=True)
class NotifyService:
    """The council's service at GOV.UK Notify, and its templates by the names that the settings give them.

    ``secret`` keys the references that Notify is given. ``timeout`` is the longest wait in seconds for one answer. Raises
    ValueError with every fault, one a line.
    """

    api_key: str = field(repr=False)
    templates: Mapping[str, str]
    secret: bytes = field(repr=False)
    base_url: str = f"https://{HOST}"
    ca_file: Path | None = None
    timeout: float = 30.0

    def __post_init__(self) -> None:
        problems = []
        if not API_KEY.fullmatch(self.api_key):
            problems.append("api_key: is not a key as GOV.UK Notify shows it, NAME-SERVICE-SECRET; copy all of it")
        base_fault = address_fault(self.base_url, hosts=(HOST,))
        if base_fault is None and httpx.URL(self.base_url).path.strip("/"):
            base_fault = "may not hold a path"
        if base_fault:
            problems.append(f"base_url: {base_fault}")
        if not self.timeout > 0:
            problems.append(f"timeout: {self.timeout} is not a number of seconds above 0")
        if problems:
            raise ValueError("\n".join(problems))


class NotifyChannel:
    """Hands letters that have a call to GOV.UK Notify, one at a time. For one thread.

    ``clock`` gives the moment, with its time zone, from which the wait for the next day's allowance is counted. Raises
    ValueError where ``ca_file`` cannot be used.
    """

    name = "notify"

    def __init__(self, service: NotifyService, *, clock: Callable[[], datetime]) -> None:
        self._service = service
        self._clock = clock
        self._client = NotificationsAPIClient(service.api_key, base_url=service.base_url, timeout=service.timeout)  # type: ignore[no-untyped-call]
        self._client.request_session = NotifyLine(
            httpx.URL(service.base_url).host, ca_file=service.ca_file, timeout=service.timeout
        )

    def send(self, letter: Letter) -> str:
        """Hand the letter to Notify; return ``201 accepted``.

        Raises NotSent where Notify certainly did not take it (permanent where the letter or its address is at fault), Doubtful
        where it may have, and ChannelDown where no letter could go at all. Never hands a letter over twice.
        """
        try:
            asked = asked_for(letter, self._service.templates, secret=self._service.secret)
        except ValueError as error:
            raise NotSent(str(error), permanent=True) from None
        failure: Exception
        try:
            taken = self._hand_over(asked)
        except Refused as error:
            failure = _failure(error.answer, asked, self._clock())
        except Unreached as error:
            failure = ChannelDown(f"GOV.UK Notify: {error}")
        except NotHandedOver:
            failure = NotSent("the connection to GOV.UK Notify was lost before the letter was handed over", permanent=False)
        except (Unanswered, InvalidResponse, RecursionError):
            failure = Doubtful("the letter was handed to GOV.UK Notify and no answer came that says what became of it")
        else:
            if isinstance(taken, dict) and re.fullmatch(_ID, str(taken.get("id"))):
                return "201 accepted"
            failure = Doubtful("GOV.UK Notify said yes, and not what it calls the letter: it may have been taken")
        raise failure

    def holds(self, letter_key: str) -> bool | None:
        """True where Notify knows a letter of this key; None where it does not say so, since that is no proof.

        A letter that is on its way into Notify is not yet found, nor one to an address of its own for trials, nor one of more
        than some days ago: whether it is sent again is for a person to decide.
        """
        try:
            return True if self._known(letter_key) else None
        except ChannelDown:
            return None

    def status(self, letter_key: str) -> str | None:
        """What Notify says became of the letter of this key, in its own word (`sending`, `permanent-failure`); None if unknown.

        Where a letter went twice by a person's decision, `delivered` if either was, else the word for the later one. Raises
        ChannelDown where Notify cannot be asked.
        """
        known = sorted(self._known(letter_key), key=lambda one: str(one.get("created_at")))
        said = [str(one.get("status")) for one in known]
        return "delivered" if "delivered" in said else said[-1] if said else None

    def close(self) -> None:
        """Let go of the connections."""
        self._client.request_session.close()

    def _hand_over(self, asked: Asked) -> Any:
        template = self._service.templates[asked.template]
        values = dict(asked.personalisation)
        more = {"template_id": template, "personalisation": values, "reference": asked.reference}
        if asked.kind == "email":
            return self._client.send_email_notification(asked.to, **more)  # type: ignore[no-untyped-call]
        return self._client.send_sms_notification(asked.to, **more)  # type: ignore[no-untyped-call]

    def _known(self, letter_key: str) -> list[Mapping[str, Any]]:
        reference = reference_of(letter_key, self._service.secret)
        failure: Exception
        try:
            said = self._client.get_all_notifications(reference=reference)  # type: ignore[no-untyped-call]
        except Refused as error:
            failure = ChannelDown(f"GOV.UK Notify answered {error.answer.status} when asked what became of a letter")
        except Unreached as error:
            failure = ChannelDown(f"GOV.UK Notify: {error}")
        except (NotHandedOver, Unanswered, InvalidResponse, RecursionError):
            failure = ChannelDown("GOV.UK Notify gave no answer when asked what became of a letter")
        else:
            found = said.get("notifications") if isinstance(said, dict) else None
            if isinstance(found, list):
                # Whatever else it may list: only what bears the reference is this letter.
                return [one for one in found if isinstance(one, dict) and one.get("reference") == reference]
            failure = ChannelDown("GOV.UK Notify gave an answer of another form when asked what became of a letter")
        raise failure


def _failure(answer: Answer, asked: Asked, now: datetime) -> Exception:
    """What an answer that is no plain yes means."""
    errors = answer.json().get("errors")
    listed = [one for one in errors if isinstance(one, dict)] if isinstance(errors, list) else []
    types = [one["error"] for one in listed if isinstance(one.get("error"), str) and ERROR_TYPE.fullmatch(one["error"])]
    said = " ".join((f"GOV.UK Notify answered {answer.status}", *dict.fromkeys(types)))
    match answer.status:
        case 400:
            return _bad_request(said, types, " ".join(str(one.get("message")) for one in listed), asked)
        case 429 if "TooManyRequestsError" in types:
            return NotSent(f"{said}: the day's allowance is used up", permanent=False, retry_after=_until_next_day(now))
        case 429:
            return NotSent(said, permanent=False, retry_after=answer.wish or RATE_SECONDS)
        case 408 | 503:
            return NotSent(said, permanent=False, retry_after=answer.wish)
        case 401 | 403:
            why = (
                "it does not let us in: the key is revoked or of another service, or this machine's clock is over 30 seconds out"
            )
            return ChannelDown(f"{said}: {why}", lasting=True)
        case status if status >= 500:
            # It keeps a letter before it queues it, and others stand before it: any of them may have stopped on the way.
            return Doubtful(f"{said}: the letter may have been taken")
        case _:
            return ChannelDown(f"{said}, which is none of its answers to a letter: something else may have answered")


def _bad_request(said: str, types: list[str], words: str, asked: Asked) -> Exception:
    """What a 400 means. Notify's types are few; where its words, which may change, say nothing known, the letter waits."""
    words = words.lower().replace("’", "'")
    place = "email_address" if asked.kind == "email" else "phone_number"
    if {"InvalidEmailError", "InvalidPhoneError"} & {*types} or ("ValidationError" in types and place in words):
        return NotSent(f"{said}: the reader's {'address' if asked.kind == 'email' else 'number'} is none", permanent=True)
    if "international" in words:
        return NotSent(f"{said}: the number is another country's, and the council's service may not send there", permanent=True)
    if "longer than" in words:
        return NotSent(f"{said}: the template {asked.template} is too long when it is filled", permanent=True)
    if "team-only" in words or "trial mode" in words:
        return ChannelDown(f"{said}: the key, or a service in trial mode, reaches its team and guest list only", lasting=True)
    # About the council's service or one of its templates. Not permanent, so that nothing is lost until somebody mends it; and
    # not the whole channel's fault, since letters by other templates may go.
    return NotSent(
        f"{said}: look at the template {asked.template} of notify.templates, and what the service may send", permanent=False
    )


def _until_next_day(now: datetime) -> float:
    """The seconds until Notify's next day begins, which is by UTC."""
    today = now.astimezone(UTC)
    midnight = today.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return (midnight - today).total_seconds()
