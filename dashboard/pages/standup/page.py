"""The stand-up from what was asked: its time, its verdict, its cards, its Markdown."""

from __future__ import annotations

from dataclasses import replace

from dashboard.filters import Filters
from dashboard.metrics.activity import newest_start
from dashboard.pages.standup.cards import (
    cards,
    fixed_number,
    group_number,
    newly_failing_number,
)
from dashboard.pages.standup.markdown import markdown
from dashboard.pages.standup.page_data import PageData
from dashboard.pages.standup.parts import StandupPage
from dashboard.pages.standup.text import (
    Headline,
    one_cause,
    standup_compared,
    standup_day,
    standup_headline,
    standup_rate,
)
from dashboard.ui import empty_states, freshness, links
from dashboard.ui.lengths import fitted
from dashboard.ui.number_links import rated
from dashboard.ui.parts import EmptyState, Link, Piece
from dashboard.ui.text import numbers, times


def standup_page(found: PageData, site: str) -> StandupPage:
    """`site` is the address that the links in Markdown begin with."""
    empty = _empty(found)
    page = _header(found, empty)
    if empty is not None:
        return page
    strip = freshness.strip(found.state, found.connections, found.importing)
    page = replace(
        page,
        headline=_headline(found),
        cards=cards(found),
        freshness=strip.items,
        fresh_more=Link(text=strip.more, href=strip.more_href) if strip.more else None,
    )
    return replace(page, markdown=markdown(fitted(page), site))


def _header(found: PageData, empty: EmptyState | None) -> StandupPage:
    window, state, zone = found.window, found.state, found.state.zone
    shared = found.filters.over(window)
    year = state.filters.now.astimezone(zone).year
    return StandupPage(
        title="Stand-up",
        day=standup_day(window.until, zone, year),
        since=times.standup_since(window.since, window.until, zone),
        at=f"{window.until.astimezone(zone):%H:%M}",
        scope=_scope(found),
        poll_href="" if found.is_fixed else state.href,
        share_href=links.standup(shared),
        now_href=links.standup(replace(found.filters, since=None, until=None)),
        markdown_href=links.standup(shared, as_markdown=True),
        empty=empty,
    )


def _scope(found: PageData) -> str:
    """ "9 projects, 5 tools"; one of them is named."""
    projects = found.chosen_projects
    tools = {project.tool for project in projects}
    tools |= {connection.vendor for connection in found.connections}
    named = projects[0].name if len(projects) == 1 else ""
    counted = named or numbers.plural(len(projects), "project")
    return f"{counted}, {numbers.plural(len(tools), 'tool')}"


def _empty(found: PageData) -> EmptyState | None:
    if not found.connections and not found.projects:
        return empty_states.no_connection()
    has_results = found.rates is None or found.rates[0].n or found.rates[1].n
    if has_results or newest_start(Filters(now=found.filters.now)) is not None:
        return None
    return empty_states.no_run_yet(found.connections, found.importing)


def _headline(found: PageData) -> Headline:
    if found.turned is None:
        return Headline(glyph="failing", lead="What changed did not load.")
    window, zone = found.window, found.state.zone
    rate, before = found.rates or (None, None)
    headline = standup_headline(
        newly_failing_number(found),
        fixed_number(found),
        rate.value if rate else None,
        since=times.standup_since(window.since, window.until, zone),
        compared=standup_compared(window.since, window.until, zone),
    )
    return replace(headline, second=_second(found, headline))


def _second(found: PageData, headline: Headline) -> tuple[Piece, ...]:
    if found.rates is None:
        return (Piece(text="The pass rate did not load."), *_cause(found))
    rate, before = found.rates
    href = links.results(found.filters.over(found.window), links.DECIDED_WORDS)
    return standup_rate(rated(rate, href), before.value, _cause(found))


def _cause(found: PageData) -> tuple[Piece, ...]:
    if not found.groups or not found.turned:
        return ()
    group = found.groups[0]
    project = found.projects.get(group.project)
    return one_cause(
        group_number(found, group),
        newly_failing_number(found),
        Piece(text=project.name if project else "", href=links.project(group.project)),
    )
