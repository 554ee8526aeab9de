"""What a milestone is made of: vendors' milestones, joined by name or by a person."""

from __future__ import annotations

from collections.abc import Sequence

from django.core.exceptions import ObjectDoesNotExist

from dashboard import words
from dashboard.contexts import Button, Link, State
from dashboard.contexts.milestone import MemberLine, MembersCard
from dashboard.pages import doors
from dashboard.pages.history import named_history
from dashboard.pages.milestone.material import Material
from dashboard.pages.outlook import due_text
from dashboard.pages.state import PageState
from dashboard.readers import for_signed_in
from ingest.contract import MilestoneState
from ingest.models import Milestone, MilestoneMember
from ingest.origins import web_link

OTHERS_AT_MOST = 200


def members_card(material: Material, *, may_write: bool) -> MembersCard:
    """The forms are for people who are logged in."""
    is_many = len(material.members) > 1
    path = doors.milestone(material.milestone.pk)
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


def _summary(material: Material) -> str:
    """ "6 milestones of 4 tools, 1 of them placed by a person"."""
    members = material.members
    tools = {material.tool_of(member.project_id).vendor for member in members}
    placed = sum(member.is_placed for member in members)
    text = words.plural(len(members), "milestone")
    text += f" of {words.plural(len(tools), 'tool')}"
    return f"{text}, {placed} of them placed by a person" if placed else text


def _others(milestone: Milestone) -> tuple[tuple[int, str], ...]:
    """What could be joined to it: open ones first, then the newest."""
    rows = Milestone.objects.exclude(pk=milestone.pk).order_by(
        "-state", "-due_at", "pk"
    )
    return tuple(rows.values_list("pk", "name")[:OTHERS_AT_MOST])


def opens_text(members: Sequence[MilestoneMember], material: Material) -> str:
    """ "Open in 4 tools", "Open in Testmo"."""
    tools = {material.tool_of(member.project_id).label for member in members}
    where = tools.pop() if len(tools) == 1 else words.plural(len(tools), "tool")
    return f"Open in {where}"


def opens(members: Sequence[MilestoneMember], material: Material) -> tuple[Link, ...]:
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


def _line(material: Material, member: MilestoneMember, split_href: str) -> MemberLine:
    state, project = material.state, member.project
    return MemberLine(
        tool=material.tool_of(project.pk),
        name=member.name,
        project=Link(text=project.name, href=doors.project(project.pk)),
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
    at = words.moment(placement.at, state.filters.now, state.zone)
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
