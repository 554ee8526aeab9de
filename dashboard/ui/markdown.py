"""Texts as Markdown prints them: nothing in them is more than itself."""

from __future__ import annotations

import re

# What Markdown would read as more than itself, wherever it stands in a line.
SPECIAL = re.compile(r"([\\`*{}\[\]<>|~])")
# Inside of a word it is a letter, as in test_login.
UNDERSCORES = re.compile(r"(?<!\w)_+|_+(?!\w)")
ENTITY = re.compile(r"&(?=#?\w+;)")
# At the beginning of an item these would begin another list, a line or a heading.
LEADING = re.compile(r"^(\d+(?=[.)])|(?=[-+=#]))")


def escaped(text: str) -> str:
    """The text as Markdown prints it unchanged, on one line."""
    line = " ".join(text.split())
    line = UNDERSCORES.sub(_each_escaped, SPECIAL.sub(r"\\\1", line))
    line = ENTITY.sub("&amp;", line)
    return LEADING.sub(r"\1\\", line)


def _each_escaped(run: re.Match[str]) -> str:
    return run[0].replace("_", r"\_")
