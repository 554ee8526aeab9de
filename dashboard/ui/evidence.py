"""What is attached to a run, a thread or a result, as pages show it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from django.utils.safestring import mark_safe

from dashboard.lists.attached import (
    ADDRESS,
    ArtifactRow,
    Attached,
    FieldRow,
    LinkRow,
)
from dashboard.readers import for_signed_in, is_signed_in
from dashboard.ui.evidence_hosts import Media, media_of
from dashboard.ui.lengths import LONGEST_NAME, Name, Prose, Whole, cut
from dashboard.ui.text import numbers
from dashboard.ui.text.console import console_html
from dashboard.ui.text.markup import sanitised
from ingest.origins import web_link

TEXT, HTML, CONSOLE = 2, 3, 4
# Of each kind that one owner shows; the API has all of them.
MOST = 100
Kind = Literal["line", "text", "html", "console", "address"]
_KINDS: Mapping[int, Kind] = {
    TEXT: "text",
    HTML: "html",
    CONSOLE: "console",
    ADDRESS: "address",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownField:
    """`text` is safe HTML of the kinds html and console, and to be escaped of others.
    `href` is "" for an address that no browser opens as a page.
    """

    name: Name
    kind: Kind
    text: Whole
    href: str
    is_highlight: bool
    meta: tuple[tuple[Name, Name], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownFile:
    """An artifact; `facts` are its type, size and note."""

    name: Name
    href: str
    facts: Prose
    media: Media


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownLink:
    """`href` "" prints it as text; `where` is what an address says of itself."""

    name: Name
    href: str
    note: Prose
    where: Name


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownEvidence:
    """`title` is whose it is, where several are shown; `left_out` items, and values whole
    that are cut here, are in the API alone, at `whole_href`.
    """

    title: Name
    tags: tuple[Name, ...]
    fields: tuple[ShownField, ...]
    media: tuple[ShownFile, ...]
    files: tuple[ShownFile, ...]
    links: tuple[ShownLink, ...]
    left_out: int
    is_cut: bool
    whole_href: str


def shown_evidence(
    attached: Attached,
    *,
    title: str = "",
    whole_href: str = "",
    letters: int | None = None,
) -> ShownEvidence | None:
    """What is shown of it, with at most so many `letters` of a value; None of nothing."""
    lists = (attached.tags, attached.fields, attached.artifacts, attached.links)
    if not any(lists):
        return None
    fields = sorted(attached.fields, key=lambda one: not one.is_highlight)
    files = tuple(map(_file, attached.artifacts[:MOST]))
    return ShownEvidence(
        title=title,
        tags=attached.tags[:MOST],
        fields=tuple(_field(one, letters) for one in fields[:MOST]),
        media=tuple(one for one in files if one.media),
        files=tuple(one for one in files if not one.media),
        links=tuple(map(_link, attached.links[:MOST])),
        left_out=sum(max(0, len(one) - MOST) for one in lists),
        is_cut=letters is not None
        and any(len(one.value or "") > letters for one in fields),
        whole_href=whole_href,
    )


def meta_pairs(meta: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Names and values in the order of the names; what is no text as JSON."""
    return tuple(
        (name, value if isinstance(value, str) else json.dumps(value))
        for name, value in sorted(meta.items())[:MOST]
    )


def _field(row: FieldRow, letters: int | None) -> ShownField:
    kind, href = _KINDS.get(row.type, "line"), ""
    text = row.value or ""
    if letters is not None:
        text = cut(text, letters)
    if kind == "html":
        text = mark_safe(sanitised(text, has_links=is_signed_in()))  # nosec B308 # each part is escaped or ours
    elif kind == "console":
        text = mark_safe(console_html(text))  # nosec B308 # each part is escaped or ours
    elif kind == "address":
        text = for_signed_in(text)
        href = web_link(text)
    elif "\n" in text:
        kind = "text"
    return ShownField(
        name=row.name,
        kind=kind,
        text=text,
        href=href,
        is_highlight=row.is_highlight,
        meta=meta_pairs(row.meta),
    )


def _file(row: ArtifactRow) -> ShownFile:
    url = for_signed_in(row.url)
    size = "" if row.size is None else numbers.file_size(row.size)
    facts = [fact for fact in (row.mime_type, size, row.note) if fact]
    return ShownFile(
        name=row.name or _where(url) or "file",
        href=web_link(url),
        facts=" · ".join(facts),
        media=media_of(url, row.mime_type),
    )


def _link(row: LinkRow) -> ShownLink:
    url = for_signed_in(row.url)
    name, where = row.name or _where(url), _where(url)
    return ShownLink(
        name=name or "link",
        href=web_link(url),
        note=row.note,
        where=where if where != name else "",
    )


def _where(url: str) -> str:
    """An address as people read it; of one that is no link all of it."""
    if web_link(url):
        url = url.partition("://")[2].removeprefix("www.").removesuffix("/")
    return cut(url, LONGEST_NAME)
