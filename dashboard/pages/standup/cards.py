"""The five cards: newly failing by cause, fixed, newly flaky, at risk, stale."""

from __future__ import annotations

from collections.abc import Iterable, Sized
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
from dashboard.ui.freshness import short_reason
from dashboard.ui.notes_and_mutes import mute_words
from dashboard.ui.number_links import counted, figure
from dashboard.ui.panels import did_not_load
from dashboard.ui.parts import EmptyState, Link, Number, Piece
from dashboard.ui.run_rows import run_label
from dashboard.ui.text import numbers, times, verdicts
from dashboard.ui.text.verdicts import Words, piece, pieces
from ingest.contract import Counts

# A single stale tool has room for a sentence, several have none.
TOOLS = 2
# A streak that begins so near to where series begin may be longer than they show.
CUT = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class StandupItem:
    """A line of a card: `title` with its link, below it the `tool` and `text`.

    `count` is the number of tests that it stands for, where it is a group, `is_largest`
    of several; `run` is the run that it began in. `counts`, with `passed` and `left`
    below them, draw how far a milestone is. `muted` says until when and by whom its
    test is muted, `muted_until` only the time.
    """

    title: str
    href: str
    text: tuple[Piece, ...]
    tool: str = ""
    is_tool: bool = False
    count: Number | None = None
    is_largest: bool = False
    run: Link | None = None
    counts: Counts | None = None
    passed: tuple[Piece, ...] = ()
    left: tuple[Piece, ...] = ()
    muted: str = ""
    muted_until: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StandupCard:
    """`quiet` is the sentence of a card without any item. A card whose numbers did not
    load has `empty` instead of them, and no `number`.
    """

    key: str
    glyph: str
    title: str
    number: Number | None
    items: tuple[StandupItem, ...] = ()
    quiet: str = ""
    empty: EmptyState | None = None

    @property
    def more(self) -> Link | None:
        """Leads to what there is beside the items ("2 more")."""
        counts = [item.count.value if item.count else 1 for item in self.items]
        if self.number is None:
            return None
        left = int(self.number.value or 0) - sum(int(count or 0) for count in counts)
        text = f"{numbers.count(left)} more"
        return Link(text=text, href=self.number.href) if left > 0 else None


@dataclass(frozen=True, slots=True)
class Kind:
    """What cards of a key say: `glyph` where there is an item, `calm` where is none."""

    glyph: str
    calm: str
    title: str
    quiet: str
    title_of_one: str = ""


KINDS = {
    links.NEWLY_FAILING: Kind(
        "fail", "pass", "Newly failing", "No test started failing {since}."
    ),
    links.FIXED: Kind("fixed", "fixed", "Fixed", "No failing test was fixed {since}."),
    links.NEWLY_FLAKY: Kind(
        "flaky", "pass", "Newly flaky", "No test became flaky {since}."
    ),
    "at-risk": Kind(
        "stale",
        "pass",
        "Milestones at risk",
        "No open milestone is expected to be late.",
        "Milestone at risk",
    ),
    "stale": Kind(
        "stale",
        "fresh",
        "Tools with stale data",
        "Every tool has given its newest data.",
        "Tool with stale data",
    ),
}


def cards(data: PageData) -> tuple[StandupCard, ...]:
    groups = [_group_item(data, group) for group in data.groups[:GROUPS]]
    fixed = [_fixed_item(data, case) for case in (data.fixed or ())[:ROWS]]
    flaky = [_flaky_item(data, case) for case in (data.newly_flaky or ())[:ROWS]]
    late = [_milestone_item(data, one) for one in (data.at_risk or ())[:1]]
    return (
        _card(data, links.NEWLY_FAILING, newly_failing_number(data), groups),
        _card(data, links.FIXED, fixed_number(data), fixed),
        _card(
            data,
            links.NEWLY_FLAKY,
            _number(data, links.NEWLY_FLAKY, data.newly_flaky),
            flaky,
        ),
        _card(data, "at-risk", _at_risk_number(data), late),
        _stale_card(data),
    )


def _card(
    data: PageData, key: str, number: Number | None, items: Iterable[StandupItem]
) -> StandupCard:
    kind = KINDS[key]
    if number is None:
        empty = did_not_load("part", data.state.href)
        return StandupCard(
            key=key, glyph=kind.glyph, title=kind.title, number=None, empty=empty
        )
    is_one = number.value == 1
    return StandupCard(
        key=key,
        glyph=kind.glyph if number.value else kind.calm,
        title=kind.title_of_one if is_one and kind.title_of_one else kind.title,
        number=number,
        items=tuple(items),
        quiet=kind.quiet.format(since=since_words(data)),
    )


def since_words(data: PageData) -> str:
    window = data.window
    return times.standup_since(window.since, window.until, data.state.zone)


def newly_failing_number(data: PageData) -> Number | None:
    return _number(data, links.NEWLY_FAILING, data.newly_failing)


def fixed_number(data: PageData) -> Number | None:
    return _number(data, links.FIXED, data.fixed)


def _number(data: PageData, view: str, cases: Sized | None) -> Number | None:
    if cases is None:
        return None
    href = links.turned(data.filters, data.window, view)
    return counted(view.replace("-", "_"), len(cases), href)


def _at_risk_number(data: PageData) -> Number | None:
    if data.at_risk is None:
        return None
    href = links.at_risk(data.filters)
    return counted("milestones_at_risk", len(data.at_risk), href)


def group_number(data: PageData, group: CauseGroup) -> Number:
    """The cases of one cause, and the list of exactly these."""
    view = links.NEWLY_FAILING
    href = links.turned(data.filters, data.window, view, cause=group.key)
    return counted("newly_failing", len(group.cases), href)


def _group_item(data: PageData, group: CauseGroup) -> StandupItem:
    """Titled by what its tests say, and by its name where it is one test."""
    share, is_one = group_number(data, group), len(group.cases) == 1
    project = data.projects.get(group.project)
    since = times.moment(group.since, data.window.until, data.state.zone)
    text: Words = (", since ", Piece(text=since, href=links.run(group.since_run)))
    if is_one and group.line:
        text = (f", {group.line}",)
    item = StandupItem(
        title=group.line,
        href=share.href,
        text=pieces((project.name if project else "", *text)),
        tool=project.tool if project else "",
        count=share,
        is_largest=group is data.groups[0] and (not is_one or len(data.groups) == 1),
        run=_run(data, group.since_run),
    )
    return _of_case(data, item, group.cases[0].case) if is_one else item


def _fixed_item(data: PageData, case: FixedCase) -> StandupItem:
    begins, since = series_window(data.filters).since, case.failed_since
    failed = times.failed_for(
        since, case.since, case.streak, is_cut=since - begins < CUT
    )
    item = StandupItem(
        title="",
        href="",
        text=pieces((failed,)),
        tool=_vendor(data, case.project),
        run=_run(data, case.since_run),
    )
    return _of_case(data, item, case.case)


def _flaky_item(data: PageData, case: FlakyCase) -> StandupItem:
    score = verdicts.score(case.rate, case.low, case.high)
    item = StandupItem(
        title=case.name,
        href="",
        text=pieces((f"score {score}",)),
        tool=_vendor(data, case.project),
    )
    return _of_case(data, item, case.case)


def _of_case(data: PageData, item: StandupItem, case: int) -> StandupItem:
    """The line of one test, which may be muted."""
    item = replace(item, title=data.cases.get(case, item.title), href=links.case(case))
    remarks, clock = data.remarks.get(case), data.layout.clock
    if remarks is None or remarks.mute is None:
        return item
    return replace(
        item,
        muted=mute_words(remarks, clock.moment),
        muted_until=clock.moment(remarks.mute.until),
    )


def _milestone_item(data: PageData, one: Progress) -> StandupItem:
    due, forecast = one.due_on, one.forecast
    assert due is not None
    assert forecast is not None
    alone = replace(without_window(data.filters), milestone=(one.milestone,))
    left = counted("left", one.left, links.in_scope(alone, links.LEFT_WORDS))
    late = lateness(forecast.p10, forecast.p90, due)
    return StandupItem(
        title=one.name,
        href=links.milestone(one.milestone),
        text=pieces((f"{late}, due {times.weekday(due)}",)),
        counts=one.counts,
        passed=pieces((piece(figure("plan_pass_rate", one.passed_share)), " passed")),
        left=pieces((piece(left), " left")),
    )


def _stale_card(data: PageData) -> StandupCard:
    tools = data.stale
    href = links.connections([one.connection for one in tools])
    items = [_tool_item(data, one) for one in tools[:TOOLS]]
    card = _card(data, "stale", counted("stale", len(tools), href), items)
    if any(one.state == "failing" for one in tools):
        return replace(card, glyph="failing")
    if not data.layout.connections:
        return replace(card, quiet="No tool is connected.")
    return card


def _tool_item(data: PageData, one: StaleTool) -> StandupItem:
    until, success = data.window.until, one.last_success_at
    age = f"{times.age(success, until)} old" if success else "never synced"
    text: Words = ()
    if len(data.stale) == 1:
        own = [p.name for p in data.projects.values() if p.connection == one.connection]
        names = numbers.listed_names(own)
        reason = f"{short_reason(one.error)}. " if one.error else ""
        text = (reason + stand_still(names, success, until, data.state.zone),)
    return StandupItem(
        title=f"{one.name}, {age}",
        href=links.connections([one.connection]),
        text=pieces(text),
        tool=one.vendor,
        is_tool=True,
    )


def _vendor(data: PageData, project: int) -> str:
    known = data.projects.get(project)
    return known.tool if known else ""


def _run(data: PageData, run: int) -> Link | None:
    known = data.runs.get(run)
    return Link(text=f"run {run_label(known)}", href=links.run(run)) if known else None
