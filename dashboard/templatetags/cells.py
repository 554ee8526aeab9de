"""What cells of long tables print, at once: a list has hundreds of them, and a template
goes through each of their conditions by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Protocol

from django import template
from django.utils.safestring import SafeString

from dashboard.lists.names import ProjectName
from dashboard.templatetags.passline import (
    glyph,
    icon,
    interval,
    n,
    outcome_glyph,
    tool,
)
from dashboard.ui import links
from dashboard.ui.parts import Number, State
from dashboard.ui.result_rows import ListedResult

register = template.Library()


class NamedCase(Protocol):
    """A case as any list names it."""

    @property
    def id(self) -> int: ...
    @property
    def name(self) -> str: ...
    @property
    def folder(self) -> str: ...


def _safe(markup: str) -> SafeString:
    # As in passline: each part is escaped or ours.
    return SafeString(markup)


def link(css: str, href: str, text: str, title: str = "") -> str:
    """A link; all of its text as the title where that may be cut."""
    said = f' title="{escape(title)}"' if title else ""
    return f'<a class="{css}" href="{escape(href)}"{said}>{escape(text)}</a>'


@register.simple_tag
def muted(why: str) -> SafeString:
    """The mark of a test that is muted: until when, by whom and why; "" where it is not."""
    if not why:
        return SafeString("")
    return _safe(
        f'<span class="tag muted-tag" title="{escape(why)}">{icon("muted", 12, 2)}muted</span>'
    )


@register.simple_tag
def test_and_folder(
    case: NamedCase, owner: str, why_muted: str, state: State | None
) -> SafeString:
    """A test with its state, its folder and who looks after it."""
    mark = glyph(state.glyph, 15, state.word) if state else ""
    folder = f'<span class="trunc">{escape(case.folder)}</span>' if case.folder else ""
    return _safe(
        f'<span class="row">{mark}<span class="two">{_test(case)}'
        f'<small class="row tight">{folder}{_owner(owner)}</small></span>'
        f"{muted(why_muted)}</span>"
    )


@register.simple_tag
def test_and_project(
    case: NamedCase, project: ProjectName, owner: str, why_muted: str
) -> SafeString:
    """A test with its project, its folder and who looks after it."""
    folder = (
        f'<span class="trunc">/ {escape(case.folder)}</span>' if case.folder else ""
    )
    to_project = link("sec trunc project", links.project(project.id), project.name)
    return _safe(
        f'<span class="two"><span class="row tight">{_test(case)}{muted(why_muted)}</span>'
        f'<small class="row tight">{tool(project.tool)}{to_project}{folder}'
        f"{_owner(owner)}</small></span>"
    )


def _test(case: NamedCase) -> str:
    return link("nm trunc", links.case(case.id), case.name, case.name)


def _owner(name: str) -> str:
    if not name:
        return ""
    said = escape(name)
    return f'<span class="owner trunc" title="Owner: {said}">{icon("user", 12)}{said}</span>'


@register.simple_tag
def tool_and_project(project: ProjectName | None, title: str = "") -> SafeString:
    """A project with the badge of its tool; nothing where it is gone."""
    if project is None:
        return SafeString("")
    to_project = link("trunc", links.project(project.id), project.name, title)
    return _safe(f'<span class="row">{tool(project.tool)}{to_project}</span>')


@register.simple_tag
def result_and_test(row: ListedResult) -> SafeString:
    """How one attempt went, with the test and its folder."""
    result, case = row.result, row.result.case
    to_result = link("nm trunc", links.result(result.id), case.name, case.name)
    to_case = (
        f'<a href="{escape(links.case(case.id))}" title="The test, in all its runs">'
        f"{escape(case.folder or 'The test')}</a>"
    )
    attempt = f" · {escape(row.attempt)}" if row.attempt else ""
    return _safe(
        f'<span class="row">{outcome_glyph(result.status, 15, result.status, row.earlier)}'
        f'<span class="two">{to_result}<small class="trunc">{to_case}{attempt}</small></span>'
        f"{muted(row.muted)}</span>"
    )


@register.simple_tag
def run_and_project(row: ListedResult) -> SafeString:
    """The run of a result; what is gone meanwhile is left out."""
    project = row.project
    badge = tool(project.tool) if project else ""
    to_run = link("trunc", links.run(row.run.id), row.run_text) if row.run else ""
    name = escape(project.name) if project else ""
    return _safe(
        f'<span class="row">{badge}<span class="two">{to_run}'
        f'<small class="trunc">{name}</small></span></span>'
    )


@register.simple_tag
def estimate(
    number: Number, rate: float, low: float, high: float, bounds: str
) -> SafeString:
    """A rate with its interval, drawn and in words."""
    return _safe(
        f'<span class="est"><b>{n(number)}</b><span class="two">'
        f"{interval(rate, low, high)}<small>{escape(bounds)}</small></span></span>"
    )


@register.simple_tag
def failure_link(message: str, text: str, href: str) -> SafeString:
    """The beginning of a failure's message, or the `text` that stands in its place."""
    return _safe(link(f"snip {'mono' if message else 'muted'}", href, text, text))


@register.simple_tag
def tags(words: Sequence[str]) -> SafeString:
    return _safe(" ".join(f'<span class="tag">{escape(word)}</span>' for word in words))
