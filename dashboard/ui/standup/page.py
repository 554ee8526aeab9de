"""The stand-up from what was asked: its time, its verdict, its cards, its Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from dashboard.addresses import address, with_query
from dashboard.filters import DEFAULT_WINDOW_DAYS, Filters
from dashboard.metrics.activity import newest_start
from dashboard.metrics.standup import StaleTool
from dashboard.ui import empty_states, freshness, links
from dashboard.ui.freshness import FreshnessStrip
from dashboard.ui.left_out import left_out_note
from dashboard.ui.lengths import Made, fitted
from dashboard.ui.number_links import rated
from dashboard.ui.parts import EmptyState, Note, Number, Piece
from dashboard.ui.standup.cards import StandupCard, cards, group_number
from dashboard.ui.standup.markdown import markdown
from dashboard.ui.standup.page_data import TV, PageData
from dashboard.ui.standup.text import (
    Headline,
    one_cause,
    stale_alarm,
    standup_compared,
    standup_day,
    standup_headline,
    standup_rate,
)
from dashboard.ui.text import numbers, times
from dashboard.ui.text.verdicts import Words, pieces
from dashboard.ui.url_state import VIEW


@dataclass(frozen=True, slots=True, kw_only=True)
class StandupPage:
    """`day` and `since` name the time that is told ("Thu 19 Nov", "since yesterday
    09:15"), `at` when it was ("09:15"). `scope` says what it is about ("9 projects, 5
    tools"). `share_href` is the page with its time fixed; `poll_href` is "" where it is
    fixed already. `left_out` tells of runs that do not count. `empty` replaces everything
    below the header. `tv_href` is the same for a screen on a wall; `alarm` says there
    which tools are stale. `digest_href` leads to the form of a digest of its filters.
    """

    day: str
    since: str
    at: str
    scope: str
    poll_href: str
    share_href: str
    now_href: str
    markdown_href: str
    tv_href: str
    digest_href: str
    alarm: str = ""
    freshness: FreshnessStrip | None = None
    headline: Headline = Headline("", "")
    cards: tuple[StandupCard, ...] = ()
    markdown: Made = ""
    left_out: tuple[Note, ...] = ()
    empty: EmptyState | None = None


def standup_page(data: PageData, site: str) -> StandupPage:
    """`site` is the address that the links in Markdown begin with."""
    state, filters, zone = data.state, data.filters, data.state.zone
    until, shared = data.window.until, filters.over(data.window)
    page = StandupPage(
        day=standup_day(until, zone, filters.now.astimezone(zone).year),
        since=data.since,
        at=f"{until.astimezone(zone):%H:%M}",
        scope=_scope(data),
        poll_href="" if filters.until or filters.as_of else state.href,
        share_href=links.standup(shared),
        now_href=links.standup(replace(filters, since=None, until=None)),
        markdown_href=links.standup(shared, as_markdown=True),
        tv_href=state.with_own(**{VIEW: TV}),
        digest_href=with_query(address("digest-new"), [("path", state.href)]),
        alarm=stale_alarm([(one.name, _age(one, until)) for one in data.stale]),
        # Series reach 30 days back, whatever time the stand-up tells of.
        left_out=left_out_note(replace(state, filters=_of_series(filters))),
        empty=_why_empty(data),
    )
    if page.empty:
        return page
    standup_cards = cards(data)
    page = replace(
        page,
        headline=_headline(data, standup_cards),
        cards=standup_cards,
        freshness=freshness.strip(state, data.layout.connections, data.importing),
    )
    short = fitted(page)
    _, _, day = page.day.partition(" ")
    text = markdown(
        day,
        short.headline,
        short.cards,
        page.left_out,
        page.share_href,
        site,
        str(zone),
    )
    return replace(page, markdown=text)


def _age(tool: StaleTool, until: datetime) -> str:
    success = tool.last_success_at
    if success is None:
        return "never synced"
    age = f"{times.age(success, until)} old"
    return f"last sync failed, {age}" if tool.state == "failing" else age


def _of_series(filters: Filters) -> Filters:
    series = replace(filters, window_days=None, since=None)
    if series.until:
        return series.over(series.window())
    return replace(series, window_days=DEFAULT_WINDOW_DAYS)


def _scope(data: PageData) -> str:
    """ "9 projects, 5 tools"; one of them is named."""
    connections, chosen = data.layout.connections, data.filters.project
    used = {connection.pk for connection in connections}
    projects = [
        project
        for project in data.layout.projects.values()
        if project.connection in used and (not chosen or project.id in chosen)
    ]
    tools = {connection.vendor for connection in connections}
    tools |= {project.tool for project in projects}
    named = projects[0].name if len(projects) == 1 else ""
    counted = named or numbers.plural(len(projects), "project")
    return f"{counted}, {numbers.plural(len(tools), 'tool')}"


def _why_empty(data: PageData) -> EmptyState | None:
    if data.has_nothing:
        return empty_states.no_connection()
    has_results = data.rates is None or data.rates[0].n or data.rates[1].n
    if has_results or newest_start(Filters(now=data.filters.now)) is not None:
        return None
    return empty_states.no_run_yet(data.layout.connections, data.importing)


def _headline(data: PageData, standup_cards: Sequence[StandupCard]) -> Headline:
    new, fixed, window = standup_cards[0].number, standup_cards[1].number, data.window
    if new is None or fixed is None:
        return Headline("failing", "What changed did not load.")
    headline = standup_headline(
        new,
        fixed,
        data.rates[0].value if data.rates else None,
        since=data.since,
        compared=standup_compared(window.since, window.until, data.state.zone),
        has_only_totals=bool(data.has_only_totals),
    )
    rate, cause = _rate(data), _cause(data, new)
    between = (" ",) if rate and cause else ()
    return replace(headline, second=pieces((*rate, *between, *cause)))


def _rate(data: PageData) -> Words:
    if data.rates is None:
        return ("The pass rate did not load.",)
    rate, before = data.rates
    decided = links.results(data.filters.over(data.window), links.DECIDED_WORDS)
    return standup_rate(rated(rate, decided), before.value)


def _cause(data: PageData, newly_failing: Number) -> Words:
    if not data.groups:
        return ()
    group = data.groups[0]
    project = data.layout.project(group.project)
    link = Piece(text=project.name, href=links.project(project.id))
    return one_cause(group_number(data, group), newly_failing, link)
