"""One row for each flaky test."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dashboard.lists.failing import RankedCase, ranked_cases
from dashboard.lists.flaky_choice import SETTLED
from dashboard.metrics.flaky import FlakyCase
from dashboard.metrics.flaky_states import WEEK
from dashboard.metrics.last_failures import LastFailure
from dashboard.metrics.strips import LETTERS, Cell, strips
from dashboard.pages.flaky.page_data import PageData
from dashboard.ui import links
from dashboard.ui.filter_bar import tool
from dashboard.ui.notes_and_mutes import muted_title
from dashboard.ui.number_links import counted
from dashboard.ui.panels import load_or_none
from dashboard.ui.parts import Link, Number, Strip, Tool
from dashboard.ui.svg.strips import StripCell
from dashboard.ui.text import flaky, numbers, times

LAST = 30
EVIDENCE = {
    "proven": "proven by a retry or on the same commit",
    "suspected": "suspected from the order of results",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FlakyTestRow:
    """A flaky test. `estimate`, `low`, `high` in per cent; `bounds` is what stands under
    the mark. `news` is "new", or "newly flaky" where it flaked before without being
    flaky. `message` is that of its newest failure, which `message_href` opens.
    """

    name: str
    href: str
    folder: str
    tool: Tool
    project: Link
    score: Number
    estimate: float
    low: float
    high: float
    bounds: str
    flips: Number
    failed: Number
    executions: Number
    strip: Strip
    lost: Number
    first_seen: str
    first_seen_title: str = ""
    news: str = ""
    message: str = ""
    message_href: str = ""
    muted: str = ""


@dataclass(frozen=True, kw_only=True)
class Details:
    """What rows need beside their figures, of all of them at once."""

    cases: Mapping[int, RankedCase]
    cells: Mapping[int, Sequence[Cell]]
    failures: Mapping[int, LastFailure]


def rows(found: PageData) -> tuple[FlakyTestRow, ...]:
    """A fixed number of queries."""
    shown = found.shown.rows if found.shown else ()
    filters = found.asked.page.filters
    ids = [case.case for case in shown]
    cells = load_or_none(
        "strips",
        lambda: strips(ids, filters, filters.window(), last=LAST),
    )
    details = Details(
        cases=ranked_cases(ids),
        cells=cells or {},
        failures=load_or_none("messages", lambda: found.cases.failures(shown)) or {},
    )
    return tuple(
        _row(found, case, details) for case in shown if case.case in details.cases
    )


def _row(found: PageData, case: FlakyCase, details: Details) -> FlakyTestRow:
    named, state = details.cases[case.case], found.asked.page
    project = found.frame.projects.get(case.project)
    failure = details.failures.get(case.case)
    filters = state.filters
    return FlakyTestRow(
        name=named.name,
        href=links.case(named.id),
        folder=named.folder,
        tool=tool(project.tool if project else ""),
        project=Link(
            text=project.name if project else "", href=links.project(case.project)
        ),
        score=_score(case),
        estimate=100 * case.rate,
        low=100 * case.low,
        high=100 * case.high,
        bounds=_bounds(found, case),
        flips=_flips(case),
        failed=counted(
            "not_passed",
            case.not_passed,
            links.results_of_flakiness(filters, case.case, links.NOT_PASSED_WORDS),
        ),
        executions=counted(
            "executions",
            case.executions,
            links.results_of_flakiness(filters, case.case, links.DECIDED_WORDS),
        ),
        strip=_strip(found, details.cells.get(case.case, ())),
        lost=_lost(case),
        **_first_seen(found, case),
        message=failure.message if failure else "",
        message_href=f"{links.run(failure.run)}?case={case.case}" if failure else "",
        muted=muted_title(state, case.case, found.noted),
    )


def _score(case: FlakyCase) -> Number:
    if case.upper_bound is not None:
        below = f"below {numbers.percent(case.upper_bound)} (95 %)"
        title = f"no flake event in {numbers.plural(case.n, 'execution')}: {below}"
        text = f"<{flaky.flake_score(case.upper_bound)}"
        return Number(text=text, metric="rate", value=case.rate, title=title)
    events = numbers.plural(case.k, "flake event")
    title = f"{events} in {numbers.plural(case.n, 'execution')}"
    if case.evidence:
        title += f", {EVIDENCE[case.evidence]}"
    text = flaky.flake_score(case.rate)
    return Number(text=text, metric="rate", value=case.rate, title=title)


def _bounds(found: PageData, case: FlakyCase) -> str:
    """How sure the score is; of what has settled how far the proof is."""
    proof = found.states.proofs.get(case.case) if found.states else None
    if found.choice.state == SETTLED and proof is not None:
        return f"{numbers.count(proof.passed)} of {numbers.plural(proof.needed, 'pass', 'passes')}"
    return flaky.flake_bounds(case.low, case.high)


def _flips(case: FlakyCase) -> Number:
    rate = case.flip_rate
    if rate is None:
        return Number(text=numbers.DASH, title="no two results in a row")
    title = (
        f"{numbers.count(case.flips)} of {numbers.plural(case.pairs, 'neighbour')} differ, "
        f"{case.expected_flips:.1f} expected by chance"
    )
    return Number(
        text=f"{100 * rate:.0f}%", metric="flip_rate", value=rate, title=title
    )


def _strip(found: PageData, cells: Sequence[Cell]) -> Strip:
    now, zone = found.asked.page.filters.now, found.asked.page.zone
    return Strip(
        cells=tuple(
            StripCell(
                outcome=LETTERS.get(cell.status, "U"),
                href=links.run(cell.run),
                title=f"{times.moment(cell.at, now, zone)}, {cell.status}",
            )
            for cell in cells
        ),
        slots=LAST,
    )


def _lost(case: FlakyCase) -> Number:
    unknown = case.unknown_durations
    title = (
        f"{numbers.plural(unknown, 'unknown duration')} not counted" if unknown else ""
    )
    return Number(
        text=times.duration(case.time_lost_ms),
        metric="time_lost_ms",
        value=case.time_lost_ms,
        title=title,
    )


def _first_seen(found: PageData, case: FlakyCase) -> dict[str, Any]:
    state, states = found.asked.page, found.states
    at = states.first_seen.get(case.case) if states else None
    at = at or case.first_event_at
    is_new = states is not None and case.case in states.new
    is_first = at is not None and at >= state.filters.window().until - WEEK
    return {
        "first_seen": times.day(at.astimezone(state.zone).date())
        if at
        else numbers.DASH,
        "first_seen_title": times.timestamp(at, state.zone) if at else "",
        "news": ("new" if is_first else "newly flaky") if is_new else "",
    }
