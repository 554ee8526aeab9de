"""What the page of one project asks for beside what the overview asks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from dashboard.annotations.notes_and_mutes import CaseRemarks
from dashboard.lists import RUNS
from dashboard.lists.failing import RankedCase, ranked_cases
from dashboard.lists.runs import RunRow
from dashboard.lists.streaks import streak_filters
from dashboard.metrics.activity import runs_by_status
from dashboard.metrics.failing import FailingCase
from dashboard.metrics.failing_history import LATELY
from dashboard.metrics.run_durations import RunDurations, run_durations
from dashboard.metrics.slow import SlowCase
from dashboard.metrics.strips import Cell, strips
from dashboard.precomputed.cached import Metric, cached
from dashboard.precomputed.failing import failing_cases
from dashboard.precomputed.slow import slow_cases
from dashboard.ui import links
from dashboard.ui.activity.page_data import MOST_NAMED, ActivityData
from dashboard.ui.notes_and_mutes import remarks_on
from dashboard.ui.panels import part
from dashboard.ui.url_state import RUNS as RUNS_CHOICE

RECENT = 7
LINES = MOST_NAMED
# The choices among the recent runs, as the value of `runs`, with their glyphs.
CHOICES = {"failed": "fail", "running": "run"}


@dataclass(frozen=True, kw_only=True)
class Ranked:
    """The tests to look at first: `slow` those with the longest median, `failing` all
    that fail, `streaks` the results of the first of those where a list can hold them,
    `cases` by id those that are shown or began to fail lately, `cells` the last outcomes
    of the flakiest.
    """

    slow: Sequence[SlowCase]
    failing: Sequence[FailingCase]
    streaks: Mapping[int, str]
    cases: Mapping[int, RankedCase]
    cells: Mapping[int, tuple[Cell, ...]]


class ProjectData(ActivityData):
    @property
    def run_state(self) -> str:
        """Of the recent runs that are shown, "" for all."""
        word = self.state.own.get(RUNS_CHOICE, "")
        return word if word in CHOICES else ""

    @part("run durations")
    def durations(self) -> tuple[RunDurations, RunDurations]:
        return run_durations(self.filters)

    @part("run states")
    def states(self) -> Mapping[str, int]:
        return runs_by_status(self.filters, self.window)

    @part("recent runs")
    def latest(self) -> Sequence[RunRow]:
        status = (self.run_state,) if self.run_state else ()
        runs = RUNS.select(replace(self.filters.explicit(), status=status))
        return RUNS.rows(list(runs.order_by("-at", "-pk")[:RECENT]))

    @part("ranked tests")
    def ranked(self) -> Ranked:
        metric = Metric(
            name="ranked-tests", kind=Ranked, compute=lambda _: self._rank()
        )
        return cached(metric, self.filters)

    def _rank(self) -> Ranked:
        filters = self.filters
        slow, failing = slow_cases(filters)[:LINES], failing_cases(filters)
        longest = failing[:LINES]
        listed = {item.case for item in slow} | {item.case for item in longest}
        ids = sorted(listed | self._began(failing))
        streaks = streak_filters(filters, longest)
        return Ranked(
            slow=slow,
            failing=failing,
            streaks={id_: links.results(f, f.status) for id_, f in streaks.items()},
            cases=ranked_cases(ids) if ids else {},
            cells=strips(self._flakiest, filters, self.window),
        )

    @property
    def _flakiest(self) -> list[int]:
        cases = self.flaky.cases if self.flaky else ()
        return [case.case for case in cases[:LINES]]

    def _began(self, failing: Sequence[FailingCase]) -> set[int]:
        begins = self.window.until - LATELY
        return {item.case for item in failing if item.since >= begins}

    @cached_property
    def remarks(self) -> Mapping[int, CaseRemarks]:
        """What people said of the tests that the lists name."""
        if self.ranked is None:
            return {}
        slow = {item.case for item in self.ranked.slow}
        failing = {item.case for item in self.ranked.failing[:LINES]}
        return remarks_on({*self._flakiest, *slow, *failing}, self.filters.now)

    @property
    def began_in(self) -> str:
        """The folder that most of the tests lie in that began to fail lately."""
        if self.ranked is None:
            return ""
        began, cases = self._began(self.ranked.failing), self.ranked.cases
        folders = Counter(cases[case].folder for case in began if case in cases)
        for folder, number in folders.most_common(1):
            if folder and len(began) > 2 and 2 * number > len(began):
                return folder
        return ""
