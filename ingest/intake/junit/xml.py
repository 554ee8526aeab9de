"""XML from strangers: parsed piece by piece, with no entity, and of a bounded depth."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NoReturn
from xml.parsers import expat

from ingest.intake.errors import InvalidError
from ingest.intake.junit.repair import repaired
from ingest.intake.report import MOST_LETTERS, cut

DEEPEST = 100
# One tag, comment or instruction, in bytes: the parser holds it whole.
LONGEST_TAG = 12 * 2**20
# Of one tag: the parser compares each with all others, and nobody else computes meanwhile.
MOST_ATTRIBUTES = 1_000
# A value, also one that is cut off, or the end of a tag.
_QUOTED_OR_END = re.compile(rb"\"[^\"]*(?:\"|\Z)|'[^']*(?:'|\Z)|>")
# Below one element that is kept; what one test says in all, in letters.
MOST_ELEMENTS = 10_000
MOST_LETTERS_KEPT = 8 * MOST_LETTERS
ROOTS = frozenset({"testsuites", "testsuite"})


@dataclass(slots=True)
class Element:
    """A part of the file that is kept until it is read. `text` is what stands in it."""

    tag: str
    attributes: dict[str, str]
    children: list[Element] = field(default_factory=list)
    parts: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "".join(self.parts)


class Walker:
    """Walks a file and keeps an Element only of what `wants` asks for.

    `enter` and `leave` are told of what lies around; what they add to `found` is given on.
    """

    kept_tags: frozenset[str] = frozenset()

    def __init__(self) -> None:
        self.found: list[Any] = []
        self._depth = 0
        self._open: list[Element] = []
        self._elements = self._letters = 0
        # Whether the bytes that are parsed may end a tag of more than MOST_LETTERS.
        self._may_be_long = False

    def enter(self, tag: str, attributes: dict[str, str]) -> None:
        """An element that is not kept begins."""

    def leave(self, tag: str) -> None:
        """It ends."""

    def keep(self, element: Element) -> None:
        """An element of `kept_tags` is there whole."""

    def walk(self, chunks: Iterable[bytes], encoding: str = "") -> Iterator[Any]:
        """What is found, as soon as it is; `encoding` is that of the bytes where it is
        known, whatever the XML says. Raises InvalidError.
        """
        told, pieces = repaired(chunks)
        self._parser = self._made_parser(encoding or told)
        for piece in self._as_much_as_is_awaited(pieces):
            self._parse(piece, is_last=False)
            yield from self._taken()
        self._parse(b"", is_last=True)
        yield from self._taken()

    def _as_much_as_is_awaited(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """As much again as the parser waits with, which reads a tag from its beginning
        for each piece; up to where it is too long.
        """
        held: list[bytes] = []
        given = held_bytes = unread = awaited = 0
        begun = b""
        for piece in pieces:
            held.append(piece)
            held_bytes += len(piece)
            if held_bytes < awaited:
                continue
            given += held_bytes
            self._may_be_long = unread + held_bytes > MOST_LETTERS
            begun += b"".join(held)
            self._check_attributes(begun if unread else b"")
            yield begun[unread:]
            held, held_bytes = [], 0
            unread = given - self._parser.CurrentByteIndex
            begun = begun[len(begun) - unread :]
            awaited = min(unread, LONGEST_TAG - unread + 1)
            if unread > LONGEST_TAG:
                raise InvalidError(
                    f"A tag is longer than {LONGEST_TAG // 2**20} MB, "
                    f"line {self._parser.CurrentLineNumber}."
                )
        self._may_be_long = True
        self._check_attributes(begun + b"".join(held) if unread else b"")
        yield b"".join(held)

    def _check_attributes(self, begun: bytes) -> None:
        """Of the tag that `begun` begins with, which the parser has not read yet."""
        if begun[:2] in (b"<!", b"<?"):
            return
        for number, found in enumerate(_QUOTED_OR_END.finditer(begun)):
            if found[0] == b">":
                return
            if number > MOST_ATTRIBUTES:
                raise InvalidError(
                    f"A tag has more than {MOST_ATTRIBUTES:,} attributes, "
                    f"line {self._parser.CurrentLineNumber}."
                )

    def _made_parser(self, encoding: str | None) -> expat.XMLParserType:
        parser = expat.ParserCreate(encoding)
        parser.buffer_text, parser.buffer_size = True, 2**16
        parser.StartElementHandler, parser.EndElementHandler = self._start, self._end
        parser.StartDoctypeDeclHandler = _refuse_doctype
        parser.EntityDeclHandler = _refuse_doctype
        return parser

    def _taken(self) -> list[Any]:
        taken, self.found = self.found, []
        return taken

    def _parse(self, chunk: bytes, *, is_last: bool) -> None:
        try:
            self._parser.Parse(chunk, is_last)
        except expat.ExpatError as error:
            what = expat.ErrorString(error.code)
            raise InvalidError(
                f"The file is no whole XML: {what}, line {error.lineno}, "
                f"column {error.offset + 1}."
            ) from None
        except (LookupError, ValueError):
            # An encoding that Python does not know, or that is of several bytes.
            raise InvalidError("The file's encoding is unknown: send UTF-8.") from None

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        tag = tag.rpartition(":")[2]
        self._depth += 1
        if self._depth == 1 and tag not in ROOTS:
            said = f"The file begins with <{tag[:60]}>, not <testsuites> or <testsuite>"
            raise InvalidError(f"{said}: it is no JUnit XML.")
        if self._depth > DEEPEST:
            raise InvalidError(
                f"Elements are nested more than {DEEPEST} deep, "
                f"line {self._parser.CurrentLineNumber}."
            )
        if self._may_be_long:
            attributes = {name: cut(text) for name, text in attributes.items()}
        if self._open or tag in self.kept_tags:
            self._start_kept(tag, attributes)
        else:
            self.enter(tag, attributes)

    def _start_kept(self, tag: str, attributes: dict[str, str]) -> None:
        if not self._open:
            self._elements = self._letters = 0
            self._parser.CharacterDataHandler = self._text
        self._elements += 1
        if self._elements > MOST_ELEMENTS:
            raise InvalidError(
                f"<{self._open[0].tag}> has more than {MOST_ELEMENTS:,} elements, "
                f"line {self._parser.CurrentLineNumber}."
            )
        element = Element(tag, attributes)
        if self._open:
            self._open[-1].children.append(element)
        self._open.append(element)

    def _end(self, tag: str) -> None:
        self._depth -= 1
        if not self._open:
            self.leave(tag.rpartition(":")[2])
            return
        element = self._open.pop()
        if not self._open:
            self._parser.CharacterDataHandler = None
            self.keep(element)

    def _text(self, text: str) -> None:
        # Cut here too: the whole of a log that nobody will see is not kept.
        if self._letters < MOST_LETTERS_KEPT:
            self._letters += len(text)
            self._open[-1].parts.append(text)


def _refuse_doctype(*_: Any) -> NoReturn:
    raise InvalidError(
        "The file declares a document type or entities, which are not read: leave "
        "<!DOCTYPE …> out."
    )
