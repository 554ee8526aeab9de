"""The page of a test, put together."""

from __future__ import annotations

from dataclasses import dataclass, replace

from dashboard.metrics.executions import vendor_page
from dashboard.metrics.rates import decided_count, not_passed_count
from dashboard.pages.cases.executions import ExecutionsCard, executions_card
from dashboard.pages.cases.failures import FailuresCard, failures_card
from dashboard.pages.cases.figures import CaseKpi, tiles
from dashboard.pages.cases.opinions import (
    OpinionsCard,
    ProofCard,
    opinions_card,
    proof_card,
)
from dashboard.pages.cases.page_data import PageData
from dashboard.pages.cases.people import Person, RemarksCard, remarks_card
from dashboard.pages.cases.same_tests import (
    SameTestsCard,
    passing_elsewhere,
    same_tests_card,
)
from dashboard.pages.cases.text import CaseFacts, case_verdict
from dashboard.readers import is_signed_in
from dashboard.tools import tool_label
from dashboard.ui import empty_states, links
from dashboard.ui.filter_bar import tool
from dashboard.ui.lengths import Prose
from dashboard.ui.panels import load_or_none
from dashboard.ui.parts import (
    Button,
    Crumb,
    EmptyState,
    Note,
    Piece,
    Pill,
    Tool,
    Verdict,
)
from dashboard.ui.svg.outcomes import by_status
from dashboard.ui.text import numbers, times
from ingest.origins import web_link

# Filters that a person can take away here; project and test are the page itself.
_NARROWING = ("connection", "tool", "source", "configuration", "milestone", "branch")


@dataclass(frozen=True, slots=True, kw_only=True)
class CasePage:
    """`empty` stands instead of all figures where nothing ran in this time."""

    title: Prose
    tool: Tool
    crumbs: tuple[Crumb, ...]
    pills: tuple[Pill, ...]
    remarks: RemarksCard
    same: SameTestsCard
    verdict: Verdict | None = None
    kpis: tuple[CaseKpi, ...] = ()
    executions: ExecutionsCard | None = None
    failures: FailuresCard | None = None
    opinions: OpinionsCard | None = None
    proof: ProofCard | None = None
    buttons: tuple[Button, ...] = ()
    notes: tuple[Note, ...] = ()
    empty: EmptyState | None = None


def case_page(found: PageData, person: Person) -> CasePage:
    empty = _empty(found)
    is_shown = empty is None
    return CasePage(
        title=found.case.name,
        tool=tool(found.project.tool),
        crumbs=_crumbs(found),
        pills=_pills(found),
        verdict=_verdict(found) if is_shown else None,
        kpis=tiles(found) if is_shown else (),
        executions=executions_card(found) if is_shown else None,
        failures=failures_card(found) if is_shown else None,
        opinions=opinions_card(found) if is_shown else None,
        proof=proof_card(found) if is_shown else None,
        same=same_tests_card(found, person),
        remarks=remarks_card(found, person),
        buttons=_buttons(found),
        notes=found.frame.notes(None),
        empty=empty,
    )


def _crumbs(found: PageData) -> tuple[Crumb, ...]:
    project = found.project
    crumbs = [
        Crumb(text="Overview", href="/"),
        Crumb(text=project.name, href=links.project(project.id, found.state.filters)),
    ]
    return (*crumbs, *([Crumb(text=found.case.folder)] if found.case.folder else ()))


def _empty(found: PageData) -> EmptyState | None:
    """Where nothing ran; a part that did not load is no reason."""
    if found.executions is None or found.executions:
        return None
    if any(getattr(found.state.filters, name) for name in _NARROWING):
        return empty_states.nothing_matches(found.state, found.frame.offered, "result")
    return empty_states.nothing_in_window(found.state, found.case.last_seen_at)


def _pills(found: PageData) -> tuple[Pill, ...]:
    pills = []
    streak, flaky, mute = found.streak, found.flakiness, found.remarks.mute
    if streak:
        word = f"Failing for {numbers.plural(streak.streak, 'run')}"
        pills.append(Pill(glyph="fail", word=word, tone="fail"))
    if flaky and flaky.is_flaky:
        word = f"Flaky, score {100 * flaky.rate:.0f}"
        pills.append(Pill(glyph="flaky", word=word, tone="flaky"))
    if not pills and found.executions:
        outcome = by_status(found.executions[-1].status)
        tone = {"pass": "pass", "fail": "fail", "err": "fail"}.get(outcome.css, "skip")
        word = f"Last {outcome.word.lower()}"
        pills.append(Pill(glyph=outcome.css, word=word, tone=tone))
    if mute:
        until = times.moment(mute.until, found.state.filters.now, found.state.zone)
        word = f"Muted until {until.removesuffix(' 00:00')}"
        pills.append(Pill(glyph="paused", word=word, tone="skip"))
    return tuple(pills)


def _verdict(found: PageData) -> Verdict:
    flaky, streak = found.flakiness, found.streak
    groups = sorted(found.groups or (), key=lambda group: -group.results)
    # Silence is no message that failures would share.
    largest = next((group for group in groups if group.signature), None)
    return case_verdict(
        CaseFacts(
            decided=decided_count(found.counts),
            not_passed=not_passed_count(found.counts),
            streak=streak.streak if streak else 0,
            since=_since(found),
            is_flaky=bool(flaky and flaky.is_flaky),
            events=flaky.k if flaky else 0,
            upper_bound=flaky.upper_bound if flaky else None,
            message=largest.message if largest else "",
            message_share=largest.share if largest else 0.0,
            passing_elsewhere=passing_elsewhere(found),
        )
    )


def _since(found: PageData) -> Piece | None:
    streak = found.streak
    if streak is None:
        return None
    moment = times.moment(streak.since, found.state.filters.now, found.state.zone)
    return Piece(text=moment, href=links.run(streak.since_run))


def _buttons(found: PageData) -> tuple[Button, ...]:
    export = Button(
        text="Export CSV",
        href=links.export(
            "results/", replace(found.state.filters.explicit(), final=True)
        ),
        icon="download",
        icon_only=True,
    )
    address = _vendor_address(found)
    if not address:
        return (export,)
    there = Button(
        text=f"Open in {tool_label(found.project.tool)}",
        href=address,
        icon="external",
        hide_on_phone=True,
    )
    return (there, export)


def _vendor_address(found: PageData) -> str:
    if not is_signed_in():
        return ""
    if found.executions:
        newest = found.executions[-1]
        page = load_or_none("vendor page", lambda: vendor_page(found.case, newest))
        if page:
            return page
    return web_link(found.project.vendor_url)
