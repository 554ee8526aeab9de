"""What a milestone is made of: vendors' milestones, joined by name or by a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.core.exceptions import ObjectDoesNotExist

from dashboard.pages.milestones.page_data import PageData
from dashboard.readers import for_signed_in
from dashboard.ui import links
from dashboard.ui.forecast_text import due_text
from dashboard.ui.history import History, named_history
from dashboard.ui.parts import Button, Link, State, Tool
from dashboard.ui.text import numbers, times
from dashboard.ui.url_state import PageState
from ingest.contract import MilestoneState
from ingest.models import Milestone, MilestoneMember
from ingest.origins import web_link

OTHERS_AT_MOST = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberLine:
    """A vendor's milestone in this one. `placed` says who put it here, and when;
    `split` is the button that takes it out, None where it cannot be.
    """

    tool: Tool
    name: str
    project: Link
    state: State
    due: str
    vendor_url: str = ""
    placed: str = ""
    split: Button | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MembersCard:
    """`join_href` takes the form that joins another milestone, "" for readers.

    `summary` stands there while the rows are folded.
    """

    summary: str
    lines: tuple[MemberLine, ...]
    join_href: str = ""
    others: tuple[tuple[int, str], ...] = ()
    history: History = History()


def members_card(material: PageData, *, may_write: bool) -> MembersCard:
    """The forms are for people who are logged in."""
    is_many = len(material.members) > 1
    path = links.milestone(material.milestone.pk)
    others = _others(material.milestone) if may_write else ()
    return MembersCard(
        summary=_summary(material),
        lines=tuple(
            _line(material, member, f"{path}split/" if may_write and is_many else "")
            for member in material.members
        ),
        join_href=f"{path}join/" if others else "",
        others=others,
        history=named_history(
            material.acts, material.state.filters.now, material.state.zone
        ),
    )


def _summary(material: PageData) -> str:
    """ "6 milestones of 4 tools, 1 of them placed by a person"."""
    members = material.members
    tools = {material.tool_of(member.project_id).vendor for member in members}
    placed = sum(member.is_placed for member in members)
    text = numbers.plural(len(members), "milestone")
    text += f" of {numbers.plural(len(tools), 'tool')}"
    return f"{text}, {placed} of them placed by a person" if placed else text


def _others(milestone: Milestone) -> tuple[tuple[int, str], ...]:
    """What could be joined to it: open ones first, then the newest."""
    rows = Milestone.objects.exclude(pk=milestone.pk).order_by(
        "-state", "-due_at", "pk"
    )
    return tuple(rows.values_list("pk", "name")[:OTHERS_AT_MOST])


def opens_text(members: Sequence[MilestoneMember], material: PageData) -> str:
    """ "Open in 4 tools", "Open in Testmo"."""
    tools = {material.tool_of(member.project_id).label for member in members}
    where = tools.pop() if len(tools) == 1 else numbers.plural(len(tools), "tool")
    return f"Open in {where}"


def opens(members: Sequence[MilestoneMember], material: PageData) -> tuple[Link, ...]:
    """The milestone's pages at its tools, where their addresses are known."""
    return tuple(
        Link(
            text=f"{material.tool_of(member.project_id).label}, {member.project.name}",
            href=href,
        )
        for member in members
        if (href := _vendor_address(member))
    )


def _vendor_address(member: MilestoneMember) -> str:
    """Its page at the vendor, if a browser opens that as a page."""
    return web_link(for_signed_in(member.vendor_url))


def _line(material: PageData, member: MilestoneMember, split_href: str) -> MemberLine:
    state, project = material.state, member.project
    return MemberLine(
        tool=material.tool_of(project.pk),
        name=member.name,
        project=Link(text=project.name, href=links.project(project.pk)),
        state=member_state(member),
        due=due_text(member.due_at, state),
        vendor_url=_vendor_address(member),
        placed=_placed(member, state),
        split=_split(member, split_href),
    )


def member_state(member: MilestoneMember) -> State:
    if member.state == MilestoneState.COMPLETED:
        return State(glyph="fixed", word="completed")
    return State(glyph="run", word="open")


def _placed(member: MilestoneMember, state: PageState) -> str:
    """ "joined by mara on 18 Nov 22:04"."""
    if not member.is_placed:
        return ""
    try:
        placement = member.placement
    except ObjectDoesNotExist:
        return "placed by a person"
    at = times.moment(placement.at, state.filters.now, state.zone)
    by = for_signed_in(placement.by) or "a person"
    return f"placed by {by}, {at}"


def _split(member: MilestoneMember, href: str) -> Button | None:
    if not href:
        return None
    return Button(
        text="Split off",
        href=href,
        method="post",
        small=True,
        fields=(("member", str(member.pk)),),
        busy_text="Splitting",
    )
