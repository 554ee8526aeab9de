"""What an alert would tell of tests: which newly fail, by their cause, or are newly flaky."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from dashboard.annotations.notes_and_mutes import notes_of
from dashboard.digests.finding import Already, Finding, page, zone
from dashboard.filters import Filters
from dashboard.lists.names import case_names, project_names
from dashboard.metrics.causes import CauseGroup, causes
from dashboard.metrics.standup import period
from dashboard.models import Cause, Subscription
from dashboard.precomputed.failing import failing_when_last_run
from dashboard.precomputed.flaky import flaky_cases
from dashboard.precomputed.standup import newly_flaky, status_transitions_in
from dashboard.ui.text import times, verdicts
from dashboard.ui.text.numbers import count, listed_names


def failing(
    subscription: Subscription, filters: Filters, already: Already
) -> Iterator[Finding]:
    """Tests that were told of, or are no news, fail on as what they were told as,
    whatever they say now; the others are grouped among themselves.
    """
    turned = status_transitions_in(filters, period(filters)).newly_failing
    left_out = already.tests | _muted([one.case for one in turned], filters.now)
    groups = causes([one for one in turned if one.case not in left_out])
    incidents = [
        already.incident_of(f"{Cause.FAILING.value} {group.key}", filters.now)
        for group in groups
    ]
    tests = [
        (*incident.tests, *(one.case for one in group.cases))
        for incident, group in zip(incidents, groups, strict=True)
    ]
    names = case_names([pk for several in tests for pk in several])
    for group, incident, about in zip(groups, incidents, tests, strict=True):
        title = _group_title(group, [names[pk] for pk in about if pk in names])
        since = times.moment(group.since, filters.now, zone(subscription))
        yield Finding(
            cause=Cause.FAILING,
            key=incident.key,
            title=title,
            line=f"{title}, since {since}",
            page=page("cases", subscription, view="newly-failing", window="1d"),
            about=about,
            projects=(group.project,),
        )


def _group_title(group: CauseGroup, called: Sequence[str]) -> str:
    """ "pay by card in Web shop: Expected 3 rows", of several that fail alike "11 tests"."""
    said = f": {group.line}" if group.line else ""
    which = "".join(called[:1])
    if len(called) > 1:
        which = f"{count(len(called))} tests ({listed_names(called)})"
    return f"{which} in {_project(group.project)}{said}"


def flaky(
    subscription: Subscription, filters: Filters, _: Already
) -> Iterator[Finding]:
    found = newly_flaky(filters, period(filters))
    muted = _muted([one.case for one in found], filters.now)
    for one in found:
        if one.case in muted:
            continue
        title = f"{one.name} in {_project(one.project)}"
        score = verdicts.score(one.rate, one.low, one.high)
        yield Finding(
            cause=Cause.FLAKY,
            key=f"{Cause.FLAKY.value} {one.case}",
            title=title,
            line=f"{title}, score {score}",
            page=page("cases", subscription, view="newly-flaky", window="1d"),
            about=(one.case,),
            projects=(one.project,),
        )


def tests_that_are(cause: Cause, filters: Filters) -> frozenset[int]:
    """Those that fail or are flaky, since when ever."""
    if cause is Cause.FLAKY:
        return frozenset(flaky_cases(filters).cases.tolist())
    # What is kept of all that fails may be older than what turned.
    turned = status_transitions_in(filters, period(filters)).newly_failing
    lasting = [one.case for one in failing_when_last_run(filters)]
    return frozenset([*lasting, *(one.case for one in turned)])


def _muted(cases: Sequence[int], now: datetime) -> frozenset[int]:
    said = notes_of(cases, now)
    return frozenset(case for case, remarks in said.items() if remarks.is_muted)


def _project(pk: int) -> str:
    found = project_names().get(pk)
    return found.name if found else ""
