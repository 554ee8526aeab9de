"""The page of a test, put together."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

from dashboard.annotations.audit_log import acts_beside, newest_of
from dashboard.annotations.forms import mute_form, note_form
from dashboard.annotations.notes_and_mutes import CaseRemarks
from dashboard.lists.names import ProjectName
from dashboard.metrics.executions import vendor_page
from dashboard.models import ActKind
from dashboard.pages.cases.executions import ExecutionsCard, executions_card
from dashboard.pages.cases.failures import failures_card
from dashboard.pages.cases.figures import CaseKpi, tiles
from dashboard.pages.cases.flake_events import events_card
from dashboard.pages.cases.opinions import (
    OpinionsCard,
    ProofCard,
    opinions_card,
    proof_card,
)
from dashboard.pages.cases.page_data import Card, PageData
from dashboard.pages.cases.same_tests import SameTests
from dashboard.pages.cases.text import case_verdict
from dashboard.readers import is_signed_in
from dashboard.tools import tool_label
from dashboard.ui import empty_states, links
from dashboard.ui.history import History, history_of
from dashboard.ui.lengths import Prose, Words
from dashboard.ui.notes_and_mutes import issue_link, readable
from dashboard.ui.panels import load_or_none
from dashboard.ui.parts import Button, EmptyState, Link, Note, Pill, Verdict
from dashboard.ui.start_buttons import start_test_button
from dashboard.ui.svg.outcomes import by_status
from dashboard.ui.text import numbers
from ingest.models import Case
from ingest.origins import web_link


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """The reader: `note` and `mute` are forms of theirs that came back with problems,
    `unmute` says why a mute did not end.
    """

    may_write: bool
    note: Any = None
    mute: Any = None
    unmute: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RemarksCard:
    """What is said of a test, the note's `text` whole. The forms are None for readers;
    `mute_version` is the act that ending a mute takes back.
    """

    remarks: CaseRemarks
    text: Words
    key: Prose
    history: History
    note_form: Any
    mute_form: Any
    mute_version: int
    unmute_problem: str

    @property
    def issue(self) -> Link | None:
        return issue_link(self.remarks)


def remarks_card(data: PageData, person: Person) -> RemarksCard:
    case, remarks, may = data.case, readable(data.remarks), person.may_write
    fields = asdict(remarks.note) if remarks.note else {}
    note_version = newest_of(case, ActKind.NOTE)
    mute_version = newest_of(case, ActKind.MUTE)
    notes = person.note or note_form(expected_version=note_version, **fields)
    mutes = person.mute or mute_form(expected_version=mute_version)
    return RemarksCard(
        remarks=remarks,
        text=remarks.note.text if remarks.note else "",
        key=case.key,
        history=history_of(acts_beside(case), data.clock.now, data.clock.zone),
        note_form=notes if may else None,
        mute_form=mutes if may else None,
        mute_version=mute_version,
        unmute_problem=person.unmute,
    )


# Filters that a person can take away here; project and test are the page itself.
_NARROWING = ("connection", "tool", "source", "configuration", "milestone", "branch")
# Of the pill of the last outcome, by its glyph.
TONES = {"pass": "pass", "fail": "fail", "err": "fail"}


@dataclass(frozen=True, slots=True, kw_only=True)
class CasePage:
    """`empty` stands instead of all figures where nothing ran in this time. Acts lead
    back to `back_href`.
    """

    case: Case
    title: Prose
    project: ProjectName
    project_href: str
    folder: str
    pills: tuple[Pill, ...]
    buttons: tuple[Button, ...]
    notes: tuple[Note, ...]
    remarks: RemarksCard
    same_tests: SameTests | None
    back_href: str
    empty: EmptyState | None = None
    verdict: Verdict | None = None
    kpis: tuple[CaseKpi, ...] = ()
    executions: ExecutionsCard | None = None
    failures: Card | None = None
    events: Card | None = None
    opinions: OpinionsCard | None = None
    proof: ProofCard | None = None


def case_page(data: PageData, person: Person) -> CasePage:
    case, state = data.case, data.state
    page = CasePage(
        case=case,
        title=case.name,
        project=data.project,
        project_href=links.project(case.project_id),
        folder=case.folder,
        pills=_pills(data),
        buttons=_buttons(data, person),
        notes=data.layout.notes(None),
        remarks=remarks_card(data, person),
        same_tests=data.same_tests,
        back_href=state.href,
        empty=_empty(data),
    )
    if page.empty:
        return page
    return replace(
        page,
        verdict=case_verdict(data),
        kpis=tiles(data),
        executions=executions_card(data),
        failures=failures_card(data),
        events=events_card(data),
        opinions=opinions_card(data),
        proof=proof_card(data),
    )


def _empty(data: PageData) -> EmptyState | None:
    """Where nothing ran; a part that did not load is no reason."""
    if data.executions is None or data.executions:
        return None
    if data.case.declared_at is not None:
        return empty_states.test_never_ran(data.state, data.case.declared_at)
    if data.case.gone_at is not None:
        return empty_states.test_is_gone(data.state, data.case.gone_at)
    if any(getattr(data.state.filters, name) for name in _NARROWING):
        return empty_states.nothing_matches(data.state, data.layout.offered, "result")
    return empty_states.nothing_in_window(data.state, data.case.last_seen_at)


def _pills(data: PageData) -> tuple[Pill, ...]:
    pills = []
    streak, flaky, mute = data.streak, data.flakiness, data.remarks.mute
    if streak:
        word = f"Failing for {numbers.plural(streak.streak, 'run')}"
        pills.append(Pill(glyph="fail", word=word, tone="fail"))
    elif data.failed:
        pills.append(Pill(glyph="fail", word="Failed when last run", tone="fail"))
    if flaky and flaky.is_flaky:
        word = f"Flaky, score {numbers.score(flaky.rate)}"
        pills.append(Pill(glyph="flaky", word=word, tone="flaky"))
    if not pills and data.executions:
        outcome = by_status(data.executions[-1].status)
        word = f"Last {outcome.word.lower()}"
        tone = TONES.get(outcome.css, "skip")
        pills.append(Pill(glyph=outcome.css, word=word, tone=tone))
    if mute:
        word = f"Muted until {data.clock.moment(mute.until).removesuffix(' 00:00')}"
        pills.append(Pill(glyph="paused", word=word, tone="skip"))
    return tuple(pills)


def _buttons(data: PageData, person: Person) -> tuple[Button, ...]:
    final = replace(data.state.filters.explicit(), final=True)
    export = Button(
        text="Export CSV",
        href=links.export("api-results", final),
        icon="download",
        icon_only=True,
        hide_on_phone=True,
    )
    begin = start_test_button(data.project.tool, data.case, may_write=person.may_write)
    own = (*filter(None, [begin]), export)
    vendor_href = _vendor_href(data)
    if not vendor_href:
        return own
    vendor = Button(
        text=f"Open in {tool_label(data.project.tool)}",
        href=vendor_href,
        icon="external",
        hide_on_phone=True,
    )
    return (vendor, *own)


def _vendor_href(data: PageData) -> str:
    if not is_signed_in():
        return ""
    if data.executions:
        newest = data.executions[-1]
        page = load_or_none("vendor page", lambda: vendor_page(data.case, newest))
        if page:
            return page
    return web_link(data.project.vendor_url)
