"""The history of what people said, of one thing or of a whole project."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, tzinfo

from dashboard.addresses import address
from dashboard.annotations.audit_log import (
    ABOUT_CASE,
    ABOUT_PROJECT,
    ABOUT_RUN,
    PAGE,
    acts_of_project,
)
from dashboard.models import Act
from dashboard.readers import is_signed_in
from dashboard.ui import links
from dashboard.ui.clock import Clock
from dashboard.ui.lengths import Words
from dashboard.ui.parts import Piece
from dashboard.ui.text import times
from dashboard.ui.text.audit_log import act_sentence, changed_meanwhile
from ingest.models import Project

# Letters of a note in a project's history; the test's own page tells it whole.
SHORT = 300
WHOLE = 100_000
IT = Piece(text="it")


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryLine:
    """ "mara", "unmuted it", "was muted until 3 Dec: sandbox is down"."""

    by: str
    did: tuple[Piece, ...]
    at: datetime
    detail: Words = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """Newest first. `older_href` leads to those before, "" where there are none;
    `newest_href` leads back from there.
    """

    lines: tuple[HistoryLine, ...] = ()
    older_href: str = ""
    newest_href: str = ""


# What people did is for those who are signed in: strangers get no line of any of them.


def history_of(acts: Iterable[Act], now: datetime, zone: tzinfo) -> History:
    """Of one thing, on its own page."""
    return History(lines=_lines(acts, Clock(now, zone), lambda act: IT, WHOLE))


def named_history(acts: Iterable[Act], now: datetime, zone: tzinfo) -> History:
    """Of several things, each by its name."""
    return History(lines=_lines(acts, Clock(now, zone), _named, SHORT))


def project_history(project: Project, before: int | None, clock: Clock) -> History:
    """One page; `before` is the act that the page before ended with."""
    if not is_signed_in():
        return History()
    acts = acts_of_project(project.pk, before)
    shown = acts[:PAGE]
    path = address("project-settings", project.pk)
    return History(
        lines=_lines(shown, clock, _named, SHORT),
        older_href=f"{path}?before={shown[-1].pk}#history" if len(acts) > PAGE else "",
        newest_href=f"{path}#history" if before is not None else "",
    )


def changed_since(act: Act, by: str, what: str, clock: Clock, is_now: str = "") -> str:
    """Why a form of `by` was not taken: somebody else's act came between."""
    who = "You" if act.by == by else act.by
    return changed_meanwhile(who, what, act.at, clock.now, clock.zone, is_now=is_now)


def _lines(
    acts: Iterable[Act], clock: Clock, name: Callable[[Act], Piece], most: int
) -> tuple[HistoryLine, ...]:
    def moment(at: datetime) -> str:
        return times.moment(at, clock.now, clock.zone)

    def line(act: Act) -> HistoryLine:
        did, detail = act_sentence(
            act.kind, name(act), act.before, act.after, moment=moment, most=most
        )
        return HistoryLine(by=act.by, did=did, at=act.at, detail=detail)

    return tuple(map(line, acts)) if is_signed_in() else ()


def _named(act: Act) -> Piece:
    """By the name that it had then, as a door where it has a page."""
    if act.kind in ABOUT_CASE:
        return Piece(text=act.name, href=links.case(act.about))
    if act.kind in ABOUT_RUN:
        return Piece(text=act.name, href=links.run(act.about))
    if act.kind in ABOUT_PROJECT:
        return Piece(text="this project")
    return Piece(text=f"“{act.name}”")
