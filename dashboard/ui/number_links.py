"""Numbers with their doors: parts that many pages share."""

from __future__ import annotations

from datetime import UTC, timedelta

from django.utils import timezone

from dashboard.filters import Filters, Window
from dashboard.filters.state import BEGINNING
from dashboard.metrics.rates import Rate
from dashboard.ui import links
from dashboard.ui.parts import Number
from dashboard.ui.text import numbers, times

NO_ROWS = "the tool's own total: no rows are behind it"
NO_TESTS = "totals tell no tests apart"
# All results of a run, whatever their status.
EVERY = "all"


def counted(metric: str, value: int, href: str, *, title: str = "") -> Number:
    """A count; nothing stands behind a zero, so it is no door."""
    return Number(
        text=numbers.count(value),
        metric=metric,
        value=value,
        href=href if value else "",
        title=title,
    )


def counted_in_run(
    metric: str, value: int, run: int, *statuses: str, has_rows: bool = True
) -> Number:
    """Final results of a run; without rows there is nothing to open, which is said."""
    if not has_rows:
        return counted(metric, value, "", title=NO_ROWS)
    return counted(metric, value, links.run(run, statuses))


def totals_only(filters: Filters) -> Number:
    """Instead of a number of tests, where runs came with totals only: leads to these."""
    return Number(text="totals only", href=links.runs(filters), title=NO_TESTS)


def figure(metric: str, value: float | None) -> Number:
    """A rate that no list of rows can hold, 0-1."""
    return Number(text=numbers.percent(value), metric=metric, value=value)


def rated(rate: Rate, href: str, *, metric: str = "pass_rate") -> Number:
    """A rate with how sure it is as its title; the door leads to its n results."""
    return Number(
        text=numbers.percent(rate.value),
        metric=metric,
        value=rate.value,
        href=href if rate.n else "",
        title=rate_title(rate),
    )


def rate_title(rate: Rate) -> str:
    """ "of 1,240 decided results, 95 % between 91.1% and 94.0%"."""
    if rate.low is None or rate.high is None:
        return "no decided result"
    sure = numbers.between(rate.low, rate.high)
    return f"of {numbers.plural(rate.n, 'decided result')}, {sure}"


def window_words(window: Window) -> str:
    """ "21 Oct - 19 Nov", with the year where that is not this one. UTC days."""
    last = (window.until - timedelta(microseconds=1)).astimezone(UTC).date()
    year = "" if last.year == timezone.now().year else f" {last.year}"
    if window.since == BEGINNING:
        return f"until {times.day(last)}{year}"
    return f"{times.day_range(window.since.astimezone(UTC).date(), last)}{year}"
