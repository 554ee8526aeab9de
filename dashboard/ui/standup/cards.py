"""The five cards: newly failing by cause, fixed, newly flaky, at risk, stale."""

from __future__ import annotations

from collections.abc import Sized
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial

from django.template.defaultfilters import pluralize

from dashboard.metrics.causes import CauseGroup
from dashboard.metrics.flaky import FlakyCase
from dashboard.metrics.milestones import Progress, without_window
from dashboard.metrics.standup import StaleTool, series_window
from dashboard.metrics.status_transitions import FixedCase
from dashboard.ui import links
from dashboard.ui.freshness import overdue_look, short_reason
from dashboard.ui.notes_and_mutes import mute_words
from dashboard.ui.number_links import NO_TESTS, counted, figure
from dashboard.ui.panels import did_not_load
from dashboard.ui.parts import EmptyState, Link, Number, Piece
from dashboard.ui.run_rows import run_label
from dashboard.ui.standup.page_data import GROUPS, ROWS, PageData
from dashboard.ui.standup.text import (
    late_title,
    lateness,
    overdue,
    stand_still,
)
from dashboard.ui.text import numbers, times, verdicts
from dashboard.ui.text.verdicts import Words, piece, pieces
from ingest.contract import Counts

# A single stale tool has room for a sentence, several have none.
TOOLS = 2
# A streak that begins so near to where series begin may be longer than they show.
CUT = timedelta(days=1)
# The cards of tests, and what they say where no test is known.
OF_TESTS = ("newly-failing", "fixed", "newly-flaky")
ONLY_TOTALS = "Totals only: what became of each test is not known."
METRICS = {
    "newly-failing": "newly_failing",
    "fixed": "fixed",
    "newly-flaky": "newly_flaky",
    "at-risk": "milestones_at_risk",
    "stale": "stale",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class StandupItem:
    """A line of a card: `title` with its link, below it the `tool` and `text`.

    `count` is the number of tests that it stands for, where it is a group, `is_largest`
    of several; `run` is the run that it began in. `counts`, with `passed` and `left`
    below them, draw how far a milestone is. `muted` says until when and by whom its
    test is muted, `muted_until` only the time.
    """

    title: str = ""
    href: str = ""
    text: tuple[Piece, ...] = ()
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


@dataclass(frozen=True, slots=True)
class StandupCard:
    """`quiet` is the sentence of a card without any item. A card whose numbers did not
    load has `empty` instead of them, and no `number`.
    """

    key: str
    glyph: str
    title: str
    number: Number | None = None
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


def cards(data: PageData) -> tuple[StandupCard, ...]:
    turned = partial(links.turned, data.filters, data.window)
    late = data.at_risk or ()
    return (
        _card(
            data,
            StandupCard("newly-failing", "fail", "Newly failing"),
            rows=data.newly_failing,
            href=turned(links.NEWLY_FAILING),
            items=[_group_item(data, group) for group in data.groups[:GROUPS]],
            quiet=f"No test started failing {data.since}.",
        ),
        _card(
            data,
            StandupCard("fixed", "fixed", "Fixed"),
            rows=data.fixed,
            href=turned(links.FIXED),
            items=[_fixed_item(data, case) for case in (data.fixed or ())[:ROWS]],
            quiet=f"No failing test was fixed {data.since}.",
            calm="fixed",
        ),
        _card(
            data,
            StandupCard("newly-flaky", "flaky", "Newly flaky"),
            rows=data.newly_flaky,
            href=turned(links.NEWLY_FLAKY),
            items=[_flaky_item(data, one) for one in (data.newly_flaky or ())[:ROWS]],
            quiet=f"No test became flaky {data.since}.",
        ),
        _card(
            data,
            StandupCard("at-risk", "stale", late_title(late)),
            rows=data.at_risk,
            href=links.at_risk(data.filters),
            items=[_milestone_item(data, one) for one in late[:1]],
            quiet="No open milestone is late or expected to be.",
        ),
        _stale_card(data),
    )


def _stale_card(data: PageData) -> StandupCard:
    tools = data.stale
    is_failing = any(one.state == "failing" for one in tools)
    glyph = "failing" if is_failing else "stale"
    quiet = "Every tool has given its newest data."
    return _card(
        data,
        StandupCard("stale", glyph, f"Tool{pluralize(tools)} with stale data"),
        rows=tools,
        href=links.connections([one.connection for one in tools]),
        items=[_tool_item(data, one) for one in tools[:TOOLS]],
        quiet=quiet if data.layout.connections else "No tool is connected.",
        calm="fresh",
    )


def _card(
    data: PageData,
    card: StandupCard,
    *,
    rows: Sized | None,
    href: str,
    items: list[StandupItem],
    quiet: str,
    calm: str = "pass",
) -> StandupCard:
    """The card with its items. `href` leads to all `rows`, None where they did not
    load; `calm` is its glyph where nothing was.
    """
    if rows is None:
        return replace(card, empty=did_not_load("part", data.state.href))
    if data.has_only_totals and card.key in OF_TESTS:
        unknown = Number(text=numbers.DASH, title=NO_TESTS)
        return replace(card, glyph="unknown", number=unknown, quiet=ONLY_TOTALS)
    return replace(
        card,
        glyph=card.glyph if rows else calm,
        number=counted(METRICS[card.key], len(rows), href),
        items=tuple(items),
        quiet=quiet,
    )


def group_number(data: PageData, group: CauseGroup) -> Number:
    """The cases of one cause, and the list of exactly these."""
    view = links.NEWLY_FAILING
    href = links.turned(data.filters, data.window, view, cause=group.key)
    return counted("newly_failing", len(group.cases), href)


def _group_item(data: PageData, group: CauseGroup) -> StandupItem:
    """Titled by what its tests say, and by its name where it is one test."""
    share, is_one = group_number(data, group), len(group.cases) == 1
    project = data.layout.project(group.project)
    at = times.moment(group.since, data.window.until, data.state.zone)
    since: Words = (", since ", Piece(text=at, href=links.run(group.since_run)))
    item = StandupItem(
        title=group.line,
        href=share.href,
        text=pieces((project.name, *since)),
        tool=project.tool,
        count=share,
        is_largest=group is data.groups[0] and (not is_one or len(data.groups) == 1),
        run=_run(data, group.since_run),
    )
    if not is_one:
        return item
    text = pieces((f"{project.name}, {group.line}",)) if group.line else item.text
    return _of_case(data, replace(item, text=text), group.cases[0].case)


def _fixed_item(data: PageData, case: FixedCase) -> StandupItem:
    begins, since = series_window(data.filters).since, case.failed_since
    is_cut = since - begins < CUT
    failed = times.failed_for(since, case.since, case.streak, is_cut=is_cut)
    item = StandupItem(
        text=pieces((failed,)),
        tool=data.layout.project(case.project).tool,
        run=_run(data, case.since_run),
    )
    return _of_case(data, item, case.case)


def _flaky_item(data: PageData, case: FlakyCase) -> StandupItem:
    score = verdicts.score(case.rate, case.low, case.high)
    tool = data.layout.project(case.project).tool
    item = StandupItem(text=pieces((f"score {score}",)), tool=tool)
    return _of_case(data, item, case.case)


def _of_case(data: PageData, item: StandupItem, case: int) -> StandupItem:
    """The line of one test, which may be muted."""
    remarks, clock = data.remarks.get(case), data.layout.clock
    mute = remarks.mute if remarks else None
    return replace(
        item,
        title=data.cases.get(case, ""),
        href=links.case(case),
        muted=mute_words(remarks, clock.moment),
        muted_until=clock.moment(mute.until) if mute else "",
    )


def _milestone_item(data: PageData, one: Progress) -> StandupItem:
    """Without anything in scope it says why, in place of how far it is."""
    item = StandupItem(
        title=one.name,
        href=links.milestone(one.milestone),
        text=pieces((late_words(one),)),
    )
    if not one.scope:
        return item
    alone = replace(without_window(data.filters), milestone=(one.milestone,))
    left = counted("left", one.left, links.in_scope(alone, links.LEFT_WORDS))
    return replace(
        item,
        counts=one.counts,
        passed=pieces((piece(figure("plan_pass_rate", one.passed_share)), " passed")),
        left=pieces((piece(left), " left")),
    )


def late_words(one: Progress) -> str:
    """Of one that is overdue or at risk."""
    due, forecast = one.due_on, one.forecast
    assert due is not None
    if one.is_overdue:
        reach = (forecast.p10, forecast.p90) if forecast else None
        late = overdue((one.today - due).days, reach)
        return late if forecast else f"{late}. {one.reason}"
    assert forecast is not None
    return f"{lateness(forecast.p10, forecast.p90, due)}, due {times.weekday(due)}"


def _tool_item(data: PageData, one: StaleTool) -> StandupItem:
    until, success = data.window.until, one.last_success_at
    age = f"{times.age(success, until)} old" if success else "never synced"
    text = ""
    connection = next(c for c in data.layout.connections if c.pk == one.connection)
    if not_compared := overdue_look(connection, until):
        age = not_compared
    elif len(data.stale) == 1:
        projects = data.layout.projects.values()
        names = [p.name for p in projects if p.connection == one.connection]
        text = f"{short_reason(one.error)}. " if one.error else ""
        text += stand_still(names, success, until, data.state.zone)
    return StandupItem(
        title=f"{one.name}, {age}",
        href=links.connections([one.connection]),
        text=pieces((text,)) if text else (),
        tool=one.vendor,
        is_tool=True,
    )


def _run(data: PageData, run: int) -> Link | None:
    known = data.runs.get(run)
    return Link(text=f"run {run_label(known)}", href=links.run(run)) if known else None
