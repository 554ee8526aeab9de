"""The bar that says that a page is a look at the past, and what became known since."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest
from django.utils import timezone

from dashboard.filters import Filters
from dashboard.metrics.since_then import SinceThen, since_then
from dashboard.reading.as_of import AS_OF
from dashboard.reading.scope import past
from dashboard.ui import links
from dashboard.ui.clock import Clock
from dashboard.ui.panels import load_or_none
from dashboard.ui.parts import Piece
from dashboard.ui.text.numbers import plural

NOTHING = " Nothing of it has changed since."
UNKNOWN = " What became known since did not load."


@dataclass(frozen=True, slots=True, kw_only=True)
class PastBar:
    """`moment` is "19 Nov 09:00", `title` the whole time. `now_href` is the same page
    today, from its own address on.
    """

    moment: str
    title: str
    since: tuple[Piece, ...]
    now_href: str


def past_bar(
    request: HttpRequest, filters: Filters | None, run: int | None
) -> PastBar | None:
    """None for a page of the present."""
    as_of = past()
    if as_of is None:
        return None
    chosen = filters or Filters()
    clock, query = Clock(now=timezone.now()), request.GET.copy()
    del query[AS_OF]
    since = load_or_none("what became known since", lambda: since_then(chosen, run))
    return PastBar(
        moment=clock.moment(as_of),
        title=clock.timestamp(as_of),
        since=_sentence(chosen, since, run) if since else (Piece(text=UNKNOWN),),
        now_href=f"?{query.urlencode()}",
    )


def _sentence(filters: Filters, since: SinceThen, run: int | None) -> tuple[Piece, ...]:
    """ "Since then 14 results arrived late, 2 changed, 1 was taken back." """
    parts = [
        (since.late, " arrived late", links.since_then(filters, links.LATE)),
        (since.changed, " changed", links.since_then(filters, links.CHANGED)),
        (since.gone, " taken back", ""),
    ]
    said: list[Piece] = []
    for number, word, href in parts:
        if not number:
            continue
        text = f"{number:,}" if said else plural(number, "result")
        # The list is of all runs that the filters choose, up to the moment itself.
        ends_before = filters.until not in (None, filters.as_of)
        door = "" if run is not None or ends_before else href
        said += [Piece(text=", " if said else " Since then ")]
        said += [Piece(text=text, href=door, value=number), Piece(text=word)]
    return (*said, Piece(text=".")) if said else (Piece(text=NOTHING),)
