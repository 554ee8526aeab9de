"""Any text that a stranger may send: a value, or the one error that is declared."""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch
from urllib.parse import urlencode, urlsplit

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.http import QueryDict
from django.test import RequestFactory
from hypothesis import example, given
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from dashboard import environment
from dashboard.addresses import is_ours
from dashboard.client_address import client_of
from dashboard.digests.channels import WrongAddress, checked_address, shown_address
from dashboard.filters import Accepts, Filters, parse
from dashboard.filters.parameters import (
    Parameter,
    number,
    one_of,
    read_parameters,
    window_days,
    written,
)
from dashboard.lists.cursors import CursorError, decode_cursor
from dashboard.mcp.errors import CannotAnswerError
from dashboard.mcp.inputs import MOST_ROWS, one_id, query_of
from dashboard.models import ChannelKind
from dashboard.reading.as_of import moment, past_moment, read_as_of
from dashboard.security import redact
from dashboard.sharing.limits import Beyond
from dashboard.sharing.opening import asked_for
from dashboard.ui.text.console import console_html, plain_text
from dashboard.ui.text.markup import sanitised
from tests.ingest.test_fuzzed_answers import VALUES
from tests.ingest.test_fuzzed_values import ADDRESSES, TIMES

NOW = datetime(2026, 11, 19, 9, 30, tzinfo=UTC)
NAMES = st.sampled_from(
    [
        "project",
        "connection",
        "tool",
        "source",
        "configuration",
        "milestone",
        "branch",
        "case",
        "status",
        "q",
        "since",
        "until",
        "window",
        "latest",
        "final",
        "default_branch",
        "sort",
        "as_of",
        "odd",
    ]
)
WORDS = st.text(max_size=12) | TIMES | st.from_regex(r"-?[0-9]{1,22}d?", fullmatch=True)
QUERIES = st.lists(st.tuples(NAMES, WORDS), max_size=6).map(urlencode) | st.text()
ACCEPTS = Accepts(sorts=("name", "-name"))


@given(query=QUERIES)
def test_any_query_is_filters_that_come_back_or_says_what_is_wrong(query: str) -> None:
    found = parse(QueryDict(query), ACCEPTS, now=NOW)
    assert all(problem.sentence for problem in found.problems)
    again = parse(QueryDict(found.filters.to_query()), ACCEPTS, now=NOW)
    assert (again.filters, again.problems) == (found.filters, ())


@given(text=TIMES | st.text() | st.datetimes().map(str))
@example(text="0001-01-01T00:00:00+23:59")
@example(text="9999-12-31T23:59:59-23:59")
def test_any_as_of_is_a_moment_that_comes_back_or_a_sentence(text: str) -> None:
    try:
        found = moment(text)
    except ValueError as error:
        found, said = None, str(error)
    assert found is not None or said.startswith("“")
    if found:
        assert moment(found.isoformat()) == found
        assert found.utcoffset() == timedelta(0)
    query = QueryDict(urlencode({"as_of": text, "until": text}))
    asked = past_moment(query, NOW)
    assert asked is None or asked == read_as_of(query, NOW) <= NOW


PATHS = st.builds(
    "/{}{}{}".format,
    st.sampled_from(
        ["", "runs/", "cases/1/", "s/x/", "admin/", "//a", "compare/", "me/"]
    ),
    st.sampled_from(["", "..", "\\", "%00", "9" * 40 + "/", "?a", "#b"]),
    st.text(max_size=5),
)


@given(path=PATHS | st.text(), query=QUERIES)
def test_any_path_is_a_page_that_may_be_shared_or_none(path: str, query: str) -> None:
    with suppress(Beyond):
        asked = asked_for(path, QueryDict(query))
        assert not path.startswith(("/admin", "/api", "/s/", "/me", "//"))
        assert asked.path == path


@given(way=PATHS | ADDRESSES | st.text())
@example(way="/\\evil.example")
@example(way="/%2e%2e/other/")
def test_a_way_back_that_is_ours_stays_on_this_host(way: str) -> None:
    if is_ours(way):
        # As browsers read it: they take a backslash for a slash and leave controls out.
        read = re.sub(r"[\t\r\n]", "", way.strip()).replace("\\", "/")
        assert not read.startswith("//")
        assert urlsplit(read).netloc == ""


@given(text=st.text())
@example(text="")
@example(text="e30:1:2")
def test_no_text_that_we_did_not_sign_is_a_cursor(text: str) -> None:
    with pytest.raises(CursorError):
        decode_cursor(text, "runs", Filters(now=NOW))


HEADERS = st.text(max_size=30) | st.lists(
    st.ip_addresses().map(str) | st.text("0123456789.:[]%,a ", max_size=20), max_size=4
).map(", ".join)


PEER = "192.0.2.9"


def seen_as(header: str, proxies: int) -> str:
    claimed = {"HTTP_X_FORWARDED_FOR": header}
    request = RequestFactory().get("/", REMOTE_ADDR=PEER, **claimed)
    with patch("rest_framework.throttling.api_settings.NUM_PROXIES", proxies):
        return client_of(request)


@given(header=HEADERS)
def test_whoever_asks_is_an_address_whatever_they_claim(header: str) -> None:
    assert seen_as(header, proxies=0) == PEER
    # It is one, or the network of one.
    assert ipaddress.ip_network(seen_as(header, proxies=1))
    # The proxy's own word stands last: what comes before it changes nothing.
    assert seen_as(f"{header}, 198.51.100.7", proxies=1) == "198.51.100.7"


@given(text=st.text() | ADDRESSES, kind=st.sampled_from(ChannelKind))
def test_any_address_of_a_channel_is_kept_as_it_is_or_refused(
    text: str, kind: Any
) -> None:
    with suppress(WrongAddress):
        kept = checked_address(kind, text)
        assert checked_address(kind, kept) == kept
        assert shown_address(kind, kept)


SECRET = "n0b0dyM4yS33Th1s"
PLACES = [
    "Authorization: Bearer {}",
    "https://ada:{}@vendor.example/",
    "api_key={}&x=1",
    '{{"password": "{}"}}',
    "/s/{}" + "x" * 20,
    "token={}",
]


@given(before=st.text(max_size=20), place=st.sampled_from(PLACES), after=st.text())
def test_a_secret_in_its_place_is_redacted_whatever_stands_around(
    before: str, place: str, after: str
) -> None:
    line = f"{before} {place.format(SECRET)} {after}"
    said = redact(line)
    assert SECRET not in said
    assert redact(said) == said


MARKUP = st.lists(
    st.sampled_from(
        [
            *(
                "<",
                ">",
                "</",
                "<!--",
                "-->",
                "<script",
                "<svg/onload=x",
                "<a href=",
                "'",
            ),
            *(
                '"',
                "javascript:x",
                "&#106;avascript:",
                "<style>",
                "<math><mtext>",
                "=x ",
            ),
            *(
                "<img src=x onerror=y>",
                "<b>",
                "</b>",
                "<table>",
                "\x00",
                "<td colspan=",
            ),
            *("\x1b[31m", "\x1b[", "m", "\x1b]8;;http://a\x07", "<![CDATA[", "]]>"),
        ]
    )
    | st.text(max_size=4),
    max_size=12,
).map("".join)


@given(text=MARKUP)
def test_pushed_texts_run_nothing_and_style_nothing(text: str) -> None:
    for html in (sanitised(text, has_links=True), console_html(text)):
        tree = LexborHTMLParser(f"<body>{html}</body>")
        for node in tree.css("body *"):
            assert node.tag not in ("script", "style", "img", "svg", "iframe", "form")
            assert not [name for name in node.attributes if name.startswith("on")]
            href = node.attributes.get("href") or "https:"
            assert href.lower().startswith(("http:", "https:"))
    assert "\x1b" not in plain_text(text)


@given(arguments=st.dictionaries(st.sampled_from(["run", "q", "limit", "odd"]), VALUES))
def test_any_arguments_of_an_assistant_are_a_query_or_refused(arguments: Any) -> None:
    takes = {"run": {}, "q": {}, "limit": {}}
    with suppress(CannotAnswerError):
        query = query_of(arguments, takes, ["run"])
        assert all(isinstance(one, str) for texts in query.values() for one in texts)
        assert 1 <= int(query["limit"][0]) <= MOST_ROWS
        one_id(query, "run")


@given(text=st.text() | TIMES | st.from_regex(r"[0-9]{1,30}d?", fullmatch=True))
def test_any_parameter_of_a_page_is_read_or_a_problem(text: str) -> None:
    declared = [
        Parameter("n", number, 1),
        Parameter("w", window_days, 30, "{}d".format),
        Parameter("o", one_of(("a", "b")), "a"),
    ]
    values, problems = read_parameters(dict.fromkeys("nwo", text), declared)
    assert set(values) == set("nwo")
    assert all(problem.sentence for problem in problems)
    again, none = read_parameters(dict(written(values, declared)), declared)
    assert (again, none) == (values, ())


SETTINGS: list[Callable[[], Any]] = [
    lambda: environment.boolean("FUZZED", default=False),
    lambda: environment.positive("FUZZED", default=1),
    lambda: environment.amount("FUZZED", os.environ["FUZZED"]),
    lambda: environment.origins("FUZZED", environment.words("FUZZED")),
    lambda: environment.servers("FUZZED"),
    lambda: environment.pairs("FUZZED", ("viewer", "editor")),
    lambda: environment.script_name("FUZZED"),
    lambda: environment.mail_server("FUZZED"),
]
SETTING_TEXTS = st.text(
    st.characters(exclude_characters="\0", codec="utf-8"), max_size=40
)
MAIL = st.text("smtp+tlssl://@:[]%0aé?=&", max_size=30).map("smtp://{}".format)


@given(value=SETTING_TEXTS | MAIL | ADDRESSES.filter(lambda text: "\0" not in text))
@example(value="$FUZZED")
@example(value="9" * 5000)
@example(value="²")
def test_any_value_of_a_setting_is_read_or_named(value: str) -> None:
    with suppress(UnicodeEncodeError), patch.dict(os.environ, FUZZED=value):
        for read in SETTINGS:
            try:
                read()
            except ImproperlyConfigured as error:
                said = str(error)
            else:
                continue
            assert said.startswith("FUZZED")


def test_a_password_may_begin_with_a_dollar(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FUZZED", "$ecret")
    monkeypatch.setenv("ecret", "another")
    assert environment.env.str("FUZZED", "") == "$ecret"
