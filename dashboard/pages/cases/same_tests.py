"""The same test in other tools: linked, offered, told apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dashboard.metrics.rates import pass_rate
from dashboard.metrics.strips import letters
from dashboard.pages.cases.page_data import PageData
from dashboard.pages.cases.people import Person
from dashboard.pages.cases.relatives import LAST, Relative, Relatives, plain
from dashboard.readers import for_signed_in
from dashboard.tools import tool_label
from dashboard.ui import links
from dashboard.ui.filter_bar import tool
from dashboard.ui.notes_and_mutes import muted_title
from dashboard.ui.number_links import rated
from dashboard.ui.parts import Button, Link, Number, Piece, Strip, Tool
from dashboard.ui.svg.strips import StripCell
from dashboard.ui.text import times
from ingest.contract import Counts, Status
from ingest.models import Case


@dataclass(frozen=True, slots=True, kw_only=True)
class SameTestRow:
    """A case of the same test, or one that may be. `said` tells who linked it, `match`
    "92% match"; `buttons` are for people who are logged in.
    """

    tool: Tool
    project: str
    href: str
    name: str
    strip: Strip
    rate: Number
    match: str = ""
    said: str = ""
    is_this: bool = False
    buttons: tuple[Button, ...] = ()
    muted: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SameTestsCard:
    """`linked` is the confirmed group, this test first; `offered` may be the same;
    `apart` are those that a person said are not. `link_action` takes a test by hand, ""
    for readers, who get `login` instead.
    """

    linked: tuple[SameTestRow, ...]
    offered: tuple[SameTestRow, ...]
    apart: tuple[SameTestRow, ...] = ()
    link_action: str = ""
    login: Link | None = None
    has_failed: bool = False


def same_tests_card(found: PageData, person: Person) -> SameTestsCard:
    relatives = found.relatives
    if relatives is None:
        return SameTestsCard(linked=(), offered=(), has_failed=True)
    linked = tuple(
        _row(found, relatives, one, _unlink(found, person, one))
        for one in relatives.linked
    )
    has_rows = bool(linked or relatives.offered)
    return SameTestsCard(
        linked=(_this(found, relatives), *linked) if has_rows else (),
        offered=tuple(
            _row(found, relatives, one, _choose(found, person, one))
            for one in relatives.offered
        ),
        apart=tuple(
            _row(found, relatives, one, _again(found, person, one))
            for one in relatives.apart
        ),
        link_action=_action(found, "link") if person.may_write else "",
        login=person.login("to link tests"),
    )


def passing_elsewhere(found: PageData) -> Sequence[Piece]:
    """Tools in which a linked test passed last, each as a door to that test."""
    if found.relatives is None:
        return ()
    pieces: dict[str, Piece] = {}
    for one in found.relatives.linked:
        cells = found.relatives.cells.get(one.case.pk, ())
        project = found.frame.projects.get(one.case.project_id)
        if project and cells and cells[-1].status == Status.PASSED:
            name = tool_label(project.tool)
            pieces.setdefault(name, Piece(text=name, href=links.case(one.case.pk)))
    return tuple(pieces.values())


def _this(found: PageData, relatives: Relatives) -> SameTestRow:
    own = Relative(case=found.case, score=1.0)
    row = _row(found, relatives, own, ())
    return SameTestRow(
        tool=row.tool,
        project=row.project,
        href="",
        name="this test",
        strip=row.strip,
        rate=row.rate,
        is_this=True,
    )


def _row(
    found: PageData,
    relatives: Relatives,
    one: Relative,
    buttons: tuple[Button, ...],
) -> SameTestRow:
    case = one.case
    project = found.frame.projects.get(case.project_id)
    rate = pass_rate(relatives.counts.get(case.pk, Counts()))
    return SameTestRow(
        tool=tool(project.tool if project else ""),
        project=project.name if project else "",
        href=links.case(case.pk),
        name=case.name,
        strip=_strip(letters(relatives.cells.get(case.pk, ()))),
        rate=rated(rate, _door(found, case)),
        match=f"{100 * one.score:.0f}% match",
        said=_said(found, one),
        buttons=buttons,
        muted=muted_title(found.state, case.pk, relatives.noted),
    )


def _said(found: PageData, one: Relative) -> str:
    if one.at is None:
        return ""
    when = times.moment(one.at, found.state.filters.now, found.state.zone)
    by = for_signed_in(one.by)
    return f"by {by}, {when}" if by else when


def _door(found: PageData, case: Case) -> str:
    filters = plain(found.state.filters, [case.project_id], (case.pk,))
    return links.results(filters, links.DECIDED_WORDS)


def _strip(text: str) -> Strip:
    return Strip(cells=tuple(StripCell(outcome=letter) for letter in text), slots=LAST)


def _choose(found: PageData, person: Person, one: Relative) -> tuple[Button, ...]:
    return (
        *_button(found, person, one, "Link", "link"),
        *_button(found, person, one, "Not the same", "apart"),
    )


def _unlink(found: PageData, person: Person, one: Relative) -> tuple[Button, ...]:
    return (
        *_button(found, person, one, "Unlink", "unlink"),
        *_button(found, person, one, "Not the same", "apart"),
    )


def _again(found: PageData, person: Person, one: Relative) -> tuple[Button, ...]:
    return _button(found, person, one, "Offer again", "again")


def _button(
    found: PageData, person: Person, one: Relative, text: str, act: str
) -> tuple[Button, ...]:
    if not person.may_write:
        return ()
    button = Button(
        text=text,
        href=_action(found, act),
        method="post",
        small=True,
        fields=(("case", str(one.case.pk)), ("back", found.state.href)),
    )
    return (button,)


def _action(found: PageData, act: str) -> str:
    return f"{links.case(found.case.pk)}{act}/"
