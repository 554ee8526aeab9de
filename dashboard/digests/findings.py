"""What an alert would tell of at a moment: what is wrong now, each by its cause."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta, tzinfo
from typing import Any

from django.db.models import QuerySet

from dashboard.digests import found_tests
from dashboard.digests.finding import Already, Finding, page, zone
from dashboard.filters import Filters, run_conditions, selected_projects
from dashboard.metrics.rates import Rate, pass_rate
from dashboard.metrics.standup import StaleTool, stale_tools
from dashboard.metrics.tallies import tallies, total
from dashboard.models import Cause, Subscription
from dashboard.precomputed.milestones import at_risk_milestones
from dashboard.ui import links
from dashboard.ui.run_rows import run_label
from dashboard.ui.standup.cards import late_words
from dashboard.ui.text import times
from dashboard.ui.text.numbers import count, percent, plural
from ingest.models import MilestoneMember, Project, Run

# Runs that ended longer ago are no news, however late they came in.
RUNS_OF = timedelta(days=1)
# Of so many runs, the newest, each is told; more of a day are told by their number.
MOST_RUNS = 200


def findings(
    subscription: Subscription, filters: Filters, already: Already
) -> list[Finding]:
    """All that is so at the moment of the filters, for the reader in force."""
    return [
        finding
        for cause in subscription.causes
        if cause in _FIND
        for finding in _FIND[Cause(cause)](subscription, filters, already)
    ]


def floor_rate(subscription: Subscription, filters: Filters) -> Rate:
    """The rate that the floor is for; without any result it has no value."""
    over = replace(filters, window_days=subscription.days)
    return pass_rate(total(tallies(over, over.window())))


def _floor(
    subscription: Subscription, filters: Filters, _: Already
) -> Iterator[Finding]:
    """The pass rate is surely under the floor: its whole interval is."""
    floor, days = subscription.floor, subscription.days
    rate = floor_rate(subscription, filters)
    if floor is None or rate.high is None or rate.high >= floor:
        return
    of = "24 h" if days == 1 else f"{days} days"
    title = f"Pass rate of {of} under {percent(floor)}"
    yield Finding(
        cause=Cause.FLOOR,
        key=Cause.FLOOR.value,
        title=title,
        line=f"{title}: {_rate_words(rate)}",
        page=page("overview", subscription, window=f"{days}d"),
        about=(),
        projects=tuple(selected_projects(filters).values_list("pk", flat=True)),
    )


def _rate_words(rate: Rate) -> str:
    low, high = percent(rate.low), percent(rate.high)
    return (
        f"{percent(rate.value)} of {count(rate.n)} results, and with 95 % certainty "
        f"between {low} and {high}"
    )


def _milestones(_: Subscription, filters: Filters, __: Already) -> Iterator[Finding]:
    for one in at_risk_milestones(filters):
        word = "overdue" if one.is_overdue else "at risk"
        members = MilestoneMember.objects.filter(milestone=one.milestone)
        yield Finding(
            cause=Cause.MILESTONE,
            key=f"{Cause.MILESTONE.value} {one.milestone} {word.rpartition(' ')[2]}",
            title=f"{one.name} {word}",
            line=f"{one.name}: {late_words(one)}",
            page=links.milestone(one.milestone),
            about=(one.milestone,),
            projects=_ids(members, "project_id"),
        )


def _connections(
    subscription: Subscription, filters: Filters, _: Already
) -> Iterator[Finding]:
    """Of their errors nothing is told: they hold vendors' words and addresses."""
    for one in stale_tools(filters):
        its = Project.objects.filter(connection=one.connection)
        yield Finding(
            cause=Cause.CONNECTION,
            key=f"{Cause.CONNECTION.value} {one.connection}",
            title=f"{one.name} without fresh data",
            line=f"{one.name}: {_stale_words(one, filters.now, zone(subscription))}",
            about=(one.connection,),
            projects=_ids(its, "pk"),
        )


def _ids(rows: QuerySet[Any], name: str) -> tuple[int, ...]:
    return tuple(sorted(set(rows.values_list(name, flat=True))))


def _stale_words(one: StaleTool, now: datetime, zone: tzinfo) -> str:
    success = one.last_success_at
    age = f"its newest data is of {times.ago(success, now, zone)}" if success else ""
    if one.state == "failing":
        return f"its last sync failed, {age}" if age else "its first sync failed"
    return age or "it has not brought any data yet"


def _runs(
    subscription: Subscription, filters: Filters, already: Already
) -> Iterator[Finding]:
    """The newest first, and at the end the number of those before them."""
    since = max(filters.now - RUNS_OF, subscription.created_at)
    rows = (
        Run.objects.filter(
            run_conditions(filters),
            is_open=False,
            finished_at__gte=since,
            finished_at__lte=filters.now,
        )
        .exclude(pk__in=already.runs)
        .order_by("-finished_at", "-pk")
    )
    yield from map(_run, rows.select_related("project")[:MOST_RUNS])
    if rest := list(rows.values_list("pk", "project_id")[MOST_RUNS:]):
        yield _rest(rest)


def _run(run: Run) -> Finding:
    rate = pass_rate(run.counts)
    said = f"{percent(rate.value)} of {count(rate.n)} passed" if rate.n else "no result"
    title = f"Run {run_label(run)} {run.name} in {run.project.name}"
    return Finding(
        cause=Cause.RUN,
        key=f"{Cause.RUN.value} {run.pk}",
        title=title,
        line=f"{title} finished: {said}",
        page=links.run(run.pk),
        about=(run.pk,),
        projects=(run.project_id,),
        is_event=True,
    )


def _rest(rows: Sequence[tuple[int, int]]) -> Finding:
    runs, projects = zip(*rows, strict=True)
    return Finding(
        cause=Cause.RUN,
        key=f"{Cause.RUN.value} others",
        title=plural(len(runs), "run"),
        line="",
        about=runs,
        projects=tuple(sorted(set(projects))),
        is_event=True,
        number=len(runs),
    )


_FIND: Mapping[Cause, Callable[[Subscription, Filters, Already], Iterator[Finding]]] = {
    Cause.FLOOR: _floor,
    Cause.FAILING: found_tests.failing,
    Cause.FLAKY: found_tests.flaky,
    Cause.MILESTONE: _milestones,
    Cause.CONNECTION: _connections,
    Cause.RUN: _runs,
}
