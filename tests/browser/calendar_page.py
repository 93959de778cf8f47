"""A page that shows calendar files as ical.js reads them, Thunderbird's own reader: one column a person, in order."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from html import escape

from browser.chromium import PACKAGES

ICAL_JS = PACKAGES / "ical.js/dist/ical.es5.min.cjs"

_STYLE = """
    body { margin: 0; font: 13px/19px system-ui, sans-serif; background: #ffffff; color: #1b1b1f; }
    main { display: flex; gap: 16px; padding: 10px 12px; }
    section { flex: 1 1 0; min-width: 0; } h1 { font-size: 15px; margin: 0 0 8px; } h2 { font-size: 13px; margin: 0 0 4px; }
    article { border: 1px solid #c4c8ce; border-radius: 4px; padding: 8px 10px; margin: 0 0 10px; }
    dl { display: grid; grid-template-columns: 90px 1fr; gap: 1px 6px; margin: 0; }
    dt { color: #51515a; font-size: 12px; } dd { margin: 0; overflow-wrap: anywhere; }
    dd.new { font-weight: bold; } dd.new::before { content: "\\25B8 "; color: #6b2fa0; }
"""

# The names and values are the parser's own, but for the two that are cut. What differs from the file before is marked.
_SHOW = """
    const at = time => `${time.toString().replace('T', ' ').slice(0, 16)}, ${time.zone.tzid}`;
    function read(file) {
        ICAL.TimezoneService.reset();
        const calendar = new ICAL.Component(ICAL.parse(file));
        const events = calendar.getAllSubcomponents('vevent');
        if (events.length !== 1) throw new Error(`${events.length} entries in a file for one`);
        const event = new ICAL.Event(events[0]), of = name => event.component.getFirstPropertyValue(name) ?? '';
        return {
            METHOD: calendar.getFirstPropertyValue('method'), UID: `${event.uid.slice(0, 12)} \\u2026`,
            SEQUENCE: String(event.sequence),
            DTSTART: at(event.startDate), DTEND: at(event.endDate), SUMMARY: event.summary, LOCATION: event.location ?? '',
            STATUS: of('status'), CLASS: of('class'), ATTENDEE: event.attendees.map(one => one.getFirstValue()).join(', '),
            DESCRIPTION: `${event.description.slice(0, 60).replace(/\\S*$/, '')}\\u2026`,
        };
    }
    const add = (parent, kind, text = '') =>
        parent.appendChild(Object.assign(document.createElement(kind), {textContent: text}));
    const main = document.querySelector('main');
    for (const [person, files] of JSON.parse(main.dataset.files)) {
        const column = add(main, 'section');
        add(column, 'h1', person);
        let before = null;
        for (const [what, file] of files) {
            const sheet = add(column, 'article'), found = read(file);
            add(sheet, 'h2', what);
            const list = add(sheet, 'dl');
            for (const [name, value] of Object.entries(found)) {
                add(list, 'dt', name);
                add(list, 'dd', value).className = before && before[name] !== value ? 'new' : '';
            }
            before = found;
        }
    }
"""


def calendar_page(people: Mapping[str, Sequence[tuple[str, bytes]]]) -> str:
    """The page for people's files, each with what it is; what differs from the file before it is marked."""
    files = json.dumps([[person, [[what, file.decode()] for what, file in theirs]] for person, theirs in people.items()])
    return (
        '<!doctype html><html lang="en-GB"><head><meta charset="utf-8"><title>Calendar files</title>'
        f"<style>{_STYLE}</style><script>{ICAL_JS.read_text(encoding='utf-8')}</script></head>"
        f'<body><main data-files="{escape(files)}"></main><script>{_SHOW}</script></body></html>'
    )
