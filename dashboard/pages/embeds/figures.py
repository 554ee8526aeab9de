"""What an embedded picture tells: the numbers of pages, and how fresh they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta, tzinfo
from functools import cached_property

from django.utils import timezone

from dashboard.filters import Filters, Window, selected_connections
from dashboard.lists.names import project_names
from dashboard.metrics.freshness import state
from dashboard.metrics.milestone_days import milestone_days
from dashboard.metrics.rates import Rate, pass_rate
from dashboard.metrics.tallies import Tally, by_day, only_totals, tallies, total
from dashboard.precomputed.failing import failing_now
from dashboard.precomputed.flaky import flaky_by_project
from dashboard.ui.charts.daily import DayOutcomes
from dashboard.ui.charts.parts import MilestoneMark
from dashboard.ui.filter_words import filter_words
from dashboard.ui.freshness import overdue_look
from dashboard.ui.milestone_marks import milestone_marks
from dashboard.ui.text import times
from dashboard.ui.text.numbers import listed_names
from ingest.contract import Counts
from ingest.models import Connection

# More of them are drawn into each other.
MOST_DAYS = 400
_DRAWN = ("passed", "failed", "error", "blocked", "skipped")
_LABEL_WIDTH = 0.22


def drawable(filters: Filters) -> Filters:
    """The same, over as many of its last days as a picture can show."""
    window = filters.window()
    since = max(window.since, window.until - timedelta(days=MOST_DAYS))
    if since == window.since:
        return filters
    return filters.over(Window(since=since, until=window.until))


@dataclass(frozen=True)
class Figures:
    """Of these filters, each asked for once and only where it is drawn. `projects`: those
    whose tools must be fresh, where the filters do not say it.
    """

    filters: Filters
    projects: frozenset[int] = frozenset()

    @property
    def zone(self) -> tzinfo:
        return timezone.get_current_timezone()

    @cached_property
    def window(self) -> Window:
        return self.filters.window()

    @cached_property
    def scope(self) -> str:
        return filter_words(self.filters, self.window)

    @property
    def moment(self) -> str:
        return times.full_moment(self.window.until, self.zone)

    @cached_property
    def tallied(self) -> Sequence[Tally]:
        return tallies(self.filters, self.window, bucket="day")

    @cached_property
    def rate(self) -> Rate:
        return pass_rate(total(self.tallied))

    @property
    def has_results(self) -> bool:
        return total(self.tallied).total > 0

    @property
    def has_only_totals(self) -> bool:
        return bool(only_totals(self.tallied))

    @cached_property
    def failing(self) -> int:
        return failing_now(self.filters, self.window)

    @cached_property
    def flaky(self) -> int:
        by_project = flaky_by_project(self.filters, self.window)
        return sum(one.cases for one in by_project.values())

    @cached_property
    def days(self) -> list[DayOutcomes]:
        """The UTC days that the window touches, oldest first."""
        days = by_day(self.tallied, self.window)
        return [_outcomes(day, counts) for day, counts in days.items()]

    @cached_property
    def marks(self) -> list[MilestoneMark]:
        found = milestone_days(self.filters)
        return milestone_marks(found, len(self.days), _LABEL_WIDTH)

    @cached_property
    def connections(self) -> Sequence[Connection]:
        found = selected_connections(self.filters)
        if not self.projects:
            return list(found)
        names = project_names()
        used = {names[pk].connection for pk in self.projects if pk in names}
        return [one for one in found if one.pk in used]

    @cached_property
    def stale(self) -> Mapping[str, str]:
        """What is not fresh by name, and how old it is. Of a time that is over nothing is
        missing once a tool was read after it.
        """
        now, until = self.filters.now, self.filters.until
        return {
            one.name: _age(one, self.filters)
            for one in self.connections
            if state(one, now) != "fresh"
            and not (until and one.last_success_at and one.last_success_at >= until)
        }

    @property
    def stale_words(self) -> str:
        """ "QA.tech is 26 h behind.", "" where all is fresh."""
        if not self.stale:
            return ""
        if len(self.stale) == 1:
            ((name, age),) = self.stale.items()
            return f"{name}: {age}."
        return f"{listed_names(list(self.stale))} gave no new data lately."


def _outcomes(day: date, counts: Counts) -> DayOutcomes:
    return DayOutcomes(day=day, **{name: getattr(counts, name) for name in _DRAWN})


def _age(connection: Connection, filters: Filters) -> str:
    success = connection.last_success_at
    if success is None:
        return "never synced"
    if overdue := overdue_look(connection, filters.now):
        return overdue
    age = times.age(success, filters.now)
    return "last sync failed" if age == "now" else f"{age} old"
