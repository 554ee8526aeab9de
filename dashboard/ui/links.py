"""Addresses of the lists behind numbers: each holds exactly the rows that it counts."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Any
from urllib.parse import quote_plus, urlencode

from dashboard.addresses import address, with_query
from dashboard.filters import (
    DEFAULT_WINDOW_DAYS,
    Filters,
    Window,
    start_pairs,
    written_pairs,
    written_query,
)
from dashboard.filters.state import BEGINNING, moment_text
from dashboard.ui.question import carried
from ingest.contract import Status

DECIDED_WORDS = ("error", "failed", "passed")
NOT_PASSED_WORDS = ("error", "failed")
# What is left of a milestone: all that did not pass.
LEFT_WORDS = tuple(sorted(set(map(str, Status)) - {"passed"}))
# The lists of failing cases, as the value of `view` on /cases/: now, since lately, and
# when last run in series that nobody runs any more.
FAILING, BEGAN, RETIRED = "failing", "began", "retired"
# All tests by duration, likewise.
SLOW = "slow"
# Results that flakiness goes by, as the value of `view` on /results/, the attempts that
# did not pass in runs that passed on retry, and those that time was lost with; and the
# runs that flakiness leaves out, likewise on /runs/, and those that a person excluded
# from every number.
OF_FLAKINESS, RETRIED, LOST = "flakiness", "retried", "lost"
LEFT_OUT, UNCOUNTED = "left-out", "uncounted"
# Results of the time before `until` that were recorded after it, and those that say
# something else since, as the value of `view` on /results/.
LATE, CHANGED = "late", "changed"
# What turned since a moment, likewise: the cases of a stand-up.
NEWLY_FAILING, FIXED, NEWLY_FLAKY = "newly-failing", "fixed", "newly-flaky"
# The tests of milestones, as the value of `view` on /cases/: all in scope, those that
# came into scope in the window, those that count with the result of a run, whose id
# follows. SCOPE followed by ids of projects: those that count with a result of these.
SCOPE, ADDED, RULES = "scope", "added", "counts"
# The milestones that will probably be late, as the value of `view` on /milestones/.
AT_RISK = "at-risk"


def start(route: str, view: str = "") -> str:
    """A page of filters as its reader starts with it."""
    view_pairs = [("view", view)] if view else []
    return with_query(address(route), [*start_pairs(), *view_pairs])


def results(filters: Filters, statuses: Collection[str] = (), **changes: Any) -> str:
    """The final results that a metric of these filters counts, of some statuses."""
    statuses = tuple(sorted(statuses))
    return _address("results", _plain(filters, status=statuses, final=True, **changes))


def day_results(filters: Filters, window: Window) -> Callable[..., str]:
    """Addresses by UTC day and statuses: a day's final results inside the window.

    A chart has hundreds of them, so what they share is written once for each statuses.
    """
    timeless = replace(filters.explicit(), window_days=None, since=None, until=None)
    ends_now = window.until == filters.now
    path = address("results")

    @cache
    def shared(statuses: tuple[str, ...]) -> str:
        chosen = replace(timeless, status=statuses, latest=False, final=False, sort="")
        query = written_query(chosen)
        return f"{path}?{query}&" if query else f"{path}?"

    @cache
    def reach(day: date) -> str:
        begins = datetime.combine(day, time(), UTC)
        ends = begins + timedelta(days=1)
        since = quote_plus(moment_text(max(begins, window.since)))
        until = quote_plus(moment_text(ends if ends_now else min(ends, window.until)))
        return f"since={since}&until={until}&final=1"

    def href(day: date, statuses: tuple[str, ...] = ()) -> str:
        return shared(statuses) + reach(day)

    return href


def case_results(filters: Filters, case_id: int) -> str:
    """The final results of one case in a list's time range, which may be all time."""
    chosen = replace(
        filters,
        case=(case_id,),
        q="",
        status=(),
        signature="",
        final=True,
        latest=False,
        sort="",
    )
    return _address("results", chosen)


def runs(filters: Filters, statuses: Collection[str] = (), **changes: Any) -> str:
    """The runs that began in the window of a metric of these filters."""
    chosen = _plain(filters, status=tuple(sorted(statuses)), **changes)
    return _address("runs", chosen)


def failing(filters: Filters, view: str = FAILING, **changes: Any) -> str:
    """The cases that fail now, or that began to within 24 h (`view` BEGAN)."""
    return _address("cases", _plain(filters, **changes), view)


def slow(filters: Filters, **changes: Any) -> str:
    """All tests by duration."""
    return _address("cases", _plain(filters, **changes), SLOW)


def turned(filters: Filters, window: Window, view: str, cause: str = "") -> str:
    """The cases that turned in a stand-up's window, newly failing ones of one cause."""
    chosen = _plain(filters, window_days=None, since=window.since, until=window.until)
    href = _address("cases", chosen, view)
    return f"{href}&{urlencode({'cause': cause})}" if cause else href


def failures(filters: Filters) -> str:
    """What the failures that these filters choose say, by message."""
    kept = replace(filters, status=(), latest=False, final=False, signature="", sort="")
    return _address("failures", kept)


def cases(filters: Filters) -> str:
    """The cases with a result in the window of a metric of these filters."""
    return _address("cases", _plain(filters))


def flaky(filters: Filters, **own: str) -> str:
    """The flaky cases; `own` narrows the table: state, find, min_rate, …"""
    kept = replace(filters, status=(), latest=False, final=False, sort="")
    if kept.window_days == DEFAULT_WINDOW_DAYS:
        # What the page does anyway.
        kept = replace(kept, window_days=None)
    pairs = [
        *written_pairs(kept),
        *((name, value) for name, value in own.items() if value),
    ]
    return with_query(address("flaky"), pairs)


def results_of_flakiness(
    filters: Filters, case_id: int, statuses: Collection[str] = ()
) -> str:
    """The final results of one case that flakiness goes by."""
    statuses = tuple(sorted(statuses))
    chosen = _plain(filters, q="", case=(case_id,), final=True, status=statuses)
    return _address("results", chosen, OF_FLAKINESS)


def retried_attempts(filters: Filters, case_id: int) -> str:
    """The attempts of one case that did not pass in runs that passed on retry."""
    chosen = _plain(filters, q="", case=(case_id,))
    return _address("results", chosen, RETRIED)


def lost_attempts(filters: Filters, case_id: int | None = None) -> str:
    """The attempts that flaky tests lost time with, or that the events of one did."""
    of_case = {} if case_id is None else {"q": "", "case": (case_id,)}
    return _address("results", _plain(filters, **of_case), LOST)


def since_then(filters: Filters, view: str) -> str:
    """What arrived late (LATE) or changed (CHANGED) since the moment of the filters."""
    window = filters.list_window()
    chosen = replace(
        filters,
        status=(),
        latest=False,
        final=False,
        q="",
        signature="",
        message="",
        sort="",
        window_days=None,
        since=window.since if window and window.since != BEGINNING else None,
        until=filters.as_of,
        as_of=None,
    )
    return _address("results", chosen, view)


def runs_left_out(filters: Filters) -> str:
    """The automated runs of the window that flakiness leaves out."""
    return _address("runs", _plain(filters, q="", case=()), LEFT_OUT)


def runs_uncounted(filters: Filters) -> str:
    """The runs that a person excluded from every number, of the window if there is one."""
    chosen = replace(filters, q="", status=(), latest=False, final=False, signature="")
    chosen = replace(chosen, message="", counted=None, sort="")
    if filters.branches_in_force:
        chosen = replace(chosen, default_branch=True)
    return _address("runs", chosen, UNCOUNTED)


def case(case_id: int) -> str:
    """A test's page, which goes on with the question of the page that links to it."""
    return address("case", case_id) + carried("case")


def same_test(case_id: int) -> str:
    """The page of a test of another tool, whose names of sources and configurations are
    its own.
    """
    return address("case", case_id) + carried("same-test")


def project(project_id: int) -> str:
    """A project's page, likewise."""
    return address("project", project_id) + carried("project")


def run(run_id: int, statuses: Collection[str] = ()) -> str:
    """A run's page, which asks nothing but what of its own results it lists: a run is
    one whatever is filtered, at a time of its own.
    """
    return address("run", run_id) + _status_query(tuple(statuses))


@cache
def _status_query(statuses: tuple[str, ...]) -> str:
    """What follows the path; a list of runs has each of the few a hundred times."""
    return with_query("", [("status", status) for status in sorted(statuses)])


def case_in_run(run_id: int, case_id: int) -> str:
    """Every attempt of one case in a run."""
    pairs = [("case", str(case_id)), ("attempts", "all")]
    return with_query(address("run", run_id), pairs)


def standup(filters: Filters, *, as_markdown: bool = False) -> str:
    """The stand-up of these filters, as a page or as text."""
    href = _address("standup", replace(filters, sort="", latest=False, final=False))
    if not as_markdown:
        return href
    return f"{href}{'&' if '?' in href else '?'}format=md"


def at_risk(filters: Filters) -> str:
    """The milestones of the chosen projects that will probably be late."""
    status = filters.status
    chosen = _plain(filters, window_days=None, since=None, until=None, status=status)
    return _address("milestones", chosen, AT_RISK)


def in_scope(
    filters: Filters,
    statuses: Collection[str] = (),
    *,
    view: str = SCOPE,
    projects: Collection[int] = (),
) -> str:
    """The distinct tests that count for the milestones of the filters, all or those
    that count with a result of some projects.
    """
    if projects:
        view = "-".join([SCOPE, *map(str, sorted(projects))])
    chosen = replace(
        filters,
        status=tuple(sorted(statuses)),
        latest=False,
        final=False,
        sort="",
        q="",
    )
    return _address("cases", chosen, view)


def connections(ids: Collection[int]) -> str:
    """Some connections on the sync page."""
    return with_query(
        address("sync"), [("connection", str(id_)) for id_ in sorted(ids)]
    )


def sync_of(connection: int) -> str:
    """One connection among all on the sync page."""
    return f"{address('sync')}#connection-{connection}"


def settings_of(connection: int) -> str:
    """The form of a connection's address, projects and secrets."""
    return f"{address('connect')}?connection={connection}"


def log_in(way_back: str) -> str:
    """The log-in, which leads to `way_back` afterwards."""
    return with_query(address("login"), [("next", way_back)])


def compare(head: int, base: int | None = None) -> str:
    """Two runs side by side; without `base` the run before `head`."""
    return f"{address('compare')}?{f'base={base}&' if base else ''}head={head}"


def compared(head: int, base: int, category: str) -> str:
    """The tests of one category in a comparison."""
    return f"{compare(head, base)}&change={category}#rows"


def milestone(milestone_id: int) -> str:
    return address("milestone", milestone_id)


def export(route: str, filters: Filters, **own: str) -> str:
    """A list of the API with the same query, as CSV; `own` are parameters of its own."""
    pairs = [*filters.pairs(), *own.items(), ("format", "csv")]
    return with_query(address(route), pairs)


def result(result_id: int) -> str:
    """The page of one result by its id in the API."""
    return address("result", result_id)


def whole_message(result_id: int) -> str:
    """There its whole message."""
    return f"{result(result_id)}#message"


def notes_of_case(case_id: int) -> str:
    """What people said of a test, on its page."""
    return f"{case(case_id)}#remarks"


def thread(run_id: int, thread_id: int) -> str:
    """The results of one thread on its run's page."""
    pairs = [("status", "all"), ("thread", str(thread_id))]
    return f"{with_query(address('run', run_id), pairs)}#results"


def _plain(filters: Filters, **changes: Any) -> Filters:
    """What a metric of these filters counts, in no order, of whatever status."""
    usual: dict[str, Any] = {"latest": False, "final": False, "sort": "", "status": ()}
    return replace(filters.explicit(), **(usual | changes))


def _address(route: str, filters: Filters, view: str = "") -> str:
    if route != "cases" and filters.never_executed:
        # Tests without a result have no row in any other list.
        filters = replace(filters, never_executed=False)
    pairs = written_pairs(filters) + ([("view", view)] if view else [])
    return with_query(address(route), pairs)
