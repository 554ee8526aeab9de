"""From a kind of picture and its filters to the picture."""

from __future__ import annotations

from dataclasses import replace

from dashboard.filters import Filters
from dashboard.metrics.milestones import without_window
from dashboard.models import EmbedKind
from dashboard.pages.embeds.figures import Figures, drawable
from dashboard.precomputed.milestones import progress_by_id
from dashboard.ui.filter_words import filter_words
from dashboard.ui.pictures.badge import Badge, Tone, badge_svg
from dashboard.ui.pictures.burn_up import BurnUp, burn_up_svg
from dashboard.ui.pictures.colours import Theme
from dashboard.ui.pictures.daily import daily_svg
from dashboard.ui.pictures.frame import Caption
from dashboard.ui.pictures.trend import trend_svg
from dashboard.ui.text import numbers, times
from dashboard.ui.text.verdicts import MOSTLY

LABELS = {
    EmbedKind.PASS_RATE: "pass rate",
    EmbedKind.FAILING: "failing",
    EmbedKind.FLAKY: "flaky",
    EmbedKind.DATA: "data",
}


class NotDrawableError(ValueError):
    """Its message is a sentence on why this cannot be drawn of these filters."""


def check(kind: EmbedKind, filters: Filters) -> None:
    """Raises NotDrawableError."""
    if kind is EmbedKind.BURN_UP and len(filters.milestone) != 1:
        raise NotDrawableError("A burn-up is of one milestone: choose it.")


def drawn(kind: EmbedKind, filters: Filters, theme: Theme) -> str:
    """SVG. Raises NotDrawableError."""
    check(kind, filters)
    if kind is EmbedKind.BURN_UP:
        return _burn_up(filters, theme)
    if kind in LABELS:
        return badge_svg(_badge(kind, Figures(filters)), theme)
    figures = Figures(drawable(filters))
    return _trend(figures, theme) if kind is EmbedKind.TREND else _daily(figures, theme)


def _badge(kind: EmbedKind, figures: Figures) -> Badge:
    """What is stale is said in place of any number: nobody reads a title."""
    words, glyph, tone = _state(kind, figures)
    label = LABELS[kind]
    said = [f"{label.capitalize()}: {words}"]
    if kind is EmbedKind.PASS_RATE and tone != "stale" and figures.rate.n:
        said.append(_sure(figures))
    said += [figures.scope, figures.stale_words, figures.moment]
    says = ". ".join(part.rstrip(".") for part in said if part) + "."
    return Badge(label=label, words=words, glyph=glyph, tone=tone, says=says)


def _state(kind: EmbedKind, figures: Figures) -> tuple[str, str, Tone]:
    """Words, glyph and tone."""
    if figures.stale:
        ages = set(figures.stale.values())
        return (ages.pop() if len(ages) == 1 else "stale"), "stale", "stale"
    if kind is EmbedKind.DATA:
        return _fresh(figures)
    if not figures.has_results:
        return "no results", "unknown", "flat"
    if kind is EmbedKind.PASS_RATE:
        return _rate(figures)
    if figures.has_only_totals:
        return "totals only", "unknown", "flat"
    count = figures.failing if kind is EmbedKind.FAILING else figures.flaky
    if not count:
        return "none", "pass", "good"
    tests = numbers.plural(count, "test")
    return (
        (tests, "fail", "bad")
        if kind is EmbedKind.FAILING
        else (tests, "flaky", "flaky")
    )


def _fresh(figures: Figures) -> tuple[str, str, Tone]:
    successes = [
        one.last_success_at for one in figures.connections if one.last_success_at
    ]
    if not successes:
        return "nothing yet", "unknown", "flat"
    age = times.age(min(successes), figures.filters.now)
    return ("just now" if age == "now" else f"{age} old"), "fresh", "good"


def _rate(figures: Figures) -> tuple[str, str, Tone]:
    rate = figures.rate.value
    if rate is None:
        return "nothing decided", "unknown", "flat"
    is_well = rate >= MOSTLY
    return numbers.percent(rate), *(("pass", "good") if is_well else ("fail", "bad"))


def _sure(figures: Figures) -> str:
    rate = figures.rate
    if rate.low is None or rate.high is None:
        return "nothing decided"
    of = numbers.plural(rate.n, "decided result")
    return f"of {of}, {numbers.between(rate.low, rate.high)}"


def _caption(figures: Figures, title: str, says: str) -> Caption:
    return Caption(
        title=title,
        scope=figures.scope,
        moment=figures.moment,
        says=f"{says} {figures.scope}.",
        stale=figures.stale_words,
    )


def _daily(figures: Figures, theme: Theme) -> str:
    says = f"Daily outcomes: pass rate {numbers.percent(figures.rate.value)}, {_sure(figures)}."
    caption = _caption(figures, "Daily outcomes", says)
    return daily_svg(figures.days, figures.marks, caption, theme)


def _trend(figures: Figures, theme: Theme) -> str:
    value = numbers.percent(figures.rate.value)
    caption = _caption(
        figures,
        f"Pass rate, {figures.scope}",
        f"Pass rate {value}, {_sure(figures)}.",
    )
    return trend_svg([day.rate for day in figures.days], value, caption, theme)


def _burn_up(filters: Filters, theme: Theme) -> str:
    (pk,), whole = filters.milestone, without_window(filters)
    found = progress_by_id([pk], whole).get(pk)
    if found is None:
        raise NotDrawableError("There is no such milestone.")
    figures = Figures(whole, frozenset(found.by_project))
    last = found.burn_up[-1] if found.burn_up else None
    forecast = found.forecast
    chart = BurnUp(
        past=found.burn_up,
        future=forecast.band if forecast else (),
        due=found.due_on,
        is_over=found.is_completed,
    )
    passed = (
        f"{numbers.count(last.passed)} of {numbers.count(last.scope)}" if last else "0"
    )
    caption = Caption(
        title="Burn-up",
        scope=filter_words(replace(whole, milestone=(pk,)), None),
        moment=figures.moment,
        says=f"Burn-up of {found.name}: {passed} tests passed.",
        stale=figures.stale_words,
    )
    return burn_up_svg(chart, caption, theme)
