"""The lists behind the sync page: syncs, rejected records, results of unknown words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db.models import Model, QuerySet

from dashboard.lists import one_connection
from dashboard.lists.names import project_names
from dashboard.lists.rejects import Chosen, rejects, results_with_word
from dashboard.lists.results import rows as result_rows
from dashboard.lists.sync_activity import sums, syncs_chosen
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
from dashboard.pages.sync.sync_rows import all_syncs
from dashboard.ui.clock import Clock
from dashboard.ui.lengths import LONGEST_RECORD, Record
from dashboard.ui.list_layout import ListPage
from dashboard.ui.parts import Button, EmptyState, Note, Pager, SearchBox
from dashboard.ui.result_rows import COLUMNS, listed_results
from dashboard.ui.tables import Table, table
from dashboard.ui.text import numbers
from ingest.models import Reject, SyncStatus

M = TypeVar("M", bound=Model)


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectRow:
    """A rejected record; `payload` is its text as it came."""

    reject: Reject
    project: str
    where: str
    reason: str
    payload: Record

    @property
    def is_cut(self) -> bool:
        return len(self.reject.payload) > LONGEST_RECORD


def problem_notes(problems: Sequence[str]) -> tuple[Note, ...]:
    return tuple(
        Note(kind="warn", glyph="stale", fact=problem, text="") for problem in problems
    )


def _list_page(
    query: Query,
    rows: QuerySet[M],
    make_table: Callable[[list[M]], Table],
    path: str,
    values: dict[str, Any],
    *,
    title: str,
    subtitle: str,
    search: SearchBox,
    nothing: tuple[str, str],
    buttons: tuple[Button, ...] = (),
) -> ListPage:
    """The page of `rows` that `query` asks for; a page beyond the last is the last one.

    `values` are those that the address keeps, `nothing` says why there is no row.
    """
    count, number = rows.count(), query.number("page")
    number = min(number or 1, max(1, -(-count // PAGE_SIZE)))
    first = (number - 1) * PAGE_SIZE
    last = min(first + PAGE_SIZE, count)
    pager = Pager(
        text=numbers.rows_range(first + 1, last, count),
        previous_href=_page_href(path, number - 1, values) if first else "",
        next_href=_page_href(path, number + 1, values) if last < count else "",
    )
    return ListPage(
        title=title,
        subtitle=subtitle,
        count=numbers.count(count),
        search=search,
        table=make_table(list(rows[first:last])),
        pager=pager if count > PAGE_SIZE else None,
        buttons=buttons,
        notes=problem_notes(query.finish()),
        empty=None if count else _nothing(*nothing),
    )


def _page_href(path: str, number: int, values: dict[str, Any]) -> str:
    return address(path, **values, page=number if number > 1 else None)


def _search(path: str, placeholder: str, values: dict[str, Any]) -> SearchBox:
    """Beside what is looked for, it sends the other values again."""
    hidden = [
        (n, str(v)) for n, v in values.items() if n != "q" and v not in ("", None)
    ]
    return SearchBox(
        action=path,
        value=values.get("q", ""),
        placeholder=placeholder,
        hidden=tuple(hidden),
    )


def _nothing(title: str, text: str) -> EmptyState:
    back = Button(text="Back to Sync", href=SYNC, small=True)
    return EmptyState(title=title, text=text, icon="filter", button=back)


def history_page(query: Query, clock: Clock) -> ListPage:
    """Every sync, a line for each project, newest first."""
    days = query.days()
    values: dict[str, Any] = {
        "connection": query.number("connection"),
        "status": query.word("status", *SyncStatus.values),
        "window": f"{days}d" if days else "",
        "q": query.text("q"),
    }
    syncs = syncs_chosen(
        connection=values["connection"],
        status=values["status"],
        since=clock.now - days * DAY if days else None,
        until=clock.now,
        q=values["q"],
    )
    connection = one_connection(values["connection"] or 0)
    _, read, written = sums(syncs)
    return _list_page(
        query,
        syncs.select_related("connection", "project"),
        all_syncs,
        HISTORY,
        values,
        title=f"Syncs of {connection.name}" if connection else "Syncs",
        subtitle=f"{numbers.count(read)} results read, {numbers.count(written)} written",
        search=_search(HISTORY, "Connection or project", values),
        nothing=("No sync here", "None was asked for in this time."),
    )


def rejects_page(query: Query, clock: Clock) -> ListPage:
    """Rejected records, whole and as they came."""
    days, kept = query.days(), query.word("kept", "0", "1")
    chosen: dict[str, Any] = {
        "connection": query.number("connection"),
        "project": query.number("project"),
        "run": query.number("run"),
        "reason": query.text("reason"),
        "state": query.word("state", "open", "resolved"),
    }
    q = query.text("q")
    rows = rejects(
        Chosen(
            **chosen,
            is_stored={"0": False, "1": True}.get(kept),
            since=clock.now - days * DAY if days else None,
            q=q,
        )
    )
    values = chosen | {"kept": kept, "window": f"{days}d" if days else "", "q": q}
    return _list_page(
        query,
        rows.select_related("connection", "project"),
        lambda rows: table((), [_reject_row(row, clock) for row in rows]),
        REJECTS,
        values,
        title="Rejected records",
        subtitle=_about_rejects(chosen),
        search=_search(REJECTS, "Reason, place or text", values),
        nothing=("No record here", "None was rejected for this reason."),
    )


def _about_rejects(chosen: dict[str, Any]) -> str:
    if chosen["reason"]:
        return str(chosen["reason"])
    return "of one run" if chosen["run"] else "kept whole, each sync tries them again"


def _reject_row(row: Reject, clock: Clock) -> RejectRow:
    reason = f"{row.reason[:1].upper()}{row.reason[1:]}"
    if row.is_stored:
        reason = f"Kept all the same: {row.reason}"
    if row.resolved_at is not None:
        reason += f" (mended {clock.ago(row.resolved_at)})"
    return RejectRow(
        reject=row,
        project=row.project.name if row.project else "",
        where=row.where,
        reason=reason,
        payload=row.payload,
    )


def unknown_page(query: Query, clock: Clock) -> ListPage:
    """Results that carry one unknown status word of one connection."""
    connection, word = query.number("connection"), query.text("word")

    def results(rows: list[Any]) -> Table:
        shown = listed_results(result_rows(rows), project_names(), clock)
        return table(COLUMNS, shown, css="tall blocks fixed")

    return _list_page(
        query,
        results_with_word(connection or 0, word),
        results,
        UNKNOWN,
        {"connection": connection, "word": word},
        title=f"Status “{word[:80]}”",
        subtitle="unknown until somebody maps it",
        search=_search("/results/", "Name, folder or key", {"status": "unknown"}),
        nothing=("No result here", "None carries this word as unknown."),
        buttons=(Button(text="Map status", href=f"{SYNC}#rejects", primary=True),),
    )
