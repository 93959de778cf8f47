"""The e-mail channel: one letter, one recipient, one envelope, over a connection that is always encrypted and checked."""

from __future__ import annotations

import contextlib
import re
import selectors
import smtplib
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal, get_args

from cin_reminders.channels import ChannelDown, Doubtful, NotSent
from cin_reminders.channels.loopback import is_loopback
from cin_reminders.channels.mime import build_mime, needs_smtputf8, sender_problems
from cin_reminders.letter import Letter

Security = Literal["starttls", "tls", "none"]

# The relay wants a login, or another one: RFC 4954, 6. Never the recipient's fault, whatever it was said to.
LOGIN_WANTED = frozenset({530, 534, 535, 538})
CLOSING = 421
FAREWELL_SECONDS = 5.0


@dataclass(frozen=True, kw_only=True, slots=True)
class EmailRelay:
    """The council's mail relay, and who the messages come from.

    ``timeout`` is the longest wait in seconds for one answer. ``ca_file`` holds the certificates of the authority that
    the relay's certificate is checked against; without it, those of the system. ``none`` means no encryption and is for
    a relay on this very machine alone. Raises ValueError with every fault, one a line.
    """

    host: str
    port: int
    security: Security
    from_address: str
    from_name: str
    reply_to: str
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    ca_file: Path | None = None
    timeout: float = 60.0

    def __post_init__(self) -> None:
        problems = []
        if not self.host:
            problems.append("host: empty; it must be the name of the relay")
        if not 1 <= self.port <= 65535:
            problems.append(f"port: {self.port} is not between 1 and 65535")
        if self.security not in get_args(Security):
            problems.append(f"security: {self.security!r} is none of {', '.join(get_args(Security))}")
        if self.security == "none" and not is_loopback(self.host):
            problems.append("security: 'none' is allowed for a relay on this machine only (localhost); use 'starttls' or 'tls'")
        if (self.username is None) != (self.password is None):
            problems.append("username, password: both or neither")
        problems += [
            f"{place}: holds a character outside ASCII, which an SMTP login cannot carry"
            for place, value in (("username", self.username), ("password", self.password))
            if value is not None and not value.isascii()
        ]
        if not self.timeout > 0:
            problems.append(f"timeout: {self.timeout} is not a number of seconds above 0")
        problems += sender_problems(from_address=self.from_address, from_name=self.from_name, reply_to=self.reply_to)
        if problems:
            raise ValueError("\n".join(problems))


@dataclass(frozen=True, kw_only=True, slots=True)
class _Answer:
    """What the relay answered: the figures alone, since its words may repeat an address."""

    code: int
    status: str  # the enhanced status code of RFC 3463, or empty

    @property
    def figures(self) -> str:
        return f"{self.code} {self.status}".rstrip()

    @property
    def is_yes(self) -> bool:
        return 200 <= self.code <= 299


class _Refused(Exception):
    """The relay said no to one step of the letter."""

    def __init__(self, step: str, answer: _Answer) -> None:
        self.step = step
        self.answer = answer
        super().__init__(step)


class _Lost(Exception):
    """The connection went, or what came over it made no sense."""


class EmailChannel:
    """Hands letters to the council's mail relay, one at a time, over one connection kept open. For one thread.

    ``clock`` gives the moment for the Date header, with its time zone. Raises ValueError where ``ca_file`` cannot be used.
    """

    name = "email"

    def __init__(self, relay: EmailRelay, *, clock: Callable[[], datetime]) -> None:
        self._relay = relay
        self._clock = clock
        self._smtp: smtplib.SMTP | None = None
        try:
            # Checks the certificate and the name in it; starttls() with no context checks neither.
            self._context = ssl.create_default_context(cafile=relay.ca_file)
        except (OSError, ssl.SSLError):
            raise ValueError(f"ca_file: {relay.ca_file} cannot be read as certificates in PEM form") from None

    def send(self, letter: Letter) -> str:
        """Hand the letter to the relay; return the figures of its answer (``250 2.0.0 accepted``).

        Raises NotSent where the relay certainly did not take it, Doubtful where no answer came after its last octet, and
        ChannelDown where no letter could go at all. Never tries a letter twice once any of it was handed over.
        """
        relay = self._relay
        content = build_mime(
            letter, from_address=relay.from_address, from_name=relay.from_name, reply_to=relay.reply_to, sent_at=self._clock()
        )
        wide = needs_smtputf8(letter.to_address, relay.from_address, relay.reply_to)
        failure: Exception
        try:
            answer = self._carry(letter.to_address, content, wide=wide)
        except _Refused as refused:
            failure = _failure(refused.step, refused.answer)
            self._reset(refused.answer)
        except _Lost:
            failure = NotSent("the connection to the relay was lost before the letter was handed over", permanent=False)
            self._drop()
        except BaseException:
            # Also when interrupted: a connection in the middle of a letter must not carry the next one.
            self._drop()
            raise
        else:
            return f"{answer.figures} accepted"
        raise failure

    def holds(self, letter_key: str) -> None:
        """None: nobody can ask a relay what it took earlier."""

    def close(self) -> None:
        """Say goodbye to the relay, if there is a connection."""
        if self._smtp is None:
            return
        with contextlib.suppress(smtplib.SMTPException, OSError):
            if self._smtp.sock is not None:
                self._smtp.sock.settimeout(min(self._relay.timeout, FAREWELL_SECONDS))
            self._smtp.quit()
        self._drop()

    def _carry(self, to_address: str, content: bytes, *, wide: bool) -> _Answer:
        smtp = self._begin(wide=wide)
        answer = _ask(lambda: smtp.rcpt(to_address))
        if not answer.is_yes:
            raise _Refused("RCPT TO", answer)
        answer = _ask(lambda: smtp.docmd("DATA"))
        if answer.code != 354:
            raise _Refused("DATA", answer)
        # smtplib's data() writes letter and final dot in one; apart, a connection that was already gone is known to be
        # gone before the dot, and the letter is certainly not taken. A failed write never sent the whole of what it was given.
        _write(smtp, re.sub(rb"(?m)^\.", b"..", content))
        if _spoke_out_of_turn(smtp):
            raise _Lost
        _write(smtp, b".\r\n")
        try:
            answer = _ask(smtp.getreply)
        except _Lost:
            answer = _Answer(code=0, status="")
        if answer.is_yes:
            return answer
        if answer.code >= 400:
            raise _Refused("the letter", answer)
        raise Doubtful("the letter was handed to the relay and no answer came")

    def _begin(self, *, wide: bool) -> smtplib.SMTP:
        """A connection on which MAIL FROM was accepted: the one kept, or once a new one where that had gone stale."""
        if self._smtp is not None and _spoke_out_of_turn(self._smtp):
            self._drop()
        kept = self._smtp
        if kept is not None:
            try:
                return self._mail_from(kept, wide=wide)
            except _Lost:  # nothing was handed over yet
                self._drop()
        self._smtp = self._connect()
        return self._mail_from(self._smtp, wide=wide)

    def _mail_from(self, smtp: smtplib.SMTP, *, wide: bool) -> smtplib.SMTP:
        if wide and not smtp.has_extn("smtputf8"):
            raise NotSent("the address is not ASCII, and the relay does not offer SMTPUTF8", permanent=True)
        answer = _ask(lambda: smtp.mail(self._relay.from_address, ["SMTPUTF8", "BODY=8BITMIME"] if wide else []))
        if not answer.is_yes:
            raise _Refused("MAIL FROM", answer)
        return smtp

    def _connect(self) -> smtplib.SMTP:
        relay = self._relay
        smtp: smtplib.SMTP | None = None
        failure: Exception
        try:
            if relay.security == "tls":
                smtp = smtplib.SMTP_SSL(relay.host, relay.port, timeout=relay.timeout, context=self._context)
            else:
                smtp = smtplib.SMTP(relay.host, relay.port, timeout=relay.timeout)
            if smtp.sock is not None:
                # The final dot is a write of its own: without this it waits for the relay's delayed acknowledgement.
                smtp.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            _greet(smtp)
            if relay.security == "starttls":
                smtp.starttls(context=self._context)  # raises where it is not offered or not granted
                _greet(smtp)
            if relay.username is not None and relay.password is not None:
                smtp.login(relay.username, relay.password)
        except (smtplib.SMTPException, OSError, UnicodeError) as error:
            failure = _unreached(error, f"{relay.host}:{relay.port}")
        else:
            return smtp
        if smtp is not None:
            smtp.close()
        raise failure

    def _reset(self, answer: _Answer) -> None:
        """Make the connection fit for the next letter, or let it go."""
        if self._smtp is None or answer.code == CLOSING:
            self._drop()
            return
        try:
            fit = _ask(self._smtp.rset).is_yes
        except _Lost:
            fit = False
        if not fit:
            self._drop()

    def _drop(self) -> None:
        if self._smtp is not None:
            self._smtp.close()
        self._smtp = None


def _ask(step: Callable[[], tuple[int, bytes]]) -> _Answer:
    try:
        code, words = step()
    except (smtplib.SMTPException, OSError):
        code, words = 0, b""
    if not 200 <= code <= 599:
        raise _Lost
    return _Answer(code=code, status=_status(words))


def _status(words: bytes | str) -> str:
    text = words if isinstance(words, str) else words.decode("ascii", "replace")
    found = re.match(r"[245]\.\d{1,3}\.\d{1,3}(?!\S)", text)
    return found.group() if found else ""


def _write(smtp: smtplib.SMTP, octets: bytes) -> None:
    try:
        smtp.send(octets)
    except (smtplib.SMTPException, OSError):
        raise _Lost from None


def _spoke_out_of_turn(smtp: smtplib.SMTP) -> bool:
    """Whether the relay hung up, or said something, while it was ours to speak: either way it has done with us."""
    if smtp.sock is None:
        return True
    with selectors.DefaultSelector() as selector:
        selector.register(smtp.sock, selectors.EVENT_READ)
        return bool(selector.select(timeout=0))


def _greet(smtp: smtplib.SMTP) -> None:
    code, words = smtp.ehlo()
    if code != 250:
        raise smtplib.SMTPHeloError(code, words)


def _failure(step: str, answer: _Answer) -> Exception:
    said = f"the relay answered {answer.figures} to {step}"
    if answer.code in LOGIN_WANTED:
        return ChannelDown(said, lasting=True)
    if answer.code < 500:
        return NotSent(said, permanent=False)
    if step == "MAIL FROM":
        return ChannelDown(f"{said}: it does not accept our sender address", lasting=True)
    return NotSent(said, permanent=True)


def _unreached(error: Exception, relay: str) -> Exception:
    """Why no letter could even be begun. Nothing of the relay's own words is kept."""
    match error:
        case smtplib.SMTPResponseException(smtp_code=421):
            return NotSent(f"the relay {relay} answered 421: it takes no connection now", permanent=False)
        case smtplib.SMTPAuthenticationError():
            return ChannelDown(f"the relay {relay} refused the login with {error.smtp_code}", lasting=True)
        case smtplib.SMTPResponseException():
            return ChannelDown(f"the relay {relay} answered {error.smtp_code} before any letter", lasting=error.smtp_code >= 500)
        case smtplib.SMTPNotSupportedError():
            return ChannelDown(f"the relay {relay} does not offer what the settings ask for: {error}", lasting=True)
        case smtplib.SMTPServerDisconnected():
            return ChannelDown(f"the relay {relay} hung up, or did not answer in time")
        case smtplib.SMTPException():
            return ChannelDown(f"the relay {relay} offers no way of logging in that this service has")
        case ssl.SSLCertVerificationError():
            return ChannelDown(f"the certificate of the relay {relay} is not trusted: {error.verify_message}", lasting=True)
        case ssl.SSLError():
            return ChannelDown(f"no encrypted connection to the relay {relay} could be made")
        case TimeoutError():
            return ChannelDown(f"the relay {relay} cannot be reached: no answer in time")
        case OSError():
            return ChannelDown(f"the relay {relay} cannot be reached: {error.strerror}")
        case _:
            return ChannelDown(f"the relay {relay} cannot be reached: its name is not one")
