"""The lists of a project: its flakiest tests, its slowest, those failing longest."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from dashboard.metrics.failing import FailingCase
from dashboard.metrics.flaky import FlakyCase
from dashboard.metrics.slow import SlowCase
from dashboard.metrics.strips import letters
from dashboard.pages.projects.page_data import LINES, ProjectData, Ranked
from dashboard.ui import links
from dashboard.ui.notes_and_mutes import muted_title
from dashboard.ui.number_links import counted
from dashboard.ui.panels import did_not_load
from dashboard.ui.parts import Delta, EmptyState, Number
from dashboard.ui.text import numbers, times

Case = TypeVar("Case", FlakyCase, SlowCase, FailingCase)
# A smaller change of a median is of no interest.
NOTED_SHARE = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class RankedTest:
    """A test with the `figure` that ranks it and a second one below.

    `strip` are the letters of its last results, `interval` is a flake rate with its
    bounds in per cent.
    """

    case: int
    name: str
    muted: str
    figure: Number
    folder: str = ""
    second: Number | None = None
    strip: str = ""
    interval: tuple[float, ...] = ()
    delta: Delta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """The first few of a list of `length`; `problem` says that it did not load."""

    kind: Literal["flaky", "slow", "failing"]
    href: str
    length: int = 0
    tests: tuple[RankedTest, ...] = ()
    problem: EmptyState | None = None

    @property
    def number(self) -> Number:
        metric = "failing_now" if self.kind == "failing" else self.kind
        return counted(metric, self.length, self.href)


def rankings(data: ProjectData) -> tuple[Ranking, ...]:
    filters, ranked = data.filters, data.ranked
    flaky, slow, failing = None, None, None
    if ranked is not None:
        flaky = data.flaky.cases if data.flaky else None
        slow, failing = ranked.slow, ranked.failing
    return (
        _ranking(data, "flaky", links.flaky(filters), flaky, _flaky_test),
        _ranking(data, "slow", links.slow(filters), slow, _slow_test),
        _ranking(data, "failing", links.failing(filters), failing, _failing_test),
    )


def _ranking(
    data: ProjectData,
    kind: Literal["flaky", "slow", "failing"],
    href: str,
    cases: Sequence[Case] | None,
    test: Callable[[ProjectData, Ranked, Case], RankedTest],
) -> Ranking:
    if cases is None or data.ranked is None:
        problem = did_not_load("list", data.state.href)
        return Ranking(kind=kind, href=href, problem=problem)
    tests = tuple(test(data, data.ranked, case) for case in cases[:LINES])
    return Ranking(kind=kind, href=href, length=len(cases), tests=tests)


def _flaky_test(data: ProjectData, ranked: Ranked, case: FlakyCase) -> RankedTest:
    rate, low, high = (100 * share for share in (case.rate, case.low, case.high))
    sure = f"95 % between {low:.0f} and {high:.0f}"
    return RankedTest(
        case=case.case,
        name=case.name,
        muted=muted_title(data.state, case.case, data.remarks),
        figure=Number(
            text=f"{rate:.0f}",
            metric="flake_rate",
            value=case.rate,
            title=f"flakes in {rate:.1f} % of its runs, {sure}",
        ),
        strip=letters(ranked.cells.get(case.case, ())),
        interval=(rate, low, high),
    )


def _slow_test(data: ProjectData, ranked: Ranked, item: SlowCase) -> RankedTest:
    results = numbers.plural(item.n, "passed result")
    return _in_folder(
        data,
        ranked,
        item.case,
        figure=_duration("p50_ms", item.p50_ms, f"median of {results}"),
        second=_duration("p95_ms", item.p95_ms, f"95th percentile of {results}"),
        delta=_change(item),
    )


def _in_folder(
    data: ProjectData, ranked: Ranked, case: int, **figures: Any
) -> RankedTest:
    return RankedTest(
        case=case,
        name=ranked.cases[case].name,
        folder=ranked.cases[case].folder,
        muted=muted_title(data.state, case, data.remarks),
        **figures,
    )


def _duration(metric: str, value_ms: int, title: str) -> Number:
    text = times.duration(value_ms)
    return Number(text=text, metric=metric, value=value_ms, title=title)


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


def _failing_test(data: ProjectData, ranked: Ranked, item: FailingCase) -> RankedTest:
    age = times.age(item.since, data.window.until)
    since = times.timestamp(item.since, data.state.zone)
    return _in_folder(
        data,
        ranked,
        item.case,
        figure=Number(text=age, title=f"since {since}"),
        second=Number(
            text=numbers.plural(item.streak, "run"),
            metric="streak",
            value=item.streak,
            href=ranked.streaks.get(item.case, ""),
            title="in a row that it did not pass",
        ),
    )
