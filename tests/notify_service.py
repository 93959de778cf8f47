"""GOV.UK Notify as its documentation has it, on a loopback socket: it checks the key, the template and the address, keeps what it
took, and says later what became of it. It behaves as badly as http_server can be told to."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

from http_server import Asked, Behaviour, Reply, Running, as_json, running_server

SERVICE_ID = "11111111-1111-4111-8111-111111111111"
SECRET = "22222222-2222-4222-8222-222222222222"
API_KEY = f"canary_key-{SERVICE_ID}-{SECRET}"
EMAIL_TEMPLATE = "33333333-3333-4333-8333-333333333333"
TEXT_TEMPLATE = "44444444-4444-4444-8444-444444444444"
CLOCK_MAY_BE_OUT_SECONDS = 30


@dataclass(frozen=True, kw_only=True)
class Template:
    """A template of the council's at Notify: what it is for, and the placeholders that stand in it."""

    kind: str
    placeholders: tuple[str, ...] = ("body",)


TEMPLATES: Mapping[str, Template] = {
    EMAIL_TEMPLATE: Template(kind="email", placeholders=("subject", "body")),
    TEXT_TEMPLATE: Template(kind="sms"),
}


@dataclass(kw_only=True)
class NotifyService(Mapping[str, Reply]):
    """What Notify holds. As a mapping it gives ``running_server`` the answer to the request that came last.

    ``statuses`` are what is said of each letter, one more each time it is asked about; the last stays.
    """

    templates: Mapping[str, Template] = field(default_factory=lambda: TEMPLATES)
    statuses: tuple[str, ...] = ("created", "sending", "delivered")
    notifications: list[dict[str, Any]] = field(default_factory=list)
    told: dict[str, int] = field(default_factory=dict)
    running: Running | None = None

    def items(self) -> Any:
        assert self.running is not None
        return [("", self.answer(self.running.asked[-1]))]

    def __getitem__(self, path: str) -> Reply:
        raise KeyError(path)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 1

    def answer(self, asked: Asked) -> Reply:
        if refusal := refusal_of(asked.headers.get("Authorization", "")):
            return an_error(403, "AuthError", refusal)
        if asked.method == "POST" and asked.path in ("/v2/notifications/email", "/v2/notifications/sms"):
            return self._take(asked.path.rpartition("/")[2], json.loads(asked.body))
        if asked.method == "GET" and asked.path == "/v2/notifications":
            wanted = parse_qs(asked.target.partition("?")[2]).get("reference", [None])[0]
            found = [one for one in reversed(self.notifications) if wanted in (None, one["reference"])]
            return as_json(200, {"notifications": [self._as_it_stands(one) for one in found], "links": {"current": "/"}})
        if asked.method == "GET" and asked.path.startswith("/v2/notifications/"):
            wanted = asked.path.rpartition("/")[2]
            found = [one for one in self.notifications if one["id"] == wanted]
            return as_json(200, self._as_it_stands(found[0])) if found else an_error(404, "NoResultFound", "No result found")
        return as_json(404, {"result": "error", "message": "The requested URL was not found on the server."})

    def _take(self, kind: str, form: dict[str, Any]) -> Reply:
        place = "email_address" if kind == "email" else "phone_number"
        wants = r"[^@\s]+@[^@\s]+\.[a-z]+" if kind == "email" else r"\+?[0-9]{10,15}"
        if unknown := {*form} - {place, "template_id", "personalisation", "reference"}:
            return an_error(400, "ValidationError", f"Additional properties are not allowed ({', '.join(sorted(unknown))})")
        if not re.fullmatch(wants, form[place]):
            fault = "Not a valid email address" if kind == "email" else "Not a UK mobile number"
            return an_error(400, "ValidationError", f"{place} {fault}: {form[place]}")
        template = self.templates.get(form["template_id"])
        if template is None:
            return an_error(400, "BadRequestError", "Template not found")
        if template.kind != kind:
            return an_error(400, "BadRequestError", f"{template.kind} template is not suitable for {kind} notification")
        values = form.get("personalisation", {})
        if missing := [name for name in template.placeholders if name not in values]:
            return an_error(400, "BadRequestError", f"Missing personalisation: {', '.join(missing)}")
        content = "\n".join(values[name] for name in template.placeholders)
        if kind == "sms" and len(content) > 918:
            words = f"Text messages cannot be longer than 918 characters. Your message is {len(content)} characters"
            return an_error(400, "BadRequestError", words)
        notification = {
            "id": str(UUID(int=len(self.notifications) + 1, version=4)),
            "reference": form.get("reference"),
            "type": kind,
            place: form[place],
            "body": content,
            "template": {"id": form["template_id"], "version": 1},
            "created_at": f"2026-05-04T05:30:{len(self.notifications):02}.000000Z",
        }
        self.notifications.append(notification)
        return as_json(201, {**{key: notification[key] for key in ("id", "reference", "template")}, "content": {"body": content}})

    def _as_it_stands(self, notification: dict[str, Any]) -> dict[str, Any]:
        times = self.told.get(notification["id"], 0)
        self.told[notification["id"]] = times + 1
        return {"status": self.statuses[min(times, len(self.statuses) - 1)], **notification}


@contextmanager
def running_notify(service: NotifyService | None = None, behaviour: Behaviour | None = None) -> Iterator[Running]:
    """Notify for as long as the block lasts."""
    service = service or NotifyService()
    with running_server(usual=service, behaviour=behaviour) as running:
        service.running = running
        yield running


def an_error(status: int, kind: str, message: str) -> Reply:
    """An error as Notify words them all."""
    return as_json(status, {"status_code": status, "errors": [{"error": kind, "message": message}]})


def refusal_of(authorization: str, now: float | None = None) -> str | None:
    """What Notify says of a token that is not signed with the key's secret, by its service, half a minute ago at most."""
    parts = authorization.removeprefix("Bearer ").split(".")
    if not authorization.startswith("Bearer ") or len(parts) != 3:
        return "Invalid token: make sure your API token matches the example at https://docs.notifications.service.gov.uk"
    head, claims, signature = parts
    signed = hmac.new(SECRET.encode(), f"{head}.{claims}".encode(), hashlib.sha256).digest()
    if base64.urlsafe_b64encode(signed).rstrip(b"=").decode() != signature:
        return "Invalid token: API key not found"
    said = json.loads(base64.urlsafe_b64decode(claims + "=="))
    if said.get("iss") != SERVICE_ID:
        return "Invalid token: service not found"
    if abs((time.time() if now is None else now) - said.get("iat", 0)) > CLOCK_MAY_BE_OUT_SECONDS:
        return "Error: Your system clock must be accurate to within 30 seconds"
    return None
