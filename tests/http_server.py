"""A real HTTPS server on a loopback socket, which behaves as badly as it is told to."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import ssl
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from certificates import Certificate, authority, server_context

Moment = Literal["CONNECT", "HEAD", "BODY", "IDLE"]


@dataclass(frozen=True, kw_only=True)
class Reply:
    """One answer, which says its own length unless ``headers`` says another; ``raw`` is sent as it is, in place of all else."""

    status: int = 202
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    raw: bytes | None = None

    @property
    def octets(self) -> bytes:
        headers = {"Content-Length": str(len(self.body)), **self.headers}
        lines = [f"HTTP/1.1 {self.status} so", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
        return self.raw if self.raw is not None else "\r\n".join(lines).encode() + self.body


def as_json(status: int, value: Any, **headers: str) -> Reply:
    return Reply(status=status, headers={"Content-Type": "application/json", **headers}, body=json.dumps(value).encode())


def as_page(status: int, words: str = "Sign in") -> Reply:
    return Reply(status=status, headers={"Content-Type": "text/html"}, body=f"<!DOCTYPE html><title>{words}</title>".encode())


@dataclass(frozen=True, kw_only=True)
class Step:
    """What the server does otherwise than usual, at one moment: wait, then say ``reply``, then hang up if ``drop``.

    ``nth`` counts that moment among the requests whose path ends in ``path``, over all connections, from 1; None is every
    time. CONNECT is before anything is read, HEAD after the headers and before the body, BODY after the body, and IDLE after
    the answer. With neither reply nor drop the server waits and then goes on as usual; an answer at CONNECT or HEAD, with the
    rest unread, always ends the connection.
    """

    at: Moment
    path: str = ""
    nth: int | None = None
    seconds: float = 0.0
    reply: Reply | None = None
    drop: bool = False


@dataclass(frozen=True, kw_only=True)
class Behaviour:
    """How the server differs from a good one. Data only, so that a test can say it in one line."""

    steps: tuple[Step, ...] = ()
    certificate: Certificate = "good"
    tls: bool = True


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A request whose last octet the server has seen."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]


@dataclass(kw_only=True)
class Running:
    """A server while it runs. ``taken`` holds what it did not refuse, ``connections`` counts those ever made."""

    host: str
    port: int
    ca_file: Path
    asked: list[Asked] = field(default_factory=list)
    taken: list[Asked] = field(default_factory=list)
    connections: int = 0

    @property
    def origin(self) -> str:
        return f"https://{self.host}:{self.port}"


@contextmanager
def running_server(*, usual: Mapping[str, Reply] | None = None, behaviour: Behaviour | None = None) -> Iterator[Running]:
    """A server for as long as the block lasts, which answers as ``usual`` says for the end of a path, and 202 elsewhere."""
    behaviour = behaviour or Behaviour()
    script = _Script(behaviour.steps)
    with tempfile.TemporaryDirectory() as folder, socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        ca_file = Path(folder) / "ca.pem"
        ca_file.write_bytes(authority().cert_pem.bytes())
        running = Running(host="localhost", port=listener.getsockname()[1], ca_file=ca_file)

        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            running.connections += 1
            # Cancelled when the server ends; asyncio would complain of a task that says so.
            with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError, ssl.SSLError, asyncio.CancelledError):
                while await _one_request(reader, writer, running, script, usual or {}):
                    pass
            writer.close()

        loop = asyncio.new_event_loop()
        server = loop.run_until_complete(
            asyncio.start_server(talk, sock=listener, ssl=server_context(behaviour.certificate) if behaviour.tls else None)
        )
        thread = threading.Thread(target=loop.run_forever, daemon=True)
        thread.start()
        try:
            yield running
        finally:
            loop.call_soon_threadsafe(loop.stop)
            thread.join()
            server.close()
            loop.run_until_complete(_end())
            loop.close()


@contextmanager
def silent_port() -> Iterator[int]:
    """A port of this machine that takes connections and never says a word, not even of TLS."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


class _Script:
    def __init__(self, steps: tuple[Step, ...]) -> None:
        self._steps = steps
        self._seen: Counter[int] = Counter()

    def next(self, at: Moment, path: str = "") -> Step | None:
        here = [place for place, step in enumerate(self._steps) if step.at == at and path.endswith(step.path)]
        self._seen.update(here)
        return next((self._steps[place] for place in here if self._steps[place].nth in (None, self._seen[place])), None)


async def _one_request(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, running: Running, script: _Script, usual: Mapping[str, Reply]
) -> bool:
    """Answer one request; False when the connection is at its end."""
    if await _misbehave(writer, script.next("CONNECT")):
        return False
    first, *rest = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    method, target, _ = first.split(" ")
    headers = dict(line.split(": ", 1) for line in rest if line)
    path = target.partition("?")[0]
    if await _misbehave(writer, script.next("HEAD", path)):
        return False
    length = next((int(value) for name, value in headers.items() if name.lower() == "content-length"), 0)
    asked = Asked(method=method, target=target, headers=headers, body=await reader.readexactly(length))
    running.asked.append(asked)
    step = script.next("BODY", path) or Step(at="BODY")
    reply = step.reply or next((reply for end, reply in usual.items() if path.endswith(end)), Reply())
    if 200 <= reply.status <= 299:
        running.taken.append(asked)
    await asyncio.sleep(step.seconds)
    if not (step.drop and step.reply is None):
        writer.write(reply.octets)
        await writer.drain()
    if step.drop:
        await _hang_up(writer, politely=step.reply is not None)
        return False
    return not await _misbehave(writer, script.next("IDLE", path))


async def _misbehave(writer: asyncio.StreamWriter, step: Step | None) -> bool:
    """Do what the step says; True when the connection is at its end."""
    if step is None:
        return False
    await asyncio.sleep(step.seconds)
    if step.reply is not None:
        writer.write(step.reply.octets)
        await writer.drain()
    if step.drop or step.reply is not None:
        await _hang_up(writer, politely=step.reply is not None or step.at == "IDLE")
        return True
    return False


async def _hang_up(writer: asyncio.StreamWriter, *, politely: bool) -> None:
    if politely:
        writer.close()
        await writer.wait_closed()
    else:
        writer.transport.abort()


async def _end() -> None:
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await asyncio.sleep(0)
