"""A message as each kind of channel reads it. Names in it come from vendors: whatever they
hold is text there, no mention, no link and no markup.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.html import escape as html_escaped
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from dashboard.digests.message import Message
from dashboard.models import ChannelKind
from dashboard.ui.markdown import escaped as markdown_escaped

# What no reader sees, between letters that together would be more than text.
APART = "\N{ZERO WIDTH SPACE}"
_AUTOLINK = re.compile(r"(?i)\b(https?|ftp|mailto|tel):")
_WWW = re.compile(r"(?i)\bwww\.")
# Slack takes 3,000 letters in a section, Discord 2,000 in a message, Teams 28 kB.
MOST = {ChannelKind.SLACK: 2_900, ChannelKind.DISCORD: 1_900, ChannelKind.TEAMS: 8_000}
CUT = "…"


@dataclass(frozen=True, slots=True, kw_only=True)
class Markup:
    """How one kind writes a text, a heading, an item and a link."""

    text: Callable[[str], str]
    heading: Callable[[str], str]
    item: str
    link: Callable[[str, str], str]
    gap: str = "\n\n"


def plain(message: Message) -> str:
    """For people to read anywhere, and for the history."""
    return _joined(message, PLAIN, None)


def body(message: Message, kind: ChannelKind) -> str:
    """Everything below the subject, as the channel's service reads it."""
    if kind is ChannelKind.EMAIL:
        return html(message)
    return _joined(message, MARKUP.get(kind, PLAIN), MOST.get(kind))


def subject(message: Message, kind: ChannelKind) -> str:
    """Slack, mail and webhooks take it as it is; the others read Markdown in it."""
    if kind in (ChannelKind.TEAMS, ChannelKind.DISCORD):
        text = MARKUP[kind].text(message.subject)
        return f"**{text}**" if kind is ChannelKind.DISCORD else text
    return message.subject


def fields(message: Message) -> dict[str, Any]:
    """What a webhook gets beside title and text."""
    return {
        "level": message.level,
        "lead": list(message.lead),
        "parts": [
            {"title": one.title, "lines": list(one.lines)} for one in message.parts
        ],
        "notes": list(message.notes),
        "link": message.link,
    }


def html(message: Message) -> SafeString:
    """A mail's body; its plain text is made of it by whoever sends it."""
    parts = format_html_join(
        "",
        '<h3 style="margin:18px 0 4px">{}</h3>{}',
        ((part.title, _list(part.lines)) for part in message.parts),
    )
    # The plain text that is made of it keeps what stands between tags alone.
    link = message.link and format_html(
        '<p>{}: <a href="{}">{}</a></p>', message.link_text, message.link, message.link
    )
    return format_html(
        '<div style="font-family:sans-serif;font-size:14px;line-height:20px">'
        "{}{}{}{}</div>",
        _paragraphs(message.lead),
        parts,
        _paragraphs(message.notes),
        link or "",
    )


def _list(lines: Sequence[str]) -> SafeString:
    if not lines:
        return SafeString("")
    items = format_html_join("", "<li>{}</li>", ((line,) for line in lines))
    return format_html('<ul style="margin:0;padding-left:20px">{}</ul>', items)


def _paragraphs(texts: Sequence[str]) -> SafeString:
    return format_html_join("", "<p>{}</p>", ((text,) for text in texts))


def _joined(message: Message, markup: Markup, most: int | None) -> str:
    """The paragraphs; of a text that is too long whole lines are left out at its end."""
    link = markup.link(message.link, message.link_text) if message.link else ""
    room = None if most is None else most - len(link) - len(CUT) - 4
    lines: list[str] = []
    used = 0
    for line in _lines(message, markup):
        used += len(line) + 2
        if room is not None and used > room:
            lines += ["", CUT]
            break
        lines.append(line)
    text = "\n".join(lines).strip("\n")
    return f"{text}{markup.gap}{link}" if link else text


def _lines(message: Message, markup: Markup) -> list[str]:
    lines: list[str] = []
    for text in message.lead:
        lines += [markup.text(text), ""]
    for part in message.parts:
        lines += [markup.heading(part.title)]
        lines += [markup.item + markup.text(line) for line in part.lines]
        lines += [""]
    for text in message.notes:
        lines += [markup.text(text), ""]
    return lines


def _unlinked(text: str) -> str:
    text = _AUTOLINK.sub(rf"\1{APART}:", text)
    return _WWW.sub(f"www{APART}.", text)


def _slack(text: str) -> str:
    # The three letters that Slack reads as more than themselves: `<!channel>`, `<@U1>`.
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _unlinked(text)


def _discord(text: str) -> str:
    return _unlinked(markdown_escaped(text)).replace("@", f"@{APART}")


def _teams(text: str) -> str:
    # `<at>somebody</at>` would be a mention; no escape of Markdown is read before it.
    text = text.replace("<", "‹").replace(">", "›")
    return _unlinked(markdown_escaped(text))


def _web(link: str) -> str:
    return html_escaped(link)


PLAIN = Markup(
    text=lambda text: text,
    heading=lambda text: text,
    item="- ",
    link=lambda href, text: f"{text}: {href}",
)
MARKUP = {
    ChannelKind.SLACK: Markup(
        text=_slack,
        heading=lambda text: f"*{_slack(text)}*",
        item="• ",
        link=lambda href, text: f"<{_web(href)}|{_slack(text)}>",
    ),
    ChannelKind.DISCORD: Markup(
        text=_discord,
        heading=lambda text: f"**{_discord(text)}**",
        item="- ",
        link=lambda href, text: f"[{_discord(text)}](<{href}>)",
    ),
    ChannelKind.TEAMS: Markup(
        text=_teams,
        heading=lambda text: f"**{_teams(text)}**\n",
        item="- ",
        link=lambda href, text: f"[{_teams(text)}]({href})",
    ),
}
