"""Files that are almost XML: how they are encoded, and signs that no XML may have."""

from __future__ import annotations

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.intake.errors import InvalidError
from ingest.intake.junit.repair import repaired
from ingest.intake.junit.xml import LONGEST_TAG
from tests.ingest.intake.reports import case, junit_of, suite

NAME = "zahlt für 😀"
TEXT = suite(case(NAME))


def head(encoding: str) -> str:
    return f'<?xml version="1.0" encoding="{encoding}"?>\n'


@pytest.mark.parametrize(
    "data",
    [
        TEXT.encode("utf-16"),
        TEXT.encode("utf-16-le"),
        TEXT.encode("utf-16-be"),
        TEXT.encode("utf-32"),
        (head("utf-8") + TEXT).encode("utf-16"),
        (head("utf-16") + TEXT).encode(),
        (head("UTF-16LE") + TEXT).encode(),
        codecs.BOM_UTF8 + (head("utf-16") + TEXT).encode(),
        codecs.BOM_UTF8 + b"\r\n " + codecs.BOM_UTF8 + (head("utf-8") + TEXT).encode(),
        b"\n\n" + (head("utf-8") + TEXT).encode(),
    ],
)
def test_the_encoding_is_what_the_bytes_are(data: bytes) -> None:
    (found,) = junit_of(data)[1]
    assert found.name == NAME


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ((head("utf-8") + suite(case("für"))).encode("latin-1"), "not well-formed"),
        ((head("gbk") + suite(case("支付"))).encode("gbk"), "send UTF-8"),
        ((head("base64") + TEXT).encode(), "send UTF-8"),
        (codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le") + b"\x00\xd8", "UTF-16"),
        (codecs.BOM_UTF16_LE + b"<", "UTF-16"),
        (b"\x00" * 5000, "no element found"),
        (b" " * 200_000, "no element found"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_reason(data: bytes, said: str) -> None:
    with pytest.raises(InvalidError, match=said):
        junit_of(data)


def test_signs_that_no_xml_may_have_are_left_out() -> None:
    inner = "<failure message='\x1b[31mred\x00'>at &#27;[1mx&#x1B;&#0;&#xFFFE;&#65535;</failure>"
    (found,) = junit_of(suite(case("a\x08b", inner)))[1]
    assert (found.name, found.message) == ("ab", "[31mred\nat [1mx")


def test_halves_of_a_letter_are_one_again_and_a_lone_one_is_left_out() -> None:
    written = "&#55357;&#56832;|&#xD83D;&#xDE00;|&#xD83D;|&#9;|&#x1F600;|&#38;#27;"
    (found,) = junit_of(suite(case("x", f"<failure>{written}</failure>")))[1]
    assert found.message == "😀|😀||\t|😀|&#27;"


PIECES = st.lists(
    st.sampled_from(
        [
            "&#27;",
            "&#x1b;",
            "&#55357;&#56832;",
            "&amp;",
            "&#65;",
            "a",
            "&",
            "&#",
            "\x01",
        ]
    ),
    max_size=12,
)


@given(PIECES, st.integers(1, 9))
def test_pieces_of_any_size_become_the_same(parts: list[str], size: int) -> None:
    data = f"<a>{''.join(parts)}</a>".encode()
    encoding, whole = repaired([data])
    pieces = (data[at : at + size] for at in range(0, len(data), size))
    other, cut_up = repaired(pieces)
    assert (encoding, b"".join(whole)) == (other, b"".join(cut_up))


def test_a_message_of_10_mb_is_cut_wherever_it_stands() -> None:
    long = "word &#10;" * 2**20
    assert len(long) < LONGEST_TAG
    for inner in (f'<failure message="{long}"/>', f"<failure>{long}</failure>"):
        (found,) = junit_of(suite(case("pays", inner)))[1]
        assert found.message.endswith("… cut after 1,048,576 letters")


def test_deep_suites_of_long_names_take_no_more_than_the_file() -> None:
    opened = f'<testsuite name="{"n" * 300_000}">' * 40
    text = f"<testsuites>{opened}{case('x', classname='')}{'</testsuite>' * 40}</testsuites>"
    (found,) = junit_of(text)[1]
    assert len(found.folder) < 1_100_000
