"""The bytes of strangers as JSON values, refused before they could fill the memory."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

# An honest answer nests less than ten deep. Deeper ones break what walks through rows.
DEEPEST = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Values in one text, and lists and objects among them: one of these takes up to
    240 bytes of memory however little it holds.
    """

    values: int = 300_000
    containers: int = 100_000


OF_ANSWERS = Limits()
# A build may tell of all its tests at once.
OF_PUSHES = Limits(values=1_000_000, containers=300_000)

MANY_ESCAPES = 200_000
_ESCAPE = re.compile(rb"\\.", re.DOTALL)
_OTHER_THAN = {
    kept: bytes(sorted(set(range(256)) - set(kept)))
    for kept in (b"[{,", b'"[]{}', b'"[{,')
}


class TooComplexError(ValueError):
    """JSON that nests too deep or holds too many values; the text says so."""


def decoded(
    content: bytes,
    limits: Limits = OF_ANSWERS,
    constant: Callable[[str], Any] | None = None,
) -> Any:
    """The value of JSON in UTF-8; of a repeated key the last one counts.

    Raises TooComplexError, or ValueError for what is no JSON. NaN and infinite numbers
    are read, as some vendors send them, unless `constant` makes something else of their
    words; a whole number has up to 4,300 digits.
    """
    check_structure(content, limits)
    try:
        # Not the bytes: json would take UTF-16 too, whose structure hides from a count.
        text = content.decode("utf-8-sig", "surrogatepass")
        return json.loads(text, parse_constant=constant)
    except RecursionError:
        raise ValueError("nested deeper than can be read") from None


def check_structure(content: bytes, limits: Limits) -> None:
    """Count values and depth without building any; what is no JSON may pass. Raises
    TooComplexError.

    The parser stops at the first fault, and up to there both agree on what is a text.
    """
    content = _without_escapes(content)
    # At first with what stands in texts, which is quick and mostly enough.
    most = limits.values
    if _left(content, b"[{,") > most and _values(content, most) > most:
        raise TooComplexError(f"more than {most:,} values")
    brackets = _brackets(content)
    if brackets.count(b"[") + brackets.count(b"{") > limits.containers:
        raise TooComplexError(f"more than {limits.containers:,} lists and objects")
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


def _values(content: bytes, most: int) -> int:
    """How many values open or follow outside of texts; texts alone where too many."""
    structure = content.translate(None, _OTHER_THAN[b'"[{,'])
    texts = structure.count(b'"') // 2
    if texts > 2 * most:
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
