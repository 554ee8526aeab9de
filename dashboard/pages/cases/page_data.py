"""All that the page of a test is made of, each part asked for once and failing alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.http import QueryDict

from dashboard.annotations.notes_and_mutes import CaseRemarks, remarks_of
from dashboard.filters import Accepts, Filters, Window, with_what_counts
from dashboard.lists.failing import configuration_names
from dashboard.lists.names import ProjectName
from dashboard.metrics.executions import (
    Execution,
    FirstRun,
    counts_by_status,
    executions,
    first_run,
)
from dashboard.metrics.failing import FailingCase
from dashboard.metrics.failures import FailureGroup, failure_groups
from dashboard.metrics.flake_analysis import FlakeAnalysis, flake_analyses
from dashboard.metrics.flake_events import (
    FlakeEvent,
    Said,
    flake_events,
    said_by,
)
from dashboard.metrics.flake_figures import flaky_columns
from dashboard.metrics.flaky import FlakyCase
from dashboard.metrics.histories import CaseHistory, Histories, histories
from dashboard.metrics.milestone_days import MilestoneDay, milestone_days
from dashboard.metrics.slow import SlowCase
from dashboard.pages.cases.rows import series_words
from dashboard.pages.cases.same_tests import SameTests, load_same_tests
from dashboard.precomputed.failing import failing_when_last_run
from dashboard.precomputed.slow import slow_cases
from dashboard.ui.clock import Clock
from dashboard.ui.list_layout import ListLayout
from dashboard.ui.panels import load_or_none, part
from dashboard.ui.parts import EmptyState, Link
from dashboard.ui.url_state import PageState, read_state
from ingest.contract import NOT_PASSED, Counts
from ingest.models import Case

_ONE_TEST = "This page is about one test already."
ACCEPTS = Accepts(
    refused={
        "q": _ONE_TEST,
        "status": "Figures count every status; the lists behind them can be narrowed.",
        "latest": "It applies to lists of results only.",
        "final": "It applies to lists of results only.",
        "never_executed": "It applies to lists of tests only.",
        "signature": "All failures are grouped here; each group leads to its results.",
        "message": "All failures are grouped here; each group leads to its results.",
    },
)


def case_state(path: str, query: QueryDict, case: Case) -> PageState:
    return read_state(
        path,
        query,
        ACCEPTS,
        has_default_window=True,
        pinned={"project": (case.project_id,), "case": (case.pk,)},
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A part of the page: its rows, or why there is none. `more` leads to those that
    are not listed.
    """

    subtitle: str = ""
    rows: Sequence[Any] = ()
    more: Link | None = None
    empty: EmptyState | None = None


@dataclass(frozen=True, kw_only=True)
class PageData:
    """What was asked of the database; a part that did not load is None.

    `histories` and `slow` hold the case or nothing. `executions` are oldest first.
    `failed_in` names the series in which it `failed` when last run. `default_branch` is
    the project's, "" without one.
    """

    layout: ListLayout
    case: Case
    executions: Sequence[Execution] | None
    counts_before: Counts
    failed: FailingCase | None
    failed_in: str
    histories: Histories | None
    default_branch: str
    slow: Sequence[SlowCase] | None
    groups: Sequence[FailureGroup] | None
    first: FirstRun | None
    milestones: Sequence[MilestoneDay]
    remarks: CaseRemarks
    same_tests: SameTests | None

    @property
    def state(self) -> PageState:
        return self.layout.state

    @property
    def clock(self) -> Clock:
        return self.layout.clock

    @property
    def window(self) -> Window:
        return self.state.filters.window()

    @property
    def project(self) -> ProjectName:
        return self.layout.projects[self.case.project_id]

    @property
    def streak(self) -> FailingCase | None:
        """How it fails now."""
        return self.failed if self.failed and not self.failed.is_retired else None

    @cached_property
    def counts(self) -> Counts:
        """The executions by status."""
        return counts_by_status(self.executions or ())

    @cached_property
    def automated(self) -> Sequence[Execution]:
        return [one for one in self.executions or () if one.is_automated]

    @property
    def history(self) -> CaseHistory | None:
        return self.histories[0] if self.histories else None

    @cached_property
    def analysis(self) -> FlakeAnalysis | None:
        """Of the one history that is read here."""
        told = flake_analyses(self.histories or (), with_clean=True)
        return told[0] if told else None

    @cached_property
    def flakiness(self) -> FlakyCase | None:
        """As `flakiness_by_case` tells it."""
        found = flaky_columns(self.histories, with_clean=True) if self.histories else ()
        return next(iter(found), None)

    @cached_property
    def events(self) -> Sequence[FlakeEvent]:
        """The flake events, newest first."""
        found = self.analysis
        return flake_events(found.flakes, self.automated) if found else ()

    @cached_property
    def in_events(self) -> Sequence[Execution]:
        """The executions that hold the events, each once."""
        held = {one.run: one for event in self.events for one in event.executions}
        return list(held.values())

    @part("messages of flake events")
    def said(self) -> Mapping[tuple[int, int], Said]:
        """What the attempts of the events failed on, by run and ordinal."""
        return said_by(self.case, self.in_events)

    @property
    def duration(self) -> SlowCase | None:
        return self.slow[0] if self.slow else None

    def newest_failure(self, group: FailureGroup) -> Execution | None:
        """The execution that the group's newest message is of."""
        for one in reversed(self.executions or ()):
            if one.at == group.last_at and one.status in NOT_PASSED:
                return one
        return None


def load_page_data(layout: ListLayout, case: Case) -> PageData:
    filters = layout.state.filters
    window = filters.window()
    both = Window(since=window.previous.since, until=window.until)
    listed = load_or_none("executions", lambda: executions(filters, case, both))
    now = [one for one in listed or () if window.contains(one.at)]
    failed = load_or_none("failing", lambda: failing_when_last_run(filters)) or ()
    names = load_or_none("names", lambda: configuration_names(failed)) or {}
    return PageData(
        layout=layout,
        case=case,
        executions=None if listed is None else now,
        counts_before=counts_by_status((listed or [])[: len(listed or ()) - len(now)]),
        failed=next(iter(failed), None),
        failed_in=next(
            (series_words(names.get(c.configuration, ""), c.branch) for c in failed), ""
        ),
        histories=load_or_none("series", lambda: histories(filters, window, [case.pk])),
        default_branch=load_or_none("branch", lambda: _default_branch(filters, case))
        or "",
        slow=load_or_none("durations", lambda: slow_cases(filters)),
        groups=load_or_none("failures", lambda: failure_groups(filters)),
        first=load_or_none("first run", lambda: first_run(case)),
        milestones=load_or_none("milestones", lambda: milestone_days(filters)) or (),
        remarks=remarks_of(case, filters.now),
        same_tests=load_or_none("same tests", lambda: load_same_tests(layout, case)),
    )


def _default_branch(filters: Filters, case: Case) -> str:
    if filters.branch or filters.default_branch is False:
        filters = with_what_counts(Filters())
    return dict(filters.default_branches).get(case.project_id, "")
