"""The panel that holds a run against the run before: failing anew, fixed, failing still."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Literal

from dashboard.addresses import address
from dashboard.filters import Filters
from dashboard.lists.names import case_names
from dashboard.lists.run_messages import MessageGroup, message_groups
from dashboard.lists.run_parts import times_of_finals
from dashboard.metrics.compare import Category, Comparison
from dashboard.metrics.streaks import failing_streaks
from dashboard.pages.runs.page_data import PageData
from dashboard.pages.runs.state import RunState
from dashboard.ui import links
from dashboard.ui.number_links import counted
from dashboard.ui.parts import Button, EmptyState, Link, Number, Piece
from dashboard.ui.run_rows import run_label
from dashboard.ui.svg.outcomes import glyph_of
from dashboard.ui.text import numbers, times
from dashboard.ui.text.verdicts import piece
from ingest.contract import Detail, Status
from ingest.models import Run

GROUPS, PER_GROUP = 4, 3
SHOWN, FIXED_ALONE = 3, 12
TABS: tuple[tuple[Category, str, str], ...] = (
    ("regression", "fail", "newly failing"),
    ("fixed", "fixed", "fixed"),
    ("still_failing", "still", "still failing"),
)
NOTHING: dict[Category, str] = {
    "regression": "No test began to fail in this run.",
    "fixed": "No test that failed in the run before passed.",
    "still_failing": "No test failed in both runs.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AgainstCase:
    """A case in the panel; `note` stands at the right ("thread 4", "failed 9 days")."""

    id: int
    glyph: str
    word: str
    name: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgainstGroup:
    """Cases with one message (`is_code`) or one heading ("Fixed"); `tone` fail or err.

    `count` is None where nothing is counted. `href` leads to the same message in other
    runs. `more` says how many are not listed ("8 more with this message").
    """

    text: str
    count: Number | None = None
    cases: tuple[AgainstCase, ...] = ()
    is_code: bool = False
    tone: Literal["fail", "err", ""] = ""
    href: str = ""
    more: Link | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Against:
    """This run against the run before of its suite or the one chosen. `tabs` are glyph,
    word and number, and whether it is the one whose groups are shown.
    """

    run: Link
    subtitle: str
    tabs: tuple[tuple[str, str, Number, bool], ...]
    groups: tuple[AgainstGroup, ...]
    footer: tuple[Piece, ...]
    compare_href: str

    @property
    def cases(self) -> set[int]:
        """The tests that it names."""
        return {case.id for group in self.groups for case in group.cases}


def against_card(data: PageData) -> Against | None:
    state, against = data.state, data.against
    if against is None:
        return None
    current, base = _current(state, against), against.base
    groups = _groups(state, against, current)
    return Against(
        run=Link(text=run_label(base), href=links.run(base.pk)),
        subtitle=f"{data.clock.moment(base.finished_at)}, {base.name}",
        tabs=tuple(
            (glyph, word, _tab_number(state, against, name), name == current)
            for name, glyph, word in TABS
        ),
        groups=groups or (AgainstGroup(text=NOTHING[current]),),
        footer=_footer(state, against, current),
        compare_href=links.compare(against.head.pk, base.pk),
    )


def _tab_number(state: RunState, against: Comparison, name: Category) -> Number:
    href = state.href("against", change=name, statuses=None)
    return counted(name, against.counts[name], href)


def against_empty(run: Run, before: Run | None) -> EmptyState:
    """Why there is no panel."""
    text = ""
    if run.detail == Detail.COUNTS:
        text = "A comparison needs results test by test; this run has totals only."
    elif before is not None:
        text = f"The run before, {run_label(before)}, has totals only."
    if text:
        return EmptyState(title="Not comparable", text=text, icon="info")
    return EmptyState(
        title="First run of its suite",
        text="No earlier run of this source, configuration and branch has its name or "
        "most of its tests.",
        icon="runs",
        button=Button(text="Choose a run", href=links.compare(run.pk), small=True),
    )


def _current(state: RunState, against: Comparison) -> Category:
    """The asked tab, else the first with anything new in it."""
    if state.change is not None:
        return "regression" if state.change == "new_failure" else state.change
    counts = against.counts
    if not counts["regression"] + counts["new_failure"]:
        for name in ("fixed", "still_failing"):
            if counts[name]:
                return name
    return "regression"


def _footer(
    state: RunState, against: Comparison, current: Category
) -> tuple[Piece, ...]:
    """What the panel does not list; only the comparison lists what passes still."""
    name: Category = "still_failing"
    href = state.rows_href(change=name)
    if current == name:
        name = "still_passing"
        href = links.compared(against.head.pk, against.base.pk, name)
    count = piece(counted(name, against.counts[name], href))
    return count, Piece(text=f" {name.replace('_', ' ')}")


def _groups(
    state: RunState, against: Comparison, current: Category
) -> tuple[AgainstGroup, ...]:
    if current == "still_failing":
        return _by_message(state, against, current)
    if current == "fixed":
        return _named(state, against, "fixed", FIXED_ALONE)
    return (
        *_by_message(state, against, "regression"),
        *_named(state, against, "new_failure", SHOWN),
        *_named(state, against, "fixed", SHOWN),
    )


def _by_message(
    state: RunState, against: Comparison, name: Category
) -> tuple[AgainstGroup, ...]:
    """The largest groups of like messages; what is left out has a door of its own."""
    cases = against.cases[name]
    largest = message_groups(state.run, cases, groups=GROUPS, per_group=PER_GROUP)
    groups = tuple(_message_group(state, name, group) for group in largest)
    left = len(cases) - sum(group.count for group in largest)
    if left <= 0:
        return groups
    text = f"{numbers.plural(left, 'test')} with other messages"
    more = Link(text="All of them", href=state.rows_href(change=name))
    return (*groups, AgainstGroup(text=text, more=more))


def _message_group(
    state: RunState, name: Category, group: MessageGroup
) -> AgainstGroup:
    is_error = all(case.status is Status.ERROR for case in group.cases)
    which = " with this message" if group.text else ""
    rows = {"change": name, "signature": group.signature}
    return AgainstGroup(
        text=group.text or "Without a message",
        count=_tests(state, group.count, **rows),
        is_code=bool(group.text),
        href=_everywhere(state.run, group.signature),
        tone="err" if is_error else "fail",
        cases=tuple(
            AgainstCase(
                id=case.case,
                glyph=glyph_of(case.status),
                word=str(case.status),
                name=case.name,
                note=case.thread.lower(),
            )
            for case in group.cases
        ),
        more=_more(state, group.count - len(group.cases), which, **rows),
    )


def _named(
    state: RunState, against: Comparison, name: Category, most: int
) -> tuple[AgainstGroup, ...]:
    """Tests without a message in common: those fixed, and those that fail and that the
    run before did not decide.
    """
    cases = against.cases[name]
    if not cases:
        return ()
    first, is_fixed = cases[:most], name == "fixed"
    names = case_names(first)
    notes = _failed_for(against, first) if is_fixed else {}
    group = AgainstGroup(
        text="Fixed" if is_fixed else "Failing, not in the run before",
        count=_tests(state, len(cases), change=name),
        cases=tuple(
            AgainstCase(
                id=case,
                glyph="fixed" if is_fixed else "fail",
                word="fixed" if is_fixed else "not passed",
                name=names[case],
                note=notes.get(case, ""),
            )
            for case in first
        ),
        more=_more(state, len(cases) - len(first), change=name),
    )
    return (group,)


def _tests(state: RunState, count: int, **rows: str) -> Number:
    """ "12 tests", and the list of these."""
    number = counted(rows["change"], count, state.rows_href(**rows))
    return replace(number, text=numbers.plural(count, "test"))


def _more(state: RunState, left: int, which: str = "", **rows: str) -> Link | None:
    if not left:
        return None
    text = f"{numbers.count(left)} more{which}"
    return Link(text=text, href=state.rows_href(**rows))


def _everywhere(run: Run, signature: str) -> str:
    """The failures of the project with this message, at whatever time."""
    filters = Filters(
        project=(run.project_id,),
        status=links.NOT_PASSED_WORDS,
        signature=signature,
        final=True,
    )
    return f"{address('results')}?{filters.to_query()}"


def _failed_for(against: Comparison, cases: Collection[int]) -> dict[int, str]:
    """ "failed 9 days": from the first failure of the streak to this run."""
    base, now = against.base, against.head.at
    streaks = failing_streaks(base, times_of_finals(base, cases))
    return {
        case: "failed once"
        if streak.count == 1
        else f"failed {times.age(streak.since, now)}"
        for case, streak in streaks.items()
    }
