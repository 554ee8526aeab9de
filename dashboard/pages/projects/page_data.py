"""What the page of one project asks for beside what the overview asks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from django.db.models import Count

from dashboard.annotations.notes_and_mutes import CaseRemarks
from dashboard.lists import RUNS
from dashboard.lists.failing import RankedCase, ranked_cases
from dashboard.lists.runs import RunRow
from dashboard.metrics.failing import FailingCase
from dashboard.metrics.failing_history import LATELY
from dashboard.metrics.run_durations import RunDurations, run_durations
from dashboard.metrics.slow import SlowCase
from dashboard.metrics.strips import Cell, strips
from dashboard.metrics.summary import runs_begun
from dashboard.pages.projects.streaks import streak_doors
from dashboard.precomputed.cached import Metric, cached
from dashboard.precomputed.failing import failing_cases
from dashboard.precomputed.slow import slow_cases
from dashboard.ui.activity.page_data import ActivityData
from dashboard.ui.notes_and_mutes import remarks_on
from dashboard.ui.panels import load_or_none
from dashboard.ui.url_state import RUNS as RUNS_CHOICE

RECENT = 7
LINES = 4
# The choices among the recent runs, as the value of `runs`.
CHOICES = ("failed", "running")


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


@dataclass(frozen=True, kw_only=True)
class PageData:
    """`states`: runs of the window by status, `noted`: what people said of the tests
    that are listed. A part that did not load is None.
    """

    found: ActivityData
    chosen: str
    durations: tuple[RunDurations, RunDurations] | None
    states: Mapping[str, int] | None
    latest: Sequence[RunRow] | None
    ranked: Ranked | None
    noted: Mapping[int, CaseRemarks]

    @property
    def began_in(self) -> str:
        """The folder that most of the tests lie in that began to fail lately."""
        if self.ranked is None:
            return ""
        began = _began(self.found, self.ranked.failing)
        folders = Counter(
            self.ranked.cases[case].folder
            for case in began
            if case in self.ranked.cases
        )
        for folder, number in folders.most_common(1):
            if folder and len(began) > 2 and 2 * number > len(began):
                return folder
        return ""


def load_page_data(found: ActivityData) -> PageData:
    filters = found.state.filters
    chosen = found.state.own.get(RUNS_CHOICE, "")
    chosen = chosen if chosen in CHOICES else ""
    ranked = load_or_none(
        "ranked tests",
        lambda: cached(
            Metric(name="ranked-tests", kind=Ranked, compute=lambda _: _ranked(found)),
            filters,
        ),
    )
    return PageData(
        found=found,
        chosen=chosen,
        durations=load_or_none("run durations", lambda: run_durations(filters)),
        states=load_or_none("run states", lambda: _states(found)),
        latest=load_or_none("recent runs", lambda: _latest(found, chosen)),
        ranked=ranked,
        noted=remarks_on(_listed(found, ranked), filters.now),
    )


def _listed(found: ActivityData, ranked: Ranked | None) -> set[int]:
    """The tests that the lists name."""
    if ranked is None:
        return set()
    flaky = found.flaky.cases[:LINES] if found.flaky else ()
    return {
        *(item.case for item in flaky),
        *(item.case for item in ranked.slow),
        *(item.case for item in ranked.failing[:LINES]),
    }


def _states(found: ActivityData) -> Mapping[str, int]:
    runs = runs_begun(found.state.filters, found.window)
    counted = runs.values_list("status").annotate(runs=Count("pk"))
    return dict(counted.order_by())


def _latest(found: ActivityData, chosen: str) -> Sequence[RunRow]:
    filters = found.state.filters.explicit()
    status = (chosen,) if chosen else ()
    runs = RUNS.select(replace(filters, status=status)).order_by("-at", "-pk")
    return RUNS.rows(list(runs[:RECENT]))


def _ranked(found: ActivityData) -> Ranked:
    filters = found.state.filters
    slow, failing = slow_cases(filters)[:LINES], failing_cases(filters)
    flaky = [case.case for case in found.flaky.cases[:LINES]] if found.flaky else []
    shown = {*(item.case for item in slow), *(item.case for item in failing[:LINES])}
    ids = sorted(shown | _began(found, failing))
    return Ranked(
        slow=slow,
        failing=failing,
        streaks=streak_doors(filters, failing[:LINES]),
        cases=ranked_cases(ids) if ids else {},
        cells=strips(flaky, filters, found.window),
    )


def _began(found: ActivityData, failing: Sequence[FailingCase]) -> set[int]:
    begins = found.window.until - LATELY
    return {item.case for item in failing if item.since >= begins}
