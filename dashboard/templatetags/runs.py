"""What rows of runs print that is the same in every table, at once: a list has hundreds
of cells, and a template goes through each of their conditions by itself.
"""

from __future__ import annotations

from html import escape

from django import template
from django.utils.safestring import SafeString

from dashboard.lists.runs import RunRow
from dashboard.templatetags.passline import n, outcome_bar
from dashboard.ui.run_rows import ListedRun
from dashboard.ui.text.times import duration

register = template.Library()


def _safe(markup: str) -> SafeString:
    # As in passline: each part is escaped or ours.
    return SafeString(markup)


@register.simple_tag
def run_outcome(row: ListedRun) -> SafeString:
    """Its bar, and how many did not pass."""
    return _safe(
        f'<span class="ob-cell">{outcome_bar(row.run.counts)}'
        f' <span class="of">{n(row.not_passed)} of {n(row.total)}</span></span>'
    )


@register.simple_tag
def run_marks(run: RunRow) -> SafeString:
    """Why its results count less than others, if they do."""
    words = [
        word
        for word, is_so in (("outage", run.outage), ("excluded", run.excluded))
        if is_so
    ]
    return _safe("".join(f'<span class="tag mark">{word}</span>' for word in words))


@register.simple_tag
def run_origin(row: ListedRun) -> SafeString:
    """ "#4187, nightly"."""
    known = [escape(text) for text in (row.number, row.run.source) if text]
    return _safe(", ".join(known) or "no source")


@register.simple_tag
def run_more(row: ListedRun) -> SafeString:
    """What narrower screens have no column for."""
    run = row.run
    parts = [
        _span("until-1280 hide-sm", run.configuration) if run.configuration else "",
        "".join(_span("until-1440", milestone.text) for milestone in row.milestones),
        ""
        if run.duration_ms is None
        else _span("until-1024", duration(run.duration_ms)),
    ]
    return _safe(" ".join(filter(None, parts)))


def _span(css: str, text: str) -> str:
    return f'<span class="{css}">{escape(text)}</span>'
