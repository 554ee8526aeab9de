"""An answer's bytes as JSON values, refused before they could fill the memory."""

from __future__ import annotations

import json
import re
from typing import Any

# An honest answer nests less than ten deep. Deeper ones break what walks through rows.
DEEPEST = 100
# Values in one answer, and lists and objects among them: one of these takes up to
# 240 bytes of memory however little it holds.
MOST_VALUES = 300_000
MOST_CONTAINERS = 100_000

MANY_ESCAPES = 200_000
_ESCAPE = re.compile(rb"\\.", re.DOTALL)
_OTHER_THAN = {
    kept: bytes(sorted(set(range(256)) - set(kept)))
    for kept in (b"[{,", b'"[]{}', b'"[{,')
}


class TooComplexError(ValueError):
    """An answer whose JSON nests too deep or holds too many values; the text says so."""


def decoded(content: bytes) -> Any:
    """The value of JSON in UTF-8; of a repeated key the last one counts.

    Raises TooComplexError, or ValueError for what is no JSON. NaN and infinite numbers
    are read, as some vendors send them; a whole number has up to 4,300 digits.
    """
    _check_structure(content)
    try:
        # Not the bytes: json would take UTF-16 too, whose structure hides from a count.
        return json.loads(content.decode("utf-8-sig", "surrogatepass"))
    except RecursionError:
        raise ValueError("nested deeper than can be read") from None


def _check_structure(content: bytes) -> None:
    """Count values and depth without building any; what is no JSON may pass.

    The parser stops at the first fault, and up to there both agree on what is a text.
    """
    content = _without_escapes(content)
    # At first with what stands in texts, which is quick and mostly enough.
    if _left(content, b"[{,") > MOST_VALUES and _values(content) > MOST_VALUES:
        raise TooComplexError(f"more than {MOST_VALUES:,} values")
    brackets = _brackets(content)
    if brackets.count(b"[") + brackets.count(b"{") > MOST_CONTAINERS:
        raise TooComplexError(f"more than {MOST_CONTAINERS:,} lists and objects")
    _check_depth(brackets)


def _without_escapes(content: bytes) -> bytes:
    """What no escaped quote can be taken for the end of a text in."""
    escapes = content.count(b"\\")
    if escapes > MANY_ESCAPES:
        # Slower, but in no more memory than the answer itself.
        return content.replace(rb"\\", b"").replace(rb"\"", b"")
    return _ESCAPE.sub(b"", content) if escapes else content


def _left(content: bytes, kept: bytes) -> int:
    return len(content.translate(None, _OTHER_THAN[kept]))


def _values(content: bytes) -> int:
    """How many values open or follow outside of texts; texts alone where too many."""
    structure = content.translate(None, _OTHER_THAN[b'"[{,'])
    texts = structure.count(b'"') // 2
    if texts > 2 * MOST_VALUES:
        return texts
    return len(b"".join(structure.split(b'"')[::2]))


def _brackets(content: bytes) -> bytes:
    """The brackets outside of texts, in their order."""
    signs = content.translate(None, _OTHER_THAN[b'"[]{}'])
    # Texts without brackets go at once; two of them side by side are like one.
    return b"".join(signs.replace(b'""', b"").split(b'"')[::2])


def _check_depth(brackets: bytes) -> None:
    """Take the innermost pairs out, DEEPEST times; nothing may be left to take out."""
    for _ in range(DEEPEST):
        inner = brackets.replace(b"[]", b"").replace(b"{}", b"")
        if inner == brackets:
            break
        brackets = inner
    if b"[]" in brackets or b"{}" in brackets:
        raise TooComplexError(f"JSON nested deeper than {DEEPEST} levels")
    if len(brackets) > DEEPEST:
        raise ValueError("cut off deep inside")
