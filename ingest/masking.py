"""What makes two messages the same failure: ids, numbers and quoted values masked.

Pure: text in, text or hash out. Every step takes time in proportion to the message,
whatever it holds, because messages come from outside.
"""

from __future__ import annotations

import hashlib
import re
from uuid import UUID

# Raised with every change of a rule below: stored signatures of an older version are
# then made anew by the housekeeping.
VERSION = 1

# One sign for everything that counts or names something, since a number of many digits
# and a short hash look alike; another one for quoted values.
_NUMBER, _TEXT = "<n>", "<text>"

# An address, a UUID, or eight and more hexadecimal digits with a letter among them. Not
# beside a mask, so that what is left of a longer word is not taken for one.
_HEX = re.compile(
    r"(?<![0-9A-Za-z])(?<!<n>)"
    r"(?:0[xX][0-9A-Fa-f]++"
    r"|[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"
    r"|(?=[0-9]*+[A-Fa-f])[0-9A-Fa-f]{8,}+)"
    r"(?![0-9A-Za-z])(?!<n>)"
)
_EIGHT = re.compile(r"[0-9A-Fa-f]{8}")
_RUN = re.compile(r"[0-9A-Za-z+/_-]{16,}+={0,2}")
_PIECE = re.compile(r"[^/]{16,}+")
_DIGIT = re.compile(r"[0-9]")
_ALTERNATION = re.compile(r"(?<=[a-z])[A-Z0-9]|(?<=[A-Z])[a-z0-9]|(?<=[0-9])[A-Za-z]")
# Each kind of quote pairs with the next of its kind in the line: at most one is left.
_DOUBLE = re.compile(r'["“”„«»][^"“”„«»\n]*+["“”„«»]')
_BACKTICK = re.compile(r"`[^`\n]*+`")
# A group that may repeat is atomic, not possessive: before Python 3.11.5 such a group
# took more than it matched.
# Between two letters it is an apostrophe. A pattern that begins with the sign itself is
# searched for ten times as fast as one that begins with a condition.
_EDGE = r"['‘’‚‹›](?:(?<![^\W\d_].)|(?![^\W\d_]))"
_SINGLE = re.compile(
    _EDGE + r"(?>(?:[^'‘’‚‹›\n]|(?<=[^\W\d_])['‘’‚‹›](?=[^\W\d_]))*)" + _EDGE
)
# `Cart.java:42`, `cart.js:42:17`.
_LINE = re.compile(r"(\.[A-Za-z]\w*+):\d++(?::\d++)?")
_DIGITS = re.compile(r"\d++(?>(?:[.,]\d++)*)")


def masked(message: str) -> str:
    """The message without what differs from one occurrence to the next.

    In this order: hexadecimal ids of 8 and more digits, base64-like words of 16 and
    more characters, quoted strings, line numbers in paths, numbers. What is masked
    stays as it is when masked again. Linear in the length of the message.
    """
    text = _HEX.sub(_NUMBER, message) if _may_have_hex(message) else message
    text = _RUN.sub(_without_random, text)
    text = _DOUBLE.sub(_TEXT, text)
    text = _BACKTICK.sub(_TEXT, text)
    text = _SINGLE.sub(_TEXT, text)
    text = _LINE.sub(r"\1:<n>", text)
    return _DIGITS.sub(_NUMBER, text)


def signature(message: str) -> UUID:
    """A fixed-size hash of the masked message; not for security."""
    text = masked(message).encode()
    return UUID(bytes=hashlib.md5(text, usedforsecurity=False).digest())


def _may_have_hex(message: str) -> bool:
    """Most messages have none, and that is found out in a third of the time."""
    return bool(_EIGHT.search(message)) or "0x" in message or "0X" in message


def _without_random(match: re.Match[str]) -> str:
    run = match[0]
    if not _DIGIT.search(run):
        return run
    if "+" in run or run.endswith("="):
        return _NUMBER if _is_random(run) else run
    # A path or an address: only that piece of it which is random varies.
    return _PIECE.sub(lambda piece: _NUMBER if _is_random(piece[0]) else piece[0], run)


def _is_random(word: str) -> bool:
    """Whether capitals, small letters and digits take turns as in encoded bytes.

    In words and camel-case names the kind changes once in four characters and less; in
    base64 more often than every second time.
    """
    if not _DIGIT.search(word):
        return False
    return 3 * len(_ALTERNATION.findall(word)) >= len(word)
