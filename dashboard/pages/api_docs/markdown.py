"""The little of Markdown that docs/metrics.md is written in, as safe HTML."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape

from django.utils.safestring import SafeString, mark_safe
from django.utils.text import slugify


def blocks(text: str) -> Iterator[SafeString]:
    """Headings with anchors, paragraphs, lists of one level, `code`, **bold**, [links]."""
    for block in re.split(r"\n{2,}", text.strip()):
        # Everything in it is escaped by _inline and slugify.
        yield mark_safe(_block(block))  # nosec B308 # each part is escaped or ours


def _block(block: str) -> str:
    if found := re.fullmatch(r"(#{1,4}) (.+)", block):
        level, title = len(found[1]), found[2]
        return f'<h{level} id="{slugify(title)}">{_inline(title)}</h{level}>'
    if block.startswith("- "):
        items = re.split(r"\n- ", block.removeprefix("- "))
        return f"<ul>{''.join(f'<li>{_inline(item)}</li>' for item in items)}</ul>"
    return f"<p>{_inline(block)}</p>"


def _inline(text: str) -> str:
    html = escape(" ".join(text.split()))
    html = re.sub(r"`([^`]+)`", r"<code>\1</code>", html)
    html = re.sub(r"\*\*([^*]+)\*\*", r"<b>\1</b>", html)
    return re.sub(r"\[([^\]]+)\]\((https://[^)\s]+)\)", r'<a href="\2">\1</a>', html)
