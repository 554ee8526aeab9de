"""HTML that was pushed, with nothing left in it that does more than show text."""

from __future__ import annotations

import nh3

from ingest.origins import web_link

# No picture: it would tell another server who reads the page, and when.
TAGS = frozenset(
    [
        "p",
        "br",
        "hr",
        "div",
        "span",
        "b",
        "strong",
        "i",
        "em",
        "u",
        "s",
        "small",
        "mark",
    ]
    + ["sub", "sup", "del", "ins", "code", "pre", "kbd", "samp", "blockquote", "a"]
    + ["ul", "ol", "li", "dl", "dt", "dd", "h1", "h2", "h3", "h4", "h5", "h6"]
    + ["table", "thead", "tbody", "tfoot", "tr", "th", "td", "caption"]
)


def sanitised(html: str, *, has_links: bool) -> str:
    """The HTML without scripts, styles, pictures, forms and attributes; with the
    addresses of its links where `has_links` and they lead to the web.
    """

    def kept(tag: str, attribute: str, value: str) -> str | None:
        if (tag, attribute) != ("a", "href"):
            return value
        return (web_link(value) or None) if has_links else None

    return nh3.clean(
        html,
        tags=set(TAGS),
        attributes={"a": {"href"}, "td": {"colspan"}, "th": {"colspan"}},
        attribute_filter=kept,
        url_schemes={"http", "https"},
        link_rel="noopener noreferrer nofollow",
    )
