"""Random histories: as odd as attempts, time, tools and people can make them."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

from tests.dashboard.metrics.histories.plans import (
    CONFIGURATIONS,
    HOURS,
    SINCE,
    SOURCES,
    WHOLE,
    Row,
    RunPlan,
    Span,
)
from tests.factories import NOW


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
    verdict=st.sampled_from([""] * 6 + ["excluded", "uncounted", "uncounted", "kept"]),
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
    "verdict": [("",), ("",) * 4 + ("excluded", "uncounted", "kept")],
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


# What the runs of one time say of a case: each time has its mood.
MOODS = (
    "P",
    "P",
    ("P", "P", "P", "P", "F", "FP"),
    ("P", "F", "FP", "PF", "FP", "FPS"),
    ("P", "F", "E", "F"),
    ("S", "P", ""),
)
# Window lengths about the seven and the ninety days that are looked back.
PHASE_DAYS = (1, 3, 6, 7, 8, 14, 30, 44, 45, 46, 60)
ODD = tuple(sorted(set(POOLS) - {"milestones", "left_milestones"}))


@st.composite
def phased_histories(draw: st.DrawFn) -> tuple[list[RunPlan], Span]:
    """Four windows one after the other, each half with its moods, and the last window.

    Runs begin at sixteenths of a window, so that some lie exactly at its edge. Drawn
    from one seed: evenly, where a search would mostly draw histories that are too small
    to prove or to change anything.
    """
    seed = draw(st.randoms(use_true_random=True))
    hours = 24 * seed.choice(PHASE_DAYS)
    style = {name: seed.choice(POOLS[name]) for name in seed.sample(ODD, 2)}
    plans = []
    for half in range(8):
        moods = [seed.choice(MOODS) for _ in range(2)]
        for _ in range(seed.choice([0, 2, 4, 9])):
            begins = half / 2 - 4 + seed.randrange(8) / 16
            plans.append(
                RunPlan(
                    external_id=f"{seed.choice('az')}{len(plans):02}",
                    hours=HOURS + begins * hours,
                    rows=tuple(
                        Row(case, letter, number / 4, duration_ms=5 + number)
                        for case, mood in enumerate(moods)
                        for number, letter in enumerate(seed.choice(mood))
                    ),
                    **{name: seed.choice(pool) for name, pool in style.items()},
                )
            )
    return plans, (NOW - timedelta(hours=hours), NOW)


# What a person filters by, more often nothing.
CHOICES = st.sampled_from(
    [
        *[{}] * 8,
        {"configuration": "Chrome"},
        {"source": "backend"},
        {"branch": "main"},
        {"tool": "testmo"},
    ]
)
