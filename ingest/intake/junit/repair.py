"""What writers get wrong about XML, put right where it can be read in one way alone.

That is all around the text itself: how it is encoded, white space before it, and signs
that no XML may have, such as the colours of a terminal.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator
from itertools import chain

from ingest.intake.errors import InvalidError

# Of so many bytes the encoding is told.
_HEAD = 1024
_BEFORE = re.compile(rb"(?:[ \t\r\n]|\xef\xbb\xbf)+")
_NO_SIGNS = bytes(sign for sign in range(32) if sign not in b"\t\r\n")
# The same and halves of a letter, by their numbers: JDKs before 12 write a letter beyond
# U+FFFF so.
_NO_LETTERS = re.compile(
    rb"(?:&#(?:x0{0,4}(?:[0-8bcef]|1[0-9a-f]|d[89a-f][0-9a-f]{2}|fff[ef])"
    rb"|0{0,4}(?:[0-8]|1[124-9]|2[0-9]|3[01]|5529[6-9]|55[3-9]\d\d|56\d{3}|57[0-2]\d\d"
    rb"|573[0-3]\d|5734[0-3]|6553[45]));)+",
    re.IGNORECASE,
)
_NUMBER = re.compile(rb"&#(x?)([0-9a-f]+);", re.IGNORECASE)
# A letter by its number that its chunk ends in the middle of.
_BEGUN = re.compile(rb"&(?:#[0-9a-fA-Fx]{0,11})?\Z")
_TWO_BYTES = re.compile(
    rb"<\?xml[^>]*encoding\s*=\s*[\"'](?:utf|ucs)-?(?:16|32|2|4)", re.IGNORECASE
)


def repaired(chunks: Iterable[bytes]) -> tuple[str | None, Iterator[bytes]]:
    """The encoding, None where the XML itself tells it, and the XML as it can be parsed.

    Both raise InvalidError.
    """
    rest = iter(chunks)
    head = b""
    while len(head) < _HEAD and (chunk := next(rest, None)) is not None:
        head += chunk
        if before := _BEFORE.match(head):
            head = head[before.end() :]
    encoding = None
    whole: Iterator[bytes] = chain([head], rest)
    if wide := _wide(head):
        encoding, whole = "utf-8", _as_utf8(whole, wide)
    elif _TWO_BYTES.match(head):
        # Of one who wrote into a text, and that into a file.
        encoding = "utf-8"
    return encoding, _without_no_letters(whole)


def _wide(head: bytes) -> str:
    """The encoding of more bytes a letter that a file begins in, whatever it says."""
    if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return "utf-32"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    return {b"<\0": "utf-16-le", b"\0<": "utf-16-be"}.get(head[:2], "")


def _as_utf8(chunks: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    decode = codecs.getincrementaldecoder(encoding)().decode
    try:
        for chunk in chunks:
            yield decode(chunk).encode()
        yield decode(b"", True).encode()
    except UnicodeError:
        said = (
            f"The file begins as {encoding.upper()} and is not encoded so: send UTF-8."
        )
        raise InvalidError(said) from None


def _without_no_letters(chunks: Iterable[bytes]) -> Iterator[bytes]:
    kept = b""
    for chunk in chunks:
        text = kept + chunk.translate(None, _NO_SIGNS)
        begun = _BEGUN.search(text, max(0, len(text) - 13))
        text, kept = (text[: begun.start()], begun[0]) if begun else (text, b"")
        yield _NO_LETTERS.sub(_letters, text) if b"&#" in text else text
    yield kept


def _letters(found: re.Match[bytes]) -> bytes:
    """The letters that pairs of halves are; nothing for what is no letter."""
    numbers = [
        int(digits, 16 if is_hex else 10)
        for is_hex, digits in _NUMBER.findall(found[0])
    ]
    text = "".join(map(chr, numbers)).encode("utf-16", "surrogatepass")
    whole = text.decode("utf-16", "ignore")
    return b"".join(b"&#%d;" % ord(letter) for letter in whole if ord(letter) > 0xFFFF)
