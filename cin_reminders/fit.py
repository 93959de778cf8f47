"""How the settings fit the records: domains that nobody is at, teams that do not exist, Teams channels that get no card.

Each is said in one line by `check`, before the day on which a message would go nowhere.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from difflib import get_close_matches

from cin_reminders.address import read_address
from cin_reminders.case import ROLES, Case, Person
from cin_reminders.recipients import Directory
from cin_reminders.words import count_of

_SHOWN = 5


def of_domains(people: Iterable[Person], on: date, *, staff: Sequence[str], partners: Sequence[str]) -> Iterator[str]:
    """The domains in the settings that no professional of the records is at, and how many are at none of them.

    ``staff`` and ``partners`` are the two lists of the settings. With no list of staff anybody may be written to, so nothing
    is said.
    """
    if not staff:
        return
    at = Counter(
        address.domain
        for person in people
        if person.kind == "professional" and not person.has_left_by(on) and (address := read_address(person.email or ""))
    )
    others = Counter({domain: number for domain, number in at.items() if domain not in {*staff, *partners}})
    for name, listed in (("allowed_domains", staff), ("partner_domains", partners)):
        for domain in listed:
            if not at[domain]:
                yield f"delivery.{name}: {domain}: nobody in the records has an address there{_alike(domain, others)}"
    if others:
        named = _first([f"{domain} ({number})" for domain, number in others.most_common()])
        yield f"records: {count_of(others.total(), 'professional')} at domains in neither list, who are not written to: {named}"


def of_channels(
    people: Iterable[Person], on: date, *, managers: Mapping[str, str], teams: Collection[str], webhooks: Collection[str] | None
) -> Iterator[str]:
    """The teams of teams.managers that the records do not know, and the channels that have no webhook.

    ``webhooks`` are the channels named in teams.webhooks_file; None where there is no such file, so that nothing can be said.
    """
    for team in managers:
        if team not in teams:
            yield f"teams.managers: {team}: no case or role in the records is of this team{_alike(team, teams)}"
    if webhooks is None:
        return
    for team, channel in managers.items():
        if channel not in webhooks:
            yield f"teams.managers: {team}: no {channel!r} stands in teams.webhooks_file"
    own = Counter(
        person.teams_channel
        for person in people
        if person.teams_channel and person.teams_channel not in webhooks and not person.has_left_by(on)
    )
    if own:
        whose = f"the teams_channel of {count_of(own.total(), 'person', 'people')} is none of those in teams.webhooks_file"
        yield f"records: {whose}, so it gets no card: {_first([repr(channel) for channel in sorted(own)])}"


def of_fallback(cases: Iterable[Case], directory: Directory, on: date, webhooks: Collection[str] | None) -> Iterator[str]:
    """How many of those in a role have a Teams channel of their own, where Teams is what messages go by when e-mail fails."""
    refs = {ref for case in cases if case.is_open_on(on) for role in ROLES for ref in directory.holding(case, role, on)}
    holders = [directory.people[ref] for ref in sorted(refs) if ref in directory.people]
    have = sum(bool(one.teams_channel) and (webhooks is None or one.teams_channel in webhooks) for one in holders)
    if have < len(holders):
        yield (
            f"delivery.fallback is teams, and {have} of {count_of(len(holders), 'person', 'people')} in a role "
            f"{'has' if have == 1 else 'have'} a channel of their own; for the others there is no second way"
        )


def _alike(word: str, words: Iterable[str]) -> str:
    # Not all of them where none is near: a council has a hundred teams.
    return "".join(f"; did you mean {match!r}?" for match in get_close_matches(word, sorted(words), n=1))


def _first(words: Sequence[str]) -> str:
    more = len(words) - _SHOWN
    return ", ".join(words[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
