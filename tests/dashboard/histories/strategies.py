"""Random histories: as odd as attempts, time, tools and people can make them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

from tests.dashboard.histories.plans import (
    CONFIGURATIONS,
    HOURS,
    SINCE,
    SOURCES,
    WHOLE,
    Row,
    RunPlan,
    Span,
)


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


@st.composite
def spread_histories(
    draw: st.DrawFn, **pools: list[tuple[object, ...]]
) -> list[RunPlan]:
    """The same over up to half a year, at times with passes after it that mend it."""
    factor = draw(st.sampled_from([1, 8, 24, 48]))
    history = [
        replace(plan, hours=HOURS - (HOURS - plan.hours) * factor)
        for plan in draw(long_histories(**pools))
    ]
    last = history[0]
    return history + [
        replace(
            last,
            external_id=f"z{number:02}",
            hours=HOURS + 1 + number,
            rows=tuple(Row(case, "P", duration_ms=5) for case in range(2)),
        )
        for number in range(draw(st.sampled_from([0, 0, 0, 3, 8, 16])))
    ]


# Of months, with lengths about the seven and the ninety days that are looked back.
SPREAD_DAYS = (1, 3, 6, 7, 8, 14, 30, 44, 45, 46, 60)


@st.composite
def spread_windows(draw: st.DrawFn) -> Span:
    """Its edges are moments at which results of spread histories often lie."""
    hours = HOURS + 1 + draw(st.sampled_from([24, 24, 24, 9, 0, -12, -48, -7 * 24]))
    until = SINCE + timedelta(hours=hours)
    return until - timedelta(days=draw(st.sampled_from(SPREAD_DAYS))), until
