"""Whether a milestone will be in time, at most three causes, what it would take."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta

from dashboard.metrics.milestones import Progress, pace, scope_added_lately
from dashboard.pages.milestones.page_data import PageData
from dashboard.ui import freshness, links
from dashboard.ui.forecast_text import verdict_of
from dashboard.ui.number_links import counted
from dashboard.ui.parts import Number, Piece, Sentence
from dashboard.ui.text import times
from dashboard.ui.text.milestones import (
    failing_there,
    scope_added,
    sent_nothing,
    what_it_takes,
)
from ingest.contract import Counts
from ingest.models import Connection

# Growth of less than this part of the scope is no cause worth naming.
WORTH_NAMING = 0.01
CAUSES_AT_MOST = 3
UNFINISHED = ("running", "unknown", "untested")


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskCard:
    """The verdict in words, at most three causes and what it would take.

    `takes` are stretches of a sentence, (text, whether it is bold).
    """

    glyph: str
    fact: str
    rest: str
    causes: tuple[Sentence, ...] = ()
    takes: tuple[tuple[str, bool], ...] = ()


def is_settled(found: Progress) -> bool:
    """Whether nothing about its end is open, so that causes do not matter."""
    return found.is_done or found.is_completed


def risk_card(material: PageData, found: Progress) -> RiskCard:
    said = verdict_of(found)
    is_over = is_settled(found)
    causes = () if is_over else tuple(_causes(material, found))[:CAUSES_AT_MOST]
    return RiskCard(
        glyph=said.glyph,
        fact=said.fact,
        rest=said.rest,
        causes=causes,
        takes=() if is_over else _takes(found),
    )


def _takes(found: Progress) -> tuple[tuple[str, bool], ...]:
    due, is_late = found.due_on, found.is_at_risk
    if due is None or not found.left:
        return ()
    if not is_late and not (found.forecast is None and found.scope):
        return ()
    return tuple(
        what_it_takes(found.left, pace(found.burn_up, found.today), due, found.today)
    )


def _causes(material: PageData, found: Progress) -> Iterator[Sentence]:
    yield from _added(material, found)
    yield from _failing(material, found)
    yield from _silent(material, found)


def _added(material: PageData, found: Progress) -> Iterator[Sentence]:
    """Scope that grew lately, and what it costs at the pace so far."""
    added = scope_added_lately(found.burn_up, found.today)
    if added is None or added.tests < max(1, WORTH_NAMING * found.scope):
        return
    when = f"on {times.day(added.first)}"
    if added.first != added.last:
        when = f"since {times.day(added.first)}"
    href = ""
    if material.filters.list_window() is None:
        begins = datetime.combine(added.first, time(), UTC)
        ends = datetime.combine(added.last, time(), UTC) + timedelta(days=1)
        inside = replace(material.filters, since=begins, until=ends)
        href = links.in_scope(inside, view=links.ADDED)
    number = counted("scope_added", added.tests, href)
    yield scope_added(number, when, pace(found.burn_up, found.today))


def _failing(material: PageData, found: Progress) -> Iterator[Sentence]:
    """The project with the most tests that did not pass."""
    numbers = {p: _not_passed(counts) for p, counts in found.by_project.items()}
    worst = max(numbers, key=lambda p: (numbers[p], -p), default=None)
    if worst is None or not numbers[worst]:
        return
    href = links.in_scope(material.filters, links.NOT_PASSED_WORDS, projects=[worst])
    failing = counted("not_passed", numbers[worst], href)
    known = material.projects.get(worst)
    name = Piece(text=known.name if known else "a project", href=links.project(worst))
    yield failing_there(failing, name, found.left)


def silent(material: PageData) -> Connection | None:
    """The connection of its projects that has sent nothing for the longest time."""
    connections, now = material.frame.connections, material.filters.now
    old = [c for c in freshness.not_fresh(connections, now) if not c.paused_at]
    return min(old, key=lambda c: str(c.last_success_at), default=None)


def _silent(material: PageData, found: Progress) -> Iterator[Sentence]:
    connection = silent(material)
    if connection is None:
        return
    projects = [
        pk
        for pk, known in material.projects.items()
        if known.connection == connection.pk and pk in found.by_project
    ]
    number = sum(_not_run(found.by_project[p]) for p in projects)
    href = f"{freshness.SYNC_PAGE}#connection-{connection.pk}"
    yield sent_nothing(
        connection.name,
        freshness.age_of(connection, material.filters.now),
        _not_run_door(material, projects, number),
        Piece(text="Open Sync", href=href),
    )


def _not_run_door(material: PageData, projects: list[int], number: int) -> Number:
    href = ""
    if projects:
        href = links.in_scope(material.filters, UNFINISHED, projects=projects)
    return counted("not_run", number, href)


def _not_passed(counts: Counts) -> int:
    return counts.failed + counts.error


def _not_run(counts: Counts) -> int:
    return counts.untested + counts.running + counts.unknown
