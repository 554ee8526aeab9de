"""Random small worlds: runs that attempts, time and vendors make as odd as they can be."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

from dashboard.models import CaseGroup, GroupedCase, RunJudgement
from ingest.contract import Counts, Detail, Status
from ingest.models import (
    STATUS_CODES,
    Case,
    Configuration,
    Connection,
    Milestone,
    MilestoneMember,
    Project,
    Result,
    ResultText,
    Run,
    RunMilestone,
    Source,
)
from ingest.models.runs import key_hash, normalised_name
from ingest.partitions import ensure_partition, partition_on
from ingest.rollups import rebuild_run_days
from ingest.series import attempts, is_outage
from tests import factories
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


def some(max_examples: int) -> settings:
    """A world is a few dozen statements; the number of them matters more than their time.

    Without shrinking, which would take minutes: the worlds are small enough to read.
    """
    return settings(
        max_examples=max_examples,
        deadline=None,
        phases=[Phase.explicit, Phase.reuse, Phase.generate],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )


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


# Quarters of an hour, so that equal times are common and edges are hit exactly.
moments = st.integers(0, HOURS * 4).map(lambda quarter: quarter / 4)
removals = st.sampled_from([False] * 7 + [True])
rows = st.builds(
    Row,
    case=st.integers(0, 3),
    letter=st.sampled_from("PPPFFESBURR?"),
    hours=st.integers(0, 120).map(lambda quarter: quarter / 4),
    is_removed=removals,
    duration_ms=st.none() | st.integers(0, 50),
)
runs = st.builds(
    RunPlan,
    project=st.integers(0, 1),
    hours=moments,
    external_id=st.text("ab1é", min_size=1, max_size=3),
    configuration=st.sampled_from(["", "Chrome", "Chrome 2", "Firefox"]),
    source=st.sampled_from(["", *SOURCES]),
    branch=st.sampled_from(["", "main", "dev"]),
    milestones=st.frozensets(st.integers(0, 2), max_size=2),
    kind=st.sampled_from(["automated"] * 5 + ["manual"]),
    has_start=st.sampled_from([True, True, True, False]),
    is_removed=removals,
    counts=st.none() | st.tuples(*[st.integers(0, 9)] * 8),
    rows=st.lists(rows, max_size=8).map(tuple),
)


def _unique(run: RunPlan) -> tuple[int, str]:
    return run.project, run.external_id


histories = st.lists(runs, max_size=8, unique_by=_unique)


# What one run says of one case: one result, attempts, or nothing; undecided ones too.
SINGLES = tuple("PPPPFFE")
ATTEMPTS = ("FP", "PF", "FF", "FFP", "PP", "SP", "SF", "FS", "PFS", "FSP", "PS", "EP")
REST = ("S", "B", "U", "R", "?", "", "")
WORDS = [SINGLES, SINGLES * 6 + ATTEMPTS + REST, SINGLES + ATTEMPTS + REST]


@st.composite
def cells(draw: st.DrawFn, case: int, said: tuple[str, ...]) -> list[Row]:
    letters = draw(st.sampled_from(said))
    if len(letters) < 2:
        return [Row(case, letter, hours=1, duration_ms=7) for letter in letters]
    # Not all attempts arrive in their order; a retry may come long after.
    step = draw(st.sampled_from([0, 0.25, 0.25, 6, -0.25]))
    lost = draw(st.sampled_from([None] * 5 + list(range(len(letters)))))
    is_marked = draw(st.booleans())
    durations = draw(st.lists(st.none() | st.integers(0, 40), min_size=3, max_size=3))
    return [
        Row(case, letter, 1 + step * number, number == lost, is_marked, duration_ms)
        for number, (letter, duration_ms) in enumerate(
            zip(letters, durations, strict=False)
        )
    ]


# How a history is: what its runs choose from, so that their series and commits meet.
POOLS = {
    "project": [(0,), (0,), (0, 0, 1)],
    "configuration": [
        ("",),
        ("Chrome",),
        ("Chrome", "Chrome 2"),
        tuple(CONFIGURATIONS),
    ],
    "branch": [("",), ("main",), ("main", "main", "dev"), ("", "main", "dev")],
    "commit": [("",), ("", "", "c1"), ("c1", "c2"), ("", "c1", "c2", "c3")],
    "source": [("",), ("", *SOURCES)],
    "milestones": [
        (frozenset(),),
        (frozenset(), frozenset({0})),
        tuple(map(frozenset, ({0}, {1}, {1, 2}))),
    ],
    "left_milestones": [(frozenset(),)],
    "kind": [("automated",), ("automated",) * 4 + ("manual",)],
    "has_start": [(True,), (True, True, False)],
    "is_removed": [(False,), (False,) * 7 + (True,)],
    "verdict": [("",), ("",) * 4 + ("excluded", "kept")],
    # 20 decided of which 16 failed are an outage; 19 or 15 are none.
    "crowd": [
        *[((0, 0),)] * 3,
        ((0, 0), (0, 0), (0, 0), (4, 16), (3, 16), (4, 14), (5, 15), (0, 17)),
    ],
}


@st.composite
def long_histories(
    draw: st.DrawFn, max_size: int = 14, **pools: list[tuple[object, ...]]
) -> list[RunPlan]:
    """Runs as flakiness sees them: few cases, often one series, at times many."""
    style = {
        name: draw(st.sampled_from(choices))
        for name, choices in (POOLS | pools).items()
    }
    size = draw(st.integers(3, max_size))
    said = draw(st.sampled_from(WORDS))
    # The tool's ids are in no order of time, and some compare oddly.
    ids = draw(st.permutations(["é", "Z", "z", "10", "9", *map(str, range(11, 21))]))
    return [
        RunPlan(
            external_id=ids[number],
            hours=draw(moments),
            rows=tuple(row for case in range(2) for row in draw(cells(case, said))),
            **{
                name: pool[0] if len(pool) == 1 else draw(st.sampled_from(pool))
                for name, pool in style.items()
            },
        )
        for number in range(size)
    ]


@st.composite
def windows(draw: st.DrawFn) -> Span:
    first, second = sorted([draw(moments), draw(moments)])
    return SINCE + timedelta(hours=first), SINCE + timedelta(hours=second + 0.25)


@st.composite
def wide_windows(draw: st.DrawFn) -> Span:
    """Often all that there is, else most of it, cut at both ends."""
    if draw(st.booleans()):
        return WHOLE
    first = draw(st.integers(0, HOURS)) / 4
    last = HOURS - draw(st.integers(0, HOURS)) / 4
    return SINCE + timedelta(hours=first), SINCE + timedelta(hours=last)


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


@contextmanager
def stored(
    history: Iterable[RunPlan], joined: Iterable[set[tuple[int, int]]] = ()
) -> Iterator[list[Project]]:
    """The history as rows, gone again afterwards.

    `joined`: cases by project and number that a person said are the same test.
    """
    with transaction.atomic():
        world = _World()
        world.store(list(history))
        for group in joined:
            _join([world.case(*case) for case in sorted(group)])
        yield world.projects
        transaction.set_rollback(True)


def _join(cases: list[Case]) -> None:
    group = CaseGroup.objects.create()
    for case in cases:
        GroupedCase.objects.create(group=group, case=case, by="Ada")


class _World:
    """What runs belong to, and the runs, written in few statements."""

    def __init__(self) -> None:
        self.projects = _projects()
        self._cases: dict[tuple[int, int], Case] = {}
        self._configurations = _configurations(self.projects)
        self._sources = {
            (row.project_id, row.name): row
            for row in Source.objects.bulk_create(
                Source(project=project, name=name)
                for project in self.projects
                for name in SOURCES
            )
        }
        self._members = _members(self.projects)

    def case(self, project: int, number: int) -> Case:
        if (project, number) not in self._cases:
            self._cases[project, number] = factories.make_case(
                self.projects[project], f"case {number}"
            )
        return self._cases[project, number]

    def store(self, history: list[RunPlan]) -> None:
        self._make_cases(history)
        for day in {_partition_of(plan) for plan in history}:
            ensure_partition(day)
        runs = Run.objects.bulk_create(self._run(plan) for plan in history)
        placed = list(zip(history, runs, strict=True))
        results = [row for plan, run in placed for row in self._results(plan, run)]
        Result.objects.bulk_create(row for row, _ in results)
        _store_texts(results)
        RunMilestone.objects.bulk_create(
            link for plan, run in placed for link in self._links(plan, run)
        )
        RunJudgement.objects.bulk_create(
            RunJudgement(run=run, verdict=plan.verdict, reason="so", by="Ada")
            for plan, run in placed
            if plan.verdict
        )
        rebuild_run_days([run.pk for run in runs])

    def _make_cases(self, history: list[RunPlan]) -> None:
        wanted = {(plan.project, row.case) for plan in history for row in plan.all_rows}
        cases = Case.objects.bulk_create(
            Case(
                project=self.projects[project],
                key=f"case {number}",
                key_hash=key_hash(f"case {number}"),
                name=f"case {number}",
                folder="checkout",
                first_seen_at=NOW,
                last_seen_at=NOW,
            )
            for project, number in sorted(wanted)
        )
        self._cases |= dict(zip(sorted(wanted), cases, strict=True))

    def _run(self, plan: RunPlan) -> Run:
        project = self.projects[plan.project]
        began_at = plan.began_at
        started_at = began_at if plan.has_start else None
        counts = plan_counts(plan)
        lasts = plan.lasts_hours
        return Run(
            project=project,
            external_id=plan.external_id,
            name=f"nightly {plan.external_id}",
            kind=plan.kind,
            status="passed",
            detail=Detail.ROWS if plan.counts is None else Detail.COUNTS,
            source=self._sources.get((project.pk, plan.source)),
            configuration=self._configurations.get((project.pk, plan.configuration)),
            branch=plan.branch,
            commit=plan.commit,
            started_at=started_at,
            finished_at=None if lasts is None else began_at + timedelta(hours=lasts),
            recorded_at=began_at,
            partition_on=_partition_of(plan),
            removed_at=NOW if plan.is_removed else None,
            is_outage=is_outage(counts),
            **{str(status): getattr(counts, status) for status in Status},
        )

    def _results(self, plan: RunPlan, run: Run) -> Iterator[tuple[Result, Row]]:
        if plan.counts is not None:
            return
        numbers = _numbers(plan)
        for ordinal, row in enumerate(plan.all_rows):
            # A removed row keeps what it said while it was there.
            number, is_final = numbers.get(ordinal, (1, True))
            result = Result(
                project_id=run.project_id,
                partition_on=run.partition_on,
                run_id=run.pk,
                ordinal=ordinal,
                case_id=self._cases[plan.project, row.case].pk,
                at=plan.began_at + timedelta(hours=row.hours),
                has_own_time=True,
                status=STATUS_CODES[LETTERS[row.letter]],
                raw_status=row.letter,
                attempt=number,
                is_final=is_final,
                is_marked_retry=row.is_marked,
                duration_ms=row.duration_ms,
                recorded_at=run.recorded_at,
                removed_at=NOW if row.is_removed else None,
            )
            yield result, row

    def _links(self, plan: RunPlan, run: Run) -> Iterator[RunMilestone]:
        left = plan.left_milestones - plan.milestones
        for number in sorted(plan.milestones | left):
            if member := self._members.get((plan.project, number)):
                removed_at = NOW if number in left else None
                yield RunMilestone(
                    run=run, member=member, recorded_at=NOW, removed_at=removed_at
                )


def _projects() -> list[Project]:
    connections = Connection.objects.bulk_create(
        Connection(
            name=f"{vendor} of a history",
            vendor=vendor,
            base_url="https://qa.example",
            last_attempt_at=NOW,
            last_success_at=NOW,
        )
        for vendor in VENDORS
    )
    return Project.objects.bulk_create(
        Project(connection=connection, external_id="1", name=connection.vendor)
        for connection in connections
    )


def _configurations(projects: list[Project]) -> dict[tuple[int, str], Configuration]:
    rows = {
        (project.pk, name): Configuration(project=project, name=name)
        for project in projects
        for name in CONFIGURATIONS
    }
    Configuration.objects.bulk_create(rows.values())
    for (project, name), row in rows.items():
        row.alias_of = rows.get((project, CONFIGURATIONS[name] or ""))
    Configuration.objects.bulk_update(rows.values(), ["alias_of"])
    return rows


def _members(projects: list[Project]) -> dict[tuple[int, int], MilestoneMember]:
    """By project and place in MILESTONES."""
    keys = {normalised_name(name): name for names in MILESTONES for name in names}
    milestones = {
        row.name_key: row
        for row in Milestone.objects.bulk_create(
            Milestone(name=name, name_key=key) for key, name in keys.items()
        )
    }
    members = {
        (number, place): MilestoneMember(
            milestone=milestones[normalised_name(name)],
            project=projects[number],
            external_id=name,
            name=name,
            state="open",
        )
        for number, names in enumerate(MILESTONES)
        for place, name in enumerate(names)
    }
    MilestoneMember.objects.bulk_create(members.values())
    return members


def _partition_of(plan: RunPlan) -> date:
    return partition_on(plan.began_at if plan.has_start else None, plan.began_at)


def _numbers(plan: RunPlan) -> dict[int, tuple[int, bool]]:
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
    for ordinal, (_, is_final) in _numbers(plan).items():
        found[str(LETTERS[plan.all_rows[ordinal].letter])] += is_final
    return Counts(**found)


def _store_texts(results: list[tuple[Result, Row]]) -> None:
    ResultText.objects.bulk_create(
        ResultText(
            project_id=result.project_id,
            partition_on=result.partition_on,
            run_id=result.run_id,
            ordinal=result.ordinal,
            message=row.message,
        )
        for result, row in results
        if row.message
    )
