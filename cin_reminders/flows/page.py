"""What Prefect's page shows of a run: how far it is, its counts, its story. Only ever counts, dates and reasons.

A page is a comfort. Where Prefect's server has gone away in the middle of a run, the run goes on without it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar
from uuid import UUID

from prefect import get_run_logger
from prefect.artifacts import (
    create_markdown_artifact,
    create_progress_artifact,
    create_table_artifact,
    update_progress_artifact,
)
from prefect.settings import PREFECT_CLIENT_MAX_RETRIES, temporary_settings

from cin_reminders.run import Steps

Result = TypeVar("Result")
Shown = TypeVar("Shown")


class Page:
    """One run's page. ``name`` says what of: `daily`, `backfill`; each council has its own."""

    def __init__(self, name: str, council: str) -> None:
        # Prefect allows small letters, figures and dashes in a key.
        self._key = f"{name}-{{}}-{council.replace('_', '-')}"
        self._name = name
        self._progress: UUID | None = None
        self._is_gone = False

    def steps(self, carry_out: Steps, names: Sequence[str]) -> Steps:
        """Steps that are carried out as before, with how many of the usual ones are done shown beside them."""

        def step(name: str, work: Callable[[], Result]) -> Result:
            self.is_at(100 * names.index(name) / len(names) if name in names else 0.0)
            return carry_out(name, work)

        return step

    def done(self, counts: Mapping[str, int], story: str, about: str) -> None:
        """The end of a run: its counts as a table, its story, and nothing more to do. ``about`` says of what day it was."""
        self.is_at(100.0)
        self.table("counts", [{"what": what, "count": count} for what, count in counts.items()], f"Counts of {about}")
        self._shown(
            lambda: create_markdown_artifact(key=self._key.format("story"), markdown=story, description=f"Story of {about}")
        )

    def table(self, what: str, rows: Sequence[Mapping[str, Any]], about: str) -> None:
        """A table of figures, a row each, headed by the names of the first."""
        table = [dict(one) for one in rows]
        self._shown(lambda: create_table_artifact(key=self._key.format(what), table=table, description=about))

    def is_at(self, percent: float) -> None:
        """How far the run is, of a hundred."""
        if self._progress is None:
            key, about = self._key.format("progress"), f"How far the {self._name} run is"
            self._progress = self._shown(lambda: _begun(percent, key, about))
        else:
            begun = self._progress
            self._shown(lambda: update_progress_artifact(begun, progress=percent))

    def _shown(self, show: Callable[[], Shown]) -> Shown | None:
        if self._is_gone:
            return None
        try:
            # Prefect's client would try again for minutes, and whoever is still to be told would wait as long.
            with temporary_settings({PREFECT_CLIENT_MAX_RETRIES: 0}):
                return show()
        except Exception as error:
            self._is_gone = True
            get_run_logger().warning("Prefect's server did not take what the page was to show: %s", type(error).__name__)
            return None


def _begun(percent: float, key: str, about: str) -> UUID:
    made: Any = create_progress_artifact(progress=percent, key=key, description=about)
    return UUID(str(made))
