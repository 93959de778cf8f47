"""How many messages a council's staff get in a week: thirteen weeks of 3,000 cases, decided day by day.

    python benchmarks/noise_budget.py --processes 2
    python benchmarks/noise_budget.py --policy salford --cases 1000 --reminders gathered

Each policy is measured twice: with each reminder on its own day, and with `reminders: gathered` in its ladder. Nothing is sent,
and no ledger is needed: what one day decides counts as told on the next. The tables are Markdown. Needs the packages of
requirements/test.lock.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from multiprocessing import get_context
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from living_council import CASELOAD, LAST_ON, living_council
from noise import DAILY, GATHERED, POSTS, Noise, listen

from cin_reminders.policy_file import load_policy

POLICIES = ("cumbria", "norfolk")
MONDAY = 0


def main() -> None:
    options = argparse.ArgumentParser(description="Messages a role a week, by simulation.")
    options.add_argument("--cases", type=int, default=3000)
    options.add_argument("--policy", action="append", help=f"may be given several times; {' and '.join(POLICIES)} unless it is")
    options.add_argument("--reminders", action="append", choices=(DAILY, GATHERED), help="may be given twice; both unless it is")
    options.add_argument("--seed", type=int, default=2026)
    options.add_argument("--processes", type=int, default=1, help="policies worked out at the same time")
    wanted = options.parse_args()
    began = time.monotonic()
    reminders = tuple(wanted.reminders or (DAILY, GATHERED))
    todo = [(policy, wanted.cases, wanted.seed, reminders) for policy in wanted.policy or POLICIES]
    with get_context("spawn").Pool(wanted.processes) as pool:
        found = [noise for of_policy in pool.starmap(measure, todo) for noise in of_policy]
    for noise in found:
        print("\n".join(report(noise)))
    print(f"{time.monotonic() - began:.0f} s", file=sys.stderr)


def measure(policy: str, cases: int, seed: int, reminders: Sequence[str]) -> tuple[Noise, ...]:
    """What is heard in one council, once for each way to remind."""

    def progress(day: date) -> None:
        if day.weekday() == MONDAY or day == LAST_ON:
            print(f"{policy} {day}", file=sys.stderr, flush=True)

    council = living_council(policy, cases, seed=seed)
    return listen(council, load_policy(policy, Path()), reminders=reminders, progress=progress)


def report(noise: Noise) -> Iterator[str]:
    """One policy's figures, as Markdown."""
    yield f"\n## {noise.policy}, reminders {noise.reminders}\n"
    yield (
        f"{noise.open_cases:,.0f} open cases on an average day, {noise.caseload:.1f} for each practitioner; for a hundred open "
        f"cases {100 * noise.overdue:.0f} duties of the procedure overdue. {len(noise.days)} working days.\n"
    )
    yield (
        f"**A practitioner with {CASELOAD} cases gets {noise.messages_a_practitioner:.2f} messages a week** "
        f"with {noise.lines_a_practitioner:.1f} lines.\n"
    )
    yield "| | people | messages a week: mean | median | 95th percentile | worst | lines a message: mean | median | worst |"
    yield "|---|---|---|---|---|---|---|---|---|"
    for post in POSTS:
        if noise.people(post):
            yield "| " + " | ".join(_row(noise, post)) + " |"
    yield "\nWhat the practitioners' notices are about:\n"
    yield from _shares("stage", (stage for one in noise.of("practitioner") for _, _, stage in one.notices))
    yield ""
    yield from _shares("duty", (f"{duty} ({figure})" for one in noise.of("practitioner") for duty, figure, _ in one.notices))
    yield "\nNew notices that a day's run plans:\n"
    yield "| | least | median | mean | most |"
    yield "|---|---|---|---|---|"
    planned = noise.planned_a_day()
    yield _numbers("Mondays", [number for day, number in planned.items() if day.weekday() == MONDAY])
    yield _numbers("other days", [number for day, number in planned.items() if day.weekday() != MONDAY])
    medians = [(planned[day], statistics.median(before)) for day, before in _with_five_before(planned)]
    if largest := max((number / median for number, median in medians if median), default=None):
        yield f"\nThe largest day was {largest:.1f} times the median of the five before it."
    yield f"\nThe day before the first one counted, with an empty ledger, had {noise.before:,}."


def _row(noise: Noise, post: str) -> list[str]:
    messages, lines = noise.messages_a_week(post), sorted(one.lines for one in noise.of(post))
    figures = (statistics.mean(messages), statistics.median(messages), percentile(messages, 95), messages[-1])
    lengths = (f"{statistics.mean(lines):.1f}", f"{statistics.median(lines):.0f}", str(lines[-1])) if lines else ("", "", "")
    return [post.replace("_", " "), str(len(messages)), *(f"{figure:.2f}" for figure in figures), *lengths]


def _shares(heading: str, of: Iterable[str]) -> Iterator[str]:
    counts = Counter(of)
    yield f"| {heading} | share |"
    yield "|---|---|"
    for what, number in counts.most_common(10):
        yield f"| {what.replace('_', ' ')} | {number / counts.total():.0%} |"


def _numbers(name: str, counts: Sequence[int]) -> str:
    return f"| {name} | {min(counts)} | {statistics.median(counts):.0f} | {statistics.mean(counts):.0f} | {max(counts)} |"


def _with_five_before(planned: dict[date, int]) -> Iterator[tuple[date, list[int]]]:
    days = sorted(planned)
    for place in range(5, len(days)):
        yield days[place], [planned[day] for day in days[place - 5 : place]]


def percentile(values: Sequence[float], share: int) -> float:
    """The value below which so many in a hundred lie; ``values`` are sorted."""
    return values[min(len(values) - 1, len(values) * share // 100)]


if __name__ == "__main__":
    main()
