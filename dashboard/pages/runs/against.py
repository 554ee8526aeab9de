"""The panel that holds a run against the run before: failing anew, fixed, failing still."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from dashboard.annotations.notes_and_mutes import CaseRemarks
from dashboard.filters import Filters
from dashboard.lists.run_messages import MessageGroup, message_groups
from dashboard.lists.run_results import attempts_of_run
from dashboard.metrics.compare import Category, Comparison
from dashboard.metrics.streaks import failing_streaks
from dashboard.pages.runs.state import RunState
from dashboard.ui import links
from dashboard.ui.clock import Clock
from dashboard.ui.notes_and_mutes import mute_words
from dashboard.ui.number_links import counted
from dashboard.ui.parts import Button, EmptyState, Link, Number, Piece
from dashboard.ui.run_rows import run_label
from dashboard.ui.svg.outcomes import glyph_of
from dashboard.ui.text import numbers, times
from dashboard.ui.text.verdicts import piece
from ingest.contract import Detail, Status
from ingest.models import Case, Run

GROUPS, PER_GROUP = 4, 3
NEW_SHOWN, FIXED_SHOWN, FIXED_ALONE = 3, 3, 12
TABS: tuple[tuple[Category, str, str], ...] = (
    ("regression", "fail", "newly failing"),
    ("fixed", "fixed", "fixed"),
    ("still_failing", "still", "still failing"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AgainstTab:
    """One of the three counts; `glyph` failed, fixed or still."""

    glyph: str
    word: str
    number: Number
    is_current: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AgainstCase:
    """A case in the panel; `note` stands at the right ("thread 4", "failed 9 days")."""

    case: int
    glyph: str
    word: str
    name: str
    href: str
    note: str = ""
    muted: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgainstGroup:
    """Cases with one message (`is_code`) or one heading ("Fixed"); `tone` fail or err.

    `count` is None where nothing is counted. `href` leads to the same message in other
    runs. `more` says how many are not listed ("8 more with this message").
    """

    text: str
    count: Number | None
    cases: tuple[AgainstCase, ...]
    is_code: bool = True
    tone: Literal["fail", "err", ""] = ""
    href: str = ""
    more: Link | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Against:
    """This run against the run before with the same source and configuration."""

    run: Link
    subtitle: str
    tabs: tuple[AgainstTab, ...]
    groups: tuple[AgainstGroup, ...]
    footer: tuple[Piece, ...] = ()
    footer_link: Link | None = None


def against_card(
    state: RunState, against: Comparison | None, clock: Clock
) -> Against | None:
    if against is None:
        return None
    current = _current(state, against)
    makers = {"regression": _newly, "fixed": _only_fixed, "still_failing": _still}
    base = against.base
    return Against(
        run=Link(text=run_label(base), href=links.run(base.pk)),
        subtitle=f"{clock.moment(base.finished_at)}, {base.name}",
        tabs=tuple(
            _tab(state, against, name, glyph, word, is_current=name == current)
            for name, glyph, word in TABS
        ),
        groups=makers[current](state, against),
        footer=_footer(state, against, current),
        footer_link=Link(
            text="Compare side by side", href=links.compare(against.head.pk, base.pk)
        ),
    )


def named_cases(card: Against | None) -> set[int]:
    """The tests that the panel names."""
    groups = card.groups if card else ()
    return {case.case for group in groups for case in group.cases}


def with_mutes(
    card: Against | None, noted: Mapping[int, CaseRemarks], clock: Clock
) -> Against | None:
    """The panel with its muted tests marked."""
    if card is None:
        return None
    groups = tuple(
        replace(
            group,
            cases=tuple(
                replace(case, muted=mute_words(noted.get(case.case), clock.moment))
                for case in group.cases
            ),
        )
        for group in card.groups
    )
    return replace(card, groups=groups)


def against_empty(run: Run, before: Run | None) -> EmptyState:
    """Why there is no panel."""
    if run.detail == Detail.COUNTS:
        text = "A comparison needs results test by test; this run has totals only."
        return EmptyState(title="Not comparable", text=text, icon="info")
    if before is not None:
        text = f"The run before, {run_label(before)}, has totals only."
        return EmptyState(title="Not comparable", text=text, icon="info")
    text = "No earlier run has this source, configuration and branch."
    choose = Button(text="Choose a run", href=links.compare(run.pk), small=True)
    return EmptyState(
        title="No run to compare with", text=text, icon="runs", button=choose
    )


def _current(state: RunState, against: Comparison) -> Category:
    """The asked tab, else the first with anything new in it."""
    if state.change == "new_failure":
        return "regression"
    if state.change is not None:
        return state.change
    fresh = against.counts["regression"] + against.counts["new_failure"]
    if fresh or not (against.counts["fixed"] or against.counts["still_failing"]):
        return "regression"
    return "fixed" if against.counts["fixed"] else "still_failing"


def _tab(
    state: RunState,
    against: Comparison,
    name: Category,
    glyph: str,
    word: str,
    *,
    is_current: bool,
) -> AgainstTab:
    count = against.counts[name]
    href = state.href("against", change=name, statuses=None) if count else ""
    return AgainstTab(
        glyph=glyph,
        word=word,
        number=Number(text=numbers.count(count), metric=name, value=count, href=href),
        is_current=is_current,
    )


def _footer(
    state: RunState, against: Comparison, current: Category
) -> tuple[Piece, ...]:
    """What the panel does not list; only the comparison lists what passes still."""
    if current == "still_failing":
        href = links.compared(against.head.pk, against.base.pk, "still_passing")
        passing = counted("still_passing", against.counts["still_passing"], href)
        return piece(passing), Piece(text=" still passing")
    href = state.rows_href(change="still_failing")
    failing = counted("still_failing", against.counts["still_failing"], href)
    return piece(failing), Piece(text=" still failing")


def _tests(state: RunState, name: Category, count: int, **more: str) -> Number:
    """ "12 tests", and the list of these."""
    return replace(
        counted(name, count, state.rows_href(change=name, **more)),
        text=numbers.plural(count, "test"),
    )


def _newly(state: RunState, against: Comparison) -> tuple[AgainstGroup, ...]:
    groups = _by_message(state, against, "regression")
    groups += _new_cases(state, against)
    groups += _fixed(state, against, FIXED_SHOWN)
    return groups or (_none("No test began to fail in this run."),)


def _only_fixed(state: RunState, against: Comparison) -> tuple[AgainstGroup, ...]:
    fixed = _fixed(state, against, FIXED_ALONE)
    return fixed or (_none("No test that failed in the run before passed."),)


def _still(state: RunState, against: Comparison) -> tuple[AgainstGroup, ...]:
    groups = _by_message(state, against, "still_failing")
    return groups or (_none("No test failed in both runs."),)


def _none(text: str) -> AgainstGroup:
    return AgainstGroup(text=text, count=None, cases=(), is_code=False)


def _by_message(
    state: RunState, against: Comparison, name: Category
) -> tuple[AgainstGroup, ...]:
    """The largest groups of like messages; what is left out has a door of its own."""
    cases = against.cases[name]
    found = message_groups(state.run, cases, groups=GROUPS, per_group=PER_GROUP)
    shown = sum(group.count for group in found)
    groups = tuple(_message_group(state, name, group) for group in found)
    if shown < len(cases):
        left = len(cases) - shown
        groups += (_rest(state, name, left),)
    return groups


def _rest(state: RunState, name: Category, left: int) -> AgainstGroup:
    more = Link(text="All of them", href=state.rows_href(change=name))
    return AgainstGroup(
        text=f"{numbers.plural(left, 'test')} with other messages",
        count=None,
        cases=(),
        is_code=False,
        more=more,
    )


def _message_group(
    state: RunState, name: Category, group: MessageGroup
) -> AgainstGroup:
    left = group.count - len(group.cases)
    more = Link(
        text=f"{numbers.count(left)} more with this message",
        href=state.rows_href(change=name, signature=group.signature),
    )
    if not group.text:
        more = Link(text=f"{numbers.count(left)} more", href=more.href)
    is_error = all(case.status is Status.ERROR for case in group.cases)
    return AgainstGroup(
        text=group.text or "Without a message",
        count=_tests(state, name, group.count, signature=group.signature),
        is_code=bool(group.text),
        href=_everywhere(state.run, group.signature),
        tone="err" if is_error else "fail",
        cases=tuple(
            AgainstCase(
                case=case.case,
                glyph=glyph_of(case.status),
                word=str(case.status),
                name=case.name,
                href=links.case(case.case),
                note=case.thread.lower(),
            )
            for case in group.cases
        ),
        more=more if left else None,
    )


def _everywhere(run: Run, signature: str) -> str:
    """The failures of the project with this message, at whatever time."""
    filters = Filters(
        project=(run.project_id,),
        status=links.NOT_PASSED_WORDS,
        signature=signature,
        final=True,
    )
    return f"/results/?{filters.to_query()}"


def _new_cases(state: RunState, against: Comparison) -> tuple[AgainstGroup, ...]:
    """Tests that fail and that the run before did not decide."""
    cases = against.cases["new_failure"]
    if not cases:
        return ()
    rows = _finals(state.run, cases[:NEW_SHOWN])
    left = len(cases) - len(rows)
    return (
        AgainstGroup(
            text="Failing, not in the run before",
            count=_tests(state, "new_failure", len(cases)),
            is_code=False,
            cases=tuple(
                AgainstCase(
                    case=case,
                    glyph="fail",
                    word="not passed",
                    name=name,
                    href=links.case(case),
                )
                for case, name in rows
            ),
            more=_more(state, "new_failure", left),
        ),
    )


def _fixed(state: RunState, against: Comparison, most: int) -> tuple[AgainstGroup, ...]:
    cases = against.cases["fixed"]
    if not cases:
        return ()
    rows = _finals(state.run, cases[:most])
    failed = _failed_for(against, [case for case, _ in rows])
    return (
        AgainstGroup(
            text="Fixed",
            count=_tests(state, "fixed", len(cases)),
            is_code=False,
            cases=tuple(
                AgainstCase(
                    case=case,
                    glyph="fixed",
                    word="fixed",
                    name=name,
                    href=links.case(case),
                    note=failed.get(case, ""),
                )
                for case, name in rows
            ),
            more=_more(state, "fixed", len(cases) - len(rows)),
        ),
    )


def _more(state: RunState, name: Category, left: int) -> Link | None:
    if not left:
        return None
    return Link(text=f"{numbers.count(left)} more", href=state.rows_href(change=name))


def _finals(run: Run, cases: Collection[int]) -> list[tuple[int, str]]:
    names = dict(Case.objects.filter(pk__in=cases).values_list("pk", "name"))
    return [(case, names[case]) for case in cases]


def _failed_for(against: Comparison, cases: Collection[int]) -> dict[int, str]:
    """ "failed 9 days": from the first failure of the streak to this run."""
    ends = dict(
        attempts_of_run(against.base)
        .filter(case_id__in=cases, is_final=True)
        .values_list("case_id", "at")
    )
    streaks = failing_streaks(against.base, ends)
    return {
        case: "failed once"
        if streak.count == 1
        else f"failed {times.age(streak.since, against.head.at)}"
        for case, streak in streaks.items()
    }
