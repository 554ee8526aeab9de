"""One row for each flaky test."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dashboard import words
from dashboard.contexts import Link, Number, Strip, StripCell
from dashboard.contexts.flaky import FlakyTestRow
from dashboard.lists.failing import RankedCase, ranked_cases
from dashboard.lists.flaky_choice import SETTLED
from dashboard.metrics.flaky import FlakyCase
from dashboard.metrics.flaky_states import WEEK
from dashboard.metrics.last_failures import LastFailure
from dashboard.metrics.strips import LETTERS, Cell, strips
from dashboard.pages import doors
from dashboard.pages.filter_bar import tool
from dashboard.pages.flaky.material import Material
from dashboard.pages.numbers import counted
from dashboard.pages.panels import loaded
from dashboard.pages.remarks import muted_title

LAST = 30
EVIDENCE = {
    "proven": "proven by a retry or on the same commit",
    "suspected": "suspected from the order of results",
}


@dataclass(frozen=True, kw_only=True)
class Details:
    """What rows need beside their figures, of all of them at once."""

    cases: Mapping[int, RankedCase]
    cells: Mapping[int, Sequence[Cell]]
    failures: Mapping[int, LastFailure]


def rows(found: Material) -> tuple[FlakyTestRow, ...]:
    """A fixed number of queries."""
    shown = found.shown.rows if found.shown else ()
    filters = found.asked.page.filters
    ids = [case.case for case in shown]
    cells = loaded(
        "strips",
        lambda: strips(ids, filters, filters.window(), last=LAST),
    )
    details = Details(
        cases=ranked_cases(ids),
        cells=cells or {},
        failures=loaded("messages", lambda: found.cases.failures(shown)) or {},
    )
    return tuple(
        _row(found, case, details) for case in shown if case.case in details.cases
    )


def _row(found: Material, case: FlakyCase, details: Details) -> FlakyTestRow:
    named, state = details.cases[case.case], found.asked.page
    project = found.frame.projects.get(case.project)
    failure = details.failures.get(case.case)
    filters = state.filters
    return FlakyTestRow(
        name=named.name,
        href=doors.case(named.id),
        folder=named.folder,
        tool=tool(project.tool if project else ""),
        project=Link(
            text=project.name if project else "", href=doors.project(case.project)
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
            doors.results_of_flakiness(filters, case.case, doors.NOT_PASSED_WORDS),
        ),
        executions=counted(
            "executions",
            case.executions,
            doors.results_of_flakiness(filters, case.case, doors.DECIDED_WORDS),
        ),
        strip=_strip(found, details.cells.get(case.case, ())),
        lost=_lost(case),
        **_first_seen(found, case),
        message=failure.message if failure else "",
        message_href=f"{doors.run(failure.run)}?case={case.case}" if failure else "",
        muted=muted_title(state, case.case, found.noted),
    )


def _score(case: FlakyCase) -> Number:
    if case.upper_bound is not None:
        below = f"below {words.percent(case.upper_bound)} (95 %)"
        title = f"no flake event in {words.plural(case.n, 'execution')}: {below}"
        text = f"<{words.flake_score(case.upper_bound)}"
        return Number(text=text, metric="rate", value=case.rate, title=title)
    events = words.plural(case.k, "flake event")
    title = f"{events} in {words.plural(case.n, 'execution')}"
    if case.evidence:
        title += f", {EVIDENCE[case.evidence]}"
    text = words.flake_score(case.rate)
    return Number(text=text, metric="rate", value=case.rate, title=title)


def _bounds(found: Material, case: FlakyCase) -> str:
    """How sure the score is; of what has settled how far the proof is."""
    proof = found.states.proofs.get(case.case) if found.states else None
    if found.choice.state == SETTLED and proof is not None:
        return f"{words.count(proof.passed)} of {words.plural(proof.needed, 'pass', 'passes')}"
    return words.flake_bounds(case.low, case.high)


def _flips(case: FlakyCase) -> Number:
    rate = case.flip_rate
    if rate is None:
        return Number(text=words.DASH, title="no two results in a row")
    title = (
        f"{words.count(case.flips)} of {words.plural(case.pairs, 'neighbour')} differ, "
        f"{case.expected_flips:.1f} expected by chance"
    )
    return Number(
        text=f"{100 * rate:.0f}%", metric="flip_rate", value=rate, title=title
    )


def _strip(found: Material, cells: Sequence[Cell]) -> Strip:
    now, zone = found.asked.page.filters.now, found.asked.page.zone
    return Strip(
        cells=tuple(
            StripCell(
                outcome=LETTERS.get(cell.status, "U"),
                href=doors.run(cell.run),
                title=f"{words.moment(cell.at, now, zone)}, {cell.status}",
            )
            for cell in cells
        ),
        slots=LAST,
    )


def _lost(case: FlakyCase) -> Number:
    unknown = case.unknown_durations
    title = (
        f"{words.plural(unknown, 'unknown duration')} not counted" if unknown else ""
    )
    return Number(
        text=words.duration(case.time_lost_ms),
        metric="time_lost_ms",
        value=case.time_lost_ms,
        title=title,
    )


def _first_seen(found: Material, case: FlakyCase) -> dict[str, Any]:
    state, states = found.asked.page, found.states
    at = states.first_seen.get(case.case) if states else None
    at = at or case.first_event_at
    is_new = states is not None and case.case in states.new
    is_first = at is not None and at >= state.filters.window().until - WEEK
    return {
        "first_seen": words.day(at.astimezone(state.zone).date()) if at else words.DASH,
        "first_seen_title": words.timestamp(at, state.zone) if at else "",
        "news": ("new" if is_first else "newly flaky") if is_new else "",
    }
