"""What the stand-up shows."""

from __future__ import annotations

from dataclasses import dataclass

from dashboard.pages.standup.cards import StandupCard
from dashboard.pages.standup.text import Headline
from dashboard.ui.freshness import FreshnessItem
from dashboard.ui.lengths import Made
from dashboard.ui.parts import EmptyState, Link


@dataclass(frozen=True, slots=True, kw_only=True)
class StandupPage:
    """`day` and `since` name the time that is told ("Thu 19 Nov", "since yesterday
    09:15"), `at` when it was ("09:15"). `scope` says what it is about ("9 projects, 5
    tools"). `share_href` is the page with its time fixed, `markdown` the same page as
    text; `poll_href` is "" where it is fixed already. `empty` replaces everything below
    the header.
    """

    title: str
    day: str
    since: str
    at: str
    scope: str
    poll_href: str
    share_href: str
    now_href: str
    markdown_href: str
    headline: Headline | None = None
    cards: tuple[StandupCard, ...] = ()
    freshness: tuple[FreshnessItem, ...] = ()
    fresh_more: Link | None = None
    markdown: Made = ""
    empty: EmptyState | None = None
