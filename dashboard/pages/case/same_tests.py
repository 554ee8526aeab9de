"""The same test in other tools: linked, offered, told apart."""

from __future__ import annotations

from collections.abc import Sequence

from dashboard import words
from dashboard.contexts import Button, Strip, StripCell
from dashboard.contexts.case import SameTestRow, SameTestsCard
from dashboard.contexts.parts import Piece
from dashboard.metrics.rates import pass_rate
from dashboard.metrics.strips import letters
from dashboard.pages import doors
from dashboard.pages.case.material import CaseMaterial
from dashboard.pages.case.people import Person
from dashboard.pages.case.relatives import LAST, Relative, Relatives, plain
from dashboard.pages.filter_bar import tool
from dashboard.pages.numbers import rated
from dashboard.pages.remarks import muted_title
from dashboard.readers import for_signed_in
from dashboard.tools import tool_label
from ingest.contract import Counts, Status
from ingest.models import Case


def same_tests_card(found: CaseMaterial, person: Person) -> SameTestsCard:
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


def passing_elsewhere(found: CaseMaterial) -> Sequence[Piece]:
    """Tools in which a linked test passed last, each as a door to that test."""
    if found.relatives is None:
        return ()
    pieces: dict[str, Piece] = {}
    for one in found.relatives.linked:
        cells = found.relatives.cells.get(one.case.pk, ())
        project = found.frame.projects.get(one.case.project_id)
        if project and cells and cells[-1].status == Status.PASSED:
            name = tool_label(project.tool)
            pieces.setdefault(name, Piece(text=name, href=doors.case(one.case.pk)))
    return tuple(pieces.values())


def _this(found: CaseMaterial, relatives: Relatives) -> SameTestRow:
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
    found: CaseMaterial,
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
        href=doors.case(case.pk),
        name=case.name,
        strip=_strip(letters(relatives.cells.get(case.pk, ()))),
        rate=rated(rate, _door(found, case)),
        match=f"{100 * one.score:.0f}% match",
        said=_said(found, one),
        buttons=buttons,
        muted=muted_title(found.state, case.pk, relatives.noted),
    )


def _said(found: CaseMaterial, one: Relative) -> str:
    if one.at is None:
        return ""
    when = words.moment(one.at, found.state.filters.now, found.state.zone)
    by = for_signed_in(one.by)
    return f"by {by}, {when}" if by else when


def _door(found: CaseMaterial, case: Case) -> str:
    filters = plain(found.state.filters, [case.project_id], (case.pk,))
    return doors.results(filters, doors.DECIDED_WORDS)


def _strip(text: str) -> Strip:
    return Strip(cells=tuple(StripCell(outcome=letter) for letter in text), slots=LAST)


def _choose(found: CaseMaterial, person: Person, one: Relative) -> tuple[Button, ...]:
    return (
        *_button(found, person, one, "Link", "link"),
        *_button(found, person, one, "Not the same", "apart"),
    )


def _unlink(found: CaseMaterial, person: Person, one: Relative) -> tuple[Button, ...]:
    return (
        *_button(found, person, one, "Unlink", "unlink"),
        *_button(found, person, one, "Not the same", "apart"),
    )


def _again(found: CaseMaterial, person: Person, one: Relative) -> tuple[Button, ...]:
    return _button(found, person, one, "Offer again", "again")


def _button(
    found: CaseMaterial, person: Person, one: Relative, text: str, act: str
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


def _action(found: CaseMaterial, act: str) -> str:
    return f"{doors.case(found.case.pk)}{act}/"
