"""The lists of a project: its flakiest tests, its slowest, those failing longest."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeVar

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
from dashboard.ui.text.verdicts import score_title

Case = TypeVar("Case", FlakyCase, SlowCase, FailingCase)
# A smaller change of a median is of no interest.
NOTED_SHARE = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class RankedTest:
    """A `case` of a list with its name. `number` is a flake rate or a streak, `strip`
    are the letters of its last results, `delta` is the change of its median.
    """

    case: FlakyCase | SlowCase | FailingCase
    name: str
    muted: str
    folder: str = ""
    strip: str = ""
    number: Number | None = None
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
        replace(
            _ranking(data, "flaky", links.flaky(filters), flaky, _flaky_test),
            length=data.flaky.number if data.flaky else 0,
        ),
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
    return RankedTest(
        case=case,
        name=case.name,
        muted=muted_title(data.state, case.case, data.remarks),
        strip=letters(ranked.cells.get(case.case, ())),
        number=Number(
            text=numbers.score(case.rate),
            metric="flake_rate",
            value=case.rate,
            title=score_title(case.rate, case.low, case.high),
        ),
    )


def _slow_test(data: ProjectData, ranked: Ranked, case: SlowCase) -> RankedTest:
    return replace(_named(data, ranked, case), delta=_change(case))


def _failing_test(data: ProjectData, ranked: Ranked, case: FailingCase) -> RankedTest:
    streak = Number(
        text=numbers.plural(case.streak, "run"),
        metric="streak",
        value=case.streak,
        href=ranked.streaks.get(case.case, ""),
        title="in a row that it did not pass",
    )
    return replace(_named(data, ranked, case), number=streak)


def _named(
    data: ProjectData, ranked: Ranked, case: SlowCase | FailingCase
) -> RankedTest:
    return RankedTest(
        case=case,
        name=ranked.cases[case.case].name,
        folder=ranked.cases[case.case].folder,
        muted=muted_title(data.state, case.case, data.remarks),
    )


def _change(case: SlowCase) -> Delta | None:
    before = case.previous_p50_ms
    if not before or abs(case.p50_ms - before) <= NOTED_SHARE * before:
        return None
    percent = 100 * (case.p50_ms - before) / before
    return Delta(
        text=f"{abs(percent):.0f}%",
        arrow="up" if percent > 0 else "down",
        tone="bad" if percent > 0 else "good",
        title=f"from {times.duration(before)}",
    )
