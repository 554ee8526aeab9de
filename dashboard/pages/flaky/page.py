"""The page of flaky tests."""

from __future__ import annotations

from dataclasses import dataclass

from dashboard.lists.flaky_choice import PARAMETERS
from dashboard.lists.imports import imports_in_progress
from dashboard.metrics.activity import newest_start
from dashboard.metrics.judged_cases import judged_cases
from dashboard.metrics.other_flaky_rules import OURS, RULES, Rule
from dashboard.metrics.summary import runs_begun
from dashboard.metrics.tallies import has_only_totals
from dashboard.pages.flaky.narrowing import Menu, menus, switches, why_empty
from dashboard.pages.flaky.page_data import MOST_PARTS, OTHERS, PageData
from dashboard.pages.flaky.table import flaky_table
from dashboard.pages.flaky.text import FIRST, left_out, money, verdict
from dashboard.precomputed.cached import Metric, cached
from dashboard.precomputed.flaky import rule_counts
from dashboard.ui import empty_states, links
from dashboard.ui.list_layout import ListPage, count_text, export, search_box
from dashboard.ui.number_links import counted, window_words
from dashboard.ui.panels import did_not_load, load_or_none
from dashboard.ui.parts import EmptyState, Number, Piece, Sentence, Switch
from dashboard.ui.text import numbers, times
from dashboard.ui.url_state import FIND, VIEW, PageState

# Parts smaller than this are drawn together.
SMALLEST_PERCENT = 1.2
# A part that holds a duration is at least this wide.
NAMED_PERCENT, NAMED = 6.0, 4


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherRules:
    """What our rule and each other one calls flaky of the same `tests`. `href` loads
    the panel, which has nothing of that until then.
    """

    href: str
    tests: Number | None = None
    ours: Number | None = None
    rules: tuple[tuple[Rule, Number], ...] = ()
    empty: EmptyState | None = None


def other_rules(state: PageState, *, is_asked: bool) -> OtherRules:
    """The counts, over all tests that the filters choose."""
    href = state.with_own(**{VIEW: OTHERS})
    if not is_asked:
        return OtherRules(href=href)
    loaded = load_or_none("other rules", lambda: cached(_COUNTS, state.filters))
    if loaded is None:
        return OtherRules(href=href, empty=did_not_load("panel", state.href))
    counts, tests = loaded
    return OtherRules(
        href=href,
        tests=Number(text=numbers.plural(tests, "test"), metric="judged", value=tests),
        ours=counted("flaky", counts[OURS], links.flaky(state.filters)),
        rules=tuple(
            (rule, counted(f"flaky_{name}", counts[name], ""))
            for name, rule in RULES.items()
        ),
    )


_COUNTS = Metric(
    name="other-rules",
    kind=tuple[dict[str, int], int],
    compute=lambda filters: (rule_counts(filters), judged_cases(filters)),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeShare:
    """A part of the bar: `percent` of its width. `is_rest` is all that is too small to
    be drawn.
    """

    percent: float
    title: str
    href: str
    text: str = ""
    is_hot: bool = False
    is_rest: bool = False


def time_bar(data: PageData) -> tuple[TimeShare, ...]:
    """Longest first; nothing where no time is known to be lost."""
    total_ms = data.totals.time_lost_ms
    if not total_ms:
        return ()
    percents = [100 * c.time_lost_ms / total_ms for c in data.costliest[:MOST_PARTS]]
    widths = [percent for percent in percents if percent >= SMALLEST_PERCENT]
    shares = [_share(data, place, percent) for place, percent in enumerate(widths)]
    rest = _rest(data, len(widths))
    return (*shares, rest) if rest else tuple(shares)


def _share(data: PageData, place: int, percent: float) -> TimeShare:
    case = data.costliest[place]
    lost, muted = times.duration(case.time_lost_ms), data.muted(case.case)
    is_named = place < NAMED and percent >= NAMED_PERCENT
    return TimeShare(
        percent=percent,
        title=f"{case.name}: {lost}" + (f". {muted}" if muted else ""),
        href=links.case(case.case),
        text=lost if is_named else "",
        is_hot=place < FIRST,
    )


def _rest(data: PageData, first: int) -> TimeShare | None:
    others = len(data.costliest) - first
    if not others:
        return None
    shown_ms = sum(case.time_lost_ms for case in data.costliest[:first])
    lost_ms = data.totals.time_lost_ms - shown_ms
    percent = 100 * lost_ms / data.totals.time_lost_ms
    title = f"{numbers.plural(others, 'other')}, {times.duration(lost_ms)}"
    return TimeShare(
        percent=percent,
        title=title,
        href=data.state.with_filters(sort="-lost"),
        text=title if percent >= 2 * NAMED_PERCENT else f"+{others}",
        is_rest=True,
    )


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
    state, page = data.state, data.page
    own = {name: state.own[name] for name in PARAMETERS if name in state.own}
    return FlakyPage(
        title="Flaky tests",
        subtitle=window_words(data.filters.window()),
        count=count_text(page),
        buttons=(export(state, "api-metrics-flaky", **own),),
        notes=data.layout.notes(page),
        nothing=load_or_none("runs", lambda: _why_nothing(data)),
        verdict=verdict(data),
        money=money(data),
        time_bar=time_bar(data),
        unknown_durations=data.totals.unknown_durations,
        search=search_box(state, "Test name or message", FIND),
        switches=switches(data),
        menus=menus(state),
        table=flaky_table(data),
        pager=page.pager if page else None,
        empty=why_empty(data),
        left_out=left_out(data),
        others=other_rules(state, is_asked=VIEW in state.own),
    )


def _why_nothing(data: PageData) -> EmptyState | None:
    """Why there is nothing to judge in the window; None when there is something."""
    layout, filters = data.layout, data.filters
    if not layout.connections and not layout.projects:
        return empty_states.no_connection()
    if data.flaky:
        return None
    if has_only_totals(filters):
        return empty_states.totals_only(filters)
    if runs_begun(filters, filters.window()).exists():
        return None
    newest = newest_start(filters)
    if newest is not None:
        return empty_states.nothing_in_window(data.state, newest)
    if data.is_filtered:
        return empty_states.nothing_matches(data.state, layout.offered, "run")
    return empty_states.no_run_yet(layout.connections, imports_in_progress())
