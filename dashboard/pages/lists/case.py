"""The plain page of one case, with its results."""

from __future__ import annotations

from dataclasses import replace

from django.http import QueryDict

from dashboard import words
from dashboard.contexts import Crumb, Pill, Strip, StripCell, Tool
from dashboard.contexts.cases import CasePage
from dashboard.contexts.run import Fact
from dashboard.lists import RESULTS, results_of_case
from dashboard.marks import by_status
from dashboard.metrics.strips import LETTERS, Cell, strips
from dashboard.pages import doors
from dashboard.pages.filter_bar import tool
from dashboard.pages.lists.frame import (
    Frame,
    count_text,
    empty_of,
    export,
    search_box,
)
from dashboard.pages.lists.result_rows import CASE_HEADS, NUMERIC, case_rows
from dashboard.pages.lists.results import TOGGLES
from dashboard.pages.numbers import sort_columns
from dashboard.pages.paging import shown
from dashboard.pages.panels import loaded
from dashboard.pages.state import CURSOR, PageState, read_state
from dashboard.pages.toggles import toggles
from ingest.models import Case

LAST = 60
ACCEPTS = replace(
    RESULTS.accepts, refused={"q": "These are the results of one test already."}
)


def case_state(path: str, query: QueryDict, case: Case) -> PageState:
    pinned = {"case": (case.pk,)}
    return read_state(path, query, ACCEPTS, own=(CURSOR,), pinned=pinned)


def case_page(frame: Frame, case: Case) -> CasePage:
    state = frame.state
    found = loaded("results", lambda: shown(state, results_of_case(case)))
    cells = loaded("outcomes", lambda: _cells(state, case)) or ()
    project = frame.projects.get(case.project_id)
    return CasePage(
        title=case.name,
        crumbs=_crumbs(frame, case),
        tool=tool(project.tool) if project else Tool(vendor="", label=""),
        pill=_pill(cells),
        facts=_facts(state, case),
        strip=Strip(cells=_strip_cells(state, cells), slots=LAST),
        strip_text=_strip_text(cells),
        count=count_text(found),
        search=search_box(state, ""),
        columns=sort_columns(state, CASE_HEADS, RESULTS.default_sort, numeric=NUMERIC),
        rows=case_rows(state, found.rows) if found else (),
        pager=found.pager if found else None,
        empty=empty_of(frame, "result", found),
        toggles=toggles(state, TOGGLES),
        buttons=(export(state, "results/"),),
        notes=frame.notes(found),
    )


def _cells(state: PageState, case: Case) -> tuple[Cell, ...]:
    chosen = replace(state.filters, case=(), q="", status=())
    found = strips(
        [case.pk], chosen, state.window, last=LAST, projects=[case.project_id]
    )
    return found.get(case.pk, ())


def _crumbs(frame: Frame, case: Case) -> tuple[Crumb, ...]:
    project = frame.projects.get(case.project_id)
    crumbs = [Crumb(text="Overview", href="/")]
    if project:
        crumbs.append(Crumb(text=project.name, href=doors.project(project.id)))
    return (*crumbs, Crumb(text=case.folder)) if case.folder else tuple(crumbs)


def _pill(cells: tuple[Cell, ...]) -> Pill | None:
    if not cells:
        return None
    outcome = by_status(cells[-1].status)
    tone = {"pass": "pass", "fail": "fail", "err": "fail"}.get(outcome.css, "skip")
    return Pill(glyph=outcome.css, word=f"Last {outcome.word.lower()}", tone=tone)


def _facts(state: PageState, case: Case) -> tuple[Fact, ...]:
    now, zone = state.filters.now, state.zone
    facts = [
        Fact(label="Key", text=case.key, is_code=True, title=case.key),
        Fact(label="Folder", text=case.folder or words.DASH),
        Fact(
            label="First seen",
            text=words.moment(case.first_seen_at, now, zone),
            title=words.timestamp(case.first_seen_at, zone),
        ),
        Fact(
            label="Last seen",
            text=words.moment(case.last_seen_at, now, zone),
            title=words.timestamp(case.last_seen_at, zone),
        ),
    ]
    if case.owner:
        facts.append(Fact(label="Owner", text=case.owner))
    return tuple(facts)


def _strip_cells(state: PageState, cells: tuple[Cell, ...]) -> tuple[StripCell, ...]:
    return tuple(
        StripCell(
            outcome=LETTERS.get(cell.status, "U"),
            href=doors.run(cell.run),
            title=f"{words.moment(cell.at, state.filters.now, state.zone)}, "
            f"{cell.status}",
        )
        for cell in cells
    )


def _strip_text(cells: tuple[Cell, ...]) -> str:
    bad = sum(LETTERS.get(cell.status) in ("F", "E") for cell in cells)
    if not cells:
        return "No automated result in this time"
    return f"{bad} of the last {words.plural(len(cells), 'result')} did not pass"
