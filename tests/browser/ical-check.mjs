// What ical.js, the calendar reader of Thunderbird, finds in each file: a JSON list of files on stdin, a JSON list of findings
// on stdout. Times are seconds since 1970 by the time zone that stands in the file itself.
import { readFileSync } from "node:fs";
import ICAL from "ical.js";

const textOf = (event, name) => event.component.getFirstPropertyValue(name)?.toString() ?? "";

function found(file) {
  ICAL.TimezoneService.reset();
  const calendar = new ICAL.Component(ICAL.parse(file));
  return {
    method: calendar.getFirstPropertyValue("method"),
    inside: calendar.getAllSubcomponents().map((one) => one.name),
    events: calendar.getAllSubcomponents("vevent").map((component) => {
      const event = new ICAL.Event(component);
      return {
        uid: event.uid,
        sequence: event.sequence,
        status: textOf(event, "status"),
        summary: event.summary,
        location: event.location ?? "",
        description: event.description,
        url: textOf(event, "url"),
        zone: event.startDate.zone.tzid,
        starts: event.startDate.toUnixTime(),
        ends: event.endDate.toUnixTime(),
        organiser: textOf(event, "organizer"),
        attendees: event.attendees.map((one) => one.getFirstValue()),
      };
    }),
  };
}

const files = JSON.parse(readFileSync(0, "utf-8"));
process.stdout.write(JSON.stringify(files.map(found)));
