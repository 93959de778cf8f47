"""Norfolk's duties, row by row."""

from __future__ import annotations

from datetime import date

from .duties_everywhere import (
    ANY_MEETING,
    PROMPT,
    PROMPT_AT_ONCE,
    Obligation,
    action,
    after_the_meeting,
    earliest,
    early_review,
    every_completion,
    harm_response,
    initial_meeting,
    invitations,
    met_in_time_to_count,
    obligation,
    of_the_meeting,
    reading_day,
    visit,
    worth_naming,
)
from .duties_records import Row, Seen, booked, event_days, fact_on, first_after, first_from, held, interval_on


# From the day a plan was agreed to be needed: an initial meeting booked (and not cancelled) or held. No figure.
def norfolk_initial_meeting(seen: Seen) -> list[Obligation]:
    evidence = [m["held_on"] for m in held(seen, "initial")]
    evidence += [m["booked_on"] for m in booked(seen) if m["kind"] == "initial" and m.get("booked_on") is not None]
    return initial_meeting(seen, "plan_agreed", PROMPT, "council", evidence)


# From each initial or review meeting that does not close: the next review date agreed at it, by the next working day. No figure.
def norfolk_review_date_agreed(seen: Seen) -> list[Obligation]:
    found = []
    for meeting in held(seen, "initial", "review"):
        if meeting.get("outcome") == "close":
            continue
        start = meeting["held_on"]
        found += obligation(
            seen,
            "review_date_agreed",
            start=start,
            due_on=seen.days.after(start, PROMPT_AT_ONCE),
            met_on=None if meeting.get("next_review_on") is None else start,
            figure="council",
            ref=meeting["meeting_ref"],
        )
    return found


# From the last initial or review meeting: as agreed in exceptional circumstances; else 12 weeks for a disabled child with a
# stable long-term plan, else 6 weeks; or as agreed if sooner. Facts are read no later than the end of the 6 weeks.
def norfolk_review(seen: Seen) -> list[Obligation]:
    found = []
    for meeting in held(seen, "initial", "review"):
        start = meeting["held_on"]
        six_weeks, twelve_weeks = seen.days.after(start, "6 weeks"), seen.days.after(start, "12 weeks")
        assert six_weeks is not None
        assert twelve_weeks is not None
        met_on = first_after([m["held_on"] for m in held(seen, *ANY_MEETING)], start)
        read_on = reading_day(seen, six_weeks, met_in_time_to_count(seen, "review", start, six_weeks, met_on))
        agreed = interval_on(seen, "review_interval", read_on)
        agreed_on = None if agreed is None else seen.days.after(start, agreed)
        names = ("exceptional_circumstances", "disabled", "stable_long_term_plan")
        known = {name: fact_on(seen.facts, name, read_on) for name in names}

        def due(
            facts: dict[str, str],
            six_weeks: date = six_weeks,
            twelve_weeks: date = twelve_weeks,
            agreed: str | None = agreed,
            agreed_on: date | None = agreed_on,
        ) -> date | None:
            if facts["exceptional_circumstances"] == "yes" and agreed is not None:
                return agreed_on
            limit_on = twelve_weeks if facts["disabled"] == "yes" and facts["stable_long_term_plan"] == "yes" else six_weeks
            return limit_on if agreed_on is None else min(limit_on, agreed_on)

        missing = worth_naming(known, due)
        if agreed is None and known["exceptional_circumstances"] == "yes":
            missing.append("review_interval")
        found += obligation(
            seen,
            "review",
            start=start,
            due_on=earliest([due(facts) for facts in every_completion(known)]),
            met_on=met_on,
            figure="procedure",
            ref=meeting["meeting_ref"],
            missing=missing,
        )
    return found


# From each meeting held, of whatever kind: the plan recorded. No figure.
def norfolk_plan_recorded(seen: Seen) -> list[Obligation]:
    return after_the_meeting(seen, "plan_recorded", held(seen, *ANY_MEETING), ("plan_recorded",))


# From each meeting held, of whatever kind: everyone has a copy of the plan. No figure.
def norfolk_plan_copies(seen: Seen) -> list[Obligation]:
    return of_the_meeting(seen, "plan_copies", held(seen, *ANY_MEETING), "plan_shared_on", PROMPT, "council")


# From the day a family that moved in is resident: an initial or review meeting within 20 working days.
def norfolk_transfer_in_meeting(seen: Seen) -> list[Obligation]:
    found = []
    for row in seen.transfers:
        start = seen_date(seen, row, "resident_on")
        if row["direction"] != "in" or start is None:
            continue
        found += obligation(
            seen,
            "transfer_in_meeting",
            start=start,
            due_on=seen.days.after(start, "20 working days"),
            met_on=first_from([m["held_on"] for m in held(seen, "initial", "review")], start),
            figure="procedure",
            ref=row["transfer_ref"],
        )
    return found


def seen_date(seen: Seen, row: Row, column: str) -> date | None:
    """A date of a transfer that has come by the business date."""
    day: date | None = row.get(column)
    return day if day is not None and day <= seen.on else None


# From a transfer out known (no day recorded: no due date): the new authority notified; permission sought; the four documents
# sent, on a recorded day; the other agencies told. No figures.
def norfolk_transfer_out(seen: Seen) -> list[Obligation]:
    found = []
    for row in seen.transfers:
        start = row.get("known_on")
        if row["direction"] != "out" or (start is not None and start > seen.on):
            continue
        sent = {part.strip() for part in (row.get("documents_sent") or "").split(",")}
        all_sent = sent >= {"assessment", "plan", "minutes", "summary"}
        for duty, evidence in (
            ("transfer_out_notice", seen_date(seen, row, "notified_on")),
            ("transfer_out_permission", seen_date(seen, row, "permission_sought_on")),
            ("transfer_out_documents", seen_date(seen, row, "documents_sent_on") if all_sent else None),
            ("transfer_out_agencies", seen_date(seen, row, "agencies_told_on")),
        ):
            found += obligation(
                seen,
                duty,
                start=start,
                due_on=None if start is None else seen.days.after(start, PROMPT),
                met_on=first_from([] if evidence is None else [evidence], start),
                figure="council",
                ref=row["transfer_ref"],
                missing=["known_on"] if start is None else [],
            )
    return found


# From a dispute, or from the day when the council's figure has run from the notice and nothing was accepted by then, whichever
# came first: the service manager told, the next working day. No figure.
def norfolk_transfer_dispute(seen: Seen) -> list[Obligation]:
    found = []
    for row in seen.transfers:
        disputed = seen_date(seen, row, "disputed_on")
        notified = seen_date(seen, row, "notified_on")
        accepted = seen_date(seen, row, "accepted_on")
        waited = None if notified is None else seen.days.after(notified, PROMPT)
        if waited is not None and (waited > seen.on or (accepted is not None and accepted <= waited)):
            waited = None
        start = earliest([disputed, waited])
        if start is None:
            continue
        told = seen_date(seen, row, "service_manager_told_on")
        found += obligation(
            seen,
            "transfer_dispute",
            start=start,
            due_on=seen.days.after(start, PROMPT_AT_ONCE),
            met_on=first_from([] if told is None else [told], start),
            figure="council",
            ref=row["transfer_ref"],
        )
    return found


# From the service manager told: next steps decided and recorded. No figure.
def norfolk_transfer_decision(seen: Seen) -> list[Obligation]:
    found = []
    for row in seen.transfers:
        start = seen_date(seen, row, "service_manager_told_on")
        if start is None:
            continue
        found += obligation(
            seen,
            "transfer_decision",
            start=start,
            due_on=seen.days.after(start, PROMPT),
            met_on=first_from(event_days(seen, "next_steps_decision_recorded"), start),
            figure="council",
            ref=row["transfer_ref"],
        )
    return found


def duties(seen: Seen) -> list[Obligation]:
    """Every obligation of one case under Norfolk's procedure."""
    return (
        norfolk_initial_meeting(seen)
        + norfolk_review_date_agreed(seen)
        + norfolk_review(seen)
        + norfolk_plan_recorded(seen)
        + norfolk_plan_copies(seen)
        + early_review(seen)
        + norfolk_transfer_in_meeting(seen)
        + norfolk_transfer_out(seen)
        + norfolk_transfer_dispute(seen)
        + norfolk_transfer_decision(seen)
        + visit(seen, "monitoring_visit")
        + invitations(seen)
        + action(seen)
        + harm_response(seen)
    )
