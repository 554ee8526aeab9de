"""Answers as text in which only what people or programs could notice makes a difference."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser

INLINE = frozenset(
    ["a", "abbr", "b", "bdi", "bdo", "cite", "code", "data", "dfn", "em", "i"]
    + ["kbd", "label", "mark", "q", "s", "samp", "small", "span", "strong", "sub"]
    + ["sup", "time", "tspan", "u", "var", "wbr"]
)
# They stand in a line of text as one thing.
IN_LINE_AS_ONE = frozenset(
    ["button", "input", "img", "meter", "output", "progress", "select", "svg"]
    + ["textarea"]
)
VOID = frozenset(
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta"]
    + ["source", "track", "wbr"]
)
WITH_EXACT_TEXT = frozenset(["pre", "textarea", "style", "script"])
# Attributes in which the amount of whitespace means nothing.
WITH_WORDS = frozenset(["class", "style", "rel", "sizes", "headers", "points"])
DRAWN = frozenset(
    ["circle", "defs", "g", "line", "path", "polyline", "rect", "svg", "text"]
    + ["title", "tspan", "use"]
)
LONGEST_LINE = 100
_SPACE = re.compile(r"[ \t\n\r\f]+")
_TOKEN = re.compile(r'(X-CSRFToken"?\s*:\s*")[^"]+')


def html(text: str) -> list[str]:
    """A tag or a text a line; a space that a reader sees at an end of a text is `·`."""
    reader = _Reader()
    reader.feed(text)
    reader.close()
    reader.end_of_block()
    return [line for line in reader.lines if line]


def as_json(text: str) -> list[str]:
    return json.dumps(json.loads(text), indent=1, ensure_ascii=False).splitlines()


class _Reader(HTMLParser):
    """`spaced`: the line of the last text, if nothing but tags of a line came since and
    it ends with a space.
    """

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[str] = []
        self.is_at_start = True
        self.spaced: int | None = None
        self.exact = ""
        self.kind = ""

    def handle_starttag(
        self, tag: str, attributes: list[tuple[str, str | None]]
    ) -> None:
        self._before(tag)
        self.lines += _tag(tag, attributes)
        if tag in IN_LINE_AS_ONE and tag not in VOID:
            self.end_of_block()
        elif tag in IN_LINE_AS_ONE:
            self._something()
        if tag in WITH_EXACT_TEXT:
            self.exact, self.kind = tag, dict(attributes).get("type") or ""

    def handle_startendtag(
        self, tag: str, attributes: list[tuple[str, str | None]]
    ) -> None:
        self.handle_starttag(tag, attributes)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag == self.exact:
            self.exact = ""
        if tag not in INLINE:
            self.end_of_block()
        self.lines.append(f"</{tag}>")
        if tag in IN_LINE_AS_ONE:
            self._something()

    def _before(self, tag: str) -> None:
        if tag in IN_LINE_AS_ONE:
            self._something()
        elif tag not in INLINE:
            self.end_of_block()

    def _something(self) -> None:
        self.is_at_start, self.spaced = False, None

    def end_of_block(self) -> None:
        """Spaces at both ends of a block are never seen."""
        if self.spaced is not None:
            self.lines[self.spaced] = self.lines[self.spaced].removesuffix("·")
        self.is_at_start, self.spaced = True, None

    def handle_data(self, text: str) -> None:
        if self.exact:
            self.lines += _exact(text, self.kind)
            return
        text = _SPACE.sub(" ", text)
        if self.is_at_start or self.spaced is not None:
            text = text.removeprefix(" ")
        if not text:
            return
        start, end = text.startswith(" "), text.endswith(" ")
        inner = text.strip(" ")
        self.lines.append(
            f"{'·' if start else ''}{inner}{'·' if end and inner else ''}"
        )
        self.is_at_start = False
        self.spaced = len(self.lines) - 1 if end else None

    def handle_comment(self, text: str) -> None:
        self.lines.append(f"<!--{text}-->")

    def handle_decl(self, text: str) -> None:
        self.lines.append(f"<!{text}>")


def _exact(text: str, kind: str) -> list[str]:
    if kind.endswith("json"):
        return as_json(text)
    return [f"| {line}" for line in text.split("\n")]


def _tag(tag: str, attributes: list[tuple[str, str | None]]) -> list[str]:
    """In one line where it is short, else with a line for each attribute."""
    given = dict(attributes)
    if given.get("name") == "csrfmiddlewaretoken":
        given["value"] = "TOKEN"
    parts = [_attribute(name, value) for name, value in sorted(given.items())]
    line = " ".join([f"<{tag}", *parts]) + ">"
    if tag in DRAWN or len(line) <= LONGEST_LINE:
        return [line]
    return [f"<{tag}", *(f"  {part}" for part in parts), "  >"]


def _attribute(name: str, value: str | None) -> str:
    if value is None:
        return name
    if name in WITH_WORDS:
        value = _SPACE.sub(" ", value).strip()
    value = _TOKEN.sub(r"\1TOKEN", value).replace("\n", "\\n")
    return f'{name}="{value}"'
