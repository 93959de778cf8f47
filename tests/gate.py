"""A gate on a loopback port before a real PostgreSQL: shut to the first who call, and open to all others."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from sqlalchemy.engine import make_url


class Gate:
    """Counts who calls. ``shut_to`` are turned away before a word is said; the others are led to the server behind."""

    def __init__(self, url: str, shut_to: int) -> None:
        behind = make_url(url)
        self._behind = f"{behind.query['host']}/.s.PGSQL.5432"
        self._shut_to = shut_to
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.callers = 0
        here = behind.set(host="127.0.0.1", port=self._listener.getsockname()[1], query={})
        self.url = here.render_as_string(hide_password=False)
        threading.Thread(target=self._stand, daemon=True).start()

    def open(self) -> None:
        """From now on nobody is turned away."""
        self._shut_to = 0

    def close(self) -> None:
        """Nobody listens any more: whoever calls is refused."""
        # A thread that waits for a caller would keep the port.
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _stand(self) -> None:
        with suppress(OSError):
            while True:
                caller, _ = self._listener.accept()
                self.callers += 1
                if self.callers <= self._shut_to:
                    caller.close()
                    continue
                server = socket.socket(socket.AF_UNIX)
                server.connect(self._behind)
                for one, other in ((caller, server), (server, caller)):
                    threading.Thread(target=_carry, args=(one, other), daemon=True).start()


def _carry(one: socket.socket, other: socket.socket) -> None:
    with suppress(OSError):
        while data := one.recv(65536):
            other.sendall(data)
        other.shutdown(socket.SHUT_WR)


@contextmanager
def gate_before(url: str, *, shut_to: int = 0) -> Iterator[Gate]:
    """A gate before the database of a URL, for as long as the block lasts."""
    gate = Gate(url, shut_to)
    try:
        yield gate
    finally:
        gate.close()
