"""How much of a text is printed, so that no name of a vendor makes a page heavy."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import cache
from types import UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")
ELLIPSIS = "…"
# Letters of what has no length of its own, and of what is called a name.
LONGEST_TEXT = 1_000
LONGEST_NAME = 250
NAMES = frozenset(
    ["name", "folder", "project", "source", "configuration", "connection", "thread"]
)
# What a web server takes of an address; a longer one would be a door to an error.
LONGEST_ADDRESS = 4_000
# So many marks may hang on one letter before they are parted from it.
MOST_MARKS = 64
_MARKS = frozenset({"Mn", "Me", "Mc"})
_JOINER = "\N{ZERO WIDTH JOINER}"
_SKIN_TONES = ("\U0001f3fb", "\U0001f3ff")
_SCALARS = frozenset({int, float, bool, type(None)})


@dataclass(frozen=True, slots=True)
class Longest:
    """The letters that a field of a context prints at most."""

    letters: int


Name = Annotated[str, Longest(LONGEST_NAME)]
# Sentences that may name several things, and the title of an object's own page.
Prose = Annotated[str, Longest(3_000)]
# What people wrote, which the forms limit.
Words = Annotated[str, Longest(25_000)]
# A vendor's own words: where they are read, where fifty are, and beside a name. Where
# they are cut, a link leads to the whole.
LONGEST_QUOTE = 16_000
LONGEST_OF_MANY = 4_000
LONGEST_RECORD = 10_000
Quote = Annotated[str, Longest(LONGEST_QUOTE)]
QuoteOfMany = Annotated[str, Longest(LONGEST_OF_MANY)]
Record = Annotated[str, Longest(LONGEST_RECORD)]
LONGEST_SNIPPET = 400
# What the page is for: all of it, however long.
Whole = Annotated[str, Longest(2**40)]
# Made of texts that were fitted before.
Made = Annotated[str, Longest(1_000_000)]


def cut(text: str, letters: int) -> str:
    """At most so many letters, of which the last one then says that there were more.

    It never parts a letter from its marks, nor an emoji from what it is joined to.
    """
    if len(text) <= letters:
        return text
    end = letters - 1
    for _ in range(MOST_MARKS):
        if end > 0 and _hangs_together(text[end - 1], text[end]):
            end -= 1
    return text[:end].rstrip() + ELLIPSIS


def _hangs_together(before: str, after: str) -> bool:
    is_tone = _SKIN_TONES[0] <= after <= _SKIN_TONES[1]
    is_mark = unicodedata.category(after) in _MARKS
    return is_mark or is_tone or _JOINER in (before, after)


def fitted(value: T) -> T:
    """A context with every text at most as long as its field says; the very same object
    where all of them are.
    """
    found: T = _fitted(value, LONGEST_TEXT)
    return found


def _fitted(value: Any, letters: int) -> Any:
    kind = type(value)
    if kind in _SCALARS:
        return value
    if isinstance(value, str):
        return value if len(value) <= letters else cut(value, letters)
    if is_dataclass(value) and not isinstance(value, type):
        return _row(value)
    if isinstance(value, Mapping):
        return _mapping(value, letters)
    if isinstance(value, list | tuple):
        return _several(value, letters)
    return value


def _row(row: Any) -> Any:
    changed = {}
    for name, letters, fit in _plan(row.__class__):
        value = getattr(row, name)
        kind = type(value)
        # Most are, and a page has ten thousand of them.
        if (kind is str and len(value) <= letters) or kind in _SCALARS:
            continue
        if (new := fit(value)) is not value:
            changed[name] = new
    return replace(row, **changed) if changed else row


def _mapping(values: Mapping[Any, Any], letters: int) -> Mapping[Any, Any]:
    found = {key: _fitted(value, letters) for key, value in values.items()}
    return values if all(found[key] is values[key] for key in values) else found


def _several(values: Any, letters: int) -> Any:
    found = [_fitted(value, letters) for value in values]
    if all(new is old for new, old in zip(found, values, strict=True)):
        return values
    return type(values)(found)


@cache
def _plan(row_type: type) -> tuple[tuple[str, int, Callable[[Any], Any]], ...]:
    """The fields of a context that can hold a text: of how many letters it may be as it
    is, and what fits a longer one.
    """
    hints = get_type_hints(row_type, include_extras=True)
    names = {field.name for field in fields(row_type)}
    return tuple(
        (name, *_fit(name, hint))
        for name, hint in hints.items()
        if name in names and _may_hold_text(hint)
    )


def _may_hold_text(hint: Any) -> bool:
    options = get_args(hint) if get_origin(hint) in {Union, UnionType} else (hint,)
    return any(option not in _SCALARS for option in options)


def _fit(name: str, hint: Any) -> tuple[int, Callable[[Any], Any]]:
    if name == "href" or name.endswith(("_href", "_url", "action")):
        return LONGEST_ADDRESS, _address
    if name in {"value", "hidden", "custom_hidden", "fields"}:
        # What a form sends back has to be what it was.
        return LONGEST_ADDRESS, lambda value: _fitted(value, LONGEST_ADDRESS)
    given = [one for one in getattr(hint, "__metadata__", ()) if type(one) is Longest]
    usual = LONGEST_NAME if name in NAMES else LONGEST_TEXT
    letters = given[0].letters if given else usual
    return letters, lambda value: _fitted(value, letters)


def _address(value: Any) -> Any:
    """Without a door where it would lead nowhere."""
    return "" if isinstance(value, str) and len(value) > LONGEST_ADDRESS else value
