"""What an alert would tell of at a moment: what is wrong now, each by its cause."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from django.http import QueryDict

from dashboard.addresses import address
from dashboard.annotations.notes_and_mutes import notes_of
from dashboard.filters import Filters, run_conditions
from dashboard.lists.names import case_names, project_names
from dashboard.metrics.causes import CauseGroup, causes
from dashboard.metrics.rates import Rate, pass_rate
from dashboard.metrics.standup import StaleTool, period, stale_tools
from dashboard.metrics.tallies import tallies, total
from dashboard.models import Cause, Subscription
from dashboard.precomputed.failing import failing_when_last_run
from dashboard.precomputed.flaky import flaky_cases
from dashboard.precomputed.milestones import at_risk_milestones
from dashboard.precomputed.standup import newly_flaky, status_transitions_in
from dashboard.ui import links
from dashboard.ui.run_rows import run_label
from dashboard.ui.standup.cards import late_words
from dashboard.ui.text import times, verdicts
from dashboard.ui.text.numbers import count, listed_names, percent
from ingest.models import Run

# Runs that ended longer ago are no news, however late they came in.
RUNS_OF = timedelta(days=1)
# Of so many runs each is told, by its end; a day of more is told by its number.
MOST_RUNS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """`key` names the cause, `title` is what its end is told by, `line` tells of it now.
    `about` are ids of tests; `page` is the address of what shows it, "" where nothing
    that can be shared does. One that `is_event` has no end.
    """

    cause: Cause
    key: str
    title: str
    line: str
    page: str = ""
    about: tuple[int, ...] = ()
    is_event: bool = False

    @property
    def is_news(self) -> bool:
        """Whether it is told only if it began after the alert did."""
        return self.cause in (Cause.FAILING, Cause.FLAKY, Cause.RUN)


def findings(subscription: Subscription, filters: Filters) -> list[Finding]:
    """All that is so at the moment of the filters, for the reader in force."""
    return [
        finding
        for cause in subscription.causes
        if cause in _FIND
        for finding in _FIND[Cause(cause)](subscription, filters)
    ]


def still_so(key: str, about: Sequence[int], filters: Filters) -> bool:
    """Whether a cause that is no news any more goes on."""
    kind = key.partition(" ")[0]
    if kind == Cause.FAILING:
        failing = {case.case for case in failing_when_last_run(filters)}
        return bool(failing.intersection(about))
    if kind == Cause.FLAKY:
        flaky = {case.case for case in flaky_cases(filters)}
        return bool(flaky.intersection(about))
    return False


def _floor(subscription: Subscription, filters: Filters) -> Iterator[Finding]:
    """The pass rate is surely under the floor: its whole interval is."""
    floor, days = subscription.floor, subscription.days
    over = replace(filters, window_days=days)
    rate = pass_rate(total(tallies(over, over.window())))
    if floor is None or rate.high is None or rate.high >= floor:
        return
    of = "24 h" if days == 1 else f"{days} days"
    title = f"Pass rate of {of} under {percent(floor)}"
    yield Finding(
        cause=Cause.FLOOR,
        key=Cause.FLOOR.value,
        title=title,
        line=f"{title}: {_rate_words(rate)}",
        page=_page("overview", subscription, window=f"{days}d"),
    )


def _rate_words(rate: Rate) -> str:
    low, high = percent(rate.low), percent(rate.high)
    return (
        f"{percent(rate.value)} of {count(rate.n)} results, and with 95 % certainty "
        f"between {low} and {high}"
    )


def _failing(subscription: Subscription, filters: Filters) -> Iterator[Finding]:
    window = period(filters)
    turned = status_transitions_in(filters, window).newly_failing
    muted = _muted([one.case for one in turned], filters.now)
    groups = causes([one for one in turned if one.case not in muted])
    names = case_names([case.case for group in groups for case in group.cases])
    page = _page("cases", subscription, view="newly-failing", window="1d")
    for group in groups:
        title = _group_title(group, names)
        since = times.moment(group.since, filters.now, _zone(subscription))
        yield Finding(
            cause=Cause.FAILING,
            key=f"{Cause.FAILING.value} {group.key}",
            title=title,
            line=f"{title}, since {since}",
            page=page,
            about=tuple(case.case for case in group.cases),
        )


def _group_title(group: CauseGroup, names: Mapping[int, str]) -> str:
    """ "pay by card in Web shop: Expected 3 rows", of several that fail alike "11 tests"."""
    called = [names.get(case.case, "") for case in group.cases]
    said = f": {group.line}" if group.line else ""
    which = called[0]
    if len(called) > 1:
        which = f"{count(len(called))} tests ({listed_names(called)})"
    return f"{which} in {_project(group.project)}{said}"


def _flaky(subscription: Subscription, filters: Filters) -> Iterator[Finding]:
    found = newly_flaky(filters, period(filters))
    muted = _muted([one.case for one in found], filters.now)
    page = _page("cases", subscription, view="newly-flaky", window="1d")
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
            page=page,
            about=(one.case,),
        )


def _milestones(subscription: Subscription, filters: Filters) -> Iterator[Finding]:
    for one in at_risk_milestones(filters):
        word = "overdue" if one.is_overdue else "at risk"
        yield Finding(
            cause=Cause.MILESTONE,
            key=f"{Cause.MILESTONE.value} {one.milestone} {word.rpartition(' ')[2]}",
            title=f"{one.name} {word}",
            line=f"{one.name}: {late_words(one)}",
            page=links.milestone(one.milestone),
        )


def _connections(subscription: Subscription, filters: Filters) -> Iterator[Finding]:
    """Of their errors nothing is told: they hold vendors' words and addresses."""
    for one in stale_tools(filters):
        yield Finding(
            cause=Cause.CONNECTION,
            key=f"{Cause.CONNECTION.value} {one.connection}",
            title=f"{one.name} without fresh data",
            line=f"{one.name}: {_stale_words(one, filters.now, _zone(subscription))}",
            about=(),
        )


def _stale_words(one: StaleTool, now: datetime, zone: tzinfo) -> str:
    success = one.last_success_at
    age = f"its newest data is of {times.ago(success, now, zone)}" if success else ""
    if one.state == "failing":
        return f"its last sync failed, {age}" if age else "its first sync failed"
    return age or "it has not brought any data yet"


def _runs(subscription: Subscription, filters: Filters) -> Iterator[Finding]:
    since = max(filters.now - RUNS_OF, subscription.created_at)
    rows = Run.objects.filter(
        run_conditions(filters),
        is_open=False,
        finished_at__gte=since,
        finished_at__lte=filters.now,
    ).select_related("project")
    for run in rows.order_by("finished_at", "pk")[:MOST_RUNS]:
        rate = pass_rate(run.counts)
        said = (
            f"{percent(rate.value)} of {count(rate.n)} passed"
            if rate.n
            else "no result"
        )
        title = f"Run {run_label(run)} {run.name} in {run.project.name}"
        yield Finding(
            cause=Cause.RUN,
            key=f"{Cause.RUN.value} {run.pk}",
            title=title,
            line=f"{title} finished: {said}",
            page=links.run(run.pk),
            is_event=True,
        )


def _muted(cases: Sequence[int], now: datetime) -> frozenset[int]:
    said = notes_of(cases, now)
    return frozenset(case for case, remarks in said.items() if remarks.is_muted)


def _project(pk: int) -> str:
    found = project_names().get(pk)
    return found.name if found else ""


def _page(route: str, subscription: Subscription, **own: str) -> str:
    """The address of a page of the subscription's filters."""
    query = QueryDict(subscription.query, mutable=True)
    for name, value in own.items():
        query[name] = value
    return f"{address(route)}?{query.urlencode()}"


def _zone(subscription: Subscription) -> tzinfo:
    return ZoneInfo(subscription.zone)


_FIND: Mapping[Cause, Callable[[Subscription, Filters], Iterator[Finding]]] = {
    Cause.FLOOR: _floor,
    Cause.FAILING: _failing,
    Cause.FLAKY: _flaky,
    Cause.MILESTONE: _milestones,
    Cause.CONNECTION: _connections,
    Cause.RUN: _runs,
}
