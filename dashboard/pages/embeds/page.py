"""The page that makes addresses of pictures, and lists those that were made."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from html import escape
from typing import ClassVar

from django.http import QueryDict

from dashboard.addresses import address, with_query
from dashboard.filters import Filters, are_known, parse, with_what_counts
from dashboard.models import Embed, EmbedKind
from dashboard.pages.embeds.drawn import LABELS, NotDrawableError, check
from dashboard.pages.embeds.serving import (
    picture_name,
    picture_path,
    reader_for,
)
from dashboard.pages.embeds.state import ACCEPTS, MADE
from dashboard.readers import reader
from dashboard.reading.rights import Owners
from dashboard.reading.scope import everything
from dashboard.ui.clock import Clock
from dashboard.ui.filter_words import filter_words, learn_values
from dashboard.ui.markdown import escaped
from dashboard.ui.parts import State
from dashboard.ui.pictures.colours import Theme
from dashboard.ui.url_state import PageState

EXPIRIES = (
    ("", "never"),
    ("30", "in 30 days"),
    ("90", "in 90 days"),
    ("365", "in a year"),
)
# More are old ones, which nobody looks for here.
MOST_ROWS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A kind of picture, with how it looks now."""

    kind: str
    label: str
    preview: str
    preview_dark: str
    is_badge: bool
    is_chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Snippet:
    """Lines to copy: `key` is part of their id."""

    key: str
    label: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbedLine:
    """One that was made. `snippets` are empty once it shows nothing any more."""

    id: int
    label: str
    scope: str
    owner: str
    state: State
    made: str
    used: str
    expires: str
    preview: str
    revoke_href: str
    snippets: tuple[Snippet, ...]
    is_new: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbedsPage:
    """`scope` says in words what the pictures are of; `problem` why none was made."""

    scope: str
    query: str
    offers: tuple[Offer, ...]
    lines: tuple[EmbedLine, ...]
    problem: str = ""
    expiries: ClassVar[tuple[tuple[str, str], ...]] = EXPIRIES


def embeds_page(
    state: PageState, embeds: Sequence[Embed], site: str, problem: str = ""
) -> EmbedsPage:
    """`site` is the address that pictures are asked for from elsewhere."""
    filters = state.filters
    scope = filter_words(filters, filters.window())
    clock = Clock(filters.now, state.zone)
    made = state.own.get(MADE, "")
    return EmbedsPage(
        scope=scope,
        query=filters.to_query(),
        offers=tuple(_offers(state)),
        lines=tuple(_lines(embeds, site, clock, made)),
        problem=problem,
    )


def _offers(state: PageState) -> Iterable[Offer]:
    """Those that can be drawn of these filters."""
    kinds = []
    for kind in EmbedKind:
        try:
            check(kind, state.filters)
        except NotDrawableError:
            continue
        kinds.append(kind)
    # Of one milestone its own chart is what is looked for.
    first = EmbedKind.BURN_UP if EmbedKind.BURN_UP in kinds else EmbedKind.PASS_RATE
    for kind in kinds:
        yield Offer(
            kind=str(kind),
            label=str(kind.label),
            preview=_preview(state, kind, "light"),
            preview_dark=_preview(state, kind, "dark"),
            is_badge=kind in LABELS,
            is_chosen=kind is first,
        )


def _preview(state: PageState, kind: EmbedKind, theme: Theme) -> str:
    path = f"{address('embeds')}preview/{picture_name(kind, theme, 'svg')}"
    return with_query(path, state.filters.pairs())


def _own_preview(embed: Embed) -> str:
    """Not the address itself, whose last use is told."""
    name = picture_name(EmbedKind(embed.kind), "light", "svg")
    path = f"{address('embeds')}preview/{name}"
    return f"{path}?{embed.query}" if embed.query else path


def _lines(
    embeds: Sequence[Embed], site: str, clock: Clock, made: str
) -> Iterable[EmbedLine]:
    """What they are of, and what their owners may show, is asked for all together."""
    scopes = _scopes(embeds, clock.now)
    with everything():
        owners = Owners(embeds)
        shown = {embed.pk for embed in embeds if reader_for(embed, owners)}
    for embed in embeds:
        state = _state(embed, clock.now, is_shown=embed.pk in shown)
        line = _line(embed, site, clock, state, scopes[embed.pk])
        yield replace(line, is_new=made == str(embed.pk))


def _line(embed: Embed, site: str, clock: Clock, state: State, scope: str) -> EmbedLine:
    mine = embed.owner_id == reader().user_id
    return EmbedLine(
        id=embed.pk,
        label=str(EmbedKind(embed.kind).label),
        scope=scope,
        owner="" if mine else embed.owner.get_username(),
        state=state,
        made=clock.moment(embed.created_at),
        used=clock.moment(embed.last_used_at) if embed.last_used_at else "",
        expires=clock.moment(embed.expires_at) if embed.expires_at else "",
        preview=_own_preview(embed) if mine and state.word == "open" else "",
        revoke_href=f"{address('embeds')}{embed.pk}/revoke/",
        snippets=_snippets(embed, site) if state.word == "open" else (),
    )


def _state(embed: Embed, now: datetime, *, is_shown: bool) -> State:
    if embed.revoked_at:
        return State(glyph="paused", word="revoked")
    if embed.expires_at and embed.expires_at <= now:
        return State(glyph="paused", word="expired")
    if not is_shown:
        why = "Its owner may not see all of its projects any more, or not share."
        return State(glyph="failing", word="closed", bad=True, title=why)
    return State(glyph="fresh", word="open")


def _scopes(embeds: Sequence[Embed], now: datetime) -> dict[int, str]:
    """What each is of, in words."""
    read = [parse(QueryDict(embed.query), ACCEPTS, now=now) for embed in embeds]
    filters = [with_what_counts(one.filters) for one in read]
    learn_values({"case": f.case, "milestone": f.milestone} for f in filters)
    return {
        embed.pk: _scope(embed, one.filters)
        if is_known and not one.problems
        else "of something that is gone"
        for embed, one, is_known in zip(embeds, read, are_known(filters), strict=True)
    }


def _scope(embed: Embed, filters: Filters) -> str:
    is_whole = embed.kind == EmbedKind.BURN_UP
    return filter_words(filters, None if is_whole else filters.window())


def _snippets(embed: Embed, site: str) -> tuple[Snippet, ...]:
    kind = EmbedKind(embed.kind)
    page = f"{site}{_page_of(kind, QueryDict(embed.query))}"

    def href(theme: Theme, form: str = "svg") -> str:
        return site + picture_path(embed.token, picture_name(kind, theme, form))

    label = str(kind.label)
    html = (
        f'<a href="{escape(page)}"><picture>'
        f'<source media="(prefers-color-scheme: dark)" srcset="{href("dark")}">'
        f'<img src="{href("light")}" alt="{label}"></picture></a>'
    )
    return (
        Snippet(
            key="md",
            label="Markdown",
            text=f"[![{escaped(label)}]({href('light')})]({page})",
        ),
        Snippet(key="html", label="HTML, light and dark", text=html),
        Snippet(key="svg", label="SVG, as the reader's system", text=href("auto")),
        Snippet(key="png", label="PNG", text=href("light", "png")),
    )


def _page_of(kind: EmbedKind, query: QueryDict) -> str:
    """Where the same is seen with its rows, by those who may."""
    if kind is EmbedKind.BURN_UP:
        return address("milestone", int(query.getlist("milestone")[0]))
    pairs = [(name, value) for name, values in query.lists() for value in values]
    return with_query(address("overview"), pairs)
