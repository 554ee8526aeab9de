"""What stands beside every page: its projects, of which there may be many."""

from __future__ import annotations

from html import escape

from django import template
from django.utils.safestring import SafeString, mark_safe

from dashboard.addresses import address, of_each
from dashboard.filters import Filters
from dashboard.lists.names import ProjectName
from dashboard.reading.scope import past
from dashboard.request_cache import cached_in_request
from dashboard.templatetags.passline import counted, tool
from dashboard.ui import links
from dashboard.ui.layout import Layout

register = template.Library()


@register.simple_tag
def project_links(shell: Layout) -> SafeString:
    """A line for each: on every page twice, so it is no template of its own."""
    lines = "".join(_line(shell, project) for project in shell.projects)
    return mark_safe(lines)  # nosec B308 # each part is escaped or ours


def _line(shell: Layout, project: ProjectName) -> str:
    name = escape(project.name)
    current = ' aria-current="page"' if project.id == shell.current_project else ""
    return (
        f'<div class="nav-p"><a class="nav project" href="{address("project", project.id)}" '
        f'title="{name}"{current}>{tool(project.tool)} <span class="t trunc">{name}</span>'
        f"</a>{_failing(shell, project.id)}</div>"
    )


def _failing(shell: Layout, project_id: int) -> str:
    """How many of its tests fail, where that is known."""
    if project_id in shell.counts.only_totals:
        href = links.runs(Filters(project=(project_id,)))
        title = "Totals only: which tests fail is not known"
        return f'<a class="cnt only" href="{escape(href)}" title="{title}">–</a>'
    if shell.counts.failing is None:
        return ""
    number = shell.counts.failing.get(project_id, 0)
    return counted("failing_now", number, _failing_href(project_id), "cnt")


def _failing_href(project_id: int) -> str:
    href_of = cached_in_request(
        f"failing of each {past()}",
        lambda: of_each("project", lambda id_: links.failing(Filters(project=(id_,)))),
    )
    return href_of(project_id)
