"""What other systems would call flaky, on one series: True for each that did not pass."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from itertools import groupby
from types import MappingProxyType

from tests.dashboard.metrics.oracle.rows import DECIDED, Execution
from tests.dashboard.metrics.oracle.series import series_of, usable

Series = list[bool]


def reportportal(bad: Series) -> bool:
    return len(set(bad[-30:])) == 2


def allure(bad: Series) -> bool:
    last = bad[-5:]
    return last[-1] and any(
        not passed_after
        for place, failed in enumerate(last)
        if failed
        for passed_after in last[place:]
    )


def codecov(bad: Series) -> bool:
    return any(bad[-30:]) if len(bad) >= 30 else any(bad)


def testomatio(bad: Series) -> bool:
    last = bad[-100:]
    return Fraction(2, 5) <= Fraction(last.count(False), len(last)) <= Fraction(3, 5)


def testgrid(bad: Series) -> bool:
    """Its program takes what came before the first result as a pass."""
    return any(failed and len(list(group)) < 3 for failed, group in groupby(bad))


def buildkite(bad: Series) -> bool:
    return 20 * (len(list(groupby(bad))) - 1) >= len(bad)


def buildpulse(bad: Series) -> bool:
    return len(bad) >= 10 and 10 * sum(bad) > 3 * len(bad)


def trunk(bad: Series) -> bool:
    return Fraction(1, 10) <= Fraction(sum(bad), len(bad)) <= Fraction(4, 5)


RULES: dict[str, Callable[[Series], bool]] = {
    rule.__name__: rule
    for rule in (
        reportportal,
        allure,
        codecov,
        testomatio,
        testgrid,
        buildkite,
        buildpulse,
        trunk,
    )
}


# Their publishers speak of executions and test runs, which retries are.
SEE_ATTEMPTS = {"buildkite", "trunk"}


def opinions(
    found: Iterable[Execution],
    default_branches: Mapping[int, str] = MappingProxyType({}),
) -> dict[int, set[str]]:
    """The rules that call any series of a case flaky, by case with a series.

    `default_branches` by project: Codecov looks at no other branch of those.
    """
    said: dict[int, set[str]] = {}
    for (case, _, branch), series in series_of(usable(found)).items():
        default = default_branches.get(series[0].run.project, branch)
        bad = [execution.is_bad for execution in series]
        tried = [
            attempt.is_bad
            for execution in series
            for attempt in execution.attempts
            if attempt.status in DECIDED
        ]
        said.setdefault(case, set()).update(
            name
            for name, rule in RULES.items()
            if rule(tried if name in SEE_ATTEMPTS else bad)
            and (name != "codecov" or branch == default)
        )
    return said
