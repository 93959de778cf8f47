"""A real SMTP server on a loopback socket, which behaves as badly as it is told to."""

from __future__ import annotations

import asyncio
import socket
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any, Literal

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword
from certificates import Certificate, authority, server_context

Moment = Literal["CONNECT", "EHLO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA", "BODY", "DOT", "IDLE"]


@dataclass(frozen=True, kw_only=True)
class Step:
    """What the server does otherwise than usual, at one moment: wait, then say ``reply``, then hang up if ``drop``.

    ``nth`` counts that moment over all connections, from 1; None is every time. BODY is while the client sends the letter,
    before the dot; DOT is after it, and IDLE after the answer to it. With neither reply nor drop the server waits and then
    goes on as usual; after BODY it always hangs up.
    """

    at: Moment
    nth: int | None = None
    seconds: float = 0.0
    reply: str | None = None
    drop: bool = False


@dataclass(frozen=True, kw_only=True)
class Behaviour:
    """How the server differs from a good one. Data only, so that a test can say it in one line."""

    steps: tuple[Step, ...] = ()
    certificate: Certificate = "good"
    smtputf8: bool = True


@dataclass(frozen=True, kw_only=True)
class Taken:
    """A letter whose last octet the server has seen, and which it did not refuse."""

    mail_from: str
    rcpt_tos: tuple[str, ...]
    content: bytes
    user: str | None

    @property
    def parsed(self) -> EmailMessage:
        """The letter as a mail program reads it."""
        message = message_from_bytes(self.content, policy=policy.SMTP)
        assert isinstance(message, EmailMessage)
        return message


@dataclass(kw_only=True)
class Running:
    """A server while it runs. ``connections`` counts those ever made."""

    host: str
    port: int
    ca_file: Path
    messages: list[Taken] = field(default_factory=list)
    connections: int = 0


@contextmanager
def running_server(
    *,
    security: Literal["starttls", "tls", "none"] = "starttls",
    login: tuple[str, str] | None = None,
    behaviour: Behaviour | None = None,
    port: int = 0,
) -> Iterator[Running]:
    """A server for as long as the block lasts. With ``none`` it offers no STARTTLS; with ``login`` it wants user and password.

    ``port`` is for one that comes back where it was; without it a free one is taken.
    """
    behaviour = behaviour or Behaviour()
    with tempfile.TemporaryDirectory() as folder, socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        ca_file = Path(folder) / "ca.pem"
        ca_file.write_bytes(authority().cert_pem.bytes())
        running = Running(host="localhost", port=listener.getsockname()[1], ca_file=ca_file)
        context = None if security == "none" else server_context(behaviour.certificate)
        sessions: list[_Session] = []

        def new_session() -> _Session:
            running.connections += 1
            options: dict[str, Any] = {"enable_SMTPUTF8": behaviour.smtputf8, "hostname": "relay.test", "loop": loop}
            if security == "starttls":
                options |= {"tls_context": context, "require_starttls": True}
            if login is not None:
                options |= {"auth_required": True, "authenticator": _authenticator(login)}
            session = _Session(_Handler(running, script), script, **options)
            # aiosmtpd does not see TLS that was there from the first octet, and would warn if its constructor were told this.
            session._auth_require_tls = security == "starttls" or login is None
            sessions.append(session)
            return session

        script = _Script(behaviour.steps)
        loop = asyncio.new_event_loop()
        server = loop.run_until_complete(
            loop.create_server(new_session, sock=listener, ssl=context if security == "tls" else None)
        )
        thread = threading.Thread(target=loop.run_forever, daemon=True)
        thread.start()
        try:
            yield running
        finally:
            loop.call_soon_threadsafe(loop.stop)
            thread.join()
            server.close()
            loop.run_until_complete(_end(sessions))
            loop.close()


def refused_port() -> int:
    """A port of this machine on which nothing listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


class _Script:
    def __init__(self, steps: tuple[Step, ...]) -> None:
        self._steps = steps
        self._seen: Counter[Moment] = Counter()

    def next(self, at: Moment) -> Step | None:
        self._seen[at] += 1
        return next((step for step in self._steps if step.at == at and step.nth in (None, self._seen[at])), None)


class _Session(SMTP):
    def __init__(self, handler: _Handler, script: _Script, **options: Any) -> None:
        self._script = script
        super().__init__(handler, **options)

    async def misbehave(self, at: Moment) -> bool:
        """Do what the script says; True when that was in place of the usual."""
        step = self._script.next(at)
        if step is None:
            return False
        await asyncio.sleep(step.seconds)
        if step.reply is not None:
            await self.push(step.reply)
        if step.drop:
            await self.hang_up(politely=step.reply is not None)
        return step.reply is not None

    async def hang_up(self, *, politely: bool) -> None:
        if isinstance(self.transport, asyncio.Transport):
            self.transport.close() if politely else self.transport.abort()
        await asyncio.Future()  # until the lost connection ends this task

    async def _handle_client(self) -> None:
        if await self.misbehave("CONNECT"):
            await self.hang_up(politely=True)
        await super()._handle_client()

    async def smtp_EHLO(self, hostname: str) -> None:
        if not await self.misbehave("EHLO"):
            await super().smtp_EHLO(hostname)

    async def smtp_STARTTLS(self, arg: str) -> None:
        if not await self.misbehave("STARTTLS"):
            await super().smtp_STARTTLS(arg)

    async def smtp_AUTH(self, arg: str) -> None:
        if not await self.misbehave("AUTH"):
            await super().smtp_AUTH(arg)

    async def smtp_MAIL(self, arg: str | None) -> None:
        if not await self.misbehave("MAIL"):
            await super().smtp_MAIL(arg)

    async def smtp_RCPT(self, arg: str | None) -> None:
        if not await self.misbehave("RCPT"):
            await super().smtp_RCPT(arg)

    async def smtp_DATA(self, arg: str) -> None:
        if await self.misbehave("DATA"):
            return
        step = self._script.next("BODY")
        if step is None:
            await super().smtp_DATA(arg)
            await self.misbehave("IDLE")
            return
        await self.push("354 go on")
        await self._reader.read(100)
        await asyncio.sleep(step.seconds)
        if step.reply is not None:
            await self.push(step.reply)
        await self.hang_up(politely=step.reply is not None)


class _Handler:
    def __init__(self, running: Running, script: _Script) -> None:
        self._running = running
        self._script = script

    async def handle_DATA(self, server: _Session, session: Any, envelope: Any) -> str:
        step = self._script.next("DOT") or Step(at="DOT")
        if step.reply is None or step.reply.startswith("2"):
            self._running.messages.append(
                Taken(
                    mail_from=envelope.mail_from,
                    rcpt_tos=tuple(envelope.rcpt_tos),
                    content=envelope.original_content,
                    user=session.auth_data,
                )
            )
        await asyncio.sleep(step.seconds)
        if step.drop:
            if step.reply is not None:
                await server.push(step.reply)
            await server.hang_up(politely=step.reply is not None)
        return step.reply or "250 2.0.0 Ok"


def _authenticator(login: tuple[str, str]) -> Any:
    def check(server: Any, session: Any, envelope: Any, mechanism: str, said: LoginPassword) -> AuthResult:
        right = (said.login.decode(), said.password.decode()) == login
        return AuthResult(success=right, handled=False, auth_data=said.login.decode())

    return check


async def _end(sessions: list[_Session]) -> None:
    for session in sessions:
        if isinstance(session.transport, asyncio.Transport):
            session.transport.abort()
    await asyncio.sleep(0)
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await asyncio.sleep(0)
