"""E-mail by Microsoft Graph: the very bytes that the relay would get, from a mailbox of the council, with no SMTP login.

Client credentials (https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow), then sendMail with
the message as MIME (https://learn.microsoft.com/graph/api/user-sendmail). Graph keeps a copy among the mailbox's sent items.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote, urlencode

import httpx

from cin_reminders.channels import ChannelDown, Doubtful, NotSent
from cin_reminders.channels.https import Answer, NotHandedOver, Poster, Unanswered, Unreached, address_fault
from cin_reminders.channels.mime import build_mime, sender_problems
from cin_reminders.letter import Letter

# Each authority with the endpoints of its cloud: https://learn.microsoft.com/graph/deployments.
CLOUDS = {
    "login.microsoftonline.com": ("graph.microsoft.com",),
    "login.microsoftonline.us": ("graph.microsoft.us", "dod-graph.microsoft.us"),
    "login.partner.microsoftonline.cn": ("microsoftgraph.chinacloudapi.cn",),
    "login.chinacloudapi.cn": ("microsoftgraph.chinacloudapi.cn",),
}
ENDPOINTS = tuple(dict.fromkeys(host for hosts in CLOUDS.values() for host in hosts))

# A token is not used in its last minutes: it could expire on the way.
TOKEN_MARGIN = timedelta(minutes=5)
TOKEN = re.compile(r"[A-Za-z0-9._~+/=-]+")
CODE = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")

# Too much at once, or closed for now: it was not taken, and the answer may say for how long (RFC 9110, 15.6.4; RFC 6585, 4).
COME_BACK = frozenset({429, 503, 509})
# The letter itself is at fault. Any other refusal is about us, our mailbox or the way there, and no letter has failed.
LETTER_REFUSED = frozenset({400, 413, 422})
MAILBOX_CODES = frozenset(
    {
        "ErrorAccessDenied",
        "ErrorInvalidUser",
        "ErrorNonExistentMailbox",
        "ErrorSendAsDenied",
        "ErrorQuotaExceeded",
        "MailboxNotEnabledForRESTAPI",
        "MailboxNotSupportedForRESTAPI",
        "OrganizationFromTenantGuidNotFound",
    }
)
# What the commonest numbers of a refused login mean (https://learn.microsoft.com/entra/identity-platform/reference-error-codes).
LOGIN_FAULTS = {
    90002: "there is no such tenant",
    700016: "the tenant has no application of this client_id",
    7000215: "the client_secret is wrong",
    7000222: "the client_secret has expired",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class GraphMailbox:
    """The council's application in Microsoft Entra, and the mailbox that the messages come from.

    ``tenant`` is the directory's id or domain; ``authority`` and ``endpoint`` are those of one cloud. ``timeout`` is the
    longest wait in seconds for one answer. Raises ValueError with every fault, one a line.
    """

    tenant: str
    client_id: str
    client_secret: str = field(repr=False)
    from_address: str
    from_name: str
    reply_to: str
    authority: str = "https://login.microsoftonline.com"
    endpoint: str = "https://graph.microsoft.com/v1.0"
    ca_file: Path | None = None
    timeout: float = 60.0

    def __post_init__(self) -> None:
        problems = [
            f"{place}: must be {allowed}"
            for place, value, pattern, allowed in (
                ("tenant", self.tenant, r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?", "the directory's id or its domain"),
                ("client_id", self.client_id, r"[A-Za-z0-9-]+", "the application's id"),
                ("client_secret", self.client_secret, r"[!-~]+", "the secret's value, with no blank in or around it"),
            )
            if not re.fullmatch(pattern, value)
        ]
        authority_fault = address_fault(self.authority, hosts=CLOUDS)
        if authority_fault is None and httpx.URL(self.authority).path.strip("/"):
            authority_fault = "may not hold a path; the tenant stands in tenant"
        endpoint_fault = address_fault(self.endpoint, hosts=ENDPOINTS)
        if endpoint_fault is None and not re.fullmatch(r"/(v1\.0|beta)/?", httpx.URL(self.endpoint).path):
            endpoint_fault = "must end in /v1.0 or /beta"
        if authority_fault:
            problems.append(f"authority: {authority_fault}")
        if endpoint_fault:
            problems.append(f"endpoint: {endpoint_fault}")
        if not authority_fault and not endpoint_fault:
            of_cloud = CLOUDS.get(httpx.URL(self.authority).host)
            here = httpx.URL(self.endpoint).host
            if of_cloud and here in ENDPOINTS and here not in of_cloud:
                problems.append(f"authority, endpoint: of two clouds; this authority goes with {' or '.join(of_cloud)}")
        if not self.timeout > 0:
            problems.append(f"timeout: {self.timeout} is not a number of seconds above 0")
        problems += sender_problems(from_address=self.from_address, from_name=self.from_name, reply_to=self.reply_to)
        if problems:
            raise ValueError("\n".join(problems))

    @property
    def token_address(self) -> str:
        """Where a token is asked for."""
        return f"{self.authority.rstrip('/')}/{self.tenant}/oauth2/v2.0/token"

    @property
    def send_address(self) -> str:
        """Where a message of this mailbox is handed over."""
        return f"{self.endpoint.rstrip('/')}/users/{quote(self.from_address, safe='@')}/sendMail"

    @property
    def scope(self) -> str:
        """All that the application was granted at this endpoint."""
        return str(httpx.URL(self.endpoint).copy_with(path="/.default"))


@dataclass(frozen=True, kw_only=True, slots=True)
class _Token:
    value: str = field(repr=False)
    until: datetime


class GraphChannel:
    """Hands letters to Microsoft Graph, one at a time, over a connection kept open. For one thread.

    ``clock`` gives the moment, with its time zone, for the Date header and for the age of the token. Raises ValueError where
    ``ca_file`` or the proxy cannot be used.
    """

    name = "graph"

    def __init__(self, mailbox: GraphMailbox, *, clock: Callable[[], datetime]) -> None:
        self._mailbox = mailbox
        self._clock = clock
        self._poster = Poster(ca_file=mailbox.ca_file, timeout=mailbox.timeout)
        self._token: _Token | None = None

    def send(self, letter: Letter) -> str:
        """Hand the letter to Graph; return ``202 accepted``.

        Raises NotSent where Graph certainly did not take it, Doubtful where it may have, and ChannelDown where no letter could
        go at all. Never hands a letter over again, except once with a new token where the first was refused.
        """
        mailbox = self._mailbox
        content = build_mime(
            letter,
            from_address=mailbox.from_address,
            from_name=mailbox.from_name,
            reply_to=mailbox.reply_to,
            sent_at=self._clock(),
        )
        body = base64.b64encode(content)
        answer = self._post(body)
        if answer.status == 401:
            # A token can be revoked before its time; whoever is not let in has handed nothing over.
            self._token = None
            answer = self._post(body)
        if failure := _failure(answer):
            if answer.status == 401:
                self._token = None
            raise failure
        return f"{answer.status} accepted"

    def holds(self, letter_key: str) -> None:
        """None: looking through the sent items would need leave to read the mailbox."""

    def close(self) -> None:
        """Let go of the connection and the token."""
        self._token = None
        self._poster.close()

    def _post(self, body: bytes) -> Answer:
        headers = {
            "Authorization": f"Bearer {self._fresh_token()}",
            "Content-Type": "text/plain",
            "Accept": "application/json",
        }
        failure: Exception
        try:
            return self._poster.post(self._mailbox.send_address, headers=headers, body=body)
        except Unreached as error:
            failure = ChannelDown(f"Microsoft Graph: {error}")
        except NotHandedOver:
            failure = NotSent("the connection to Microsoft Graph was lost before the letter was handed over", permanent=False)
        except Unanswered:
            failure = Doubtful("the letter was handed to Microsoft Graph and no answer came")
        raise failure

    def _fresh_token(self) -> str:
        now = self._clock()
        if self._token is None or self._token.until <= now:
            self._token = self._log_in(now)
        return self._token.value

    def _log_in(self, now: datetime) -> _Token:
        form = {
            "client_id": self._mailbox.client_id,
            "client_secret": self._mailbox.client_secret,
            "scope": self._mailbox.scope,
            "grant_type": "client_credentials",
        }
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        failure: Exception
        try:
            answer = self._poster.post(self._mailbox.token_address, headers=headers, body=urlencode(form).encode())
        except (Unreached, NotHandedOver, Unanswered) as error:
            # No letter was begun, so nothing is in doubt.
            failure = ChannelDown(f"the login to Microsoft Graph: {error}")
        else:
            return _token(answer, now)
        raise failure


def _token(answer: Answer, now: datetime) -> _Token:
    said = answer.json()
    if answer.status in COME_BACK:
        raise NotSent(f"the login to Microsoft Graph answered {answer.status}", permanent=False, retry_after=answer.wish)
    if not answer.is_yes:
        numbers = said.get("error_codes")
        number = numbers[0] if isinstance(numbers, list) and numbers and type(numbers[0]) is int else None
        which = f" (AADSTS{number})" if number is not None else ""
        means = f": {LOGIN_FAULTS[number]}" if number in LOGIN_FAULTS else ""
        raise ChannelDown(f"the login to Microsoft Graph was refused with {answer.status}{which}{means}", lasting=True)
    value, seconds = said.get("access_token"), said.get("expires_in")
    if not isinstance(value, str) or not TOKEN.fullmatch(value):
        raise ChannelDown(f"the login to Microsoft Graph answered {answer.status} without a token")
    # With no lifetime said, a token serves the one letter it was asked for.
    lifetime = timedelta(seconds=seconds) if type(seconds) is int and 0 < seconds < 10**7 else timedelta(0)
    return _Token(value=value, until=now.astimezone(UTC) + max(lifetime - TOKEN_MARGIN, timedelta(0)))


def _failure(answer: Answer) -> Exception | None:
    """What an answer to sendMail means; None where the letter was taken."""
    error = answer.json().get("error")
    code = error.get("code") if isinstance(error, dict) else None
    known = isinstance(code, str) and CODE.fullmatch(code) is not None
    said = f"Microsoft Graph answered {answer.status}{f' {code}' if known else ''}"
    match answer.status:
        case 202:
            return None
        case status if status in COME_BACK:
            return NotSent(said, permanent=False, retry_after=answer.wish)
        case 408:  # it did not get the whole request in time (RFC 9110, 15.5.9)
            return NotSent(said, permanent=False)
        case 507:
            return ChannelDown(f"{said}: the mailbox is full", lasting=True)
        case status if 200 <= status <= 299 and not answer.is_html:
            return Doubtful(f"{said}, which sendMail never does: it may have been taken")
        case status if status >= 500:
            # Its front door lost the way to Exchange, which may have had the letter by then: seen with 500, 502 and 504.
            return Doubtful(f"{said}: the letter may have been taken")
        case status if status in LETTER_REFUSED and (known or status == 413) and code not in MAILBOX_CODES:
            return NotSent(said, permanent=True)
        case 401:
            return ChannelDown(f"{said} to a new token: the application is not let in", lasting=True)
        case 403:
            return ChannelDown(f"{said}: the application may not send from this mailbox (it needs Mail.Send)", lasting=True)
        case 404:
            return ChannelDown(f"{said}: there is no such mailbox", lasting=True)
        case _:
            return ChannelDown(
                said if known else f"{said}, and not in Microsoft Graph's own form: something else may have answered"
            )
