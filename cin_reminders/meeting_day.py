"""The meetings of a council's day: which may be spoken of, whom they may be told to, and what each asks of its chair."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from cin_reminders.case import Case
from cin_reminders.day import Day, Duties
from cin_reminders.errors import RecordsError, SettingsError
from cin_reminders.facts import read_fact
from cin_reminders.meeting_check import Circumstances, Obligations
from cin_reminders.meeting_copies import Sender
from cin_reminders.meeting_notices import MeetingDecision, decide_meeting, why_not_sent
from cin_reminders.meetings_ahead import MeetingAhead, meeting_ahead
from cin_reminders.notice import DutyKey, MeetingNotice, Notice
from cin_reminders.readers import WAYS, MeetingRules, Way
from cin_reminders.records.terms import read_term_dates
from cin_reminders.school_days import SchoolDays
from cin_reminders.settings import Settings
from cin_reminders.sitting import Sitting, sittings
from cin_reminders.translations import read_translations
from cin_reminders.words import joined

# Nobody asks any more why a notice of a meeting so long past did not go.
_OVER_AFTER = timedelta(days=14)


@dataclass(frozen=True, kw_only=True)
class MeetingDay:
    """The meetings of one council's day by their references, the rules of telling, and what every check on one reads.

    ``warnings`` say what the council has set and nobody could read: the notices go without it.
    """

    day: Day
    sittings: Mapping[str, Sitting]
    obligations: Obligations
    circumstances: Circumstances
    rules: MeetingRules
    translations: Mapping[str, str]
    warnings: tuple[str, ...] = ()
    _ahead: dict[str, MeetingAhead] = field(default_factory=dict, repr=False, compare=False)

    def decide(
        self, before: Mapping[str, Sequence[MeetingNotice]], ahead_until: date | None = None
    ) -> tuple[MeetingDecision, ...]:
        """What to tell of every meeting today, given what was told before by meeting; ``ahead_until``: see ``decide_meeting``."""
        on, circumstances = self.day.on, self.circumstances
        return tuple(
            decision
            for ref, sitting in self.sittings.items()
            if _may_concern_somebody(sitting, before.get(ref, ()), on)
            for decision in decide_meeting(
                sitting,
                before.get(ref, ()),
                directory=circumstances.directory,
                rules=self.rules,
                calendar=circumstances.calendar,
                on=on,
                ahead_until=ahead_until,
            )
        )

    def why_not_sent(self, notice: MeetingNotice, before: Sequence[MeetingNotice]) -> str | None:
        """Why a notice planned earlier must not go after all, in words; None where it still may."""
        sitting, directory = self.sittings.get(notice.meeting_ref), self.circumstances.directory
        return why_not_sent(notice, sitting, before, directory=directory, rules=self.rules, on=self.day.on)

    def ahead(self, meeting_ref: str) -> MeetingAhead:
        """Everything that is found out about one meeting: its checks, its readers, what it asks. Raises KeyError for none."""
        if meeting_ref not in self._ahead:
            # Once for all its readers.
            sitting = self.sittings[meeting_ref]
            edition = self.day.policy.edition_for(sitting.day)
            now = sitting.as_of(self.day.on) or sitting
            self._ahead[meeting_ref] = meeting_ahead(now, edition, self.obligations, self.circumstances, self.rules)
        return self._ahead[meeting_ref]


def meeting_day(day: Day, duties: Duties) -> MeetingDay:
    """The meetings of a day. Nothing is said of a case outside the procedure, restricted, or whose rows contradict each other."""
    settings = day.settings
    warnings: list[str] = []
    school: SchoolDays | None = None
    translations: Mapping[str, str] = {}
    try:
        school = school_days_of(settings)
    except SettingsError as error:
        warnings += error.problems
    try:
        translations = translations_of(settings)
    except SettingsError as error:
        warnings += error.problems
    circumstances = Circumstances(
        directory=day.directory,
        calendar=day.calendar,
        on=day.on,
        school=school,
        understanding_from=settings.meetings.understanding_from,
    )
    found = sittings(day.extract.cases, left_out=not_spoken_of(day, duties))
    warnings += (said for one in found if (said := _disagreement(one, day.on)))
    return MeetingDay(
        day=day,
        sittings={one.meeting_ref: _with_somebody_in_the_chair(one, day) for one in found},
        obligations={ref: obligations for ref, (_, obligations) in duties.by_case.items()},
        circumstances=circumstances,
        rules=meeting_rules(settings),
        translations=translations,
        warnings=tuple(warnings),
    )


def not_spoken_of(day: Day, duties: Duties) -> frozenset[str]:
    """The cases of which no notice of a meeting says anything: others may share the meeting, and are told of it."""
    outside = {case.case_ref for case in day.extract.cases} - duties.by_case.keys()
    restricted = {case.case_ref for case in day.extract.cases if is_restricted(case, day.on)}
    return frozenset(outside | duties.quarantined | restricted)


def is_restricted(case: Case, on: date) -> bool:
    """Whether the records say that a case is restricted on the day, or say both that it is and that it is not."""
    reading = read_fact(case, "restricted", on)
    return reading.value == "yes" or reading.contradicted


def meeting_rules(settings: Settings) -> MeetingRules:
    """What the council has decided about notices of meetings. In a trial the files show what families would be told."""
    meetings, delivery = settings.meetings, settings.delivery
    return MeetingRules(
        invite=meetings.invite,
        secret=settings.council.encode(),
        family_ways=family_ways(settings) if delivery.mode == "folder" or settings.notify.is_on else (),
        children_from_age=meetings.children_from_age,
        notify_from=meetings.notify_from or delivery.notify_from,
    )


def family_ways(settings: Settings) -> tuple[Way, ...]:
    """How families would be written to: as the council prefers, by what it has templates for."""
    return tuple(way for one in settings.notify.kinds for way in WAYS if way == one)


def sender_of(settings: Settings, translations: Mapping[str, str]) -> Sender:
    """What every notice of a meeting says of whom it comes from."""
    meetings = settings.meetings
    return Sender(
        contact=settings.wrong_contact,
        family_name=meetings.family_name,
        family_contact=meetings.family_contact,
        mailbox=settings.email.reply_to,
        translations=translations,
    )


def by_meeting(notices: Mapping[DutyKey, Sequence[Notice]]) -> dict[str, list[MeetingNotice]]:
    """The notices of meetings by the meeting, whatever case they bear: the first case may have closed since."""
    found: dict[str, list[MeetingNotice]] = {}
    for known in notices.values():
        for one in known:
            if isinstance(one, MeetingNotice):
                found.setdefault(one.meeting_ref, []).append(one)
    return found


def school_days_of(settings: Settings) -> SchoolDays | None:
    """The council's school days; None where the settings name no term dates.

    Raises SettingsError with every fault of the file of term dates.
    """
    meetings = settings.meetings
    if meetings.term_dates is None:
        return None
    try:
        dates = read_term_dates(settings.path(meetings.term_dates))
    except RecordsError as error:
        raise SettingsError(f"meetings.term_dates: {fault}" for fault in error.problems) from None
    return SchoolDays(dates=dates, begins=meetings.school_begins, until=meetings.school_until)


def translations_of(settings: Settings) -> Mapping[str, str]:
    """The council's texts for families in other languages. Raises SettingsError with every fault of them."""
    folder = settings.meetings.translations
    return {} if folder is None else read_translations(settings.path(folder))


def _may_concern_somebody(sitting: Sitting, before: Sequence[MeetingNotice], on: date) -> bool:
    """Whether anybody may still wait for a meeting, by the records or by what they were told: most lie long past."""
    days = [sitting.day, *(one.due_on for one in before if one.due_on)]
    return max(days) >= on - _OVER_AFTER


def _disagreement(sitting: Sitting, on: date) -> str | None:
    """What is said of a meeting to come of which nobody can be told when or where it is."""
    # Asked of few: most meetings lie long past.
    now = sitting.as_of(on) if any(meeting.scheduled_at.date() >= on for _, meeting in sitting.meetings) else None
    if now is None or now.day < on or not now.disagreements or now.is_held_by(on) or now.is_cancelled_by(on):
        return None
    what = joined(now.disagreements, "and")
    return f"meeting {now.meeting_ref}: cases {joined(now.case_refs, 'and')} do not agree on {what}, so nobody is told of it"


def _with_somebody_in_the_chair(sitting: Sitting, day: Day) -> Sitting:
    leads = (day.directory.lead_of(case, day.on) for case in sitting.cases)
    return replace(sitting, in_the_chairs_place=next((lead.person_ref for lead in leads if lead), None))
