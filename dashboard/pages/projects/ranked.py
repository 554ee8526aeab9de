"""The lists of a project: its flakiest tests, its slowest, those failing longest."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from dashboard.metrics.failing import FailingCase
from dashboard.metrics.flaky import FlakyCase
from dashboard.metrics.slow import SlowCase
from dashboard.metrics.strips import letters
from dashboard.pages.projects.page_data import LINES, ProjectData, Ranked
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
class RankedTest:
    """A test with the `figure` that ranks it and a second one below.

    `interval` are a flake rate and its bounds in per cent, `width` the median by that
    of the slowest ("78%").
    """

    name: str
    href: str
    muted: str
    figure: Number
    folder: str = ""
    second: Number | None = None
    strip: Strip | None = None
    interval: tuple[float, ...] = ()
    width: str = ""
    delta: Delta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListCard:
    """The first few of a ranked list; `number` counts the whole one by its `metric`,
    `empty` is said without any.
    """

    kind: Literal["flaky", "slow", "failing"]
    title: str
    glyph: str = ""
    icon: str = ""
    sub: str = ""
    metric: str = ""
    number: Number | None = None
    tests: tuple[RankedTest, ...] = ()
    link: Link | None = None
    empty: EmptyState | None


FLAKY = ListCard(
    kind="flaky",
    title="Most flaky",
    glyph="flaky",
    metric="flaky",
    empty=EmptyState(
        title="No flaky test",
        text="None turned red and green again without cause in this window.",
        glyph="fixed",
    ),
)
SLOW = ListCard(
    kind="slow",
    title="Slowest tests",
    icon="clock",
    sub="median, 95th beside it",
    empty=EmptyState(
        title="No durations",
        text="No passed result of this window has a known duration.",
        icon="clock",
    ),
)
FAILING = ListCard(
    kind="failing",
    title="Failing longest",
    glyph="fail",
    sub="failing now",
    metric="failing_now",
    empty=EmptyState(
        title="No test fails",
        text="The newest decided result of every test passed.",
        glyph="fixed",
    ),
)
ONLY_TOTALS = EmptyState(
    title="Nothing known of single tests",
    text="The tool gives totals for these runs, but not the result of each test.",
    icon="runs",
)


def list_cards(data: ProjectData) -> tuple[ListCard, ...]:
    filters, ranked = data.filters, data.ranked
    if ranked is None:
        problem = did_not_load("list", data.state.href)
        cards = (FLAKY, SLOW, FAILING)
        return tuple(replace(card, sub="", empty=problem) for card in cards)
    flaky = data.flaky.cases if data.flaky else None
    slow, failing = ranked.slow, ranked.failing
    return (
        _card(data, FLAKY, flaky, links.flaky(filters), _flaky_test),
        _card(data, SLOW, slow, links.slow(filters), _slow_test),
        _card(data, FAILING, failing, links.failing(filters), _failing_test),
    )


def _card(
    data: ProjectData,
    card: ListCard,
    cases: Sequence[Any] | None,
    href: str,
    test: Callable[[ProjectData, Ranked, Any], RankedTest],
) -> ListCard:
    if cases is None or data.ranked is None:
        return replace(card, sub="", empty=did_not_load("list", data.state.href))
    number, text = None, "All tests by duration"
    if card.metric:
        number = counted(card.metric, len(cases), href)
        text = f"All {numbers.count(len(cases))}"
    if not cases:
        empty = ONLY_TOTALS if data.has_only_totals else card.empty
        return replace(card, number=number, empty=empty)
    return replace(
        card,
        number=number,
        tests=tuple(test(data, data.ranked, case) for case in cases[:LINES]),
        link=Link(text=text, href=href),
        empty=None,
    )


def _flaky_test(data: ProjectData, ranked: Ranked, case: FlakyCase) -> RankedTest:
    outcomes = letters(ranked.cells.get(case.case, ()))
    rate, low, high = (100 * share for share in (case.rate, case.low, case.high))
    sure = f"95 % between {low:.0f} and {high:.0f}"
    return RankedTest(
        name=case.name,
        href=links.case(case.case),
        muted=muted_title(data.state, case.case, data.remarks),
        figure=Number(
            text=f"{rate:.0f}",
            metric="flake_rate",
            value=case.rate,
            title=f"flakes in {rate:.1f} % of its runs, {sure}",
        ),
        strip=Strip(
            cells=tuple(StripCell(outcome=letter) for letter in outcomes), slots=STRIP
        ),
        interval=(rate, low, high),
    )


def _slow_test(data: ProjectData, ranked: Ranked, item: SlowCase) -> RankedTest:
    results, slowest = numbers.plural(item.n, "passed result"), ranked.slow[0]
    return _in_folder(
        data,
        ranked,
        item.case,
        figure=_duration("p50_ms", item.p50_ms, f"median of {results}"),
        second=_duration("p95_ms", item.p95_ms, f"95th percentile of {results}"),
        width=f"{100 * item.p50_ms / max(slowest.p50_ms, 1):.0f}%",
        delta=_change(item),
    )


def _in_folder(
    data: ProjectData, ranked: Ranked, case: int, **figures: Any
) -> RankedTest:
    return RankedTest(
        name=ranked.cases[case].name,
        href=links.case(case),
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
