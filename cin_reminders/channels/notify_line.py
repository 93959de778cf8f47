"""The line to GOV.UK Notify: what its official client hands over goes by this, with the care that every channel here takes.

The client leaves the connection to a session of the `requests` library, and that one by itself follows redirects, takes a login
from ~/.netrc in place of the key's, trusts authorities of its own choosing, and calls every failure a 503. Here an answer that
is no plain yes, and whatever became of the request otherwise, is an exception that says so and nothing else.
"""

from __future__ import annotations

import io
import re
import ssl
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError

from cin_reminders.channels.https import (
    READ_AT_MOST,
    Answer,
    NotHandedOver,
    Unanswered,
    unreached,
)
from cin_reminders.channels.loopback import is_loopback


class Refused(Exception):
    """The other side answered, and it was no yes, or it was a web page."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        super().__init__("it was refused")


class NotifyLine(requests.Session):
    """What the client sends with: a connection of its own for each request, through the proxy of the environment if there is one.

    ``ca_file`` is the authority that the certificate of ``host`` is checked against, else those of the system; ``timeout`` the
    longest wait in seconds for the other side. Nothing is ever sent twice. Raises ValueError where ``ca_file`` cannot be used.
    """

    def __init__(self, host: str, *, ca_file: Path | None, timeout: float) -> None:
        super().__init__()
        try:
            context = ssl.create_default_context(cafile=ca_file)
        except (OSError, ssl.SSLError):
            raise ValueError(f"ca_file: {ca_file} cannot be read as certificates in PEM form") from None
        self.adapters.clear()
        self.mount("https://", _Adapter(context, timeout))
        self.auth = _as_it_is
        # No proxy leads back to this machine.
        self.trust_env = not is_loopback(host)


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


class _Adapter(HTTPAdapter):
    def __init__(self, context: ssl.SSLContext, timeout: float) -> None:
        self._context = context
        self._timeout = timeout
        super().__init__()

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options, ssl_context=self._context)

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
        return super().proxy_manager_for(proxy, **options, ssl_context=self._context)

    def cert_verify(self, *_: Any) -> None:
        """Adds no authority to those of the context, which checks the certificate and the name in it."""

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        """Send once; return an answer that is a yes. Raises Refused for any other, and what is known where there was none."""
        octets = _Octets(request.body)
        if request.body is not None:
            request.body = octets
        # Whatever authorities the environment names beside ours.
        options |= {"stream": True, "timeout": self._timeout, "verify": True}
        failure: Exception
        try:
            response = super().send(request, *args, **options)
        except (requests.RequestException, HTTPError, OSError, ValueError) as error:
            # Its text and its request hold the address: only what was made of it leaves.
            failure = _known(error, octets)
        else:
            answer = _read(response, self._timeout)
            if answer.is_yes and not answer.is_html:
                response.raw = io.BytesIO(answer.text.encode())
                return response
            failure = Refused(answer)
        finally:
            # One kept open may be closed by the other side in the moment of writing, which would leave a letter in doubt.
            self.close()
        raise failure


class _Octets:
    """A body that knows whether any of it, and whether the whole of it, was handed to the connection."""

    def __init__(self, body: Any) -> None:
        self._body = body.encode() if isinstance(body, str) else body
        self.begun = self.handed_over = False

    def __iter__(self) -> Iterator[bytes]:
        self.begun = True
        yield self._body
        # Asked for more only once all of that was written.
        self.handed_over = True


def _read(response: requests.Response, timeout: float) -> Answer:
    octets, whole = b"", False
    until = time.monotonic() + timeout
    try:
        while not whole and len(octets) <= READ_AT_MOST and time.monotonic() <= until:
            # What has come by now, and not as much as was asked for: an answer may come one octet at a time.
            part = response.raw.read1(READ_AT_MOST, decode_content=True)
            octets += part
            whole = not part
    except (HTTPError, OSError):
        pass  # the status says what there is to know
    finally:
        response.close()
    text = octets[:READ_AT_MOST].decode("utf-8", "replace")
    asked = response.headers.get("Retry-After", "")
    return Answer(
        status=response.status_code,
        text=text,
        whole=whole,
        is_html="html" in response.headers.get("Content-Type", "").lower() or text.lstrip().lower().startswith("<"),
        wish=float(asked) if re.fullmatch(r"\d{1,9}", asked, re.ASCII) else None,
    )


def _known(error: Exception, octets: _Octets) -> Exception:
    if octets.handed_over:
        return Unanswered("it was handed over, and no answer came")
    if octets.begun:
        return NotHandedOver("the connection was lost before it was handed over")
    proxies = (requests.exceptions.ProxyError, requests.exceptions.InvalidProxyURL)
    return unreached(error, proxies=proxies, too_late=(requests.Timeout,))
