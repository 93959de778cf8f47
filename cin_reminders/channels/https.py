"""One POST over https, and what is known of it afterwards: not reached, not handed over, handed over unanswered, or answered.

Nothing of an address, a header or a body is in any error or log from here: a webhook's address is a secret, and so is a token.
"""

from __future__ import annotations

import contextlib
import json
import logging
import math
import re
import ssl
import time
from collections.abc import Collection, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import httpx

from cin_reminders.channels.loopback import is_loopback

CONNECT_SECONDS = 10.0
READ_AT_MOST = 64 * 1024  # octets of an answer; those we know have a few hundred
# What an address in the settings may be written with; a blank, a quotation mark or a backslash is read in different ways.
PLAIN_ADDRESS = re.compile(r"https://[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]+")
PLAIN_HOST = re.compile(r"[a-z0-9.-]+|::1")
HOST_MISMATCH, ADDRESS_MISMATCH = 62, 64  # of OpenSSL's X509_V_ERR_; its words for these two repeat the name of the host

_UNLOGGED: ContextVar[bool] = ContextVar("_UNLOGGED", default=False)


def _is_logged(_: logging.LogRecord) -> bool:
    return not _UNLOGGED.get()


# httpx logs every address at INFO, and httpcore every header of an answer at DEBUG. Other users of them keep their logs.
for _name in ("httpx", "httpcore.connection", "httpcore.http11", "httpcore.proxy", "httpcore.socks"):
    logging.getLogger(_name).addFilter(_is_logged)


class Unreached(Exception):
    """There was no connection to hand anything over on."""


class Untrusted(Unreached):
    """The other side is not who it should be, or speaks no TLS that can be trusted."""


class NotHandedOver(Exception):
    """The connection went while the request was being written: the other side never had the whole of it."""


class Unanswered(Exception):
    """The request was handed over whole, and no answer came."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What the other side answered. ``text`` is its own words and never to be passed on.

    ``whole`` says whether all of the text came. ``wish`` is the wait in seconds that it asked for, where it did.
    """

    status: int
    text: str = field(repr=False)
    whole: bool
    is_html: bool
    wish: float | None

    @property
    def is_yes(self) -> bool:
        """Whether the request was done or taken in hand."""
        return 200 <= self.status <= 299

    def json(self) -> Mapping[str, Any]:
        """The text as a JSON object; an empty one where it is none."""
        try:
            read = json.loads(self.text)
        except (ValueError, RecursionError):
            return {}
        return read if isinstance(read, dict) else {}


class Poster:
    """Posts over connections kept open between posts, through the proxy of the environment if there is one. For one thread.

    ``timeout`` is the longest wait in seconds for the other side; ``ca_file`` the authority its certificate is checked
    against, else those of the system. Nothing is ever posted twice, and no redirect is followed. Raises ValueError where
    ``ca_file`` or the proxy cannot be used.
    """

    def __init__(self, *, ca_file: Path | None, timeout: float) -> None:
        self._timeout = timeout
        try:
            context = ssl.create_default_context(cafile=ca_file)
        except (OSError, ssl.SSLError):
            raise ValueError(f"ca_file: {ca_file} cannot be read as certificates in PEM form") from None
        self._options: dict[str, Any] = {
            "verify": context,
            "timeout": httpx.Timeout(timeout, connect=min(timeout, CONNECT_SECONDS)),
            "follow_redirects": False,
            "trust_env": True,
            # No proxy leads back to this machine, whatever NO_PROXY says.
            "mounts": {"all://localhost": None, "all://127.0.0.1": None, "all://[::1]": None},
        }
        self._client: httpx.Client | None = self._open()

    def post(self, address: str, *, headers: Mapping[str, str], body: bytes) -> Answer:
        """Post once; return the answer, whatever it says. Raises Unreached, Untrusted, NotHandedOver or Unanswered."""
        octets = _Octets(body)
        failure: Exception
        try:
            with _unlogged():
                return self._exchange(address, headers, octets)
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError, UnicodeError) as error:
            # Its text and its request name the address: only what was made of it leaves.
            failure = _known(error, octets)
        raise failure

    def close(self) -> None:
        """Let go of the connections; the next post opens new ones."""
        if self._client is not None:
            with _unlogged():
                self._client.close()
        self._client = None

    def _exchange(self, address: str, headers: Mapping[str, str], octets: _Octets) -> Answer:
        if self._client is None:
            self._client = self._open()
        # httpx keeps a connection for 5 idle seconds and looks whether the other side closed it: one closed in the very moment
        # of writing counts as unanswered.
        wanted = {**headers, "Content-Length": str(len(octets.body)), "Accept-Encoding": "identity"}
        request = self._client.build_request("POST", address, headers=wanted, content=octets)
        response = self._client.send(request, stream=True)
        try:
            text, whole = self._read(response)
        finally:
            response.close()
        # A cookie set by one answer would go out with the next post.
        self._client.cookies.clear()
        return Answer(
            status=response.status_code,
            text=text,
            whole=whole,
            is_html="html" in response.headers.get("Content-Type", "").lower()
            or text.lstrip().lower().startswith(("<!doctype html", "<html")),
            wish=_wish(response.headers),
        )

    def _read(self, response: httpx.Response) -> tuple[str, bool]:
        octets, whole = b"", False
        until = time.monotonic() + self._timeout
        with contextlib.suppress(httpx.HTTPError):
            for part in response.iter_bytes():
                octets += part
                if len(octets) > READ_AT_MOST or time.monotonic() > until:
                    break
            else:
                whole = True
        return octets[:READ_AT_MOST].decode("utf-8", "replace"), whole

    def _open(self) -> httpx.Client:
        try:
            return httpx.Client(**self._options)
        except (ImportError, ValueError, httpx.InvalidURL):
            allowed = "HTTPS_PROXY and ALL_PROXY may be http://HOST:PORT, NO_PROXY plain names with commas between"
            raise ValueError(f"proxy: what the environment says of it cannot be used; {allowed}") from None


class _Octets:
    """A body that knows whether the whole of it was handed to the connection."""

    def __init__(self, body: bytes) -> None:
        self.body = body
        self.handed_over = False

    def __iter__(self) -> Iterator[bytes]:
        yield self.body
        # Asked for more only once all of that was written; a failed write never sent the whole of what it was given.
        self.handed_over = True


@contextlib.contextmanager
def _unlogged() -> Iterator[None]:
    before = _UNLOGGED.set(True)
    try:
        yield
    finally:
        _UNLOGGED.reset(before)


def _known(error: Exception, octets: _Octets) -> Exception:
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.ProxyError | UnicodeError | httpx.InvalidURL):
        return unreached(error, proxies=(httpx.ProxyError,), too_late=(httpx.ConnectTimeout,))
    if octets.handed_over:
        return Unanswered("it was handed over, and no answer came")
    return NotHandedOver("the connection was lost before it was handed over")


def unreached(error: Exception, *, proxies: tuple[type[Exception], ...], too_late: tuple[type[Exception], ...]) -> Unreached:
    """Why the other side cannot be reached, from what a web client raised and what lay behind that, with no address in it.

    ``proxies`` and ``too_late`` are that client's own words for a proxy that refuses and for no answer in time.
    """
    link: BaseException | None = error
    while link is not None:
        match link:
            case _ if isinstance(link, proxies):
                return Unreached("the proxy that the environment names does not let it through")
            case ssl.SSLCertVerificationError(verify_code=code):
                mismatch = code in (HOST_MISMATCH, ADDRESS_MISMATCH)
                words = "it is another host's" if mismatch else link.verify_message
                return Untrusted(f"its certificate is not trusted: {words}")
            case ssl.SSLEOFError() | ssl.SSLZeroReturnError():
                return Unreached("it cannot be reached: it hung up before it said who it is")
            case ssl.SSLError():
                return Untrusted("no encrypted connection to it could be made")
            case _ if isinstance(link, (TimeoutError, *too_late)):
                return Unreached("it cannot be reached: no answer in time")
            case OSError(strerror=str(words)):
                return Unreached(f"it cannot be reached: {words}")
        link = link.__cause__ or link.__context__
    return Unreached("it cannot be reached")


def _wish(headers: httpx.Headers) -> float | None:
    """The seconds that Retry-After asks for: as such, or as a date, which is read against the answer's own Date."""
    asked = headers.get("Retry-After", "").strip()
    if re.fullmatch(r"\d{1,9}(\.\d{1,9})?", asked, re.ASCII):
        return float(asked)
    try:
        wait: timedelta = parsedate_to_datetime(asked) - parsedate_to_datetime(headers.get("Date", ""))
    except (TypeError, ValueError, OverflowError):
        return None
    seconds = wait.total_seconds()
    return seconds if seconds >= 0 and math.isfinite(seconds) else None


def address_fault(address: str, *, hosts: Collection[str], with_query: bool = False) -> str | None:
    """What is wrong with an https address of the settings, in words that hold nothing of it; None where nothing is.

    ``hosts`` are the names allowed, one that begins with a dot standing for every name that ends so. This very machine is
    allowed too, on any port. No user, password or fragment may stand in it, and a query only ``with_query``.
    """
    if not address.startswith("https://"):
        return "must begin with https://"
    try:
        url = httpx.URL(address)
    except (httpx.InvalidURL, ValueError):
        return "is not an address"
    if not PLAIN_ADDRESS.fullmatch(address) or not PLAIN_HOST.fullmatch(url.host):
        return "is not an address"
    if url.userinfo or url.fragment or (url.query and not with_query):
        parts = "a user, a password or a fragment" if with_query else "a user, a password, a query or a fragment"
        return f"may not hold {parts}"
    if is_loopback(url.host):
        return None
    allowed = ", ".join(f"*{host}" if host.startswith(".") else host for host in hosts)
    if not any(url.host.endswith(host) if host.startswith(".") else url.host == host for host in hosts):
        return f"its host is none of {allowed}"
    return None if url.port in (None, 443) else "may name no other port than 443"
