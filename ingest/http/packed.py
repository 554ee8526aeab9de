"""Answers with one large list, whose rows stay bytes until each is come to."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from ingest.decoding import TooComplexError, decoded

# A whole text, also one that is cut off, or a bracket outside of texts.
_TOKEN = re.compile(rb'"(?>(?:[^"\\]++|\\.)*)(?:"|\\?\Z)|[\[\]{}]', re.DOTALL)
MOST_TOKENS = 4_000_000
# As many as a run may have.
MOST_ROWS = 100_000
BETWEEN_ROWS = b" \t\r\n,"


class PackedRows(list[Any]):
    """Objects as bytes; going through them decodes one after the other.

    `trouble` makes the error that is raised for one that cannot be decoded.
    """

    def __init__(
        self, rows: list[bytes], trouble: Callable[[ValueError], Exception]
    ) -> None:
        super().__init__(rows)
        self._trouble = trouble

    def __iter__(self) -> Iterator[Any]:
        for row in super().__iter__():
            try:
                value = decoded(row)
            except ValueError as error:
                raise self._trouble(error) from None
            yield value


def split(content: bytes, name: str) -> tuple[bytes, list[bytes]]:
    """The answer with the list called `name` at its top emptied, and the list's rows.

    Without such a list the answer stays whole. Raises ValueError for a list that holds
    anything but objects and lists or does not end.
    """
    tokens = _tokens(content)
    begin = _begin_of_list(content, tokens, json.dumps(name).encode())
    if begin is None:
        return content, []
    rows, end = _rows(content, begin, tokens)
    return content[:begin] + content[end:], rows


def _tokens(content: bytes) -> Iterator[re.Match[bytes]]:
    for count, token in enumerate(_TOKEN.finditer(content)):
        if count > MOST_TOKENS:
            raise TooComplexError(f"more than {MOST_TOKENS:,} texts, lists and objects")
        yield token


def _begin_of_list(
    content: bytes, tokens: Iterator[re.Match[bytes]], name: bytes
) -> int | None:
    """Where the first row of the list can begin."""
    depth = 0
    key: re.Match[bytes] | None = None
    for token in tokens:
        sign = token[0]
        if sign.startswith(b'"'):
            key = token if depth == 1 and sign == name else None
            continue
        if sign == b"[" and key and content[key.end() : token.start()].strip() == b":":
            return token.end()
        key = None
        depth += 1 if sign in b"[{" else -1
    return None


def _rows(
    content: bytes, begin: int, tokens: Iterator[re.Match[bytes]]
) -> tuple[list[bytes], int]:
    """The rows from `begin` on, and where their list is closed."""
    rows: list[bytes] = []
    depth, row_begin, row_end = 0, begin, begin
    for token in tokens:
        sign = token[0]
        if sign.startswith(b'"'):
            if depth == 0:
                raise ValueError("a text among the rows")
            continue
        if depth == 0:
            row_begin = token.start()
            if content[row_end:row_begin].strip(BETWEEN_ROWS):
                raise ValueError("a value among the rows")
        depth += 1 if sign in b"[{" else -1
        if depth < 0:
            return rows, token.start()
        if depth == 0:
            row_end = token.end()
            rows.append(content[row_begin:row_end])
            if len(rows) > MOST_ROWS:
                raise TooComplexError(f"more than {MOST_ROWS:,} rows")
    raise ValueError("the list is cut off")
