"""A history as it is planned: runs and their rows, before they meet the tables."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import date, datetime, timedelta
from typing import Any

from ingest.contract import Counts, Status
from ingest.partitions import partition_on
from ingest.series import attempts
from tests.factories import LETTERS, NOW

Span = tuple[datetime, datetime]
HOURS = 96
SINCE = NOW - timedelta(hours=HOURS)
WHOLE = (SINCE - timedelta(days=1), NOW + timedelta(days=2))
VENDORS = ("testmo", "qatech")
# What each is an alias of.
CONFIGURATIONS = {"Chrome": None, "Chrome 2": "Chrome", "Firefox": None}
SOURCES = ("backend", "mobile")
# Of each project; "v1" is one milestone of both, "2" and "v2" are one in the first.
MILESTONES = (("v1", "2", "v2"), ("v1", "3"))


class Plan:
    """Shown without what is as always, so that a falsifying history can be read."""

    def __repr__(self) -> str:
        said = [
            f"{field.name}={value!r}"
            for field in fields(self)
            if (value := getattr(self, field.name)) != field.default
        ]
        return f"{type(self).__name__}({', '.join(said)})"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """What hypothesis prints."""
        printer.text(repr(self))


@dataclass(frozen=True, repr=False)
class Row(Plan):
    """One execution; `hours` after its run began."""

    case: int
    letter: str
    hours: float = 0
    is_removed: bool = False
    is_marked: bool = False
    duration_ms: int | None = 1000
    message: str = ""


@dataclass(frozen=True, repr=False)
class RunPlan(Plan):
    """A run; `crowd` are the numbers of further cases that passed and that failed."""

    external_id: str
    hours: float = 0
    name: str = ""
    rows: tuple[Row, ...] = ()
    project: int = 0
    configuration: str = ""
    source: str = ""
    branch: str = ""
    commit: str = ""
    milestones: frozenset[int] = frozenset()
    left_milestones: frozenset[int] = frozenset()
    kind: str = "automated"
    has_start: bool = True
    lasts_hours: float | None = None
    duration_ms: int | None = None
    is_removed: bool = False
    verdict: str = ""
    counts: tuple[int, ...] | None = None
    crowd: tuple[int, int] = (0, 0)

    @property
    def began_at(self) -> datetime:
        return SINCE + timedelta(hours=self.hours)

    def renamed(self, external_id: str) -> RunPlan:
        return replace(self, external_id=external_id)

    @property
    def all_rows(self) -> tuple[Row, ...]:
        passed, failed = self.crowd
        others = "P" * passed + "F" * failed
        return self.rows + tuple(
            Row(100 + n, letter) for n, letter in enumerate(others)
        )


def drawn(
    letters: str, *, case: int = 0, project: int = 0, **values: object
) -> list[RunPlan]:
    """A series by hand: a run for each word, an hour apart; a word holds attempts.

    "P F FP" are three runs. Each attempt is two minutes after the one before. `values`
    go to every run.
    """
    return [
        RunPlan(
            external_id=f"{project}{case}{number:03}",
            hours=number + 1,
            project=project,
            rows=tuple(
                Row(case, letter, hours=place / 30)
                for place, letter in enumerate(attempts_of_run)
            ),
            **values,
        )
        for number, attempts_of_run in enumerate(letters.split())
    ]


def numbers(plan: RunPlan) -> dict[int, tuple[int, bool]]:
    """Attempt number and finality of the rows that are not removed, by ordinal."""
    kept = [(n, row) for n, row in enumerate(plan.all_rows) if not row.is_removed]
    times = [plan.began_at + timedelta(hours=row.hours) for _, row in kept]
    numbers, finals = attempts([row.case for _, row in kept], times)
    pairs = zip(numbers, finals, strict=True)
    return {ordinal: pair for (ordinal, _), pair in zip(kept, pairs, strict=True)}


def plan_counts(plan: RunPlan) -> Counts:
    """The totals of the run: as stated, else of its final results."""
    if plan.counts is not None:
        names = Counts.__dataclass_fields__
        return Counts(**dict(zip(names, plan.counts, strict=True)))
    found = dict.fromkeys(map(str, Status), 0)
    for ordinal, (_, is_final) in numbers(plan).items():
        found[str(LETTERS[plan.all_rows[ordinal].letter])] += is_final
    return Counts(**found)


def partition_of(plan: RunPlan) -> date:
    return partition_on(plan.began_at if plan.has_start else None, plan.began_at)
