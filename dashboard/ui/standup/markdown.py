"""The stand-up as Markdown: the same sentences and rows, each link with its site."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from urllib.parse import urljoin

from dashboard.ui.markdown import escaped
from dashboard.ui.parts import Link, Note, Piece
from dashboard.ui.standup.cards import StandupCard, StandupItem
from dashboard.ui.standup.text import Headline

TIMES = "\N{MULTIPLICATION SIGN}"


def markdown(
    day: str,
    headline: Headline,
    cards: Sequence[StandupCard],
    notes: Sequence[Note],
    href: str,
    site: str,
    zone: str,
) -> str:
    """`site` is what the addresses begin with, "https://passline.example/"; `zone` is
    the name of that of all times, which readers of a chat may not share.
    """
    parts = [
        f"## Stand-up {day}",
        escaped(headline.text),
        escaped(_text(headline.second)),
        *(_card(card, site) for card in cards),
        *(_note(note, site) for note in notes),
        f"Times are in {zone}.",
        urljoin(site, href),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _text(pieces: Iterable[Piece]) -> str:
    return "".join(piece.text for piece in pieces)


def _card(card: StandupCard, site: str) -> str:
    if card.number is None:
        return f"### {card.title}\n\nThis part did not load."
    head = f"### {card.title} ({card.number.text})"
    if not card.items:
        return f"{head}\n\n{escaped(card.quiet)}"
    lines = [_item(item, site) for item in card.items]
    more = [_link(card.more, site)] if card.more else []
    return "\n".join([head, "", *(f"- {line}" for line in [*lines, *more])])


def _note(note: Note, site: str) -> str:
    said = escaped(f"{note.fact} {note.text}")
    return f"{said} {_link(note.link, site)}" if note.link else said


def line_of(item: StandupItem) -> str:
    """An item in words, without its run; its names are as they came."""
    muted = f" (muted until {item.muted_until})" if item.muted_until else ""
    parts = [*filter(None, map(_text, (item.text, item.passed, item.left)))]
    # After a sentence nothing goes on.
    parts.sort(key=lambda part: part.endswith("."))
    return ", ".join([item.title + muted, *parts])


def counted_line(item: StandupItem, line: str) -> str:
    """ "11 × Expected 3 rows"."""
    return f"{item.count.text} {TIMES} {line}" if item.count else line


def _item(item: StandupItem, site: str) -> str:
    line = counted_line(item, escaped(line_of(item)))
    return f"{line} ({_link(item.run, site)})" if item.run else line


def _link(link: Link, site: str) -> str:
    return f"[{escaped(link.text)}]({urljoin(site, link.href)})"
