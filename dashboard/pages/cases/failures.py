"""Why a test fails: its messages by signature, the most frequent one open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, timedelta

from dashboard.filters.state import NO_MESSAGE
from dashboard.metrics.failures import FailureGroup
from dashboard.pages.cases.page_data import PageData
from dashboard.ui import links
from dashboard.ui.lengths import LONGEST_QUOTE, Quote
from dashboard.ui.number_links import counted
from dashboard.ui.panels import did_not_load
from dashboard.ui.parts import EmptyState, Link, Number, State
from dashboard.ui.svg.outcomes import by_status
from dashboard.ui.text import numbers, times
from ingest.contract import Status

SHOWN = 6
BARS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureRow:
    """Failures that say the same. `line` is the first line of the newest `message`;
    `days` are results in equal stretches of time, oldest first. `whole_href` leads to a
    message that is cut here.
    """

    state: State
    line: str
    message: Quote
    seen: str
    seen_title: str
    number: Number
    share: str
    days: tuple[float, ...]
    colour: str
    run: Link | None = None
    whole_href: str = ""
    is_open: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FailuresCard:
    """`more` tells of the groups that are not listed, with a way to them."""

    subtitle: str
    rows: tuple[SignatureRow, ...]
    more: Link | None = None
    empty: EmptyState | None = None


def failures_card(found: PageData) -> FailuresCard:
    if found.groups is None:
        empty = did_not_load("table", found.state.href)
        return FailuresCard(subtitle="", rows=(), empty=empty)
    # Here all are of one case, so the list's first order by cases says nothing.
    groups = sorted(found.groups, key=lambda group: -group.results)
    if not groups:
        return FailuresCard(subtitle="", rows=(), empty=_none(found))
    first = groups[:SHOWN]
    failures = sum(group.results for group in groups)
    opened = next((group for group in first if group.message), first[0])
    return FailuresCard(
        subtitle=f"{numbers.plural(failures, 'failure')}, "
        f"{numbers.plural(len(groups), 'signature')}",
        rows=tuple(_row(found, group, is_open=group is opened) for group in first),
        more=_more(found, groups[SHOWN:]),
    )


def _none(found: PageData) -> EmptyState:
    if not found.counts.total:
        return EmptyState(
            title="No failure", text="Nothing ran in this time.", glyph="run"
        )
    return EmptyState(
        title="No failure in this time",
        text=f"{numbers.plural(found.counts.total, 'result')}, none failed or error.",
        glyph="fixed",
    )


def _row(found: PageData, group: FailureGroup, *, is_open: bool) -> SignatureRow:
    newest = found.newest_failure(group)
    outcome = by_status(newest.status if newest else Status.FAILED)
    line = group.message.strip().partition("\n")[0]
    run, whole = None, ""
    if newest is not None:
        if len(group.message) > LONGEST_QUOTE:
            whole = links.result_of_api(newest.run, newest.ordinal)
        number = newest.run_external_id[:12]
        run = Link(text=f"Open run #{number}", href=links.run(newest.run))
    return SignatureRow(
        state=State(glyph=outcome.css, word=outcome.word.lower()),
        line=line or "No message",
        message=group.message,
        seen=_seen(found, group),
        seen_title=f"{times.timestamp(group.first_at, found.state.zone)} to "
        f"{times.timestamp(group.last_at, found.state.zone)}",
        number=counted("results", group.results, _door(found, group)),
        share=f"{100 * group.share:.0f}%",
        days=_bars(found, group.days),
        colour=outcome.css,
        run=run,
        whole_href=whole,
        is_open=is_open,
    )


def _seen(found: PageData, group: FailureGroup) -> str:
    now, zone = found.state.filters.now, found.state.zone
    first = times.moment(group.first_at, now, zone)
    if group.results == 1:
        return first
    return f"first {first}, last {times.moment(group.last_at, now, zone)}"


def _door(found: PageData, group: FailureGroup) -> str:
    signature = str(group.signature) if group.signature else NO_MESSAGE
    return links.results(
        found.state.filters, links.NOT_PASSED_WORDS, signature=signature
    )


def _bars(found: PageData, by_day: Mapping[date, int]) -> tuple[float, ...]:
    """Failures in equal stretches of the time range, at most BARS of them."""
    window = found.window
    first = min([window.since.astimezone(UTC).date(), *by_day])
    if found.executions and window.until - window.since > timedelta(days=366):
        first = found.executions[0].at.astimezone(UTC).date()
    last = (window.until - timedelta(microseconds=1)).astimezone(UTC).date()
    days = max((last - first).days + 1, 1)
    bars = [0.0] * min(BARS, days)
    for day, number in by_day.items():
        place = (day - first).days * len(bars) // days
        bars[min(max(place, 0), len(bars) - 1)] += number
    return tuple(bars)


def _more(found: PageData, rest: list[FailureGroup]) -> Link | None:
    if not rest:
        return None
    number = sum(group.results for group in rest)
    text = f"{numbers.plural(len(rest), 'more signature')}, "
    text += numbers.plural(number, "failure")
    return Link(
        text=text, href=links.results(found.state.filters, links.NOT_PASSED_WORDS)
    )
