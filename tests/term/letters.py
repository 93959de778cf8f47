"""What a message about meetings must say, and what it must not, by who reads it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from .canary import EMAIL, LABEL, LINK, NAME, VENUE, canaries_in, says_child_in_need
from .outbox import Posted
from .people import Row
from .told import Telling

INSIDE, FAMILY = "inside", "family"


def wrong_in(
    posted: Posted, person: Row, tellings: Sequence[Telling], duty_labels: Collection[str], people: Mapping[str, Row]
) -> Iterator[str]:
    """What a message says and must not, and whom it goes to and must not; ``duty_labels`` are of the duties told in it."""
    kinds = {one.kind for one in tellings}
    if len(kinds) > 1 or (len(tellings) > 1 and kinds != {INSIDE} and len({one.places for one in tellings}) > 1):
        yield f"tells {sorted(kinds)} of {len(tellings)} meetings at once"
    # To somebody of the family goes what GOV.UK Notify sends; whoever works for the council or a partner has mail.
    if (posted.channel == "notify") != (kinds == {FAMILY}):
        yield f"goes by {posted.channel} to {sorted(kinds)}"
    if posted.to not in (person.get("email"), "+44" + str(person.get("mobile")).replace(" ", "")[1:]):
        yield "goes to an address of somebody else"
    own_number = {str(person.get("mobile")).replace(" ", "")[-9:]} if posted.channel == "notify" else set()
    yield from (f"says the number {one}" for one in sorted(posted.mobiles - own_number))
    places = {one for one in posted.canaries if one[:2] in (VENUE, LINK)}
    yield from (f"says the place {one}" for one in sorted(places - {place for one in tellings for place in one.places}))
    labels = {label for one in tellings for label in one.labels}
    if kinds <= {INSIDE}:
        yield from _wrong_for_staff(posted.canaries, person, labels.union(duty_labels), people)
        return
    # A family reads no name, not their own either, and no label; a partner their own name, and what the cases are called.
    may_read = canaries_in(posted.to)
    if kinds != {FAMILY}:
        may_read |= canaries_in(" ".join((person["name"], *labels)))
    yield from (f"says {one}" for one in sorted(posted.canaries - places - may_read))
    if posted.says_child_in_need:
        yield "says child in need"


def _wrong_for_staff(said: Collection[str], person: Row, labels: Collection[str], people: Mapping[str, Row]) -> Iterator[str]:
    """The council's own read no child's name, nobody else's address, and no label of a case that they are not told of."""
    own = canaries_in(f"{person['name']} {person.get('email')}")
    children = canaries_in(" ".join(row["name"] for row in people.values() if row["kind"] == "child"))
    known = canaries_in(" ".join(labels))
    for one in sorted(set(said) - own):
        if one[:2] == EMAIL or (one[:2] == LABEL and one not in known) or (one[:2] == NAME and one in children):
            yield f"says {one}"


def missing_in(posted: Posted, tellings: Sequence[Telling]) -> Iterator[str]:
    """What a letter about one meeting must say and does not: its day, time and place, or that it is off."""
    for one in tellings:
        # The message of the day of the council's own has words of its own, and the calendar files beside them.
        if one.kind == INSIDE:
            continue
        if one.what is None:
            if "cancelled" not in posted.text.lower():
                yield "does not say that it is cancelled"
            continue
        starts_at, ends_at = one.what.starts_at, one.what.ends_at
        day, at, until = (
            f"{starts_at:%A} {starts_at.day} {starts_at:%B %Y}",
            f"{starts_at:%H:%M}",
            f"{ends_at or starts_at:%H:%M}",
        )
        yield from (
            f"does not say {said!r}" for said in (day, at, until, venue_of(one), one.what.link) if said not in posted.text
        )


def venue_of(telling: Telling) -> str:
    """The venue as its reader may know it: not to a family or a partner where it says child in need."""
    assert telling.what is not None
    is_guarded = telling.kind != INSIDE and says_child_in_need(telling.what.venue)
    return "" if is_guarded else telling.what.venue
