"""JSON of any length, of which one value at a time is in memory."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NoReturn

from ingest.decoding import OF_PUSHES, TooComplexError, check_structure
from ingest.intake.errors import InvalidError

# One value that is read whole, in letters; what is in memory of a longer one than the
# second is looked at before it is read.
LONGEST_VALUE = 8 * 2**20
UNEXAMINED = 2**20
_ENDS = re.compile(r"[,\]} \t\n\r]")
_SPACE = re.compile(r"[ \t\n\r]*")


class JsonStream:
    """Walks through objects and lists; what is not walked through is read whole.

    Every method raises InvalidError where the text is no JSON or ends too early.
    """

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self._decode: Callable[[bytes, bool], str] | None = None
        self._decoder = json.JSONDecoder(parse_constant=_refuse_constant)
        self._text, self._at, self._before = "", 0, 0
        self._is_whole = False

    def peek(self) -> str:
        """The next sign that is no white space, "" at the end."""
        while True:
            self._at = _SPACE.match(self._text, self._at).end()  # type: ignore[union-attr]
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._fill():
                return ""

    def members(self) -> Iterator[str]:
        """The keys of an object; the value of each must be read before the next."""
        for _ in self._between("{", "}"):
            if self.peek() != '"':
                self._fail("a key is missing")
            key: str = self.value()
            self._take(":")
            yield key

    def items(self) -> Iterator[Any]:
        """The values of a list."""
        for _ in self._between("[", "]"):
            yield self.value()

    def value(self) -> Any:
        """The next value, whole."""
        if not self.peek():
            self._fail("it ends in its middle")
        while True:
            try:
                found, end = self._decoder.raw_decode(self._text, self._at)
            except RecursionError:
                self._fail("values are nested too deep")
            except ValueError as error:
                if not self._fill_for_value():
                    self._fail(str(getattr(error, "msg", error)).lower())
                continue
            # "1e+" is the number 1 until its next piece comes: only a sign ends it.
            is_ended = not isinstance(found, int | float) or _ENDS.match(
                self._text, end
            )
            if is_ended or not self._fill():
                self._at = end
                return found

    def end(self) -> None:
        """Nothing may follow."""
        if self.peek():
            self._fail("something follows behind its end")

    def _between(self, opening: str, closing: str) -> Iterator[None]:
        self._take(opening)
        if self.peek() == closing:
            self._at += 1
            return
        while True:
            yield
            if self.peek() == closing:
                self._at += 1
                return
            self._take(",")

    def _take(self, sign: str) -> None:
        found = self.peek()
        if found != sign:
            said = f"{found!r} stands where {sign!r} must" if found else ""
            self._fail(said or "it ends in its middle")
        self._at += 1

    def _fill_for_value(self) -> bool:
        """More of a value that is not whole yet, as much again as there is of it, so
        that a long one is not looked at for each piece.
        """
        wanted = 2 * (len(self._text) - self._at)
        if wanted > 2 * LONGEST_VALUE:
            self._fail(f"a value has more than {LONGEST_VALUE // 2**20} MB")
        is_more = self._fill()
        while is_more and len(self._text) - self._at < wanted and self._fill():
            pass
        if wanted > UNEXAMINED:
            self._examine()
        return is_more

    def _examine(self) -> None:
        try:
            rest = self._text[self._at :].encode("utf-8", "surrogatepass")
            check_structure(rest, OF_PUSHES)
        except TooComplexError as error:
            self._fail(f"a value has {error}")
        except ValueError:
            pass  # No JSON, which the reading of it says with its place.

    def _fill(self) -> bool:
        if self._is_whole:
            return False
        chunk = next(self._chunks, None)
        self._is_whole = chunk is None
        if self._decode is None:
            self._decode = _decoder(chunk or b"")
        try:
            more = self._decode(chunk or b"", self._is_whole)
        except UnicodeDecodeError as error:
            self._fail(f"it is not encoded as {error.encoding.upper()}")
        self._before += self._at
        self._text, self._at = self._text[self._at :] + more, 0
        return not self._is_whole or bool(more)

    def _fail(self, said: str) -> NoReturn:
        raise InvalidError(
            f"The file is no whole JSON: {said}, letter {self._before + self._at + 1:,}."
        )


def _decoder(head: bytes) -> Callable[[bytes, bool], str]:
    """UTF-8, or what a Windows shell makes of it where it writes output into a file."""
    encoding = json.detect_encoding(head)
    encoding = "utf-8-sig" if encoding == "utf-8" else encoding
    return codecs.getincrementaldecoder(encoding)().decode


def _refuse_constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number")
