"""The page of failures: what the failures of a time say, most cases first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, timedelta
from uuid import UUID

from django.http import QueryDict

from dashboard.filters import Filters, Window
from dashboard.filters.state import NO_MESSAGE
from dashboard.lists.failures import FAILURES
from dashboard.lists.names import ProjectName
from dashboard.lists.ranked import Ranking
from dashboard.metrics.failures import (
    FailureGroup,
    failure_groups,
    groups_containing,
    known_before,
)
from dashboard.metrics.without_rows import without_rows
from dashboard.pages.failures.text import failures_verdict
from dashboard.ui import freshness, links
from dashboard.ui.filter_bar import tool
from dashboard.ui.lengths import LONGEST_OF_MANY, QuoteOfMany
from dashboard.ui.list_layout import ListLayout, ListPage, count_text, empty_of, export
from dashboard.ui.number_links import counted, sort_columns
from dashboard.ui.pagination import Shown, shown_ranking
from dashboard.ui.panels import load_or_none
from dashboard.ui.parts import EmptyState, Link, Number, Piece, SearchBox, Tool, Verdict
from dashboard.ui.text import numbers, times
from dashboard.ui.url_state import CURSOR, PageState, read_state

NEW_FOR = timedelta(days=7)
# So many days are drawn at most: more bars would be too thin to be told apart.
DAYS_DRAWN = 30
# What two lines of the column hold.
SHORT = 110
HEADS = {
    "message": ("Message", ""),
    "results": ("Results", "-results"),
    "cases": ("Tests", "-cases"),
    "runs": ("Runs", "-runs"),
    "share": ("Share", ""),
    "days": ("By day", ""),
    "first": ("First seen", "-first_at"),
    "last": ("Last seen", "-last_at"),
    "projects": ("Projects", ""),
}
NUMERIC = frozenset({"results", "cases", "runs", "share"})


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureGroupRow:
    """One message. `is_silent` marks the group of failures without one; `is_long` says
    that two lines do not hold it. `project` is the only one, else `projects` counts them. `days` are its results by UTC day, `days_label` says
    them in words. `first` is "new" marked by `is_new`. `whole_href` leads to a message
    that is cut here.
    """

    message: QuoteOfMany
    results: Number
    cases: Number
    runs: Number
    share: Number
    days: tuple[float | None, ...]
    days_label: str
    first: str
    first_title: str
    last: str
    last_title: str
    tools: tuple[Tool, ...]
    project: Link | None = None
    projects: str = ""
    projects_title: str = ""
    is_new: bool = False
    is_silent: bool = False
    is_long: bool = False
    whole_href: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureListPage(ListPage):
    """Column keys: message, results, cases, runs, days, first, last, projects."""

    verdict: Verdict | None = None
    rows: tuple[FailureGroupRow, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """All groups of the window and the page of those that are shown."""

    groups: Sequence[FailureGroup]
    shown: Shown[FailureGroup]
    known: set[UUID]


def failures_state(path: str, query: QueryDict) -> PageState:
    accepts = FAILURES.accepts
    return read_state(path, query, accepts, own=(CURSOR,), has_default_window=True)


def failures_page(frame: ListLayout) -> FailureListPage:
    state = frame.state
    found = load_or_none("failures", lambda: _found(state))
    return FailureListPage(
        title="Failures",
        subtitle=frame.subtitle,
        verdict=_verdict(frame, found) if found else None,
        count=count_text(found.shown if found else None),
        counts_note=_without_rows(state),
        search=_search(state),
        columns=sort_columns(
            state, _heads(state), FAILURES.default_sort, numeric=NUMERIC
        ),
        rows=_rows(frame, found) if found else (),
        pager=found.shown.pager if found else None,
        empty=_empty(frame, found),
        buttons=(export(state, "metrics/failures/"),),
        notes=frame.notes(found.shown if found else None),
    )


def _found(state: PageState) -> _Found:
    """The verdict is about all groups, whatever is searched for among them."""
    groups: list[FailureGroup] = []

    def compute(filters: Filters) -> list[FailureGroup]:
        groups.extend(failure_groups(replace(filters, message="")))
        return groups_containing(groups, filters.message)

    ranking = Ranking(
        name=FAILURES.name,
        row=FailureGroup,
        compute=compute,
        key=FAILURES.key,
        rows=lambda _, items: list(items),
        sorts=FAILURES.sorts,
    )
    page = shown_ranking(state, ranking)
    signatures = [group.signature for group in page.rows]
    return _Found(
        groups=groups,
        shown=page,
        known=known_before(state.filters, [s for s in signatures if s]),
    )


def _heads(state: PageState) -> dict[str, tuple[str, str]]:
    window = state.filters.window()
    if window.until - window.since <= timedelta(DAYS_DRAWN):
        return HEADS
    return {**HEADS, "days": (f"Last {DAYS_DRAWN} days", "")}


def _search(state: PageState) -> SearchBox:
    return SearchBox(
        action=state.path,
        value=state.filters.message,
        placeholder="Part of a message",
        name="message",
        hidden=state.hidden("message"),
    )


def _verdict(frame: ListLayout, found: _Found) -> Verdict | None:
    if not found.groups:
        return None
    filters = replace(frame.state.filters, message="")
    told = sorted((g.results for g in found.groups if g.signature), reverse=True)
    silent = sum(group.results for group in found.groups if not group.signature)
    total = _failures(filters, sum(told) + silent)
    none = _failures(replace(filters, signature=NO_MESSAGE), silent)
    stale = freshness.stale_tools(frame.connections, filters.now)
    tail = [Piece(text=f" Without {old.name}, {old.age} old.") for old in stale]
    return failures_verdict(told, none, total, tail=tail)


def _failures(filters: Filters, number: int) -> Number:
    return counted("not_passed", number, links.results(filters, links.NOT_PASSED_WORDS))


def _without_rows(state: PageState) -> str:
    statuses = links.NOT_PASSED_WORDS
    chosen = replace(state.filters.explicit(), status=statuses, message="")
    found = load_or_none("totals", lambda: without_rows(chosen))
    if not found or not found.results:
        return ""
    runs = numbers.plural(found.runs, "run")
    return f"and {numbers.plural(found.results, 'failure')} in {runs} without rows"


def _empty(frame: ListLayout, found: _Found | None) -> EmptyState | None:
    filters = frame.state.filters
    is_clear = found is not None and not found.groups
    if is_clear and frame.connections and not filters.q:
        return EmptyState(
            title="No failure in this time",
            text="Every result that was decided here passed.",
            glyph="fixed",
        )
    return empty_of(frame, "message", found.shown if found else None)


def _rows(frame: ListLayout, found: _Found) -> tuple[FailureGroupRow, ...]:
    window = frame.state.filters.window()
    days = _days(window)
    return tuple(_row(frame, found, days, group) for group in found.shown.rows)


def _days(window: Window) -> list[date]:
    """The last days of the window, oldest first."""
    last = (window.until - timedelta(microseconds=1)).astimezone(UTC).date()
    first = max(window.since.astimezone(UTC).date(), last - timedelta(DAYS_DRAWN - 1))
    return [first + timedelta(n) for n in range((last - first).days + 1)]


def _row(
    frame: ListLayout, found: _Found, days: Sequence[date], group: FailureGroup
) -> FailureGroupRow:
    state, by_day = frame.state, group.days
    names = [frame.projects[p] for p in group.projects if p in frame.projects]
    names.sort(key=lambda project: project.name)
    first, title, is_new = _first(state, found, group)
    return FailureGroupRow(
        message=group.message,
        is_silent=group.signature is None,
        is_long=len(group.message) > SHORT or "\n" in group.message.strip(),
        whole_href=_whole(state.filters, group),
        **_numbers(state.filters, group),
        days=tuple(float(by_day.get(day, 0)) for day in days),
        days_label=_days_label(days, by_day),
        first=first,
        first_title=title,
        is_new=is_new,
        last=times.moment(group.last_at, state.filters.now, state.zone),
        last_title=times.timestamp(group.last_at, state.zone),
        tools=tuple(tool(v) for v in dict.fromkeys(name.tool for name in names)),
        project=_only(names),
        projects=numbers.plural(len(names), "project"),
        projects_title=", ".join(name.name for name in names),
    )


def _whole(filters: Filters, group: FailureGroup) -> str:
    """The newest result with the message, from the API; "" where all of it is shown."""
    if len(group.message) <= LONGEST_OF_MANY:
        return ""
    kept = replace(filters.explicit(), signature=str(group.signature), message="")
    return links.newest_of_api("results/", kept)


def _only(names: Sequence[ProjectName]) -> Link | None:
    if len(names) != 1:
        return None
    return Link(text=names[0].name, href=links.project(names[0].id))


def _numbers(filters: Filters, group: FailureGroup) -> dict[str, Number]:
    signature = str(group.signature or NO_MESSAGE)
    chosen = replace(filters, signature=signature, message="")
    share = Number(text=numbers.percent(group.share), metric="share", value=group.share)
    return {
        "results": counted(
            "results", group.results, links.results(chosen, links.NOT_PASSED_WORDS)
        ),
        "cases": counted("cases", group.cases, links.cases(chosen)),
        # A list of runs looks for a text in their names.
        "runs": counted("runs", group.runs, "" if filters.q else links.runs(chosen)),
        "share": share,
    }


def _first(
    state: PageState, found: _Found, group: FailureGroup
) -> tuple[str, str, bool]:
    """When the message was first seen: its words, their title, and whether it is new."""
    now, zone, window = state.filters.now, state.zone, state.filters.window()
    in_window = times.moment(group.first_at, now, zone)
    title = times.timestamp(group.first_at, zone)
    if group.signature is None:
        return in_window, title, False
    if group.signature in found.known:
        before = times.day(window.since.astimezone(zone).date())
        return f"before {before}", f"In this time first {title}", False
    return in_window, title, window.until - group.first_at <= NEW_FOR


def _days_label(days: Sequence[date], by_day: Mapping[date, int]) -> str:
    drawn = {day: by_day[day] for day in days if by_day.get(day)}
    if not drawn:
        return f"None in the last {numbers.plural(len(days), 'day')}"
    most = max(drawn, key=lambda day: (drawn[day], day))
    return (
        f"On {len(drawn)} of the last {numbers.plural(len(days), 'day')}, "
        f"most on {times.day(most)}: {numbers.count(drawn[most])}"
    )
