"""The lists of a project: its flakiest tests, its slowest, those failing longest."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dashboard.metrics.failing import FailingCase
from dashboard.metrics.flaky import FlakyCase
from dashboard.metrics.slow import SlowCase
from dashboard.metrics.strips import Cell, letters
from dashboard.pages.projects.page_data import LINES, PageData, Ranked
from dashboard.ui import links
from dashboard.ui.notes_and_mutes import muted_title
from dashboard.ui.number_links import counted
from dashboard.ui.panels import did_not_load
from dashboard.ui.parts import Delta, EmptyState, Link, Number, Strip
from dashboard.ui.svg.strips import StripCell
from dashboard.ui.text import numbers, times

STRIP = 24
# A smaller change of a median is of no interest.
NOTED_SHARE = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class FlakyLine:
    """`score` is the flake rate in per cent, `low` to `high` its interval (0-100)."""

    name: str
    href: str
    strip: Strip
    score: Number
    estimate: float
    low: float
    high: float
    muted: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SlowLine:
    """`width` is the median by that of the slowest ("78%"); `delta` above 20 % only."""

    name: str
    href: str
    folder: str
    median: Number
    p95: Number
    width: str
    delta: Delta | None = None
    muted: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FailingLine:
    """How long a test has been failing, and in how many runs in a row."""

    name: str
    href: str
    folder: str
    age: str
    since_title: str
    streak: Number
    muted: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListCard:
    """The first few of a ranked list; `number` counts the whole one."""

    title: str
    number: Number | None = None
    sub: str = ""
    flaky: tuple[FlakyLine, ...] = ()
    slow: tuple[SlowLine, ...] = ()
    failing: tuple[FailingLine, ...] = ()
    link: Link | None = None
    glyph: str = ""
    icon: str = ""
    empty: EmptyState | None = None


def list_cards(project: PageData) -> tuple[ListCard, ...]:
    return (_flakiest(project), _slowest(project), _longest(project))


def _flakiest(project: PageData) -> ListCard:
    found, history = project.found, project.found.flaky
    title, glyph = "Most flaky", "flaky"
    if history is None or project.ranked is None:
        return ListCard(title=title, glyph=glyph, empty=_not_loaded(project))
    number = len(history.cases)
    href = links.flaky(found.state.filters)
    cells = project.ranked.cells
    return ListCard(
        title=title,
        glyph=glyph,
        number=counted("flaky", number, href),
        flaky=tuple(
            _flaky(project, case, cells.get(case.case, ()))
            for case in history.cases[:LINES]
        ),
        link=Link(text=f"All {numbers.count(number)}", href=href) if number else None,
        empty=None if number else _none(project, _NO_FLAKY),
    )


def _flaky(project: PageData, case: FlakyCase, cells: Iterable[Cell]) -> FlakyLine:
    drawn = tuple(StripCell(outcome=letter) for letter in letters(cells))
    percent = 100 * case.rate
    sure = f"95 % between {100 * case.low:.0f} and {100 * case.high:.0f}"
    return FlakyLine(
        name=case.name,
        href=links.case(case.case),
        strip=Strip(cells=drawn[-STRIP:], slots=STRIP),
        score=Number(
            text=f"{percent:.0f}",
            metric="flake_rate",
            value=case.rate,
            title=f"flakes in {percent:.1f} % of its runs, {sure}",
        ),
        estimate=percent,
        low=100 * case.low,
        high=100 * case.high,
        muted=_muted(project, case.case),
    )


def _slowest(project: PageData) -> ListCard:
    title, icon, sub = "Slowest tests", "clock", "median, 95th beside it"
    if project.ranked is None:
        return ListCard(title=title, icon=icon, empty=_not_loaded(project))
    slow = project.ranked.slow
    longest = max((item.p50_ms for item in slow), default=0)
    href = links.slow(project.found.state.filters)
    return ListCard(
        title=title,
        icon=icon,
        sub=sub,
        slow=tuple(_slow(project, project.ranked, item, longest) for item in slow),
        link=Link(text="All tests by duration", href=href) if slow else None,
        empty=None if slow else _none(project, _NO_DURATIONS),
    )


def _slow(
    project: PageData, ranked: Ranked, item: SlowCase, longest_ms: int
) -> SlowLine:
    case = ranked.cases[item.case]
    of = f"of {numbers.plural(item.n, 'passed result')}"
    return SlowLine(
        name=case.name,
        href=links.case(item.case),
        folder=case.folder,
        median=Number(
            text=times.duration(item.p50_ms),
            metric="p50_ms",
            value=item.p50_ms,
            title=f"median {of}",
        ),
        p95=Number(
            text=times.duration(item.p95_ms),
            metric="p95_ms",
            value=item.p95_ms,
            title=f"95th percentile {of}",
        ),
        width=f"{100 * item.p50_ms / max(longest_ms, 1):.0f}%",
        delta=_change(item),
        muted=_muted(project, item.case),
    )


def _change(item: SlowCase) -> Delta | None:
    before = item.previous_p50_ms
    if not before or abs(item.p50_ms - before) <= NOTED_SHARE * before:
        return None
    percent = 100 * (item.p50_ms - before) / before
    return Delta(
        text=f"{abs(percent):.0f}%",
        arrow="up" if percent > 0 else "down",
        tone="bad" if percent > 0 else "good",
        title=f"from {times.duration(before)}",
    )


def _longest(project: PageData) -> ListCard:
    title, glyph = "Failing longest", "fail"
    if project.ranked is None:
        return ListCard(title=title, glyph=glyph, empty=_not_loaded(project))
    failing = project.ranked.failing
    href = links.failing(project.found.state.filters)
    number = len(failing)
    return ListCard(
        title=title,
        glyph=glyph,
        number=counted("failing_now", number, href),
        sub="failing now",
        failing=_failing_lines(project, project.ranked, failing[:LINES]),
        link=Link(text=f"All {numbers.count(number)}", href=href) if number else None,
        empty=None if number else _none(project, _ALL_CLEAR),
    )


def _failing_lines(
    project: PageData, ranked: Ranked, failing: Sequence[FailingCase]
) -> tuple[FailingLine, ...]:
    state = project.found.state
    now = project.found.window.until
    return tuple(
        FailingLine(
            name=ranked.cases[item.case].name,
            href=links.case(item.case),
            folder=ranked.cases[item.case].folder,
            age=times.age(item.since, now),
            since_title=f"since {times.timestamp(item.since, state.zone)}",
            streak=Number(
                text=numbers.plural(item.streak, "run"),
                metric="streak",
                value=item.streak,
                href=ranked.streaks.get(item.case, ""),
                title="in a row that it did not pass",
            ),
            muted=_muted(project, item.case),
        )
        for item in failing
    )


def _muted(project: PageData, case: int) -> str:
    return muted_title(project.found.state, case, project.noted)


def _not_loaded(project: PageData) -> EmptyState:
    return did_not_load("list", project.found.state.href)


def _none(project: PageData, otherwise: EmptyState) -> EmptyState:
    return _ONLY_TOTALS if project.found.has_only_totals else otherwise


_NO_FLAKY = EmptyState(
    title="No flaky test",
    text="None turned red and green again without cause in this window.",
    glyph="fixed",
)
_NO_DURATIONS = EmptyState(
    title="No durations",
    text="No passed result of this window has a known duration.",
    icon="clock",
)
_ALL_CLEAR = EmptyState(
    title="No test fails",
    text="The newest decided result of every test passed.",
    glyph="fixed",
)
_ONLY_TOTALS = EmptyState(
    title="Nothing known of single tests",
    text="The tool gives totals for these runs, but not the result of each test.",
    icon="runs",
)
