"""The rows of one relation: each is accepted as values in the contract's order, or rejected with its place and the reason."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

from cin_reminders.case import Rejection, RowCount
from cin_reminders.records.columns import BLANK, Read, Reading, Unreadable, read_fact, reader
from cin_reminders.records.relations import Kind, Relation

Values = tuple[Any, ...]

_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,59}", re.ASCII)
_LONGEST_KEY = 60


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """One relation as a council supplies it: the columns of its rows, the rows, and the columns that are not fetched at all.

    Calling ``rows`` reads them; it raises RecordsError where they cannot be read to the end.
    """

    columns: tuple[str, ...]
    rows: Callable[[], Iterator[Sequence[object]]]
    unread: tuple[str, ...] = ()


@dataclass(kw_only=True, slots=True)
class Rows:
    """What one relation held. ``first`` has one row for each key, ``others`` the further rows of a key that disagree.

    In a relation without a key the whole row is its own key, so that identical rows collapse and none disagree.
    """

    relation: Relation
    read: int = 0
    first: dict[object, Values] = field(default_factory=dict)
    others: dict[object, list[Values]] = field(default_factory=dict)
    rejections: list[Rejection] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    @property
    def count(self) -> RowCount:
        """Read = accepted + rejected; two identical rows are both accepted."""
        rejected = len(self.rejections)
        return RowCount(read=self.read, accepted=self.read - rejected, rejected=rejected)

    def of_key(self, key: object, reading: int) -> Values:
        """The row of a key in the first reading (0), the second (1), and so on; the last one stands where there is no further."""
        further = self.others.get(key)
        return self.first[key] if not reading or further is None else further[min(reading, len(further)) - 1]

    def every_row(self) -> Iterator[Values]:
        """Each row that was accepted, identical ones once."""
        yield from self.first.values()
        for further in self.others.values():
            yield from further


def missing_columns(relation: Relation, columns: Sequence[str]) -> list[str]:
    """Each required column that is not there, as ``relation.column``."""
    return [f"{relation.name}.{one.name}" for one in relation.columns if not one.optional and one.name not in columns]


def said(name: str) -> str:
    """A name from the records for a message: itself if it is a code, else nothing of it, since it may be any text."""
    return f"`{name}`" if _CODE.fullmatch(name) else "(not a code)"


def read_relation(relation: Relation, source: Source, reading: Reading) -> Rows:
    """Every row of one relation, accepted or rejected, with the warnings that concern single rows.

    Raises RecordsError where the source cannot be read to the end.
    """
    found = Rows(relation=relation)
    known = {column.name for column in relation.columns}
    extra = sorted({said(name) for name in (*source.columns, *source.unread) if name not in known})
    if extra:
        found.warnings.append(f"{relation.name}: not in the contract and not read: column {', '.join(extra)}")

    reads = _readers(relation, source.columns, reading)
    finish = _finisher(relation, reading)
    key_at = tuple(relation.position(name) for name in relation.key)
    needed = _needed(relation)
    width = len(source.columns)
    first, others = found.first, found.others
    for row in source.rows():
        found.read += 1
        try:
            if len(row) != width:
                raise Unreadable
            values = tuple([None if (cell := row[at]) is None else read(cell) for at, read in reads])
            if None in needed(values):
                raise Unreadable
            values = finish(values)
        except Unreadable:
            counted = reading.cleaned.copy()
            found.rejections.append(_reject(relation, source.columns, row, found.read, reads, finish))
            # The row was read twice; what was cleaned in it counts once.
            reading.cleaned.clear()
            reading.cleaned.update(counted)
            continue
        key = values if not key_at else values[key_at[0]] if len(key_at) == 1 else (values[key_at[0]], values[key_at[1]])
        earlier = first.setdefault(key, values)
        if earlier is not values and earlier != values:
            further = others.setdefault(key, [])
            if values not in further:
                further.append(values)
    found.warnings += [
        f"{relation.name}.{column.name}: control characters became a space in {_times(reading.cleaned[place], 'cell')}"
        for column in relation.columns
        if reading.cleaned[place := f"{relation.name}.{column.name}"]
    ]
    found.warnings += _unknown_words(found)
    return found


def _readers(relation: Relation, columns: Sequence[str], reading: Reading) -> list[tuple[int, Read]]:
    reads: list[tuple[int, Read]] = []
    for column in relation.columns:
        if column.name in columns:
            reads.append((columns.index(column.name), reader(column, reading, f"{relation.name}.{column.name}")))
        else:
            reads.append((0, _absent))
    return reads


def _needed(relation: Relation) -> Callable[[Values], tuple[object, ...]]:
    """What must not be blank in a row; every relation has at least two such columns."""
    return itemgetter(*(at for at, column in enumerate(relation.columns) if not column.optional))


def _absent(_cell: object) -> None:
    return None


class _Faulty(Unreadable):
    """A row whose cells can each be understood but not together; ``column`` is where to look."""

    def __init__(self, column: str, reason: str) -> None:
        self.column = column
        super().__init__(reason)


def _finisher(relation: Relation, reading: Reading) -> Callable[[Values], Values]:
    """What must hold of a whole row of this relation, and the defaults that depend on other columns."""
    names = [column.name for column in relation.columns]
    spans = [(relation.position(begin), relation.position(end), begin, end) for begin, end in relation.spans]

    def in_order(values: Values) -> Values:
        for begin_at, end_at, begin, end in spans:
            if values[begin_at] is not None and values[end_at] is not None and values[end_at] < values[begin_at]:
                raise _Faulty(end, f"must not be before {begin}")
        return values

    def case(values: Values) -> Values:
        return (values[0], values[0] if values[1] is None else values[1], *values[2:])

    def fact(values: Values) -> Values:
        try:
            value = read_fact(reading, "cin_facts.value", values[1], values[2])
        except Unreadable as unreadable:
            raise _Faulty("value", str(unreadable)) from None
        return in_order((*values[:2], value, *values[3:]))

    def role(values: Values) -> Values:
        if (values[0] is None) == (values[1] is None):
            raise _Faulty("case_ref", "exactly one of case_ref and team must be given")
        return in_order(values)

    def person(values: Values) -> Values:
        one = dict(zip(names, in_order(values), strict=True))
        one["language"] = one["language"] or "en"
        one["contact"] = one["contact"] or ("yes" if one["kind"] == "professional" else "no")
        return tuple(one.values())

    def transfer(values: Values) -> Values:
        one = dict(zip(names, values, strict=True))
        one["documents_sent"] = one["documents_sent"] or ()
        return tuple(one.values())

    special = {"cin_cases": case, "cin_facts": fact, "cin_roles": role, "cin_people": person, "cin_transfers": transfer}
    return special.get(relation.name, in_order)


def _reject(
    relation: Relation,
    columns: Sequence[str],
    row: Sequence[object],
    number: int,
    reads: Sequence[tuple[int, Read]],
    finish: Callable[[Values], Values],
) -> Rejection:
    """Read the row again, slowly, to say everything that is wrong with it at its first faulty column."""
    faults: list[tuple[str, str]] = []
    whole = len(row) == len(columns)
    if not whole:
        faults.append(("row", f"must have {_times(len(columns), 'cell')} as the header row does, has {len(row)}"))
        # Past a stray comma each cell stands under the wrong column; only the first is sure to be what its header says.
        row = [*row[:1], *[None] * (len(columns) - 1)]
    values: list[Any] = []
    for (at, read), column in zip(reads, relation.columns, strict=True):
        try:
            value = None if row[at] is None else read(row[at])
            fault = BLANK if value is None and not column.optional else ""
        except Unreadable as unreadable:
            value, fault = None, str(unreadable)
        values.append(value)
        if fault and whole:
            faults.append((column.name, fault))
    if not faults:
        try:
            finish(tuple(values))
        except _Faulty as faulty:
            faults.append((faulty.column, str(faulty)))

    by_name = dict(zip((column.name for column in relation.columns), values, strict=True))
    names = {name: by_name[name] for name in relation.named_by}
    kinds = {column.name: column.kind for column in relation.columns}
    parts = [said(value).strip("`") if kinds[name] is Kind.OPEN_WORD else value for name, value in names.items() if value]
    (column_name, reason), *more = faults
    return Rejection(
        relation=relation.name,
        key=" / ".join(part[:_LONGEST_KEY] for part in parts) if parts else f"row {number}",
        column=column_name,
        reason="; ".join([reason, *(f"{name}: {also}" for name, also in more)]),
        case_ref=by_name.get("case_ref"),
        team=by_name.get("team"),
    )


def _unknown_words(found: Rows) -> list[str]:
    """Words that the contract does not list: one warning for each, with how many rows say it. The rows are kept."""
    warnings = []
    for at, column in enumerate(found.relation.columns):
        if column.kind is Kind.OPEN_WORD:
            unknown: Mapping[str, int] = Counter(said(row[at]) for row in found.every_row() if row[at] not in column.words)
            warnings += [
                f"{found.relation.name}.{column.name}: {word} is not known to the contract; {_times(count, 'row')} kept"
                for word, count in sorted(unknown.items())
            ]
    return warnings


def _times(count: int, thing: str) -> str:
    return f"{count} {thing}{'' if count == 1 else 's'}"
