"""The page of flaky tests."""

from __future__ import annotations

from dataclasses import dataclass

from dashboard.lists.facets import CHOSEN
from dashboard.lists.flaky_choice import PARAMETERS
from dashboard.lists.imports import imports_in_progress
from dashboard.metrics.activity import newest_start
from dashboard.metrics.summary import runs_begun
from dashboard.pages.flaky.cost import (
    TimeBar,
    left_out_sentence,
    money,
    time_bar,
    verdict,
)
from dashboard.pages.flaky.other_rules import OtherRules
from dashboard.pages.flaky.page_data import PageData
from dashboard.pages.flaky.table import FlakyTable, table
from dashboard.ui import empty_states, links
from dashboard.ui.list_layout import count_text
from dashboard.ui.number_links import window_words
from dashboard.ui.panels import load_or_none
from dashboard.ui.parts import Button, EmptyState, Note, Sentence, Verdict

TITLE = "Flaky tests"


@dataclass(frozen=True, slots=True, kw_only=True)
class FlakyPage:
    """`count` is the number of rows that the export holds. `left_out` tells of runs
    that flakiness leaves out, `money` what the time costs; both None without any.
    `empty` replaces everything below the header.
    """

    title: str
    subtitle: str
    count: str
    export: Button
    table: FlakyTable
    verdict: Verdict | None = None
    bar: TimeBar | None = None
    money: Sentence | None = None
    left_out: Sentence | None = None
    others: OtherRules | None = None
    notes: tuple[Note, ...] = ()
    empty: EmptyState | None = None


def flaky_page(found: PageData, others: OtherRules) -> FlakyPage:
    """`others` is the panel of the other rules, loaded or not."""
    state = found.asked.page
    empty = load_or_none("runs", lambda: _why_nothing(found))
    narrowed = table(found)
    return FlakyPage(
        title=TITLE,
        subtitle=f"Passed and failed on the same code, "
        f"{window_words(state.filters.window())}",
        count=count_text(found.shown),
        export=_export(found),
        table=narrowed,
        verdict=None if empty else verdict(found),
        bar=None if empty else time_bar(found),
        money=None if empty else money(found),
        left_out=None if empty else left_out_sentence(found),
        others=None if empty else others,
        notes=found.frame.notes(found.shown),
        empty=empty,
    )


def _why_nothing(found: PageData) -> EmptyState | None:
    """Why there is nothing to judge in the window; None when there is something."""
    frame, state = found.frame, found.asked.page
    if not frame.connections and not frame.projects:
        return empty_states.no_connection()
    filters = state.filters
    if found.flaky or runs_begun(filters, filters.window()).exists():
        return None
    newest = newest_start(filters)
    if newest is not None:
        return empty_states.nothing_in_window(state, newest)
    if any(getattr(filters, name) for name in (*CHOSEN, "connection", "case", "q")):
        return empty_states.nothing_matches(state, frame.offered, "run")
    return empty_states.no_run_yet(frame.connections, imports_in_progress())


def _export(found: PageData) -> Button:
    """The rows of the table, whatever its page, as CSV of the API."""
    state = found.asked.page
    own = {name: state.own[name] for name in PARAMETERS if name in state.own}
    return Button(
        text="Export CSV",
        href=links.export("metrics/flaky/", state.filters, **own),
        icon="download",
        hide_on_phone=True,
    )
