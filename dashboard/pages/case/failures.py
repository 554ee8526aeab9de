"""Why a test fails: its messages by signature, the most frequent one open."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, timedelta

from dashboard import words
from dashboard.contexts import EmptyState, Link, State
from dashboard.contexts.case import FailuresCard, SignatureRow
from dashboard.contexts.lengths import LONGEST_QUOTE
from dashboard.filters.state import NO_MESSAGE
from dashboard.marks import by_status
from dashboard.metrics.failures import FailureGroup
from dashboard.pages import doors
from dashboard.pages.case.material import CaseMaterial
from dashboard.pages.numbers import counted
from dashboard.pages.panels import did_not_load
from ingest.contract import Status

SHOWN = 6
BARS = 20


def failures_card(found: CaseMaterial) -> FailuresCard:
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
        subtitle=f"{words.plural(failures, 'failure')}, "
        f"{words.plural(len(groups), 'signature')}",
        rows=tuple(_row(found, group, is_open=group is opened) for group in first),
        more=_more(found, groups[SHOWN:]),
    )


def _none(found: CaseMaterial) -> EmptyState:
    if not found.counts.total:
        return EmptyState(
            title="No failure", text="Nothing ran in this time.", glyph="run"
        )
    return EmptyState(
        title="No failure in this time",
        text=f"{words.plural(found.counts.total, 'result')}, none failed or error.",
        glyph="fixed",
    )


def _row(found: CaseMaterial, group: FailureGroup, *, is_open: bool) -> SignatureRow:
    newest = found.newest_failure(group)
    outcome = by_status(newest.status if newest else Status.FAILED)
    line = group.message.strip().partition("\n")[0]
    run, whole = None, ""
    if newest is not None:
        if len(group.message) > LONGEST_QUOTE:
            whole = doors.result_of_api(newest.run, newest.ordinal)
        number = newest.run_external_id[:12]
        run = Link(text=f"Open run #{number}", href=doors.run(newest.run))
    return SignatureRow(
        state=State(glyph=outcome.css, word=outcome.word.lower()),
        line=line or "No message",
        message=group.message,
        seen=_seen(found, group),
        seen_title=f"{words.timestamp(group.first_at, found.state.zone)} to "
        f"{words.timestamp(group.last_at, found.state.zone)}",
        number=counted("results", group.results, _door(found, group)),
        share=f"{100 * group.share:.0f}%",
        days=_bars(found, group.days),
        colour=outcome.css,
        run=run,
        whole_href=whole,
        is_open=is_open,
    )


def _seen(found: CaseMaterial, group: FailureGroup) -> str:
    now, zone = found.state.filters.now, found.state.zone
    first = words.moment(group.first_at, now, zone)
    if group.results == 1:
        return first
    return f"first {first}, last {words.moment(group.last_at, now, zone)}"


def _door(found: CaseMaterial, group: FailureGroup) -> str:
    signature = str(group.signature) if group.signature else NO_MESSAGE
    return doors.results(
        found.state.filters, doors.NOT_PASSED_WORDS, signature=signature
    )


def _bars(found: CaseMaterial, by_day: Mapping[date, int]) -> tuple[float, ...]:
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


def _more(found: CaseMaterial, rest: list[FailureGroup]) -> Link | None:
    if not rest:
        return None
    number = sum(group.results for group in rest)
    text = f"{words.plural(len(rest), 'more signature')}, "
    text += words.plural(number, "failure")
    return Link(
        text=text, href=doors.results(found.state.filters, doors.NOT_PASSED_WORDS)
    )
