"""Why a test fails: its messages by signature, the most frequent one open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, timedelta

from dashboard.filters.state import NO_MESSAGE
from dashboard.metrics.executions import Execution
from dashboard.metrics.failures import FailureGroup
from dashboard.pages.cases.page_data import Card, PageData
from dashboard.ui import links
from dashboard.ui.lengths import LONGEST_QUOTE, LONGEST_TEXT, Quote, cut
from dashboard.ui.number_links import counted
from dashboard.ui.panels import did_not_load
from dashboard.ui.parts import EmptyState, Link, Number
from dashboard.ui.svg.outcomes import Outcome, by_status
from dashboard.ui.text import numbers
from dashboard.ui.text.messages import no_message
from ingest.contract import Status

SHOWN = 6
BARS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureRow:
    """Failures that say the same, with the `newest` of them where it is known. `days`
    are results in equal stretches of time, oldest first; `whole_href` leads to a message
    that is cut here.
    """

    group: FailureGroup
    newest: Execution | None
    message: Quote
    number: Number
    days: tuple[float, ...]
    whole_href: str
    is_open: bool
    vendor: str

    @property
    def outcome(self) -> Outcome:
        return by_status(self.newest.status if self.newest else Status.FAILED)

    @property
    def line(self) -> str:
        first = self.message.strip().partition("\n")[0]
        return cut(first, LONGEST_TEXT) or no_message(self.vendor)

    @property
    def share(self) -> str:
        return numbers.whole_percent(self.group.share)


def failures_card(data: PageData) -> Card:
    if data.groups is None:
        return Card(empty=did_not_load("table", data.state.href))
    # Here all are of one case, so the list's first order by cases says nothing.
    groups = sorted(data.groups, key=lambda group: -group.results)
    if not groups:
        return Card(empty=_none(data))
    first = groups[:SHOWN]
    failures = numbers.plural(sum(group.results for group in groups), "failure")
    unfolded = next((group for group in first if group.message), first[0])
    return Card(
        subtitle=f"{failures}, {numbers.plural(len(groups), 'signature')}",
        rows=tuple(_row(data, group, is_open=group is unfolded) for group in first),
        more=_more(data, groups[SHOWN:]),
    )


def _none(data: PageData) -> EmptyState:
    if not data.counts.total:
        return EmptyState(
            title="No failure", text="Nothing ran in this time.", glyph="run"
        )
    if data.flakiness and data.flakiness.events.retry:
        results = numbers.plural(data.counts.total, "result")
        runs = numbers.plural(data.flakiness.events.retry, "run")
        return EmptyState(
            title="Nothing failed at its last attempt",
            text=f"{results}, but in {runs} an attempt before did not pass: what it said "
            "is among the flake events.",
            glyph="retry",
        )
    return EmptyState(
        title="No failure in this time",
        text=f"{numbers.plural(data.counts.total, 'result')}, none failed or error.",
        glyph="fixed",
    )


def _row(data: PageData, group: FailureGroup, *, is_open: bool) -> SignatureRow:
    newest, whole_href = data.newest_failure(group), ""
    if newest and len(group.message) > LONGEST_QUOTE:
        whole_href = links.whole_message(group.newest)
    signature = str(group.signature) if group.signature else NO_MESSAGE
    href = links.results(
        data.state.filters, links.NOT_PASSED_WORDS, signature=signature
    )
    return SignatureRow(
        group=group,
        newest=newest,
        message=group.message,
        number=counted("results", group.results, href),
        days=_bars(data, group.days),
        whole_href=whole_href,
        is_open=is_open,
        vendor=data.project.tool,
    )


def _bars(data: PageData, by_day: Mapping[date, int]) -> tuple[float, ...]:
    """Failures in equal stretches of the time range, at most BARS of them."""
    window = data.window
    first = min([window.since.astimezone(UTC).date(), *by_day])
    if data.executions and window.until - window.since > timedelta(days=366):
        first = data.executions[0].at.astimezone(UTC).date()
    last = (window.until - timedelta(microseconds=1)).astimezone(UTC).date()
    days = max((last - first).days + 1, 1)
    bars = [0.0] * min(BARS, days)
    for day, number in by_day.items():
        place = (day - first).days * len(bars) // days
        bars[min(max(place, 0), len(bars) - 1)] += number
    return tuple(bars)


def _more(data: PageData, rest: list[FailureGroup]) -> Link | None:
    if not rest:
        return None
    number = sum(group.results for group in rest)
    text = f"{numbers.plural(len(rest), 'more signature')}, "
    text += numbers.plural(number, "failure")
    return Link(
        text=text, href=links.results(data.state.filters, links.NOT_PASSED_WORDS)
    )
