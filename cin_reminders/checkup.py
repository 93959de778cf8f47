"""The check-up: settings, pack, records, ledger and channel, looked at without telling anybody anything."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import date, datetime

from cin_reminders.channels.mime import sender_problems
from cin_reminders.day import Day, Duties, calendar_of, make_day, read_extract, work_out_duties
from cin_reminders.errors import CinRemindersError, PolicyError, Problems
from cin_reminders.ledger import open_ledger
from cin_reminders.outgoing import channels_of, close
from cin_reminders.outlook import standing_ledger, why_not_used
from cin_reminders.policy_file import load_policy
from cin_reminders.rendering import check_templates
from cin_reminders.settings import Settings
from cin_reminders.unreachable import unreachable_holders
from cin_reminders.words import count_of, spoken
from cin_reminders.working_days import official_list_warning


def check_up(settings: Settings, on: date) -> tuple[list[str], list[str]]:
    """Every problem that would stop or spoil a run, and every remark worth knowing, each in one line."""
    problems: list[str] = []
    remarks: list[str] = []
    for look in (_settings, _pack, _records, _ledger, _templates):
        try:
            for is_problem, said in look(settings, on):
                (problems if is_problem else remarks).append(said)
        except Problems as error:
            problems += error.problems
        except CinRemindersError as error:
            problems.append(str(error))
    return list(dict.fromkeys(problems)), remarks


def _settings(settings: Settings, on: date) -> Iterator[tuple[bool, str]]:
    email = settings.email
    faults = sender_problems(from_address=email.from_address, from_name=email.from_name, reply_to=email.reply_to)
    yield from ((True, f"email: {fault}") for fault in faults)
    if not faults:
        close(channels_of(settings, lambda: datetime.max))
    if not settings.delivery.allowed_domains:
        yield False, "delivery.allowed_domains is empty: while messages are files, staff at any domain get one"
    if settings.delivery.notify_from is None:
        yield False, "delivery.notify_from is not set: a new ledger does not go live without it"
    if settings.delivery.mode == "folder":
        folder = settings.path(settings.delivery.folder)
        if folder.exists() and not folder.is_dir():
            yield True, f"delivery.folder: {folder.name} is no folder"


def _pack(settings: Settings, on: date) -> Iterator[tuple[bool, str]]:
    policy = load_policy(settings.policy, settings.base)
    for edition in policy.editions:
        for doubt in edition.doubts:
            yield False, f"policy {policy.id}, a doubt: {doubt}"
        yield from ((False, f"policy {policy.id}, {duty.duty}, a doubt: {duty.doubt}") for duty in edition.duties if duty.doubt)
    warning = official_list_warning(calendar_of(settings), on)
    if warning:
        yield False, warning


def _records(settings: Settings, on: date) -> Iterator[tuple[bool, str]]:
    extract = read_extract(settings)
    yield from ((False, f"records: {rejection}") for rejection in extract.rejections)
    yield from ((False, f"records: {warning}") for warning in extract.warnings)
    try:
        policy = load_policy(settings.policy, settings.base)
    except PolicyError:
        return  # said of the pack already
    day = make_day(settings, on, policy, extract)
    for relation in sorted(day.extract.not_supplied):
        duties = [duty.duty for duty in day.policy.newest.duties if relation in duty.needs]
        yield False, f"records: {relation} is not supplied" + (f"; not watched: {', '.join(duties)}" if duties else "")
    duties_found = work_out_duties(day)
    yield from _people(day, duties_found)
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


def _ledger(settings: Settings, on: date) -> Iterator[tuple[bool, str]]:
    with closing(open_ledger(settings.ledger.url, settings.base, settings.council)) as book:
        doubtful = book.messages(state="uncertain")
    if doubtful:
        yield (
            False,
            f"ledger: {count_of(len(doubtful), 'message')} wait for a person's word; `cin-reminders ledger --state uncertain`",
        )


def _templates(settings: Settings, on: date) -> Iterator[tuple[bool, str]]:
    yield from ((True, fault) for fault in check_templates())
