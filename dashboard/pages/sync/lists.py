"""The lists behind the sync page: syncs, rejected records, results of unknown words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db.models import Model, QuerySet
from django.http import QueryDict

from dashboard.lists.names import project_names
from dashboard.lists.rejects import Chosen, rejects, results_with_word
from dashboard.lists.results import rows as result_rows
from dashboard.lists.sync_activity import sums, syncs_shown
from dashboard.pages.sync.history import SyncLine, sync_line
from dashboard.pages.sync.state import (
    DAY,
    HISTORY,
    PAGE_SIZE,
    REJECTS,
    SYNC,
    UNKNOWN,
    Query,
    address,
)
from dashboard.ui.clock import Clock
from dashboard.ui.filter_bar import tool
from dashboard.ui.lengths import LONGEST_RECORD, Record
from dashboard.ui.list_layout import ListPage
from dashboard.ui.parts import (
    Button,
    EmptyState,
    Note,
    Pager,
    SearchBox,
    Tool,
)
from dashboard.ui.result_rows import COLUMNS, listed_results
from dashboard.ui.tables import table
from dashboard.ui.text import numbers
from ingest.models import Connection, Reject, SyncStatus

M = TypeVar("M", bound=Model)


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectRow:
    """A rejected record: `payload` is its text as it came, `whole_href` leads to one that
    is cut here.
    """

    tool: Tool
    connection: str
    project: str
    where: str
    reason: str
    payload: Record
    moment: str
    moment_title: str
    whole_href: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectListPage(ListPage):
    rows: tuple[RejectRow, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncListPage(ListPage):
    rows: tuple[SyncLine, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """One page of a list; a page beyond the last one is the last one."""

    rows: list[Any]
    count: int
    pager: Pager | None


def problem_notes(problems: Sequence[str]) -> tuple[Note, ...]:
    return tuple(
        Note(kind="warn", glyph="stale", fact=problem, text="") for problem in problems
    )


def cut(rows: QuerySet[M], number: int | None, path: str, **values: Any) -> Cut:
    count = rows.count()
    number = min(number or 1, max(1, -(-count // PAGE_SIZE)))
    first = (number - 1) * PAGE_SIZE
    found = list(rows[first : first + PAGE_SIZE])
    last = first + len(found)
    pager = Pager(
        text=numbers.rows_range(first + 1, last, count),
        previous_href=_page_href(path, number - 1, values) if first else "",
        next_href=_page_href(path, number + 1, values) if last < count else "",
    )
    return Cut(rows=found, count=count, pager=pager if count > PAGE_SIZE else None)


def _page_href(path: str, number: int, values: dict[str, Any]) -> str:
    return address(path, **values, page=number if number > 1 else None)


def _search(path: str, placeholder: str, q: str, values: dict[str, Any]) -> SearchBox:
    hidden = [(n, str(v)) for n, v in values.items() if v not in ("", None)]
    return SearchBox(
        action=path, value=q, placeholder=placeholder, hidden=tuple(hidden)
    )


def _nothing(title: str, text: str) -> EmptyState:
    back = Button(text="Back to Sync", href=SYNC, small=True)
    return EmptyState(title=title, text=text, icon="filter", button=back)


def _connection(number: int | None) -> Connection | None:
    return Connection.objects.filter(pk=number).first() if number else None


# --- syncs ------------------------------------------------------------------------


def history_page(query: QueryDict, clock: Clock) -> SyncListPage:
    """Every sync, a line for each project, newest first."""
    asked = Query(query)
    days = asked.days()
    values: dict[str, Any] = {
        "connection": asked.number("connection"),
        "status": asked.word("status", *SyncStatus.values),
        "window": f"{days}d" if days else "",
    }
    number, q = asked.number("page"), asked.text("q")
    syncs = syncs_shown().select_related("connection", "project")
    connection = _connection(values["connection"])
    if values["connection"]:
        syncs = syncs.filter(connection_id=values["connection"])
    if values["status"]:
        syncs = syncs.filter(status=values["status"])
    if days:
        syncs = syncs.filter(
            requested_at__gte=clock.now - days * DAY, requested_at__lt=clock.now
        )
    if q:
        syncs = syncs.filter(connection__name__icontains=q) | syncs.filter(
            project__name__icontains=q
        )
    page = cut(syncs.order_by("-requested_at", "-pk"), number, HISTORY, **values, q=q)
    _, read, written = sums(syncs)
    return SyncListPage(
        title=f"Syncs of {connection.name}" if connection else "Syncs",
        subtitle=f"{numbers.count(read)} results read, {numbers.count(written)} written",
        count=numbers.count(page.count),
        search=_search(HISTORY, "Connection or project", q, values),
        rows=tuple(sync_line(sync, clock, is_short=False) for sync in page.rows),
        pager=page.pager,
        notes=problem_notes(asked.finish()),
        empty=None
        if page.count
        else _nothing("No sync here", "None was asked for in this time."),
    )


# --- rejects ----------------------------------------------------------------------


def rejects_page(query: QueryDict, clock: Clock) -> RejectListPage:
    """Rejected records, whole and as they came."""
    asked = Query(query)
    days, kept = asked.days(), asked.word("kept", "0", "1")
    values: dict[str, Any] = {
        "connection": asked.number("connection"),
        "project": asked.number("project"),
        "run": asked.number("run"),
        "reason": asked.text("reason"),
        "state": asked.word("state", "open", "resolved"),
        "kept": kept,
        "window": f"{days}d" if days else "",
    }
    number, q = asked.number("page"), asked.text("q")
    chosen = Chosen(
        connection=values["connection"],
        project=values["project"],
        run=values["run"],
        reason=values["reason"],
        state=values["state"],
        is_stored={"0": False, "1": True}.get(kept),
        since=clock.now - days * DAY if days else None,
        q=q,
    )
    found = rejects(chosen).select_related("connection", "project")
    page = cut(found, number, REJECTS, **values, q=q)
    return RejectListPage(
        title="Rejected records",
        subtitle=_about_rejects(values),
        count=numbers.count(page.count),
        search=_search(REJECTS, "Reason, place or text", q, values),
        rows=tuple(_reject_row(row, clock) for row in page.rows),
        pager=page.pager,
        notes=problem_notes(asked.finish()),
        empty=None
        if page.count
        else _nothing("No record here", "None was rejected for this reason."),
    )


def _about_rejects(values: dict[str, Any]) -> str:
    if values["reason"]:
        return str(values["reason"])
    if values["run"]:
        return "of one run"
    return "kept whole, each sync tries them again"


def _reject_row(row: Reject, clock: Clock) -> RejectRow:
    reason = f"{row.reason[:1].upper()}{row.reason[1:]}"
    if row.is_stored:
        reason = f"Kept all the same: {row.reason}"
    if row.resolved_at is not None:
        reason += f" (mended {clock.ago(row.resolved_at)})"
    return RejectRow(
        tool=tool(row.connection.vendor),
        connection=row.connection.name,
        project=row.project.name if row.project else "",
        where=row.where,
        reason=reason,
        payload=row.payload,
        whole_href=f"{REJECTS}{row.pk}/" if len(row.payload) > LONGEST_RECORD else "",
        moment=clock.moment(row.created_at),
        moment_title=clock.timestamp(row.created_at),
    )


# --- results with a word that nobody mapped ------------------------------------------


def unknown_page(query: QueryDict, clock: Clock) -> ListPage:
    """Results that carry one unknown status word of one connection."""
    asked = Query(query)
    values: dict[str, Any] = {
        "connection": asked.number("connection"),
        "word": asked.text("word"),
    }
    number = asked.number("page")
    found = results_with_word(values["connection"] or 0, values["word"])
    page = cut(found, number, UNKNOWN, **values)
    return ListPage(
        title=f"Status “{values['word'][:80]}”",
        subtitle="unknown until somebody maps it",
        count=numbers.count(page.count),
        search=_search("/results/", "Name, folder or key", "", {"status": "unknown"}),
        table=table(
            COLUMNS,
            listed_results(result_rows(page.rows), project_names(), clock),
            css="tall blocks fixed",
        ),
        pager=page.pager,
        buttons=(Button(text="Map status", href=f"{SYNC}#rejects", primary=True),),
        notes=problem_notes(asked.finish()),
        empty=None
        if page.count
        else _nothing("No result here", "None carries this word as unknown."),
    )
