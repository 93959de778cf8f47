"""A page in headless Chromium, and what can be asked of it: axe-core's findings, what sticks out, what is read aloud."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

HERE = Path(__file__).parent
PACKAGES = HERE / "node_modules"
LIBRARIES = (PACKAGES / "markdown-it/dist/browser/markdown-it.umd.min.js", PACKAGES / "adaptivecards/dist/adaptivecards.min.js")
AXE = PACKAGES / "axe-core/axe.min.js"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SCHEMES = ("light", "dark")

# What a host of cards tells their renderer: Teams' own colours and sizes in its two themes.
THEMES = {
    "light": {"paper": "#ffffff", "ink": "#242424", "quiet": "#616161", "link": "#4f52b2", "late": "#b10e1c", "rule": "#d1d1d1"},
    "dark": {"paper": "#292929", "ink": "#ffffff", "quiet": "#d6d6d6", "link": "#9299f7", "late": "#f1707b", "rule": "#666666"},
}

_STICKING_OUT = """() => {
    const room = document.documentElement.clientWidth;
    const shows = element => getComputedStyle(element).clipPath === 'none' && getComputedStyle(element).display !== 'inline';
    const frame = element => element.closest('.wide');
    const wider = element => element.getBoundingClientRect().right > room + 1
        || element.scrollWidth > Math.max(element.clientWidth, 1) + 1;
    const sticksOut = element => frame(element) ? frame(element).getBoundingClientRect().right > room : wider(element);
    return [...document.body.querySelectorAll('*')].filter(element => shows(element) && sticksOut(element))
        .map(element => `${element.tagName}.${element.className}: ${element.textContent.trim().slice(0, 60)}`);
}"""


@contextmanager
def chromium() -> Iterator[Page]:
    """A browser's one window. It knows no other address than the pages it is given; whatever they ask for is refused and kept."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        try:
            window = browser.new_context(locale="en-GB", reduced_motion="reduce").new_page()
            window.route("**/*", lambda route: (window.asked_for.append(route.request.url), route.abort()))  # type: ignore[attr-defined]
            yield window
        finally:
            browser.close()


@contextmanager
def opened(window: Page, html: str, *, width: int = 640, height: int = 900, scheme: str = "light") -> Iterator[Page]:
    """The page in the window, ``width`` CSS pixels wide, and the window empty again after it.

    Each page in a window of its own would take ten times as long: a window starts a process of the browser's.
    """
    window.asked_for = []  # type: ignore[attr-defined]
    window.set_viewport_size({"width": width, "height": height})
    window.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    window.set_content(html, wait_until="load")
    try:
        yield window
    finally:
        # A new document: of the page and its scripts nothing is left for the next one.
        window.goto("about:blank")


def violations(page: Page) -> list[str]:
    """What axe-core objects to, best practice included: the rule, its help, and the first places."""
    page.add_script_tag(path=AXE)
    found = page.evaluate("() => axe.run(document, {resultTypes: ['violations', 'incomplete']})")
    # A rule that could not decide is no pass: contrast must have been measured, and for every text.
    assert "color-contrast" in {one["id"] for one in found["passes"]} - {one["id"] for one in found["incomplete"]}
    return [f"{one['id']}: {one['help']}: {[node['html'][:120] for node in one['nodes'][:3]]}" for one in found["violations"]]


def sticking_out(page: Page) -> list[str]:
    """Every element wider than the window or than its own box; what a table's own frame lets scroll is not counted."""
    return list(page.evaluate(_STICKING_OUT))


def read_aloud(page: Page) -> list[tuple[str, str, dict[str, Any]]]:
    """What a screen reader is given, in its order: role, name and properties."""
    session = page.context.new_cdp_session(page)
    nodes = session.send("Accessibility.getFullAXTree")["nodes"]
    session.detach()
    by_id = {node["nodeId"]: node for node in nodes}

    def walk(node: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
        if not node.get("ignored"):
            properties = {one["name"]: one["value"].get("value") for one in node.get("properties", ())}
            yield node["role"]["value"], str(node.get("name", {}).get("value", "")), properties
        for child in node.get("childIds", ()):
            if child in by_id:
                yield from walk(by_id[child])

    return list(walk(nodes[0]))


def card_page(card: str, scheme: str) -> str:
    """A page that shows a card as the official renderer makes it, in Teams' colours."""
    colours = THEMES[scheme]
    ink = {"default": colours["ink"], "subtle": colours["quiet"]}
    config = {
        "fontFamily": "'Segoe UI', Roboto, 'DejaVu Sans', Arial, sans-serif",
        "fontSizes": {"small": 12, "default": 14, "medium": 16, "large": 18, "extraLarge": 24},
        "containerStyles": {"default": {"backgroundColor": colours["paper"], "foregroundColors": {
            "default": ink, "accent": {"default": colours["link"], "subtle": colours["link"]},
            "attention": {"default": colours["late"], "subtle": colours["late"]}}}},
        "separator": {"lineThickness": 1, "lineColor": colours["rule"]},
    }  # fmt: skip
    render = (
        "AdaptiveCards.AdaptiveCard.onProcessMarkdown = (text, result) => {"
        " result.outputHtml = markdownit().render(text); result.didProcess = true; };"
        f"const card = new AdaptiveCards.AdaptiveCard(); card.hostConfig = new AdaptiveCards.HostConfig({json.dumps(config)});"
        f"const context = new AdaptiveCards.SerializationContext();"
        f"card.parse({_in_script(card)}, context);"
        "document.querySelector('main').appendChild(card.render());"
        "window.faults = Array.from({length: context.eventCount}, (_, n) => context.getEventAt(n).message)"
        ".concat(card.validateProperties().validationEvents.map(one => one.message));"
    )
    style = (
        f"body {{ margin: 0; background: {colours['paper']}; color: {colours['ink']}; font: 14px/20px 'Segoe UI', sans-serif; }}"
        "main { max-width: 600px; margin: 0 auto; overflow-wrap: anywhere; } p { margin: 0; }"
        ".unseen { position: absolute; width: 1px; height: 1px; margin: 0; overflow: hidden; clip-path: inset(50%); }"
        f"a {{ color: {colours['link']}; }}"
        f".ac-pushButton {{ padding: 5px 12px; border: 1px solid {colours['rule']}; border-radius: 4px; font-weight: 600;"
        f" background: {colours['paper']}; color: {colours['ink']}; }}"
    )
    sources = [path.read_text(encoding="utf-8").replace("</script", r"<\/script") for path in LIBRARIES]
    libraries = "".join(f"<script>{source}</script>" for source in sources)
    return (
        '<!doctype html><html lang="en-GB"><head><meta charset="utf-8"><title>A card</title>'
        f"<style>{style}</style>{libraries}</head>"
        f"<body><main><h1 class=unseen>A card</h1></main><script>{render}</script></body></html>"
    )


def _in_script(card: str) -> str:
    return card.replace("<", "\\u003c")
