"""The five cards: newly failing by cause, fixed, newly flaky, at risk, stale."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from dashboard.metrics.causes import CauseGroup
from dashboard.metrics.flaky import FlakyCase
from dashboard.metrics.milestones import Progress, without_window
from dashboard.metrics.standup import StaleTool, series_window
from dashboard.metrics.status_transitions import FixedCase
from dashboard.pages.standup.page_data import GROUPS, ROWS, PageData
from dashboard.pages.standup.text import lateness, stand_still
from dashboard.ui import links
from dashboard.ui.filter_bar import tool
from dashboard.ui.freshness import short_reason
from dashboard.ui.links import LEFT_WORDS
from dashboard.ui.notes_and_mutes import muted_title
from dashboard.ui.number_links import counted, figure
from dashboard.ui.panels import did_not_load
from dashboard.ui.parts import EmptyState, Link, Number, OutcomeBar, Piece, Tool
from dashboard.ui.run_rows import run_label
from dashboard.ui.text import numbers, times, verdicts
from dashboard.ui.text.numbers import listed_names
from dashboard.ui.text.verdicts import piece
from ingest.contract import Status

# A single stale tool has room for a sentence, several have none.
TOOLS = 2
# A streak that begins so near to where series begin may be longer than they show.
CUT = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class StandupItem:
    """A line of a card: `title` with its link, below it `tool` and `text`.

    `muted` says until when and by whom its test is muted, `muted_until` only the time.
    `count` is the number of tests that it stands for, where it is a group, `is_largest`
    of several; `run` is the run that it began in. `title_tool` is the tool that the title names. `bar`, with
    `bar_left` and `bar_right` below it, draws how far a milestone is.
    """

    title: str
    href: str
    text: tuple[Piece, ...]
    tool: Tool | None = None
    count: Number | None = None
    run: Link | None = None
    title_tool: Tool | None = None
    is_largest: bool = False
    bar: OutcomeBar | None = None
    bar_left: tuple[Piece, ...] = ()
    bar_right: tuple[Piece, ...] = ()
    muted: str = ""
    muted_until: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StandupCard:
    """One of the five cards. `more` leads to what there is beside `items` ("2 more").

    `quiet` is the sentence of a card without any item. A card whose numbers did not
    load has `empty` instead of them, and no `number`.
    """

    key: str
    glyph: str
    title: str
    number: Number | None
    items: tuple[StandupItem, ...] = ()
    more: Link | None = None
    quiet: str = ""
    empty: EmptyState | None = None


def cards(found: PageData) -> tuple[StandupCard, ...]:
    made = (_newly_failing, _fixed, _newly_flaky, _at_risk, _stale)
    return tuple(make(found) for make in made)


def newly_failing_number(found: PageData) -> Number:
    cases = found.turned.newly_failing if found.turned else ()
    return counted("newly_failing", len(cases), _door(found, links.NEWLY_FAILING))


def fixed_number(found: PageData) -> Number:
    cases = found.turned.fixed if found.turned else ()
    return counted("fixed", len(cases), _door(found, links.FIXED))


def group_number(found: PageData, group: CauseGroup) -> Number:
    """The cases of one cause, and the list of exactly these."""
    href = links.turned(
        found.filters, found.window, links.NEWLY_FAILING, cause=group.key
    )
    return counted("newly_failing", len(group.cases), href)


def _door(found: PageData, view: str) -> str:
    return links.turned(found.filters, found.window, view)


def _newly_failing(found: PageData) -> StandupCard:
    if found.turned is None:
        return _not_loaded(found, "newly-failing", "fail", "Newly failing")
    total = newly_failing_number(found)
    shown = found.groups[:GROUPS]
    return StandupCard(
        key="newly-failing",
        glyph="fail" if total.value else "pass",
        title="Newly failing",
        number=total,
        items=tuple(_group(found, group) for group in shown),
        more=_more(total, sum(len(group.cases) for group in shown)),
        quiet=f"No test started failing {_since(found)}.",
    )


def _group(found: PageData, group: CauseGroup) -> StandupItem:
    """Titled by what its tests say, and by its name where it is one test."""
    first = group.cases[0]
    is_one = len(group.cases) == 1
    share = group_number(found, group)
    since = times.moment(group.since, found.window.until, found.state.zone)
    tail: tuple[Piece, ...] = (
        Piece(text=", since "),
        Piece(text=since, href=links.run(group.since_run)),
    )
    if is_one and group.line:
        tail = (Piece(text=f", {group.line}"),)
    shown = StandupItem(
        title=found.cases.get(first.case, "") if is_one else group.line,
        href=links.case(first.case) if is_one else share.href,
        text=(Piece(text=_project(found, group.project)), *tail),
        tool=_tool(found, group.project),
        count=share,
        is_largest=group is found.groups[0] and (not is_one or len(found.groups) == 1),
        run=_run(found, group.since_run),
    )
    return _marked(found, shown, first.case) if is_one else shown


def _fixed(found: PageData) -> StandupCard:
    if found.turned is None:
        return _not_loaded(found, "fixed", "fixed", "Fixed")
    total = fixed_number(found)
    shown = found.turned.fixed[:ROWS]
    return StandupCard(
        key="fixed",
        glyph="fixed",
        title="Fixed",
        number=total,
        items=tuple(_mended(found, item) for item in shown),
        more=_more(total, len(shown)),
        quiet=f"No failing test was fixed {_since(found)}.",
    )


def _mended(found: PageData, item: FixedCase) -> StandupItem:
    begins = series_window(found.filters).since
    failed = times.failed_for(
        item.failed_since,
        item.since,
        item.streak,
        is_cut=item.failed_since - begins < CUT,
    )
    shown = StandupItem(
        title=found.cases.get(item.case, ""),
        href=links.case(item.case),
        text=(Piece(text=failed),),
        tool=_tool(found, item.project),
        run=_run(found, item.since_run),
    )
    return _marked(found, shown, item.case)


def _newly_flaky(found: PageData) -> StandupCard:
    flaky = found.newly_flaky
    if flaky is None:
        return _not_loaded(found, "newly-flaky", "flaky", "Newly flaky")
    total = counted("newly_flaky", len(flaky), _door(found, links.NEWLY_FLAKY))
    return StandupCard(
        key="newly-flaky",
        glyph="flaky" if flaky else "pass",
        title="Newly flaky",
        number=total,
        items=tuple(_flaking(found, item) for item in flaky[:ROWS]),
        more=_more(total, ROWS),
        quiet=f"No test became flaky {_since(found)}.",
    )


def _flaking(found: PageData, item: FlakyCase) -> StandupItem:
    shown = StandupItem(
        title=item.name,
        href=links.case(item.case),
        text=(Piece(text=f"score {verdicts.score(item.rate, item.low, item.high)}"),),
        tool=_tool(found, item.project),
    )
    return _marked(found, shown, item.case)


def _at_risk(found: PageData) -> StandupCard:
    late = found.at_risk
    if late is None:
        return _not_loaded(found, "at-risk", "stale", "Milestones at risk")
    total = counted("milestones_at_risk", len(late), links.at_risk(found.filters))
    return StandupCard(
        key="at-risk",
        glyph="stale" if late else "pass",
        title="Milestone at risk" if len(late) == 1 else "Milestones at risk",
        number=total,
        items=tuple(_milestone(found, one) for one in late[:1]),
        more=_more(total, 1),
        quiet="No open milestone is expected to be late.",
    )


def _milestone(found: PageData, one: Progress) -> StandupItem:
    due, foreseen = one.due_on, one.forecast
    assert due is not None
    assert foreseen is not None
    late = lateness(foreseen.p10, foreseen.p90, due)
    counts = {str(status): getattr(one.counts, status) for status in Status}
    of_one = replace(without_window(found.filters), milestone=(one.milestone,))
    share = figure("plan_pass_rate", one.passed_share)
    left = counted("left", one.left, links.in_scope(of_one, LEFT_WORDS))
    return StandupItem(
        title=one.name,
        href=links.milestone(one.milestone),
        text=(Piece(text=f"{late}, due {times.weekday(due)}"),),
        bar=OutcomeBar(counts=counts),
        bar_left=(piece(share), Piece(text=" passed")),
        bar_right=(piece(left), Piece(text=" left")),
    )


def _stale(found: PageData) -> StandupCard:
    tools = found.stale
    is_failing = any(one.state == "failing" for one in tools)
    total = counted(
        "stale", len(tools), links.connections([one.connection for one in tools])
    )
    glyph = "failing" if is_failing else "stale"
    return StandupCard(
        key="stale",
        glyph=glyph if tools else "fresh",
        title="Tool with stale data" if len(tools) == 1 else "Tools with stale data",
        number=total,
        items=tuple(_tool_item(found, one) for one in tools[:TOOLS]),
        more=_more(total, TOOLS),
        quiet="Every tool has given its newest data."
        if found.connections
        else "No tool is connected.",
    )


def _tool_item(found: PageData, one: StaleTool) -> StandupItem:
    until = found.window.until
    success = one.last_success_at
    age = f"{times.age(success, until)} old" if success else "never synced"
    text: tuple[Piece, ...] = ()
    if len(found.stale) == 1:
        names = [
            p.name for p in found.projects.values() if p.connection == one.connection
        ]
        still = stand_still(listed_names(names), success, until, found.state.zone)
        reason = f"{short_reason(one.error)}. " if one.error else ""
        text = (Piece(text=f"{reason}{still}"),)
    return StandupItem(
        title=f"{one.name}, {age}",
        href=links.connections([one.connection]),
        text=text,
        title_tool=tool(one.vendor),
    )


def _not_loaded(found: PageData, key: str, glyph: str, title: str) -> StandupCard:
    empty = did_not_load("part", found.state.href)
    return StandupCard(key=key, glyph=glyph, title=title, number=None, empty=empty)


def _marked(found: PageData, shown: StandupItem, case: int) -> StandupItem:
    """The line of one test, which may be muted."""
    remarks, state = found.noted.get(case), found.state
    if remarks is None or remarks.mute is None:
        return shown
    return replace(
        shown,
        muted=muted_title(state, case, found.noted),
        muted_until=times.moment(remarks.mute.until, state.filters.now, state.zone),
    )


def _more(total: Number, shown: int) -> Link | None:
    left = int(total.value or 0) - shown
    return (
        Link(text=f"{numbers.count(left)} more", href=total.href) if left > 0 else None
    )


def _since(found: PageData) -> str:
    window = found.window
    return times.standup_since(window.since, window.until, found.state.zone)


def _project(found: PageData, project: int) -> str:
    known = found.projects.get(project)
    return known.name if known else ""


def _tool(found: PageData, project: int) -> Tool | None:
    known = found.projects.get(project)
    return tool(known.tool) if known else None


def _run(found: PageData, run: int) -> Link | None:
    known = found.runs.get(run)
    return Link(text=f"run {run_label(known)}", href=links.run(run)) if known else None
