"""How long a text may be on a page: how it is cut, and that honest ones are not."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from itertools import chain
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.ui.lengths import ELLIPSIS, LONGEST_NAME, LONGEST_TEXT, cut, fitted
from dashboard.ui.parts import Link, Note
from tests.dashboard import addresses
from tests.dashboard.marked import make_marked
from tests.dashboard.page_reader import logged_in

TEXT = "x" * 2_000_000
# What people look for by its name.
HONEST = (
    *("Project.name", "Source.name", "Configuration.name", "Milestone.name"),
    *("MilestoneMember.name", "Run.name", "Run.branch", "Thread.name"),
    *("Case.name", "Case.folder", "ResultText.message"),
)


@pytest.mark.django_db
@pytest.mark.usefixtures("empty_redis")
def test_honest_names_are_printed_whole_on_every_page():
    honest = "Pays with a saved card after the challenge, " * 5
    made = make_marked(lambda name: honest[: 200 - len(name)] + name, HONEST)
    client, seen = logged_in(made.user), ""
    for path in chain(*addresses.pages(made).values()):
        answer = client.get(path)
        seen += "" if answer.streaming else answer.content.decode()
        for name in ("page", "shell", "filter_bar"):
            said = answer.context.get(name) if answer.context else None
            cut_ones = [text for text in texts_in(said) if is_cut(text)]
            assert cut_ones == [], (path, name)
    for name in HONEST:
        assert honest[: 200 - len(name)] + name in seen, name


def texts_in(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif is_dataclass(value):
        for field in fields(value):
            yield from texts_in(getattr(value, field.name))
    elif isinstance(value, Mapping):
        yield from texts_in(list(value.values()))
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from texts_in(inner)


def is_cut(text: str) -> bool:
    """Whether it is as long as a text that was cut, and says so."""
    limits = {LONGEST_NAME, LONGEST_TEXT, 400, 3_000, 4_000}
    near = any(limit - 5 <= len(text) <= limit for limit in limits)
    return near and text.endswith(ELLIPSIS)


@given(
    st.text(st.sampled_from('aé\u0301\u0327👩\u200d👧🏽\ufe0f" &<'), max_size=60),
    st.integers(2, 50),
)
def test_what_is_cut_is_short_and_parts_no_letter_from_its_marks(text, letters):
    short = cut(text, letters)
    assert len(short) <= letters or short == text
    if short == text:
        return
    assert short.endswith(ELLIPSIS)
    kept = short.removesuffix(ELLIPSIS)
    rest = text[len(kept) :]
    assert text.startswith(kept)
    if kept and rest and rest.strip() == rest:
        assert unicodedata.category(rest[0]) not in {"Mn", "Me"}
        assert "\u200d" not in (kept[-1], rest[0])


def test_a_letter_with_marks_without_end_is_cut_all_the_same():
    assert len(cut("e" + "\u0301" * 2_000_000, 300)) <= 300


def test_a_context_whose_texts_are_short_is_the_very_same():
    note = Note(kind="warn", glyph="x", fact="f" * 3000, text="t", link=None)
    assert fitted(note) is note
    assert fitted((note, {"a": [1, None, "x" * 1000]}))[0] is note
    long = Note(
        kind="warn", glyph="x", fact="f", text="t", link=Link(text=TEXT, href=TEXT)
    )
    link = fitted([long])[0].link
    assert (len(link.text), link.text[-1], link.href) == (LONGEST_NAME, ELLIPSIS, "")
