"""Parameters that a page or list has beside the filters: each declared once."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from dashboard.filters.state import Problem
from dashboard.ids import id_of

LONGEST_WINDOW_DAYS = 36_500
Word = TypeVar("Word", bound=str)


@dataclass(frozen=True, slots=True)
class Parameter:
    """`read` makes a value of its text, or says in a ValueError what is wrong with it.

    `default` is in force without it and not written; `write` makes the text of others.
    """

    name: str
    read: Callable[[str], Any]
    default: Any = ""
    write: Callable[[Any], str] = str


def read_parameters(
    texts: Mapping[str, str], declared: Sequence[Parameter]
) -> tuple[dict[str, Any], tuple[Problem, ...]]:
    """A value for each; what cannot be read has its default, and a problem."""
    values, problems = {}, []
    for parameter in declared:
        text = texts.get(parameter.name)
        values[parameter.name] = parameter.default
        try:
            if text:
                values[parameter.name] = parameter.read(checked(text))
        except ValueError as error:
            problems.append(Problem(name=parameter.name, sentence=str(error)))
    return values, tuple(problems)


def written(
    values: Mapping[str, Any], declared: Sequence[Parameter]
) -> list[tuple[str, str]]:
    """Name and text of those that differ from their default, in their one order."""
    return [
        (parameter.name, parameter.write(values[parameter.name]))
        for parameter in declared
        if values[parameter.name] != parameter.default
    ]


def checked(text: str) -> str:
    """The text, which the database can be asked for."""
    if "\0" in text:
        raise ValueError("A NUL character cannot be searched for.")
    return text


def shown(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:59]}…"


def one_of(words: Collection[Word]) -> Callable[[str], Word]:
    def read(text: str) -> Word:
        for word in words:
            if word == text:
                return word
        raise ValueError(f"“{shown(text)}” is none of {', '.join(words)}.")

    return read


def number(text: str) -> int:
    """An id or a page, from 1."""
    if found := id_of(text):
        return found
    raise ValueError(f"“{shown(text)}” is not a number.")


PAGE = Parameter("page", number, 1)


def window_days(text: str) -> int:
    """The days of "30d"."""
    found = re.fullmatch(r"([1-9][0-9]{0,4})d", text, re.ASCII)
    if found and int(found[1]) <= LONGEST_WINDOW_DAYS:
        return int(found[1])
    raise ValueError(f"“{shown(text)}” is not a number of days such as 30d.")
