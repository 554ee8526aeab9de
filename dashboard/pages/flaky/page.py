"""The page of flaky tests."""

from __future__ import annotations

from dataclasses import dataclass

from dashboard.lists.flaky_choice import PARAMETERS
from dashboard.lists.imports import imports_in_progress
from dashboard.metrics.activity import newest_start
from dashboard.metrics.summary import runs_begun
from dashboard.pages.flaky.narrowing import Menu, menus, switches, why_empty
from dashboard.pages.flaky.other_rules import OtherRules, other_rules
from dashboard.pages.flaky.page_data import PageData
from dashboard.pages.flaky.table import flaky_table
from dashboard.pages.flaky.text import left_out, money, verdict
from dashboard.pages.flaky.time_bar import TimeShare, time_bar
from dashboard.ui import empty_states
from dashboard.ui.list_layout import ListPage, count_text, export, search_box
from dashboard.ui.number_links import window_words
from dashboard.ui.panels import load_or_none
from dashboard.ui.parts import EmptyState, Piece, Sentence, Switch
from dashboard.ui.url_state import FIND, VIEW


@dataclass(frozen=True, slots=True, kw_only=True)
class FlakyPage(ListPage):
    """`count` is the number of rows that the export holds. `nothing` replaces everything
    below the header.
    """

    nothing: EmptyState | None
    money: Sentence | None
    time_bar: tuple[TimeShare, ...]
    unknown_durations: int
    switches: tuple[Switch, ...]
    menus: tuple[Menu, ...]
    left_out: tuple[Piece, ...]
    others: OtherRules


def flaky_page(data: PageData) -> FlakyPage:
    state, shown = data.state, data.shown
    own = {name: state.own[name] for name in PARAMETERS if name in state.own}
    return FlakyPage(
        title="Flaky tests",
        subtitle=window_words(data.filters.window()),
        count=count_text(shown),
        buttons=(export(state, "api-metrics-flaky", **own),),
        notes=data.layout.notes(shown),
        nothing=load_or_none("runs", lambda: _why_nothing(data)),
        verdict=verdict(data),
        money=money(data),
        time_bar=time_bar(data),
        unknown_durations=data.totals.unknown_durations,
        search=search_box(state, "Test name or message", FIND),
        switches=switches(data),
        menus=menus(state),
        table=flaky_table(data),
        pager=shown.pager if shown else None,
        empty=why_empty(data),
        left_out=left_out(data),
        others=other_rules(state, is_asked=VIEW in state.own),
    )


def _why_nothing(data: PageData) -> EmptyState | None:
    """Why there is nothing to judge in the window; None when there is something."""
    layout, filters = data.layout, data.filters
    if not layout.connections and not layout.projects:
        return empty_states.no_connection()
    if data.flaky or runs_begun(filters, filters.window()).exists():
        return None
    newest = newest_start(filters)
    if newest is not None:
        return empty_states.nothing_in_window(data.state, newest)
    if data.is_filtered:
        return empty_states.nothing_matches(data.state, layout.offered, "run")
    return empty_states.no_run_yet(layout.connections, imports_in_progress())
