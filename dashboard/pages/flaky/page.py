"""The page of flaky tests."""

from __future__ import annotations

from dashboard.contexts import Button, EmptyState
from dashboard.contexts.flaky import FlakyPage, OtherRules
from dashboard.lists.facets import CHOSEN
from dashboard.lists.flaky_choice import PARAMETERS
from dashboard.lists.imports import imports_in_progress
from dashboard.metrics.activity import newest_start
from dashboard.metrics.summary import runs_begun
from dashboard.pages import doors, empties
from dashboard.pages.flaky.cost import left_out_sentence, money, time_bar, verdict
from dashboard.pages.flaky.material import Material
from dashboard.pages.flaky.table import table
from dashboard.pages.lists.frame import count_text
from dashboard.pages.numbers import window_words
from dashboard.pages.panels import loaded

TITLE = "Flaky tests"


def flaky_page(found: Material, others: OtherRules) -> FlakyPage:
    """`others` is the panel of the other rules, loaded or not."""
    state = found.asked.page
    empty = loaded("runs", lambda: _why_nothing(found))
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


def _why_nothing(found: Material) -> EmptyState | None:
    """Why there is nothing to judge in the window; None when there is something."""
    frame, state = found.frame, found.asked.page
    if not frame.connections and not frame.projects:
        return empties.no_connection()
    filters = state.filters
    if found.flaky or runs_begun(filters, filters.window()).exists():
        return None
    newest = newest_start(filters)
    if newest is not None:
        return empties.nothing_in_window(state, newest)
    if any(getattr(filters, name) for name in (*CHOSEN, "connection", "case", "q")):
        return empties.nothing_matches(state, frame.offered, "run")
    return empties.no_run_yet(frame.connections, imports_in_progress())


def _export(found: Material) -> Button:
    """The rows of the table, whatever its page, as CSV of the API."""
    state = found.asked.page
    own = {name: state.own[name] for name in PARAMETERS if name in state.own}
    return Button(
        text="Export CSV",
        href=doors.export("metrics/flaky/", state.filters, **own),
        icon="download",
        hide_on_phone=True,
    )
