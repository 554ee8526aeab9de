"""What a milestone is made of: vendors' milestones, joined by name or by a person."""

from __future__ import annotations

from dataclasses import dataclass

from dashboard.lists.milestones import Member
from dashboard.lists.names import ProjectName
from dashboard.pages.milestones.page_data import PageData
from dashboard.readers import for_signed_in
from dashboard.tools import tool_label
from dashboard.ui.text import numbers
from ingest.origins import web_link


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberLine:
    """A vendor's milestone in this one, with its page there if a browser opens that.

    `placed` says who put it here, and when.
    """

    member: Member
    project: ProjectName
    vendor_url: str
    placed: str

    @property
    def at_tool(self) -> str:
        return f"{tool_label(self.project.tool)}, {self.project.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class MembersCard:
    """`may_split`: one can be taken out. `others` could be joined, by id and name."""

    lines: tuple[MemberLine, ...]
    may_split: bool
    others: tuple[tuple[int, str], ...]

    @property
    def tools(self) -> set[str]:
        return {tool_label(line.project.tool) for line in self.lines}

    @property
    def summary(self) -> str:
        """ "6 milestones of 4 tools, 1 of them placed by a person"."""
        placed = sum(line.member.is_placed for line in self.lines)
        text = numbers.plural(len(self.lines), "milestone")
        text += f" of {numbers.plural(len(self.tools), 'tool')}"
        return f"{text}, {placed} of them placed by a person" if placed else text

    @property
    def open_text(self) -> str:
        """ "Open in 4 tools", "Open in Testmo"."""
        tools = self.tools
        where = [*tools][0] if len(tools) == 1 else numbers.plural(len(tools), "tool")
        return f"Open in {where}"

    @property
    def with_pages(self) -> list[MemberLine]:
        return [line for line in self.lines if line.vendor_url]


def member_lines(data: PageData) -> tuple[MemberLine, ...]:
    return tuple(
        MemberLine(
            member=member,
            project=data.layout.project(member.project),
            vendor_url=web_link(for_signed_in(member.vendor_url)),
            placed=_placed(data, member),
        )
        for member in data.members
    )


def _placed(data: PageData, member: Member) -> str:
    """ "placed by mara, 18 Nov 22:04"."""
    if not member.is_placed:
        return ""
    if member.placed_by is None:
        return "placed by a person"
    at = data.layout.clock.moment(member.placed_at)
    return f"placed by {for_signed_in(member.placed_by) or 'a person'}, {at}"
