"""The picture that a link unfolds with in a chat: 1200x630, read at a third of its size."""

from __future__ import annotations

from dataclasses import dataclass

from dashboard.metrics.rates import Rate
from dashboard.ui.pictures.colours import Theme
from dashboard.ui.pictures.document import LONGEST_SAID, document
from dashboard.ui.pictures.letters import clean, lines, text, width
from dashboard.ui.pictures.marks import mark, state
from dashboard.ui.pictures.trend import path
from dashboard.ui.text import numbers

WIDTH, HEIGHT, SIDE = 1200, 630, 72
_INNER = WIDTH - 2 * SIDE


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """The number of a page: `label` ("Pass rate"), as it is printed there ("93.7%"), how
    sure it is ("95 % between 91.1% and 94.0%") and of how much ("of 1,234 decided
    results"). `trend` is the same by day, oldest first.
    """

    label: str
    text: str
    interval: str = ""
    of: str = ""
    trend: tuple[float | None, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """What a link leads to: the `page`'s title, its filters and time range in words
    (`scope`), when it is of ("Always current", "As of 19 Nov 2026, 09:00 UTC"), what is
    `stale` in it, and its `figure`; a page without one has the sentence that opens it.
    """

    page: str
    scope: str
    moment: str = ""
    figure: Figure | None = None
    sentence: str = ""
    stale: str = ""


def rate_figure(
    label: str, rate: Rate, of: str, trend: tuple[float | None, ...] = ()
) -> Figure:
    """A rate as every page prints it; `of` names what it was counted over, in the plural.
    One day alone is no trend.
    """
    if rate.value is None or rate.low is None or rate.high is None:
        return Figure(label=label, text=numbers.DASH, of=f"no {of}")
    return Figure(
        label=label,
        text=numbers.percent(rate.value),
        interval=numbers.between(rate.low, rate.high),
        of=f"of {numbers.count(rate.n)} {of}",
        trend=trend if sum(value is not None for value in trend) > 1 else (),
    )


def unfolded_svg(headline: Headline, theme: Theme) -> str:
    body = (
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="var(--surface)"/>'
        f"{_head(headline)}{_title(headline)}"
        f"{_figure(headline.figure) if headline.figure else _sentence(headline)}"
        f"{_stale(headline.stale) if headline.stale else ''}"
    )
    return document(WIDTH, HEIGHT, body, says=alternative(headline), theme=theme)


def alternative(headline: Headline) -> str:
    """The picture in words, for `og:image:alt`."""
    figure = headline.figure
    told = [f"{headline.page}, {headline.scope}" if headline.scope else headline.page]
    if figure:
        parts = (f"{figure.label} {figure.text}", figure.interval, figure.of)
        told.append(", ".join(part for part in parts if part))
    said = [*told, headline.sentence, headline.stale, headline.moment]
    whole = ". ".join(part.rstrip(".")[:LONGEST_SAID] for part in said if part) + "."
    return clean(whole)[:LONGEST_SAID]


def _head(headline: Headline) -> str:
    return (
        mark(SIDE, 52, 44)
        + text(SIDE + 60, 86, "Passline", 34, weight=600)
        + text(
            WIDTH - SIDE,
            85,
            headline.moment,
            26,
            colour="ink-3",
            anchor="end",
            most=720,
        )
    )


def _title(headline: Headline) -> str:
    drawn = text(SIDE, 190, headline.page, 60, weight=600, most=_INNER)
    for number, words in enumerate(lines(headline.scope, 30, _INNER, 2)):
        drawn += text(SIDE, 244 + 42 * number, words, 30, colour="ink-2")
    return drawn


def _figure(figure: Figure) -> str:
    room = 560 if figure.trend else _INNER
    size = 132.0
    while size > 60 and width(figure.text, size, 600) > room:
        size -= 12
    below = [part for part in (figure.of, figure.interval) if part]
    return (
        text(SIDE, 368, figure.label, 30, weight=500, colour="ink-2", most=room)
        + text(SIDE - 4, 372 + size * 0.84, figure.text, size, weight=600, most=room)
        + text(SIDE, 540, ", ".join(below), 28, colour="ink-2", most=_INNER)
        + path(figure.trend, 700, 340, WIDTH - SIDE - 712, 138, stroke=4.5)
    )


def _sentence(headline: Headline) -> str:
    return "".join(
        text(SIDE, 390 + 58 * number, words, 46, weight=600)
        for number, words in enumerate(lines(headline.sentence, 46, _INNER, 3, 600))
    )


def _stale(words: str) -> str:
    return (
        f'<rect y="{HEIGHT - 66}" width="{WIDTH}" height="66" fill="var(--flaky-soft)"/>'
        f"{state('stale', SIDE, HEIGHT - 50, 32)}"
        f"{text(SIDE + 46, HEIGHT - 24, words, 28, weight=600, colour='flaky-t', most=_INNER - 46)}"
    )
