"""What people did, as a page tells it: who, what, when."""

from __future__ import annotations

from dataclasses import dataclass

from dashboard.contexts.lengths import Words
from dashboard.contexts.parts import Piece


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryLine:
    """ "mara", "unmuted it", "22 Nov 11:40", "was muted until 3 Dec: sandbox is down"."""

    by: str
    did: tuple[Piece, ...]
    at: str
    at_title: str
    detail: Words = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """Newest first. `older_href` leads to those before, "" where there are none;
    `newest_href` leads back from there.
    """

    lines: tuple[HistoryLine, ...] = ()
    older_href: str = ""
    newest_href: str = ""
