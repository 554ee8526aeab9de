"""What rows of runs print that is the same in every table, at once: a list has hundreds
of cells, and a template goes through each of their conditions by itself.
"""

from __future__ import annotations

from html import escape

from django import template
from django.utils.safestring import SafeString

from dashboard.lists.runs import RunRow
from dashboard.templatetags.cells import link
from dashboard.templatetags.passline import glyph, icon, n, outcome_bar
from dashboard.ui import links
from dashboard.ui.run_rows import ListedRun
from dashboard.ui.text.times import duration

register = template.Library()


def _safe(markup: str) -> SafeString:
    # As in passline: each part is escaped or ours.
    return SafeString(markup)


@register.simple_tag
def run_name_in_projects(row: ListedRun) -> SafeString:
    """With its number and source, among runs of several projects."""
    return _safe(
        f'<span class="row">{_state(row)}<span class="two">'
        f'<span class="row tight">{_run_link(row)}{_marks(row.run)}</span>'
        f'<small class="trunc">{_origin(row)} {_more(row)}</small></span></span>'
    )


@register.simple_tag
def run_name_in_project(row: ListedRun) -> SafeString:
    """With its number, among runs of one project."""
    return _safe(
        f'<span class="row">{_state(row)}<span class="two"><span class="row">{_run_link(row)}'
        f'<span class="muted nowrap hide-sm">{escape(row.number)}</span>'
        f'{_marks(row.run)}</span><small class="trunc">{_more(row)}</small>'
        "</span></span>"
    )


def _state(row: ListedRun) -> str:
    return glyph(row.glyph, 15, row.run.status)


def _run_link(row: ListedRun) -> str:
    return link("nm trunc", links.run(row.run.id), row.name, row.name)


@register.simple_tag
def run_milestones(row: ListedRun) -> SafeString:
    mark = icon("milestones", 12)
    return _safe(
        " ".join(
            f'<a class="tag" href="{escape(milestone.href)}">{mark} {escape(milestone.text)}</a>'
            for milestone in row.milestones
        )
    )


@register.simple_tag
def run_changes(row: ListedRun) -> SafeString:
    """What changed against the run before."""
    changes = "".join(
        f'<span class="{f"is-{change.tone}" if change.tone else "muted"}">{n(change.number)}</span>'
        for change in row.before
    )
    return _safe(f'<span class="row changes">{changes}</span>')


@register.simple_tag
def run_outcome(row: ListedRun) -> SafeString:
    """Its bar, and how many did not pass."""
    return _safe(
        f'<span class="ob-cell">{outcome_bar(row.run.counts)}'
        f' <span class="of">{n(row.not_passed)} of {n(row.total)}</span></span>'
    )


def _marks(run: RunRow) -> str:
    """Why its results count less than others, if they do."""
    words = [
        word
        for word, is_so in (("outage", run.outage), ("excluded", run.excluded))
        if is_so
    ]
    return "".join(f'<span class="tag mark">{word}</span>' for word in words)


def _origin(row: ListedRun) -> str:
    """ "#4187, nightly"."""
    known = [escape(text) for text in (row.number, row.run.source) if text]
    return ", ".join(known) or "no source"


def _more(row: ListedRun) -> str:
    """What narrower screens have no column for."""
    run = row.run
    parts = [
        _span("until-1280 hide-sm", run.configuration) if run.configuration else "",
        "".join(_span("until-1440", milestone.text) for milestone in row.milestones),
        ""
        if run.duration_ms is None
        else _span("until-1024", duration(run.duration_ms)),
    ]
    return " ".join(filter(None, parts))


def _span(css: str, text: str) -> str:
    return f'<span class="{css}">{escape(text)}</span>'
