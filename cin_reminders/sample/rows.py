"""The rows of the made-up council: the ten relations with the contract's columns, and nothing else."""

from __future__ import annotations

from cin_reminders.records.relations import RELATIONS

Rows = dict[str, list[dict[str, object]]]

COLUMNS: dict[str, tuple[str, ...]] = {
    name: tuple(column.name for column in relation.columns) for name, relation in RELATIONS.items()
}


def empty_rows() -> Rows:
    """All ten relations, with no rows yet."""
    return {relation: [] for relation in COLUMNS}


def whole_row(relation: str, **values: object) -> dict[str, object]:
    """One row with every column of its relation; what is not given is not recorded. Raises ValueError for any other column."""
    unknown = values.keys() - set(COLUMNS[relation])
    if unknown:
        raise ValueError(f"{relation} has no column {', '.join(sorted(unknown))}")
    return {column: values.get(column) for column in COLUMNS[relation]}
