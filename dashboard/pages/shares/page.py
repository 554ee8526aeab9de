"""What the dialog for a new share, and the lists of shares, print."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from django.http import QueryDict

from dashboard.addresses import address, site_root
from dashboard.models import Share
from dashboard.pages.shares.text import (
    filter_words,
    learn_words,
    project_words,
    scope_words,
    time_words,
    title_of,
)
from dashboard.reading.rights import Owners
from dashboard.reading.scope import everything
from dashboard.sharing.limits import Asked, Beyond
from dashboard.sharing.making import CannotShare, Wanted
from dashboard.sharing.opening import asked_for
from dashboard.sharing.visitors import is_open
from dashboard.ui.parts import EmptyState
from dashboard.ui.tables import Column, Table, table

LONGEST_SHOWN = 300
# Days until it ends, "" for none, with their words.
UNTIL = (
    ("7", "One week"),
    ("30", "30 days"),
    ("90", "90 days"),
    ("", "Until it is revoked"),
)
DEFAULT_DAYS = "30"
NOTHING_SHARED = EmptyState(
    title="Nothing is shared",
    text="“Share” on any page makes a link to it for people without an account.",
    icon="link",
)
COLUMNS = (
    Column("page", "Page", css="a"),
    Column("shows", "Shows", css="b sec", width="170px"),
    Column("made", "Made", css="d sec nowrap", width="120px"),
    Column("used", "Last use", css="e sec nowrap", width="120px"),
    Column("until", "Until", css="f sec nowrap", width="130px"),
    Column("act", "", css="g num", width="96px"),
)
OWNER = Column("owner", "Owner", css="c sec trunc", width="130px")


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareForm:
    """`projects` are those that visitors can see something of. `problem` says what stands
    in the way; `link`, what it `shows` and when it `ends` are there once it is made.
    """

    path: str
    title: str = ""
    filters: tuple[str, ...] = ()
    time: str = ""
    projects: str = ""
    until: str = DEFAULT_DAYS
    until_choices: tuple[tuple[str, str], ...] = UNTIL
    problem: str = ""
    link: str = ""
    picture: str = ""
    ends: str = ""
    shows: str = ""

    @property
    def action(self) -> str:
        return address("share")


def share_form(page: Wanted, now: datetime, path: str, **values: object) -> ShareForm:
    return ShareForm(
        path=path,
        title=title_of(page.asked),
        filters=filter_words(page.asked),
        time=time_words(page.asked, now),
        projects=project_words(page.projects),
        **values,  # type: ignore[arg-type]
    )


def ends_at(days: str, now: datetime) -> datetime | None:
    """When a share of so many days ends; raises CannotShare for other than the choices."""
    if days not in dict(UNTIL):
        raise CannotShare("expires_at", "Choose until when.")
    return now + timedelta(days=int(days)) if days else None


# Closed: its owner may not show it any more.
State = Literal["open", "ended", "revoked", "closed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareRow:
    """`scope` are the filters and time of the page in words; `href` is the page itself,
    for whoever is signed in.
    """

    share: Share
    title: str
    scope: str
    href: str
    state: State

    @property
    def owner(self) -> str:
        return self.share.owner.get_username()


@dataclass(frozen=True, slots=True, kw_only=True)
class SharesPage:
    """`other` leads to the list of one's own, or of all people's."""

    title: str
    subtitle: str
    table: Table
    empty: EmptyState | None
    is_of_all: bool = False
    other_href: str = ""
    other_text: str = ""


def shares_page(shares: Sequence[Share], now: datetime, *, of_all: bool) -> SharesPage:
    rows = share_rows(shares, now)
    columns = (*COLUMNS[:2], OWNER, *COLUMNS[2:]) if of_all else COLUMNS
    return SharesPage(
        title="All shared links" if of_all else "Shared links",
        subtitle="Whoever has a link sees its page, without an account.",
        table=table(columns, rows, css="tall blocks fixed shares"),
        empty=None if rows else NOTHING_SHARED,
        is_of_all=of_all,
    )


def share_rows(shares: Sequence[Share], now: datetime) -> list[ShareRow]:
    """What they are of, and what their owners may show, is asked for all together."""
    pages = {share.pk: _page(share) for share in shares}
    learn_words([asked for asked in pages.values() if asked])
    with everything():
        owners = Owners(shares)
        shown = {share.pk for share in shares if owners.shown(share)}
    return [
        share_row(
            share,
            _state(share, now, is_shown=share.pk in shown),
            _words(pages[share.pk], now),
        )
        for share in shares
    ]


def share_row(share: Share, state: State, words: tuple[str, str]) -> ShareRow:
    """`words` are its title and its scope."""
    title, scope = words
    href = f"{site_root().rstrip('/')}{share.address}"
    return ShareRow(
        share=share, title=title or share.path, scope=scope, href=href, state=state
    )


def _state(share: Share, now: datetime, *, is_shown: bool) -> State:
    if share.revoked_at is not None:
        return "revoked"
    if not is_open(share, now):
        return "ended"
    return "open" if is_shown else "closed"


def _page(share: Share) -> Asked | None:
    try:
        return asked_for(share.path, QueryDict(share.query))
    except Beyond:
        # An earlier version had it.
        return None


def _words(asked: Asked | None, now: datetime) -> tuple[str, str]:
    try:
        return (title_of(asked), scope_words(asked, now)) if asked else ("", "")
    except Beyond:
        # What it is about is gone.
        return "", ""
