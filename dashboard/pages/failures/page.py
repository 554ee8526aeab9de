"""The page of failures: what the failures of a time say, most cases first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, timedelta

from django.http import QueryDict

from dashboard.filters import Filters
from dashboard.filters.state import NO_MESSAGE
from dashboard.lists.failures import FAILURES, FailureRow
from dashboard.lists.names import ProjectName
from dashboard.metrics.failures import (
    FailureGroup,
    failure_groups,
    groups_containing,
)
from dashboard.metrics.without_rows import without_rows
from dashboard.pages.failures.text import failures_verdict
from dashboard.ui import freshness, links
from dashboard.ui.lengths import LONGEST_OF_MANY, QuoteOfMany
from dashboard.ui.list_layout import (
    ListLayout,
    ListPage,
    export,
    list_page,
    search_box,
)
from dashboard.ui.number_links import counted, figure
from dashboard.ui.pagination import Shown, shown
from dashboard.ui.panels import load_or_none
from dashboard.ui.parts import EmptyState, Number, Verdict
from dashboard.ui.tables import Column, table
from dashboard.ui.text import numbers, times
from dashboard.ui.url_state import CURSOR, PageState, read_state

NEW_FOR = timedelta(days=7)
# So many days are drawn at most: more bars would be too thin to be told apart.
DAYS_DRAWN = 30
# What two lines of the column hold.
SHORT = 110
COLUMNS = (
    Column("message", "Message", "message", css="a"),
    Column("results", "Results", "results", sort="-results", css="b num", width="76px"),
    Column("cases", "Tests", "cases", sort="-cases", css="e num", width="64px"),
    Column("runs", "Runs", "runs", sort="-runs", css="num", width="62px"),
    Column("share", "Share", "share", css="num sec", width="66px", from_px=1024),
    Column("days", "By day", css="d", width="112px"),
    Column(
        "first",
        "First seen",
        "first_at",
        sort="-first_at",
        css="nowrap sec",
        width="142px",
    ),
    Column(
        "last",
        "Last seen",
        "last_at",
        sort="-last_at",
        css="f nowrap sec",
        width="112px",
    ),
    Column("projects", "Projects", "projects", css="trunc", width="178px"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRow:
    """A group of failures. `days` are its results by UTC day, `days_label` says them in
    words. `before` is the first day of the time range, where the message was known
    before it. `whole_href` leads to the newest message where it is cut here.
    """

    group: FailureRow
    message: QuoteOfMany
    results: Number
    cases: Number
    runs: Number
    days: tuple[float, ...]
    days_label: str
    projects: tuple[ProjectName, ...]
    project_names: str
    before: date | None = None
    is_new: bool = False
    whole_href: str = ""

    @property
    def share(self) -> Number:
        return figure("share", self.group.share)

    @property
    def is_long(self) -> bool:
        """Two lines do not hold the message."""
        return len(self.message) > SHORT or "\n" in self.message.strip()

    @property
    def tools(self) -> list[str]:
        return list(dict.fromkeys(project.tool for project in self.projects))


def failures_state(path: str, query: QueryDict) -> PageState:
    accepts = FAILURES.accepts
    return read_state(path, query, accepts, own=(CURSOR,), has_default_window=True)


def failures_page(layout: ListLayout) -> ListPage:
    state = layout.state
    groups, rows = load_or_none("failures", lambda: _load(state)) or ([], None)
    page = list_page(
        layout,
        rows,
        title="Failures",
        what="message",
        search="",
        table=table(
            _columns(state.filters),
            _rows(layout, groups, rows.rows if rows else ()),
            css="tall blocks fixed failures",
            state=state,
            default_sort=FAILURES.default_sort,
        ),
        counts_note=_without_rows(state.filters),
        buttons=(export(state, "api-metrics-failures"),),
        empty=None if groups or rows is None else _none_failed(layout),
    )
    return replace(
        page,
        search=search_box(state, "Part of a message", "message"),
        verdict=_verdict(layout, groups) if groups else None,
    )


def _load(state: PageState) -> tuple[list[FailureGroup], Shown[FailureRow]]:
    """All groups of the window, whatever is searched for among them, and a page of
    those that are found.
    """
    groups: list[FailureGroup] = []

    def compute(filters: Filters) -> list[FailureGroup]:
        groups.extend(failure_groups(replace(filters, message="")))
        return groups_containing(groups, filters.message)

    return groups, shown(state, replace(FAILURES, compute=compute))


def _columns(filters: Filters) -> tuple[Column, ...]:
    window = filters.window()
    if window.until - window.since <= timedelta(DAYS_DRAWN):
        return COLUMNS
    titles = {"days": f"Last {DAYS_DRAWN} days"}
    return tuple(replace(c, title=titles.get(c.key, c.title)) for c in COLUMNS)


def _verdict(layout: ListLayout, groups: Sequence[FailureGroup]) -> Verdict:
    filters = replace(layout.state.filters, message="")
    by_message = sorted((g.results for g in groups if g.signature), reverse=True)
    silent = sum(group.results for group in groups if not group.signature)
    stale = freshness.stale_tools(layout.connections, filters.now)
    return failures_verdict(
        by_message,
        _failures(replace(filters, signature=NO_MESSAGE), silent),
        _failures(filters, sum(by_message) + silent),
        tail=tuple(f" Without {tool.name}, {tool.age} old." for tool in stale),
    )


def _failures(filters: Filters, number: int, metric: str = "not_passed") -> Number:
    return counted(metric, number, links.results(filters, links.NOT_PASSED_WORDS))


def _without_rows(filters: Filters) -> str:
    chosen = replace(filters.explicit(), status=links.NOT_PASSED_WORDS, message="")
    totals = load_or_none("totals", lambda: without_rows(chosen))
    if not totals or not totals.results:
        return ""
    failures = numbers.plural(totals.results, "failure")
    return f"and {failures} in {numbers.plural(totals.runs, 'run')} without rows"


def _none_failed(layout: ListLayout) -> EmptyState | None:
    if not layout.connections or layout.state.filters.q:
        return None
    return EmptyState(
        title="No failure in this time",
        text="Every result that was decided here passed.",
        glyph="fixed",
    )


def _rows(
    layout: ListLayout, groups: Sequence[FailureGroup], shown: Sequence[FailureRow]
) -> tuple[MessageRow, ...]:
    days = _days(layout.state.filters)
    by_day = {str(group.signature): group.days for group in groups}
    return tuple(_row(layout, row, days, by_day[str(row.signature)]) for row in shown)


def _days(filters: Filters) -> list[date]:
    """The last days of the window, oldest first."""
    window = filters.window()
    last = (window.until - timedelta(microseconds=1)).astimezone(UTC).date()
    first = max(window.since.astimezone(UTC).date(), last - timedelta(DAYS_DRAWN - 1))
    return [first + timedelta(n) for n in range((last - first).days + 1)]


def _row(
    layout: ListLayout,
    group: FailureRow,
    days: Sequence[date],
    by_day: Mapping[date, int],
) -> MessageRow:
    state, filters = layout.state, layout.state.filters
    window = filters.window()
    chosen = replace(filters, signature=group.signature or NO_MESSAGE, message="")
    named = [layout.projects[p] for p in group.projects if p in layout.projects]
    named.sort(key=lambda project: project.name)
    is_recent = window.until - group.first_at <= NEW_FOR
    return MessageRow(
        group=group,
        message=group.message,
        results=_failures(chosen, group.results, "results"),
        cases=counted("cases", group.cases, links.cases(chosen)),
        # A list of runs looks for a text in their names.
        runs=counted("runs", group.runs, "" if filters.q else links.runs(chosen)),
        days=tuple(float(by_day.get(day, 0)) for day in days),
        days_label=_days_label(days, by_day),
        projects=tuple(named),
        project_names=", ".join(project.name for project in named),
        before=window.since.astimezone(state.zone).date()
        if group.known_before
        else None,
        is_new=is_recent and not group.known_before and group.signature is not None,
        whole_href=links.whole_message(group.newest_result)
        if len(group.message) > LONGEST_OF_MANY
        else "",
    )


def _days_label(days: Sequence[date], by_day: Mapping[date, int]) -> str:
    drawn = {day: by_day[day] for day in days if by_day.get(day)}
    if not drawn:
        return f"None in the last {numbers.plural(len(days), 'day')}"
    most = max(drawn, key=lambda day: (drawn[day], day))
    return (
        f"On {len(drawn)} of the last {numbers.plural(len(days), 'day')}, "
        f"most on {times.day(most)}: {numbers.count(drawn[most])}"
    )
