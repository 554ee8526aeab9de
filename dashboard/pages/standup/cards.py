"""The five cards: newly failing by cause, fixed, newly flaky, at risk, stale."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from dashboard import words
from dashboard.contexts import (
    Link,
    Number,
    OutcomeBar,
    Piece,
    StandupCard,
    StandupItem,
    Tool,
)
from dashboard.metrics.causes import CauseGroup
from dashboard.metrics.flaky import FlakyCase
from dashboard.metrics.milestones import Progress, without_window
from dashboard.metrics.standup import StaleTool, series_window
from dashboard.metrics.status_transitions import FixedCase
from dashboard.pages import doors
from dashboard.pages.filter_bar import tool
from dashboard.pages.milestone.progress import LEFT_WORDS
from dashboard.pages.numbers import counted, figure
from dashboard.pages.panels import did_not_load
from dashboard.pages.remarks import muted_title
from dashboard.pages.run.outcome import number
from dashboard.pages.standup.material import GROUPS, ROWS, Material
from dashboard.pages.sync.trouble import listed, short_reason
from dashboard.words.verdicts import piece
from ingest.contract import Status

# A single stale tool has room for a sentence, several have none.
TOOLS = 2
# A streak that begins so near to where series begin may be longer than they show.
CUT = timedelta(days=1)


def cards(found: Material) -> tuple[StandupCard, ...]:
    made = (_newly_failing, _fixed, _newly_flaky, _at_risk, _stale)
    return tuple(make(found) for make in made)


def newly_failing_number(found: Material) -> Number:
    cases = found.turned.newly_failing if found.turned else ()
    return counted("newly_failing", len(cases), _door(found, doors.NEWLY_FAILING))


def fixed_number(found: Material) -> Number:
    cases = found.turned.fixed if found.turned else ()
    return counted("fixed", len(cases), _door(found, doors.FIXED))


def group_number(found: Material, group: CauseGroup) -> Number:
    """The cases of one cause, and the list of exactly these."""
    href = doors.turned(
        found.filters, found.window, doors.NEWLY_FAILING, cause=group.key
    )
    return counted("newly_failing", len(group.cases), href)


def _door(found: Material, view: str) -> str:
    return doors.turned(found.filters, found.window, view)


def _newly_failing(found: Material) -> StandupCard:
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


def _group(found: Material, group: CauseGroup) -> StandupItem:
    """Titled by what its tests say, and by its name where it is one test."""
    first = group.cases[0]
    is_one = len(group.cases) == 1
    share = group_number(found, group)
    since = words.moment(group.since, found.window.until, found.state.zone)
    tail: tuple[Piece, ...] = (
        Piece(text=", since "),
        Piece(text=since, href=doors.run(group.since_run)),
    )
    if is_one and group.line:
        tail = (Piece(text=f", {group.line}"),)
    shown = StandupItem(
        title=found.cases.get(first.case, "") if is_one else group.line,
        href=doors.case(first.case) if is_one else share.href,
        text=(Piece(text=_project(found, group.project)), *tail),
        tool=_tool(found, group.project),
        count=share,
        is_largest=group is found.groups[0] and (not is_one or len(found.groups) == 1),
        run=_run(found, group.since_run),
    )
    return _marked(found, shown, first.case) if is_one else shown


def _fixed(found: Material) -> StandupCard:
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


def _mended(found: Material, item: FixedCase) -> StandupItem:
    begins = series_window(found.filters).since
    failed = words.failed_for(
        item.failed_since,
        item.since,
        item.streak,
        is_cut=item.failed_since - begins < CUT,
    )
    shown = StandupItem(
        title=found.cases.get(item.case, ""),
        href=doors.case(item.case),
        text=(Piece(text=failed),),
        tool=_tool(found, item.project),
        run=_run(found, item.since_run),
    )
    return _marked(found, shown, item.case)


def _newly_flaky(found: Material) -> StandupCard:
    flaky = found.newly_flaky
    if flaky is None:
        return _not_loaded(found, "newly-flaky", "flaky", "Newly flaky")
    total = counted("newly_flaky", len(flaky), _door(found, doors.NEWLY_FLAKY))
    return StandupCard(
        key="newly-flaky",
        glyph="flaky" if flaky else "pass",
        title="Newly flaky",
        number=total,
        items=tuple(_flaking(found, item) for item in flaky[:ROWS]),
        more=_more(total, ROWS),
        quiet=f"No test became flaky {_since(found)}.",
    )


def _flaking(found: Material, item: FlakyCase) -> StandupItem:
    shown = StandupItem(
        title=item.name,
        href=doors.case(item.case),
        text=(Piece(text=f"score {words.score(item.rate, item.low, item.high)}"),),
        tool=_tool(found, item.project),
    )
    return _marked(found, shown, item.case)


def _at_risk(found: Material) -> StandupCard:
    late = found.at_risk
    if late is None:
        return _not_loaded(found, "at-risk", "stale", "Milestones at risk")
    total = counted("milestones_at_risk", len(late), doors.at_risk(found.filters))
    return StandupCard(
        key="at-risk",
        glyph="stale" if late else "pass",
        title="Milestone at risk" if len(late) == 1 else "Milestones at risk",
        number=total,
        items=tuple(_milestone(found, one) for one in late[:1]),
        more=_more(total, 1),
        quiet="No open milestone is expected to be late.",
    )


def _milestone(found: Material, one: Progress) -> StandupItem:
    due, foreseen = one.due_on, one.forecast
    assert due is not None
    assert foreseen is not None
    late = words.lateness(foreseen.p10, foreseen.p90, due)
    counts = {str(status): getattr(one.counts, status) for status in Status}
    of_one = replace(without_window(found.filters), milestone=(one.milestone,))
    share = figure("plan_pass_rate", one.passed_share)
    left = counted("left", one.left, doors.in_scope(of_one, LEFT_WORDS))
    return StandupItem(
        title=one.name,
        href=doors.milestone(one.milestone),
        text=(Piece(text=f"{late}, due {words.weekday(due)}"),),
        bar=OutcomeBar(counts=counts),
        bar_left=(piece(share), Piece(text=" passed")),
        bar_right=(piece(left), Piece(text=" left")),
    )


def _stale(found: Material) -> StandupCard:
    tools = found.stale
    is_failing = any(one.state == "failing" for one in tools)
    total = counted(
        "stale", len(tools), doors.connections([one.connection for one in tools])
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


def _tool_item(found: Material, one: StaleTool) -> StandupItem:
    until = found.window.until
    success = one.last_success_at
    age = f"{words.age(success, until)} old" if success else "never synced"
    text: tuple[Piece, ...] = ()
    if len(found.stale) == 1:
        names = [
            p.name for p in found.projects.values() if p.connection == one.connection
        ]
        still = words.stand_still(listed(names), success, until, found.state.zone)
        reason = f"{short_reason(one.error)}. " if one.error else ""
        text = (Piece(text=f"{reason}{still}"),)
    return StandupItem(
        title=f"{one.name}, {age}",
        href=doors.connections([one.connection]),
        text=text,
        title_tool=tool(one.vendor),
    )


def _not_loaded(found: Material, key: str, glyph: str, title: str) -> StandupCard:
    empty = did_not_load("part", found.state.href)
    return StandupCard(key=key, glyph=glyph, title=title, number=None, empty=empty)


def _marked(found: Material, shown: StandupItem, case: int) -> StandupItem:
    """The line of one test, which may be muted."""
    remarks, state = found.noted.get(case), found.state
    if remarks is None or remarks.mute is None:
        return shown
    return replace(
        shown,
        muted=muted_title(state, case, found.noted),
        muted_until=words.moment(remarks.mute.until, state.filters.now, state.zone),
    )


def _more(total: Number, shown: int) -> Link | None:
    left = int(total.value or 0) - shown
    return Link(text=f"{words.count(left)} more", href=total.href) if left > 0 else None


def _since(found: Material) -> str:
    window = found.window
    return words.standup_since(window.since, window.until, found.state.zone)


def _project(found: Material, project: int) -> str:
    known = found.projects.get(project)
    return known.name if known else ""


def _tool(found: Material, project: int) -> Tool | None:
    known = found.projects.get(project)
    return tool(known.tool) if known else None


def _run(found: Material, run: int) -> Link | None:
    known = found.runs.get(run)
    return Link(text=f"run {number(known)}", href=doors.run(run)) if known else None
