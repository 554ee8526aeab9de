"""Any value and any text: read, or refused in the one way that is declared."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ingest import parse
from ingest.contract import ConfigError
from ingest.decoding import TooComplexError, decoded
from ingest.origins import is_plain, origin_of, plain_parts, web_link
from ingest.posting import NotPosted, post
from tests.ingest.test_addresses import by_the_system
from tests.ingest.test_fuzzed_answers import VALUES

READERS: list[Callable[[parse.Row], Any]] = [
    lambda row: parse.identifier(row, "x"),
    lambda row: parse.optional_identifier(row, "x"),
    lambda row: parse.required_text(row, "x"),
    lambda row: parse.optional_text(row, "x"),
    lambda row: parse.whole_number(row, "x"),
    lambda row: parse.flag(row, "x", default=False),
    lambda row: parse.moment(row, "x"),
    lambda row: parse.moment(row, "x", naive_is_utc=False, is_plan=True),
    lambda row: parse.duration_ms(row, "x", unit_ms=1000),
    lambda row: parse.mapping(row.get("x"), "x"),
    lambda row: parse.listing(row.get("x"), "x"),
]
NUMBERS = st.text("0123456789.,eE+-' _\u00a0\u0663", max_size=12)
TIMES = st.text("0123456789-:TZ+. /WUTC", max_size=30)


@given(value=VALUES | NUMBERS | TIMES | st.floats())
@example(value=float("nan"))
@example(value="9" * 5000)
def test_any_value_is_read_or_a_row_error(value: Any) -> None:
    for read in READERS:
        with suppress(parse.RowError):
            found = read({"x": value})
            if isinstance(found, datetime):
                assert found.tzinfo is UTC
            if isinstance(found, str):
                assert "\x00" not in found.encode().decode()


@given(text=NUMBERS | st.text())
def test_any_text_is_one_number_or_none(text: str) -> None:
    found = parse.number_of(text)
    assert found is None or parse.number_of(str(found)) in (found, None)


@given(value=VALUES)
def test_a_value_comes_back_from_its_json(value: Any) -> None:
    assert decoded(json.dumps(value).encode()) == value


@given(content=st.binary(max_size=200) | st.text('[]{}",:\\1ntu', max_size=200))
def test_any_bytes_are_json_or_a_value_error(content: bytes | str) -> None:
    content = content.encode() if isinstance(content, str) else content
    try:
        mine = decoded(content)
    except TooComplexError:
        return
    except ValueError:
        mine = ValueError
    try:
        assert json.loads(content.decode()) == mine or mine != mine
    except ValueError:
        # Our reading takes a byte order mark and lone surrogates beside that.
        assert mine is ValueError or content[:1] == b"\xef" or b"\xed" in content


ADDRESSES = st.builds(
    "{}{}{}{}{}".format,
    st.sampled_from(["", "http://", "https://", "HTTPS://", "//", "ftp://", "http:/"]),
    st.sampled_from(["", "a@", "a:b@", "%40", "\\", "[", " ", "\t"]),
    st.sampled_from(
        ["", "a.example", "127.1", "[::1]", "0x7f.1", "a.example.", "①", "ß"]
    )
    | st.text(max_size=8),
    st.sampled_from(["", ":0", ":80", ":99999", ":x", ":"]),
    st.sampled_from(["", "/", "/a?b", "#c", "/\x7f", "/%00", "/.."])
    | st.text(max_size=6),
)


@given(url=ADDRESSES | st.text())
def test_any_text_is_an_address_or_a_config_error_that_does_not_repeat_it(
    url: str,
) -> None:
    if not is_plain(url):
        with pytest.raises(ConfigError, match="cannot be used. Enter one like https"):
            plain_parts(url)
        assert origin_of(url) == ""
    else:
        parts = plain_parts(url)
        assert parts.scheme in ("http", "https")
        assert "@" not in parts.netloc
        # An origin is its own.
        assert origin_of(origin_of(url)) == origin_of(url)
    assert web_link(url) in ("", url)
    assert not web_link(url) or url.lower().startswith(("http:", "https:"))


@pytest.mark.usefixtures("nobody_known")
@given(url=ADDRESSES | st.text())
@example(url="https://[::1]:99999/x")
@example(url="https://a.example:x/")
@example(url="https://exa mple/")
@example(url="https://" + "a" * 300)
def test_no_address_of_a_message_breaks_who_posts_it(url: str) -> None:
    for allow in (False, True):
        with pytest.raises(NotPosted) as raised:
            post(url, b"", {}, allow_private_urls=allow)
        assert raised.value.sentence


@pytest.fixture(scope="module")
def nobody_known() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", by_the_system)
        yield
