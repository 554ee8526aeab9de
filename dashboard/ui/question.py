"""The time range and filters of the page being answered, which its links carry on: so a
row's numbers are those of the page that it leads to.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta

from dashboard.filters import (
    DEFAULT_WINDOW_DAYS,
    Filters,
    has_default_branches,
    with_default_branches,
)
from dashboard.request_cache import keep_in_request, kept_in_request
from ingest.models import Run

_TIME = ("since", "until", "window_days")
_RUNS = ("connection", "tool", "source", "configuration", "milestone", "branch")
# What the page of each kind of link makes sense of; what a path says is no filter, and a
# run's page reads none of it.
CARRIED: dict[str, tuple[str, ...]] = {
    "case": (*_RUNS, *_TIME, "default_branch"),
    "same-test": (*_TIME, "default_branch"),
    "project": (*_RUNS, "case", *_TIME, "signature", "message", "default_branch"),
}


@dataclass(frozen=True, slots=True)
class _Question:
    """`is_metric`: without a choice default branches alone count. `queries` are those
    that were written, by kind: a page has hundreds of links.
    """

    filters: Filters
    is_metric: bool
    queries: dict[str, str] = field(default_factory=dict)


def ask(filters: Filters, *, is_metric: bool) -> None:
    """From here on the links of the answer being made carry these filters."""
    keep_in_request("question", _Question(filters, is_metric))


def ask_of_run(run: Run, now: datetime) -> None:
    """Links to the tests of a run lead to where it counts: to what ran on its branch, and
    to 30 days that end with the day after it where it is no part of the last 30.
    """
    asked = Filters(now=now)
    chosen = dict(with_default_branches(asked).default_branches)
    if chosen.get(run.project_id, run.branch) != run.branch:
        branch = (run.branch,) if run.branch else ()
        asked = replace(asked, branch=branch, default_branch=None if branch else False)
    if not asked.window().contains(run.at):
        midnight = datetime.combine(run.at.astimezone(UTC), time(), UTC)
        asked = replace(asked, until=midnight + timedelta(days=2))
    ask(asked, is_metric=True)


def carried(kind: str) -> str:
    """What follows the path of such a link, with its "?"; "" where nothing is asked."""
    question: _Question | None = kept_in_request("question")
    if question is None:
        return ""
    if kind not in question.queries:
        question.queries[kind] = _query(question, CARRIED[kind])
    return question.queries[kind]


def _query(question: _Question, names: tuple[str, ...]) -> str:
    kept = Filters(**{name: getattr(question.filters, name) for name in names})
    if kept.window_days == DEFAULT_WINDOW_DAYS:
        # What the page does anyway.
        kept = replace(kept, window_days=None)
    counts_all = _counts_all_branches(question) and not kept.branch
    counts_excluded = question.is_metric and question.filters.counted is False
    kept = replace(
        kept,
        default_branch=False if counts_all else None,
        counted=False if counts_excluded else None,
    )
    query = kept.to_query()
    return f"?{query}" if query else ""


def _counts_all_branches(question: _Question) -> bool:
    """Whether another page would leave out branches, were it told nothing."""
    filters = question.filters
    if filters.branch or not question.is_metric:
        return filters.default_branch is None and has_default_branches()
    return filters.default_branch is False
