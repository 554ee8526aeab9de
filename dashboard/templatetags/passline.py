"""What templates print: numbers with their doors, marks, icons."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from functools import cache
from html import escape
from typing import Any

from django import template
from django.template.context import Context
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from dashboard.filters.state import moment_text
from dashboard.lists.results import ResultRow
from dashboard.tools import tool_label
from dashboard.ui import icons, links, number_links
from dashboard.ui.clock import Clock
from dashboard.ui.filter_bar import Filter
from dashboard.ui.lengths import LONGEST_SNIPPET, cut
from dashboard.ui.parts import Number, Piece, Strip, Trend
from dashboard.ui.run_strips import attempts_text
from dashboard.ui.svg.glyphs import glyph as glyph_svg
from dashboard.ui.svg.intervals import interval as interval_svg
from dashboard.ui.svg.lines import day_bars as day_bars_svg
from dashboard.ui.svg.lines import hour_bars as hour_bars_svg
from dashboard.ui.svg.lines import small_multiple as small_multiple_svg
from dashboard.ui.svg.lines import spark_bars, sparkline
from dashboard.ui.svg.outcome_bars import outcome_bar as outcome_bar_svg
from dashboard.ui.svg.outcomes import OUTCOMES, Outcome, glyph_of
from dashboard.ui.svg.strips import StripCell
from dashboard.ui.svg.strips import strip as strip_svg
from dashboard.ui.svg.thread_timeline import Lane, ticks
from dashboard.ui.svg.thread_timeline import lane as lane_svg
from dashboard.ui.table_tag import do_table
from dashboard.ui.text import numbers, times, verdicts
from dashboard.ui.text.milestones import due_day
from ingest.contract import Status

register = template.Library()
register.tag("table", do_table)
register.filter(attempts_text)

_BADGES = {
    "testmo": "Tm",
    "testomatio": "To",
    "testably": "Tb",
    "qatech": "Qa",
    "testifly": "Tf",
}


def _safe(markup: str) -> SafeString:
    """Only for markup whose data is escaped: that of marks, icons and this module."""
    # mark_safe looks for lazy texts first, which takes ten times as long.
    return SafeString(markup)


@register.simple_tag
def n(number: Number, css: str = "") -> SafeString:
    """A number: a link with its API name and unrounded value, plain without rows.

    A page has hundreds of them, and format_html would take half of its time.
    """
    rest = str(_data(number.metric, number.value))
    if number.title:
        rest += f' title="{escape(number.title)}"'
    text, css = escape(number.text), escape(css)
    if not number.href:
        plain = "zero" if number.value == 0 else ""
        return _safe(f'<span class="num {plain} {css}"{rest}>{text}</span>')
    return _safe(f'<a class="n {css}" href="{escape(number.href)}"{rest}>{text}</a>')


@register.simple_tag
def counted(metric: str, value: int, href: str = "", css: str = "") -> SafeString:
    """A count with the address of its rows; nothing stands behind a zero."""
    return n(number_links.counted(metric, value, href), css)


register.filter("count", numbers.count)
register.filter("plural", numbers.plural)
register.filter("duration", times.duration)
register.filter("clock_time", times.clock)
register.filter("case_href", links.case)
register.filter("result_href", links.result)
register.filter("same_test_href", links.same_test)
register.filter("run_href", links.run)
register.filter("project_href", links.project)
register.filter("tool_label", tool_label)
register.filter("milestone_href", links.milestone)
register.filter("settings_href", links.settings_of)
register.simple_tag(links.start, name="start")
register.filter("percent_parts", numbers.percent_parts)
register.filter("age", times.age)
register.filter("weekday", times.weekday)
register.filter("due_day", due_day)
register.simple_tag(times.failed_for)
register.simple_tag(verdicts.score)


@register.filter
def lookup(values: Mapping[Any, str], key: Any) -> str:
    """The text of a key, "" where there is none."""
    return values.get(key, "")


@register.filter
def snippet(text: str) -> str:
    """The beginning of what a vendor says, where there are many of them."""
    return cut(text, LONGEST_SNIPPET)


@register.simple_tag
def message(result: ResultRow) -> SafeString:
    """The beginning of what a result says; a door to the whole where there is more."""
    shown = snippet(result.message)
    text = escape(shown)
    if shown == result.message:
        return _safe(f'<span class="snip" title="{text}">{text}</span>')
    href = escape(links.whole_message(result.id))
    return _safe(f'<a class="snip" href="{href}" title="{text}">{text}</a>')


@register.filter
def at_most(text: str, letters: int) -> str:
    """Of a text that a row of the database holds, which no context has fitted."""
    return cut(text, letters)


register.filter("iso", moment_text)


@register.filter
def full_moment(at: datetime) -> str:
    return times.full_moment(at, timezone.get_current_timezone())


@register.filter
def timestamp(at: datetime | None) -> str:
    """The whole time with its zone, for titles; "" for None."""
    return times.timestamp(at, timezone.get_current_timezone()) if at else ""


@register.filter
def ago(at: datetime | None, clock: Clock) -> str:
    """{{ at|ago:clock }}: 4 min ago up to 48 h, then the moment; never for None."""
    return clock.ago(at)


@register.filter("moment")
def moment_words(at: datetime, clock: Clock) -> str:
    """{{ at|moment:clock }}: 09:08 today, 18 Nov 22:04 this year, without a title."""
    return clock.moment(at)


@register.simple_tag(takes_context=True)
def moment(context: Context, at: datetime | None) -> SafeString:
    """A time as the page's `clock` tells it, whole as the title; a dash for None."""
    clock: Clock = context["clock"]
    if at is None:
        return _safe(f"<span>{numbers.DASH}</span>")
    title, text = escape(clock.timestamp(at)), escape(clock.moment(at))
    return _safe(f'<span title="{title}">{text}</span>')


@register.simple_tag(takes_context=True)
def day_of(context: Context, at: datetime | None) -> SafeString:
    """The day of a time, which is whole as the title; a dash for None."""
    clock: Clock = context["clock"]
    if at is None:
        return _safe(f"<span>{numbers.DASH}</span>")
    text = times.day(at.astimezone(clock.zone))
    return _safe(f'<span title="{escape(clock.timestamp(at))}">{text}</span>')


@register.filter
def day(value: date) -> str:
    """19 Nov; of a moment the day in the zone of display."""
    if isinstance(value, datetime):
        value = timezone.localdate(value)
    return times.day(value)


@register.simple_tag
def milliseconds(
    metric: str, value_ms: int | None, title: str = "", css: str = ""
) -> SafeString:
    """A duration as a number without rows behind it."""
    text = times.duration(value_ms)
    return n(Number(text=text, metric=metric, value=value_ms, title=title), css)


@register.simple_tag
def figure(metric: str, value: float | None, css: str = "") -> SafeString:
    """A rate that no list of rows can hold, 0-1."""
    return n(number_links.figure(metric, value), css)


@register.simple_tag
def pieces(parts: Sequence[Piece]) -> SafeString:
    """A sentence whose numbers and names are doors."""
    return _safe("".join(map(_piece, parts)))


@register.simple_tag
def piece(part: Piece) -> SafeString:
    return _piece(part)


def _piece(part: Piece) -> SafeString:
    data, text = str(_data(part.metric, part.value)), escape(part.text)
    if part.title:
        data += f' title="{escape(part.title)}"'
    if part.href:
        return _safe(f'<a class="n" href="{escape(part.href)}"{data}>{text}</a>')
    return _safe(f"<span{data}>{text}</span>" if data else text)


def _data(metric: str, value: float | None) -> SafeString:
    if not metric:
        return SafeString("")
    shown = "" if value is None else repr(value)
    return _safe(f' data-metric="{escape(metric)}" data-value="{escape(shown)}"')


@register.simple_tag
def data_value(value: float | None) -> str:
    """An unrounded value as an attribute: shortest digits that read back the same."""
    return "" if value is None else repr(value)


@register.simple_tag
def icon(name: str, size: int = 16, stroke: float = 1.75) -> SafeString:
    return _icon(name, size, stroke)


@cache
def _icon(name: str, size: int, stroke: float) -> SafeString:
    return _safe(icons.icon(name, size, stroke))


@register.simple_tag
def glyph(name: str, size: int = 13, label: str = "") -> SafeString:
    return _safe(glyph_svg(name, size, label))


@register.filter
def status_glyph(status: str) -> str:
    """The name of the mark of a stored status, with one for unknown ones."""
    return glyph_of(Status(status))


@register.simple_tag
def outcome_glyph(
    status: str, size: int = 13, label: str = "", earlier: Collection[Status] = ()
) -> SafeString:
    """The mark of a stored status after attempts that went as `earlier` says."""
    return _safe(glyph_svg(glyph_of(Status(status), earlier), size, label))


@register.simple_tag
def tool(badge: Any, css: str = "") -> SafeString:
    """The two-letter badge of a Tool or a vendor's key; its full name is the title."""
    vendor = badge if isinstance(badge, str) else badge.vendor
    label = tool_label(badge) if isinstance(badge, str) else badge.label
    return _tool(vendor, label, css)


@cache
def _tool(vendor: str, label: str, css: str) -> SafeString:
    letters = _BADGES.get(vendor, label[:2])
    classes = escape(f"tool {vendor} {css}")
    return _safe(
        f'<span class="{classes}" title="{escape(label)}" aria-hidden="true">'
        f"{escape(letters)}</span>"
    )


@register.simple_tag
def filter_options(chosen: Filter) -> SafeString:
    """The checkboxes of a chip: a long list, so it is no template of its own."""
    return _safe("".join(_option(chosen, i) for i in range(len(chosen.options))))


def _option(chosen: Filter, place: int) -> str:
    option = chosen.options[place]
    name, text = escape(chosen.name), escape(option.text)
    checked = " checked" if option.checked else ""
    badge = tool(option.tool) if option.tool else ""
    count = f'<span class="cnt num">{escape(option.count)}</span>'
    return (
        f'<li><label><input type="checkbox" name="{name}" '
        f'value="{escape(option.value)}" id="{name}-{place + 1}"{checked}>{badge}'
        f'<span class="trunc" title="{text}">{text}</span>'
        f"{count if option.count else ''}</label></li>"
    )


@register.simple_tag
def outcome_bar(counts: Any, large: bool = False) -> SafeString:
    """Of a run, or of any counts with a field for each status."""
    by_status = {str(status): getattr(counts, status) for status in Status}
    return _safe(outcome_bar_svg(by_status, large=large))


@register.simple_tag
def strip(
    outcomes: Strip | str, height: int = 18, stretch: bool = False, slots: int = 0
) -> SafeString:
    """A strip, or its letters without doors; `slots` of it where that are not all."""
    if isinstance(outcomes, str):
        outcomes = Strip(cells=tuple(map(_without_door, outcomes)))
    slots = slots or outcomes.slots
    return _safe(strip_svg(outcomes.cells, slots=slots, height=height, stretch=stretch))


@cache
def _without_door(letter: str) -> StripCell:
    return StripCell(outcome=letter)


@register.simple_tag
def trend(picture: Trend) -> SafeString:
    """The picture at the foot of a key figure."""
    if picture.kind == "bars":
        return _safe(spark_bars(picture.values))
    return _safe(
        sparkline(picture.values, colour=picture.colour, floor=picture.floor, area=True)
    )


@register.simple_tag
def hour_bars(values: Sequence[float]) -> SafeString:
    return _safe(hour_bars_svg(values))


@register.simple_tag
def day_bars(values: Sequence[float | None], colour: str = "fail") -> SafeString:
    """Failures by day, in the height of a table's row."""
    return _safe(day_bars_svg(values, colour=colour))


@register.simple_tag
def row_trend(
    values: Sequence[float | None], floor: float, ceiling: float
) -> SafeString:
    """The small line of a table row, on the scale common to all rows."""
    return _safe(
        sparkline(values, width=104, height=28, floor=floor, ceiling=ceiling, dot=True)
    )


@register.simple_tag
def small_multiple(
    values: Sequence[float | None], before: float | None, floor: int
) -> SafeString:
    """`floor` is the lower end of the scale in per cent."""
    return _safe(small_multiple_svg(values, before=before, floor=floor / 100))


@register.simple_tag
def interval(rate: float, low: float, high: float) -> SafeString:
    said = numbers.score_range(low, high)
    label = f"{numbers.score(rate)}, 95 % credible interval {said}"
    return _safe(interval_svg(rate, low, high, label=label))


@register.simple_tag
def lane(row: Lane, wall_ms: int) -> SafeString:
    return _safe(lane_svg(row, wall_ms=wall_ms))


@register.simple_tag
def lane_axis(wall_ms: int) -> SafeString:
    """The labels over the lanes, each at its share of the wall clock."""
    step = next(iter(ticks(wall_ms)[1:]), 60_000)
    return format_html_join(
        "",
        '<i style="left:{}%">{}</i>',
        (
            (f"{100 * tick / max(wall_ms, 1):.2f}", _tick_text(tick, step))
            for tick in ticks(wall_ms)
        ),
    )


def _tick_text(tick_ms: int, step_ms: int) -> str:
    if step_ms < 60_000:
        return f"{tick_ms // 1000}s"
    return f"{tick_ms // 60_000}m" if tick_ms < 3_600_000 else times.clock(tick_ms)


@register.simple_tag
def outcomes() -> tuple[Outcome, ...]:
    """The outcomes that a chart draws, in their order."""
    return tuple(outcome for outcome in OUTCOMES if outcome.key != "unfinished")


@register.simple_tag
def cell(letter: str) -> SafeString:
    """One cell of a strip, for legends."""
    return _safe(strip_svg([StripCell(outcome=letter)], slots=1, height=14))
