"""Up to three causes why a milestone will be late, and what it would take."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

from dashboard.metrics.milestones import Progress, pace, scope_added_lately
from dashboard.pages.milestones import text
from dashboard.pages.milestones.page_data import PageData
from dashboard.ui import freshness, links
from dashboard.ui.number_links import counted
from dashboard.ui.parts import Piece, Sentence
from dashboard.ui.text import times
from ingest.models import Connection

# Growth of less than this part of the scope is no cause worth naming.
WORTH_NAMING = 0.01
UNFINISHED = ("running", "unknown", "untested")


def is_settled(progress: Progress) -> bool:
    """Whether nothing about its end is open, so that causes do not matter."""
    return progress.is_done or progress.is_completed


def takes(progress: Progress) -> text.Stretches:
    due, left, today = progress.due_on, progress.left, progress.today
    if is_settled(progress) or due is None or not left:
        return ()
    if not progress.is_at_risk and progress.forecast is not None:
        return ()
    return text.what_it_takes(left, pace(progress.burn_up, today), due, today)


def causes(data: PageData, progress: Progress) -> tuple[Sentence, ...]:
    if is_settled(progress):
        return ()
    found = (_added(data, progress), _failing(data, progress), _silent(data, progress))
    return tuple(cause for cause in found if cause)


def _added(data: PageData, progress: Progress) -> Sentence | None:
    """Scope that grew lately, and what it costs at the pace so far."""
    added = scope_added_lately(progress.burn_up, progress.today)
    if added is None or added.tests < max(1, WORTH_NAMING * progress.scope):
        return None
    when = "on" if added.first == added.last else "since"
    href = ""
    if data.filters.list_window() is None:
        begins = datetime.combine(added.first, time(), UTC)
        ends = datetime.combine(added.last, time(), UTC) + timedelta(days=1)
        inside = replace(data.filters, since=begins, until=ends)
        href = links.in_scope(inside, view=links.ADDED)
    return text.scope_added(
        counted("scope_added", added.tests, href),
        f"{when} {times.day(added.first)}",
        pace(progress.burn_up, progress.today),
    )


def _failing(data: PageData, progress: Progress) -> Sentence | None:
    """The project with the most tests that did not pass."""
    bad = {pk: c.failed + c.error for pk, c in progress.by_project.items()}
    worst = max(bad, key=lambda pk: (bad[pk], -pk), default=None)
    if worst is None or not bad[worst]:
        return None
    href = links.in_scope(data.filters, links.NOT_PASSED_WORDS, projects=[worst])
    name = data.layout.project(worst).name or "a project"
    return text.failing_there(
        counted("not_passed", bad[worst], href),
        Piece(text=name, href=links.project(worst)),
        progress.left,
    )


def silent(data: PageData) -> Connection | None:
    """The connection of its projects that has sent nothing for the longest time."""
    old = freshness.not_fresh(data.connections, data.filters.now)
    old = [connection for connection in old if not connection.paused_at]
    return min(old, key=lambda c: str(c.last_success_at), default=None)


def _silent(data: PageData, progress: Progress) -> Sentence | None:
    connection = silent(data)
    if connection is None:
        return None
    by_project = {
        pk: counts.untested + counts.running + counts.unknown
        for pk, counts in progress.by_project.items()
        if data.layout.project(pk).connection == connection.pk
    }
    not_run = links.in_scope(data.filters, UNFINISHED, projects=by_project)
    sync_page = links.sync_of(connection.pk)
    return text.sent_nothing(
        connection.name,
        freshness.age_of(connection, data.filters.now),
        counted("not_run", sum(by_project.values()), not_run),
        Piece(text="Open Sync", href=sync_page),
    )
