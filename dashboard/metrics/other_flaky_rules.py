"""What other systems would say: their published rules for flaky tests, on our series.

These are re-implementations of public descriptions, made to compare; none of them is
the other system's own program, and each sees only what is stored here: the decided
final results of a series, or all decided attempts where its publisher speaks of
executions. Our own rule is in ingest.series.posterior.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from dashboard.filters import Filters, Window
from dashboard.metrics.flake_counts import flake_counts
from dashboard.metrics.histories import CaseHistory, ReadHistories, histories
from dashboard.models import ProjectChoice
from ingest.series import Series, flips, streaks
from ingest.series.outcomes import BREAKAGE_LEAST, pairs

OURS = "passline"

Unit = Literal["share", "results"]


@dataclass(frozen=True, slots=True)
class Opinion:
    """What a rule says of one series. `figure` is what it goes by, in the rule's unit;
    None where there is too little to tell.
    """

    is_flaky: bool
    figure: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A published rule. `figure` says in words what its figure is, `flaky` when that is
    called flaky; `source` is the public page that describes it. `sees_attempts`: it
    judges each attempt of a run, others the final result alone.
    """

    name: str
    label: str
    figure: str
    flaky: str
    unit: Unit
    source: str
    says: Callable[[str], Opinion]
    only_default_branch: bool = False
    sees_attempts: bool = False


def reportportal(outcomes: str) -> Opinion:
    """ReportPortal, flaky test cases table: switches / (runs − skipped − 1) above 0
    over the last 30 launches.

    https://reportportal.io/docs/dashboards-and-widgets/FlakyTestCasesTableTop50
    """
    last = outcomes[-30:]
    if not pairs(last):
        return Opinion(False, None)
    share = flips(last) / pairs(last)
    return Opinion(share > 0, share)


def allure(outcomes: str) -> Opinion:
    """Allure Report, test stability: the latest result failed, and among the last 5 a
    pass came after a failure. The figure is the number of such passes.

    https://allurereport.org/docs/test-stability/
    """
    last = outcomes[-5:].replace("E", "F")
    if not last:
        return Opinion(False, None)
    recovered = last.count("FP")
    return Opinion(last.endswith("F") and recovered > 0, recovered)


def codecov(outcomes: str) -> Opinion:
    """Codecov Test Analytics: a failure on the default branch makes a test flaky until
    it has passed 30 times in a row. The figure is the passes since the last failure.

    https://docs.codecov.com/docs/test-analytics
    """
    passes = len(outcomes) - len(outcomes.rstrip("P"))
    if passes == len(outcomes):
        return Opinion(False, None)
    return Opinion(passes < 30, passes)


def testomatio(outcomes: str) -> Opinion:
    """Testomat.io, analytics, flaky tests: a pass rate from 40 to 60 % of the last 100.

    https://docs.testomat.io/usage/analytics/
    """
    last = outcomes[-100:]
    if not last:
        return Opinion(False, None)
    # Whole numbers, so that 40 of 100 is exactly 40 %.
    passed = 100 * last.count("P")
    return Opinion(40 * len(last) <= passed <= 60 * len(last), passed / 100 / len(last))


def testgrid(outcomes: str) -> Opinion:
    """TestGrid, flip analyzer: flips to failing per result, above 0, where streaks of
    3 and more failures are left out of both.

    https://github.com/GoogleCloudPlatform/testgrid/tree/main/pkg/summarizer/analyzers
    """
    lengths = [streak.end - streak.first for streak in streaks(outcomes)]
    considered = len(outcomes) - sum(n for n in lengths if n >= BREAKAGE_LEAST)
    if not considered:
        return Opinion(False, None)
    share = sum(n < BREAKAGE_LEAST for n in lengths) / considered
    return Opinion(share > 0, share)


def buildkite(outcomes: str) -> Opinion:
    """Buildkite Test Engine, transition count monitor: transitions / results in the
    window at least 0.05; PPFFF has 0.2. There a fixed number of results is configured
    as the window; here it is the whole series. A monitor observes test executions, of
    which a retry is one.

    https://buildkite.com/docs/test-engine/workflows/monitors
    """
    if not outcomes:
        return Opinion(False, None)
    return Opinion(
        20 * flips(outcomes) >= len(outcomes), flips(outcomes) / len(outcomes)
    )


def buildpulse(outcomes: str) -> Opinion:
    """BuildPulse, statistical detection: 10 results or more, of which more than 30 %
    failed.

    https://docs.buildpulse.io/flaky-tests/guides/Test%20Quarantining
    """
    if len(outcomes) < 10:
        return Opinion(False, None)
    bad = len(outcomes) - outcomes.count("P")
    return Opinion(10 * bad > 3 * len(outcomes), bad / len(outcomes))


def trunk(outcomes: str) -> Opinion:
    """Trunk Flaky Tests, failure rate monitor: from 10 to 80 % failed, of all test runs
    that are uploaded, retries among them.

    https://docs.trunk.io/flaky-tests/detection/failure-rate-monitor
    """
    if not outcomes:
        return Opinion(False, None)
    bad = len(outcomes) - outcomes.count("P")
    return Opinion(len(outcomes) <= 10 * bad <= 8 * len(outcomes), bad / len(outcomes))


def _rule(
    says: Callable[[str], Opinion],
    label: str,
    figure: str,
    flaky: str,
    unit: Unit = "share",
    *,
    only_default_branch: bool = False,
    sees_attempts: bool = False,
) -> Rule:
    return Rule(
        name=says.__name__,
        label=label,
        figure=figure,
        flaky=flaky,
        unit=unit,
        source=(says.__doc__ or "").split()[-1],
        says=says,
        only_default_branch=only_default_branch,
        sees_attempts=sees_attempts,
    )


RULES: Mapping[str, Rule] = {
    rule.name: rule
    for rule in (
        _rule(
            reportportal,
            "ReportPortal",
            "switches per pair of neighbours in the last 30",
            "above 0",
        ),
        _rule(
            allure,
            "Allure Report",
            "passes right after a failure in the last 5",
            "any, and the latest failed",
            "results",
        ),
        _rule(
            codecov,
            "Codecov",
            "passes since the last failure on the default branch",
            "fewer than 30",
            "results",
            only_default_branch=True,
        ),
        _rule(testomatio, "Testomat.io", "pass rate of the last 100", "40 to 60 %"),
        _rule(
            testgrid,
            "TestGrid",
            "flips to failing per result, long streaks left out",
            "above 0",
        ),
        _rule(
            buildkite,
            "Buildkite",
            "transitions per attempt",
            "5 % or more",
            sees_attempts=True,
        ),
        _rule(
            buildpulse,
            "BuildPulse",
            "failure rate of 10 results or more",
            "above 30 %",
        ),
        _rule(
            trunk,
            "Trunk",
            "failure rate of attempts",
            "10 to 80 %",
            sees_attempts=True,
        ),
    )
}


def opinions(history: CaseHistory, default_branch: str = "") -> dict[str, Opinion]:
    """What each rule says of a case: that of the longest series that it calls flaky,
    else of its longest series.
    """
    said = {}
    for rule in RULES.values():
        found = [
            (
                opinion := rule.says(_seen(rule, history, one)),
                (opinion.is_flaky, len(one.outcomes)),
            )
            for one in history.series
            if not (rule.only_default_branch and default_branch)
            or one.branch == default_branch
        ]
        best = max(found, key=lambda pair: pair[1], default=(Opinion(False, None), 0))
        said[rule.name] = best[0]
    return said


def _seen(rule: Rule, history: CaseHistory, series: Series) -> str:
    """The letters of a series that a rule goes by."""
    if not (rule.sees_attempts and history.attempts):
        return series.outcomes
    results = zip(series.runs, series.outcomes, strict=True)
    return "".join(history.attempts.get(run, letter) for run, letter in results)


def other_flaky_rules(
    filters: Filters, cases: Collection[int], window: Window | None = None
) -> dict[int, dict[str, Opinion]]:
    """By case what each rule says of it; without those that have no series."""
    found = histories(filters, window or filters.window(), cases)
    branches = _default_branches()
    return {
        one.case: opinions(one, branches.get(one.project, ""))
        for one in found
        # Repeats that end undecided are an event without a series.
        if one.series
    }


def rule_counts(
    filters: Filters, window: Window | None = None, read: ReadHistories = histories
) -> dict[str, int]:
    """How many cases each rule calls flaky, ours first.

    A case without any failure is flaky to none of them.
    """
    found = read(filters, window or filters.window())
    ours = flake_counts(found.columns).is_flaky.sum()
    return {OURS: int(ours), **_counts(found)}


def _counts(case_histories: Iterable[CaseHistory]) -> dict[str, int]:
    counts = dict.fromkeys(RULES, 0)
    branches = _default_branches()
    for history in case_histories:
        for name, opinion in opinions(
            history, branches.get(history.project, "")
        ).items():
            counts[name] += opinion.is_flaky
    return counts


def _default_branches() -> dict[int, str]:
    choices = ProjectChoice.objects.exclude(default_branch="")
    return dict(choices.values_list("project_id", "default_branch"))
