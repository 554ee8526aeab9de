"""Why a milestone is not done: what keeps most of its tests back stands first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta

from dashboard.metrics.milestones import (
    Progress,
    ScopeAdded,
    pace,
    scope_added_lately,
)
from dashboard.pages.milestones.page_data import PageData
from dashboard.pages.milestones.text import rate_a_day
from dashboard.ui import freshness, links
from dashboard.ui.number_links import counted
from dashboard.ui.parts import Piece, Sentence
from dashboard.ui.svg.outcomes import by_status
from dashboard.ui.text import numbers, times
from dashboard.ui.text.numbers import plural
from dashboard.ui.text.verdicts import Words, piece, pieces
from ingest.models import Connection

# Growth of less than this part of the scope is no cause worth naming.
CAUSE_FROM = 0.01
UNFINISHED = ("running", "unknown", "untested")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """`tests` is how many it keeps back; `glyph` is their shape, or its own."""

    glyph: str
    tests: int
    sentence: Sentence


@dataclass(frozen=True, slots=True)
class _Kind:
    """Tests that were executed and have not passed; `word` is what they are."""

    metric: str
    statuses: tuple[str, ...]
    word: str


KINDS = (
    _Kind("not_passed", links.NOT_PASSED_WORDS, "failing"),
    _Kind("blocked", ("blocked",), "blocked"),
    _Kind("skipped", ("skipped",), "skipped"),
)


def causes(data: PageData, progress: Progress) -> tuple[Cause, ...]:
    """Those of a milestone that is not settled; of equal ones in the order of here."""
    every = (
        *(_kept_back(data, progress, kind) for kind in KINDS),
        _added(data, progress),
        _silent(data, progress),
    )
    found = [cause for cause in every if cause]
    return tuple(sorted(found, key=lambda cause: -cause.tests))


def _kept_back(data: PageData, progress: Progress, kind: _Kind) -> Cause | None:
    """ "37 tests are blocked, 30 of them in Checkout. That is 24% of what is left."."""
    of = {
        pk: sum(getattr(counts, word) for word in kind.statuses)
        for pk, counts in progress.by_project.items()
    }
    number, left = sum(of.values()), progress.left
    if not number:
        return None
    href = links.in_scope(data.filters, kind.statuses)
    tests = piece(counted(kind.metric, number, href), plural(number, "test"))
    verb = "is" if number == 1 else "are"
    share = f" That is {numbers.whole_percent(number / max(left, 1))} of what is left."
    if number >= left:
        share = " Nothing else is left."
    where = _where(data, kind, of)
    return Cause(
        glyph=by_status(kind.statuses[-1]).css,
        tests=number,
        sentence=Sentence(
            bold=pieces((tests, f" {verb} {kind.word}", *where, ".")),
            rest=pieces((share,)),
        ),
    )


def _where(data: PageData, kind: _Kind, of: dict[int, int]) -> Words:
    """ " in Checkout", ", 30 of them in Checkout": the project with the most."""
    worst = max(of, key=lambda pk: (of[pk], -pk))
    name = data.layout.project(worst).name or "a project"
    project = Piece(text=name, href=links.project(worst))
    if of[worst] == sum(of.values()):
        return " in ", project
    href = links.in_scope(data.filters, kind.statuses, projects=[worst])
    return ", ", piece(counted(kind.metric, of[worst], href)), " of them in ", project


def _added(data: PageData, progress: Progress) -> Cause | None:
    """ "180 tests were added on 16 Nov. At 45 passed a day, they cost about 4 days."

    Only at a pace that rises a cost is named.
    """
    added = scope_added_lately(progress.burn_up, progress.today)
    if added is None or added.tests < max(1, CAUSE_FROM * progress.scope):
        return None
    href, tests = _added_href(data, added), plural(added.tests, "test")
    when = "on" if added.first == added.last else "since"
    verb, cost = ("was", "it costs") if added.tests == 1 else ("were", "they cost")
    bold = (
        piece(counted("scope_added", added.tests, href), tests),
        f" {verb} added {when} {times.day(added.first)}.",
    )
    rate, rest = pace(progress.burn_up, progress.today), ""
    if rate is not None and rate > 0:
        days = plural(max(1, round(added.tests / rate)), "day")
        rest = f" At {rate_a_day(rate)}, {cost} about {days}."
    said = Sentence(bold=pieces(bold), rest=pieces((rest,) if rest else ()))
    return Cause(glyph="added", tests=added.tests, sentence=said)


def _added_href(data: PageData, added: ScopeAdded) -> str:
    if data.filters.list_window() is not None:
        return ""
    begins = datetime.combine(added.first, time(), UTC)
    ends = datetime.combine(added.last, time(), UTC) + timedelta(days=1)
    inside = replace(data.filters, since=begins, until=ends)
    return links.in_scope(inside, view=links.ADDED)


def silent(data: PageData) -> Connection | None:
    """The connection of its projects that has sent nothing for the longest time."""
    old = freshness.not_fresh(data.connections, data.filters.now)
    old = [connection for connection in old if not connection.paused_at]
    return min(old, key=lambda c: str(c.last_success_at), default=None)


def _silent(data: PageData, progress: Progress) -> Cause | None:
    """ "Customer Portal sent nothing for 26 h. 64 tests count as not run. Open Sync"."""
    connection = silent(data)
    if connection is None:
        return None
    by_project = {
        pk: counts.untested + counts.running + counts.unknown
        for pk, counts in progress.by_project.items()
        if data.layout.project(pk).connection == connection.pk
    }
    number = sum(by_project.values())
    rest = _not_run(data, number, by_project) if number else ()
    age = freshness.age_of(connection, data.filters.now)
    sync = Piece(text="Open Sync", href=links.sync_of(connection.pk))
    said = Sentence(
        bold=pieces((f"{connection.name} sent nothing for {age}.",)),
        rest=pieces((" ", *rest, sync)),
    )
    return Cause(glyph="stale", tests=number, sentence=said)


def _not_run(data: PageData, number: int, projects: Iterable[int]) -> Words:
    href = links.in_scope(data.filters, UNFINISHED, projects=list(projects))
    tests = piece(counted("not_run", number, href), plural(number, "test"))
    return tests, f" {'counts' if number == 1 else 'count'} as not run. "
