"""Makes docs/pictures: what the people of the made-up council get on one day, a correction on the next, and notices of meetings.

Run from the project's folder after `make demo`: `.venv/bin/python tests/browser/pictures.py`. It needs Chromium and, for the
card, the packages of tests/browser (`npm ci` there).
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from email import message_from_bytes, policy
from email.message import EmailMessage
from html import escape
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from browser import samples  # noqa: E402
from browser.calendar_page import calendar_page  # noqa: E402
from browser.chromium import card_page, chromium, opened  # noqa: E402 - the path is set just above

OUT = ROOT / "docs" / "pictures"
PROGRAM = Path(sys.executable).with_name("cin-reminders")
MOST_BYTES = 200_000
SHEET_WIDTH = 340
# A frame shows all of its page, without a bar to scroll by.
WHOLE_FRAMES = """[...document.querySelectorAll('iframe')].forEach(
    frame => frame.style.height = Math.ceil(frame.contentDocument.querySelector('.page').scrollHeight) + 'px')"""


def main() -> None:
    """Take every picture; one that grows past 200 KB is an error."""
    folder = Path(mkdtemp(prefix="cin-pictures-")) / "demo"
    shutil.copytree(ROOT / "demo", folder)
    try:
        take_all(folder)
    finally:
        shutil.rmtree(folder.parent)
    take_meetings()


def take_all(folder: Path) -> None:
    """The day's messages, then those of the next working day, once a bank holiday has been announced."""
    on = max(date.fromisoformat(day.name) for day in (folder / "outbox").iterdir())
    messages = ledger(folder)
    practitioner = html_of(folder, chosen(messages, "lead_practitioner", late=3))
    take("practitioner-phone-light", practitioner, width=500, height=1160)
    take("practitioner-phone-dark", practitioner, width=500, height=1160, scheme="dark")
    take("manager-desktop-light", html_of(folder, chosen(messages, "team_manager", late=5)), width=760, height=1180)
    take("escalation-desktop-light", html_of(folder, chosen(messages, "head_of_service", late=1)), width=760, height=1180)
    card = next(path for path in sorted((folder / "outbox" / str(on)).glob("*managers*.json")))
    for scheme in ("light", "dark"):
        take(f"teams-card-{scheme}", card_page(json.dumps(adaptive_card(json.loads(card.read_text(encoding="utf-8")))), scheme),
             width=640, height=460, scheme=scheme)  # fmt: skip

    monday, holiday = date(2026, 11, 23), date(2026, 11, 24)
    assert monday > on, "the demo's day is later than these pictures know"
    settings = folder / "cin_reminders.toml"
    text, changes = re.subn(r"(?m)^extra_days = \[\]", f"extra_days = [{holiday}]", settings.read_text(encoding="utf-8"))
    assert changes == 1
    settings.write_text(text, encoding="utf-8")
    subprocess.run([PROGRAM, "--settings", settings, "run", "--on", str(monday)], check=True, stdout=subprocess.DEVNULL)
    told = [one for one in ledger(folder) if one["day"] == str(monday) and one["to"]["role"]]
    # A meeting that has changed is no date that has: its subject says `1 meeting changed`.
    changed = [one for one in told if re.search(r"\d changed", one["subject"])]
    correction = html_of(folder, min(changed, key=others))
    take("correction-phone-light", correction, width=500, height=820, start="Changed since you were told")


def take_meetings() -> None:
    """The message of a day with meetings, the notices that are messages of their own, and the entry in a calendar."""
    day = samples.messages()["two-meetings"]
    take("day-with-meetings-phone-light", day, width=400, height=1900)
    for name, notices in samples.sheets().items():
        take(name, beside_each_other(notices), width=len(notices) * (SHEET_WIDTH + 16) + 16, height=960)
    take("calendar-entry", calendar_page(samples.calendar_files()), width=840, height=1100)


def beside_each_other(notices: Sequence[tuple[str, str]]) -> str:
    """A page with several pages of the width of a phone, each under what it is."""
    frames = "".join(
        f'<figure><figcaption>{escape(what)}</figcaption><iframe srcdoc="{escape(page)}"></iframe></figure>'
        for what, page in notices
    )
    return (
        '<!doctype html><html lang="en-GB"><head><meta charset="utf-8"><title>Notices</title><style>'
        "body { margin: 0; font: 15px system-ui, sans-serif; background: #d8dce1; }"
        ".page { display: flex; gap: 16px; padding: 12px 16px; align-items: flex-start; }"
        f"figure {{ margin: 0; width: {SHEET_WIDTH}px; }} figcaption {{ font-weight: bold; padding: 0 0 6px; }}"
        "iframe { border: 0; width: 100%; background: #ffffff; }"
        f"</style></head><body><div class=page>{frames}</div></body></html>"
    )


def others(message: Mapping[str, Any]) -> int:
    """How many more lines of a message say something else than say what has changed."""
    return sum(
        int(number) * (-1 if what == "changed" else 1) for number, what in re.findall(r"(\d+) ([a-z]+)", message["subject"])
    )


def ledger(folder: Path) -> list[dict[str, Any]]:
    """Every message of the demo, as its program lists them."""
    told = subprocess.run(
        [PROGRAM, "--settings", folder / "cin_reminders.toml", "ledger", "--json"], check=True, capture_output=True
    )
    return list(json.loads(told.stdout))


def chosen(messages: Sequence[Mapping[str, Any]], role: str, *, late: int) -> Mapping[str, Any]:
    """The first message of somebody who holds the role, and no other, with at least so many late lines."""
    for message in messages:
        roles = {notice["role"] for notice in message["notices"]}
        number = re.search(r"(\d+) late", message["subject"] or "")
        if roles == {role} and number and int(number[1]) >= late:
            return message
    raise LookupError(f"nobody who is only {role} has {late} late lines")


def html_of(folder: Path, message: Mapping[str, Any]) -> str:
    """The HTML of a message as it lies in the outbox."""
    for mail in mails(folder / "outbox" / message["day"]):
        person = message["to"]["person_ref"]
        if mail["Subject"] == message["subject"] and person in mail["X-File"]:
            body = mail.get_body(("html",))
            assert body is not None
            return str(body.get_content())
    raise LookupError(f"{message['key']} is not in the outbox")


def mails(folder: Path) -> Iterator[EmailMessage]:
    for path in sorted(folder.glob("*.eml")):
        mail = message_from_bytes(path.read_bytes(), policy=policy.default)
        mail["X-File"] = path.name.replace("^", "")
        yield mail


def adaptive_card(found: Any) -> Any:
    """The card itself, whatever envelope it lies in."""
    if isinstance(found, dict) and found.get("type") != "AdaptiveCard":
        return next(filter(None, map(adaptive_card, found.values())), None)
    if isinstance(found, list):
        return next(filter(None, map(adaptive_card, found)), None)
    return found if isinstance(found, dict) else None


def take(name: str, html: str, *, width: int, height: int, scheme: str = "light", start: str = "") -> None:
    """One picture of a page, at most ``height`` CSS pixels of it, from its top or from the heading that begins with ``start``."""
    with chromium() as window, opened(window, html, width=width, height=height, scheme=scheme) as page:
        page.evaluate(WHOLE_FRAMES)
        used = page.evaluate("Math.ceil(document.querySelector('.page, main').getBoundingClientRect().bottom)")
        heading = page.get_by_role("heading", name=start).first.bounding_box() if start else None
        top = heading["y"] - 12 if heading else 0
        clip = {"x": 0, "y": top, "width": width, "height": min(height, used + 12 - top)}
        picture = page.screenshot(clip=clip, full_page=True)  # type: ignore[arg-type]
    if len(picture) > MOST_BYTES:
        raise ValueError(f"{name}.png has {len(picture)} bytes, over the {MOST_BYTES} allowed")
    OUT.mkdir(exist_ok=True)
    (OUT / f"{name}.png").write_bytes(picture)
    print(f"{name}.png: {len(picture)} bytes")


if __name__ == "__main__":
    main()
