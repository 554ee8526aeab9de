"""The stand-up as Markdown: the same sentences and rows, each link with its site."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urljoin

from dashboard.pages.standup.cards import StandupCard, StandupItem
from dashboard.pages.standup.parts import StandupPage
from dashboard.pages.standup.text import Headline
from dashboard.ui.parts import Link, Piece

# What Markdown would read as more than itself, wherever it stands in a line.
SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~])")
ENTITY = re.compile(r"&(?=#?\w+;)")
# At the beginning of an item these would begin another list, or a line.
LEADING = re.compile(r"^(\d+)([.)])|^([-+=])")
TIMES = "\N{MULTIPLICATION SIGN}"


def markdown(page: StandupPage, site: str) -> str:
    """`site` is what the addresses begin with, "https://passline.example/"."""
    parts = [f"## {page.title} {_day(page)}"]
    if page.headline is not None:
        parts.append(_headline(page.headline))
    for card in page.cards:
        parts.append(_card(card, site))
    parts.append(urljoin(site, page.share_href))
    return "\n\n".join(part for part in parts if part) + "\n"


def escaped(text: str) -> str:
    """The text as Markdown prints it unchanged, on one line."""
    line = " ".join(text.split())
    line = ENTITY.sub("&amp;", SPECIAL.sub(r"\\\1", line))
    return LEADING.sub(lambda found: _escaped_start(found), line)


def _escaped_start(found: re.Match[str]) -> str:
    if found[3]:
        return f"\\{found[3]}"
    return f"{found[1]}\\{found[2]}"


def _day(page: StandupPage) -> str:
    """ "19 Nov" of "Thu 19 Nov"."""
    return page.day.partition(" ")[2]


def _headline(headline: Headline) -> str:
    second = escaped(_text(headline.second))
    return f"{escaped(headline.text)}\n\n{second}".strip()


def _text(pieces: Iterable[Piece]) -> str:
    return "".join(piece.text for piece in pieces)


def _card(card: StandupCard, site: str) -> str:
    if card.number is None:
        return f"### {card.title}\n\nThis part did not load."
    head = f"### {card.title} ({card.number.text})"
    if not card.items:
        return f"{head}\n\n{escaped(card.quiet)}"
    lines = [_item(item, site) for item in card.items]
    if card.more is not None:
        lines.append(f"- {_link(card.more, site)}")
    return "\n".join([head, "", *lines])


def _item(item: StandupItem, site: str) -> str:
    title = item.title
    if item.muted_until:
        title += f" (muted until {item.muted_until})"
    said = [title, *map(_text, (item.text, item.bar_left, item.bar_right))]
    text = ", ".join(part for part in said if part)
    text = f"{item.count.text} {TIMES} {escaped(text)}" if item.count else escaped(text)
    return f"- {text}" + (f" ({_link(item.run, site)})" if item.run else "")


def _link(link: Link, site: str) -> str:
    return f"[{escaped(link.text)}]({urljoin(site, link.href)})"
