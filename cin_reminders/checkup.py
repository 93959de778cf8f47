"""The check-up: settings, pack, records, ledger and channel, looked at without telling anybody anything."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import date, datetime, timedelta

from cin_reminders.channels.mime import sender_problems
from cin_reminders.day import Day, Duties, calendar_of, make_day, read_extract, work_out_duties
from cin_reminders.errors import CinRemindersError, PolicyError, Problems, SettingsError
from cin_reminders.festivals import not_known
from cin_reminders.fit import of_channels, of_domains, of_fallback
from cin_reminders.holds import why_all_held
from cin_reminders.last_run import why_older
from cin_reminders.ledger import open_ledger
from cin_reminders.meeting_day import school_days_of, translations_of
from cin_reminders.outgoing import channels_of, close, known_channels, refuse_silent_operator
from cin_reminders.outlook import standing_ledger, why_not_used
from cin_reminders.policy_file import load_policy
from cin_reminders.rendering import check_templates
from cin_reminders.school_days import term_dates_warning
from cin_reminders.settings import STAGING_CHANNEL, Settings
from cin_reminders.translations import languages_without_text
from cin_reminders.unreachable import unreachable_holders
from cin_reminders.unsaid import says_child_in_need
from cin_reminders.words import count_of, day_in_full, joined, spoken
from cin_reminders.working_days import official_list_warning


def check_up(settings: Settings, on: date) -> tuple[list[str], list[str]]:
    """Every problem that would stop or spoil a run, and every remark worth knowing, each in one line."""
    problems: list[str] = []
    remarks: list[str] = []
    for look in (_settings, _watch, _pack, _meetings, _records, _ledger, _templates):
        try:
            for is_problem, said in look(settings, on):
                (problems if is_problem else remarks).append(said)
        except Problems as error:
            problems += error.problems
        except CinRemindersError as error:
            problems.append(str(error))
    return list(dict.fromkeys(problems)), [one for one in dict.fromkeys(remarks) if one not in problems]


def _settings(settings: Settings, on: date) -> Iterator[tuple[bool, str]]:
    delivery, email = settings.delivery, settings.email
    if not delivery.allowed_domains:
        yield False, "delivery.allowed_domains is empty: while messages are files, staff at any domain get one"
    if delivery.notify_from is None:
        yield False, "delivery.notify_from is not set: a new ledger does not go live without it"
    yield from ((False, said) for said in _said_of_delivery(settings))
    faults = sender_problems(from_address=email.from_address, from_name=email.from_name, reply_to=email.reply_to)
    yield from ((True, f"email.{fault}") for fault in faults)
    if delivery.mode == "folder":
        folder = settings.path(delivery.folder)
        if folder.exists() and not folder.is_dir():
            yield True, f"delivery.folder: {folder.name} is no folder"
    else:
        # Says every fault of its channels.
        close(channels_of(settings, lambda: datetime.max))


def _watch(settings: Settings, on: date) -> Iterator[tuple[bool, str]]:
    """Whether anybody would notice that the service itself has stopped."""
    watch = settings.watch
    if watch.operator is None and watch.operator_channel is None:
        yield False, "watch.operator is not set: nobody is told when a run fails"
    if watch.heartbeat_url is None:
        yield False, "watch.heartbeat_url is not set: nobody outside notices when there is no run"
    refuse_silent_operator(settings)


def _said_of_delivery(settings: Settings) -> Iterator[str]:
    """What the settings of sending mean that somebody might not expect."""
    delivery = settings.delivery
    if delivery.quiet_from is not None and delivery.quiet_until is not None:
        hours = f"{delivery.quiet_from:%H:%M} to {delivery.quiet_until:%H:%M}"
        yield f"delivery.quiet_from: what comes up from {hours} waits for the deployment deliver-due, which must run after that"
    for read in (settings.email_password, settings.graph_secret, settings.notify_key, lambda: _webhooks(settings)):
        try:
            read()
        except SettingsError as error:
            # In a trial nothing needs the file; where something does, its channel says the same as a problem.
            yield from error.problems
    if delivery.mode == "staging":
        yield "delivery.mode is staging: every message goes to delivery.staging_address alone, and nothing of it counts as told"
        if settings.teams.is_on and STAGING_CHANNEL not in (_readable_webhooks(settings) or ()):
            yield f"teams.webhooks_file: no {STAGING_CHANNEL!r} stands in it, so mode staging posts no card"


def _webhooks(settings: Settings) -> frozenset[str] | None:
    """The channels that the file of webhooks names, whatever the mode; None where the settings name no such file."""
    if settings.teams.webhooks_file is None:
        return None
    live = settings.delivery.model_copy(update={"mode": "live"})
    return known_channels(settings.model_copy(update={"delivery": live}))


def _readable_webhooks(settings: Settings) -> frozenset[str] | None:
    """The channels that the file of webhooks names; None also where it cannot be read, which is said of the settings."""
    try:
        return _webhooks(settings)
    except SettingsError:
        return None


def _pack(settings: Settings, on: date) -> Iterator[tuple[bool, str]]:
    policy = load_policy(settings.policy, settings.base)
    if says_child_in_need(policy.newest.council):
        said = "families and partners read it in notices of meetings, and it may not name a child in need"
        yield True, f"policy {policy.id}, council: {said}"
    for edition in policy.editions:
        for doubt in edition.doubts:
            yield False, f"policy {policy.id}, a doubt: {doubt}"
        yield from ((False, f"policy {policy.id}, {duty.duty}, a doubt: {duty.doubt}") for duty in edition.duties if duty.doubt)
    warning = official_list_warning(calendar_of(settings), on)
    if warning:
        yield False, warning


def _meetings(settings: Settings, on: date) -> Iterator[tuple[bool, str]]:
    """What would spoil the checks on meetings, or say to a family what no family may read."""
    # An address is mostly written in small letters, and so may a short form in it be.
    for name, shows in (("reply_to", "calendar files of meetings for partners"), ("from_address", "letters to partners")):
        if name in settings.email.model_fields_set and says_child_in_need(getattr(settings.email, name).upper()):
            yield False, f"email.{name}: names a child in need, and {shows} would show it"
    try:
        translations_of(settings)
    except SettingsError as error:
        yield from ((True, fault) for fault in error.problems)
    days = (on, on + timedelta(days=settings.meetings.days))
    for year in sorted({day.year for day in days}):
        if festivals := not_known(year):
            yield False, f"meetings: nobody knows the days of {joined(festivals, 'and')} in {year}, so no check names them"
    school = school_days_of(settings)
    warning = term_dates_warning(school.dates, on) if school else None
    if warning:
        yield False, f"meetings.term_dates: {warning}"


def _records(settings: Settings, on: date) -> Iterator[tuple[bool, str]]:
    extract = read_extract(settings)
    yield from ((False, f"records: {rejection}") for rejection in extract.rejections)
    yield from ((False, f"records: {warning}") for warning in extract.warnings)
    try:
        policy = load_policy(settings.policy, settings.base)
    except PolicyError:
        return  # said of the pack already
    # Without the webhooks: a file of them that cannot be read would hide everything that is said of the records.
    no_webhooks = settings.teams.model_copy(update={"webhooks_file": None})
    day = make_day(settings.model_copy(update={"teams": no_webhooks}), on, policy, extract)
    for relation in sorted(day.extract.not_supplied):
        duties = [duty.duty for duty in day.policy.newest.duties if relation in duty.needs]
        yield False, f"records: {relation} is not supplied" + (f"; not watched: {', '.join(duties)}" if duties else "")
    duties_found = work_out_duties(day)
    yield from _people(day, duties_found)
    yield from ((False, said) for said in _fit(settings, day, duties_found))
    if extract.cases and not duties_found.by_case:
        yield True, f"records: no case is of a plan type that {day.policy.id} covers, so nothing is watched"
    if duties_found.out_of_scope:
        yield False, f"records: {count_of(duties_found.out_of_scope, 'case')} of a plan type that {day.policy.id} does not cover"
    for team in sorted({case.team for case in day.extract.cases if case.team and case.is_open_on(on)}):
        for role in ("team_manager", "service_manager", "head_of_service"):
            held = any(one.role == role and one.holds_on(on) for one in day.extract.team_roles.get(team, ()))
            if not held:
                yield False, f"records: team {team} has no {spoken(role)}"
    # Last, so that a ledger that cannot be used hides nothing said of the records.
    with standing_ledger(settings) as book:
        hold = why_not_used(day, book) if book else None
    if hold is not None:
        yield True, f"records: a run would be held: {hold}"


def _people(day: Day, duties: Duties) -> Iterator[tuple[bool, str]]:
    """Whoever holds a role and cannot be told: somebody else will be, and nobody would know why."""
    for one in unreachable_holders((case for case, _ in duties.by_case.values()), day.directory, day.on):
        concerned = count_of(one.cases, "open case")
        yield False, f"records: {one.person_ref} ({one.held_as}; {concerned}) {one.why}, so somebody else is told"


def _fit(settings: Settings, day: Day, duties: Duties) -> Iterator[str]:
    """Where the settings of sending and the records do not go together."""
    delivery, extract = settings.delivery, day.extract
    people, cases = extract.people.values(), [case for case, _ in duties.by_case.values()]
    named = sum(says_child_in_need(case.label) for case in cases if case.is_open_on(day.on))
    if named:
        said = "names a child in need, so no partner is told of its meetings"
        yield f"records: what {count_of(named, 'open case')} {'is' if named == 1 else 'are'} called {said}"
    yield from of_domains(people, day.on, staff=delivery.allowed_domains, partners=delivery.partner_domains)
    webhooks = _readable_webhooks(settings)
    teams = {*extract.team_roles, *(case.team for case in extract.cases if case.team)}
    yield from of_channels(people, day.on, managers=settings.teams.managers, teams=teams, webhooks=webhooks)
    if delivery.fallback == "teams":
        yield from of_fallback(cases, day.directory, day.on, webhooks)
    written_to = [one for one in people if one.kind != "child" or settings.meetings.children_from_age is not None]
    try:
        texts = translations_of(settings)
    except SettingsError:
        return  # said of the meetings already
    yield from languages_without_text(written_to, texts, day.on)


def _ledger(settings: Settings, on: date) -> Iterator[tuple[bool, str]]:
    with closing(open_ledger(settings.ledger.url, settings.base, settings.council)) as book:
        doubtful = book.messages(state="uncertain")
        holds = book.holds_on(on)
        older = why_older(book, settings.path(settings.report.folder), settings.delivery.mode)
    if older is not None:
        yield True, f"ledger: a run would be held: {older}"
    if doubtful:
        yield (
            False,
            f"ledger: {count_of(len(doubtful), 'message')} wait for a person's word; `cin-reminders ledger --state uncertain`",
        )
    everything = why_all_held(holds)
    if everything is not None:
        yield True, f"ledger: a run would be held: {everything}"
    if holds:
        first = min(holds, key=lambda hold: (hold.until_on, hold.id))
        verb = "is" if len(holds) == 1 else "are"
        ends = f"{'it' if len(holds) == 1 else 'the first'} ends with {day_in_full(first.until_on, None)} ({first.about})"
        yield False, f"ledger: {count_of(len(holds), 'hold')} {verb} in force; {ends}"


def _templates(settings: Settings, on: date) -> Iterator[tuple[bool, str]]:
    yield from ((True, fault) for fault in check_templates())
