"""Answers without an end in time or size: each request ends, with a sentence."""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ingest.contract import ConfigError, PayloadError, RetryableError
from ingest.decoding import DEEPEST, OF_ANSWERS, TooComplexError, decoded
from ingest.http import ApiClient, client
from tests.ingest.sockets import (
    Listener,
    keeps_sending,
    listen,
    self_signed,
    speaks_tls,
)
from tests.ingest.wire import Answer, Clock, Wire

__all__ = ["listen"]
Listen = Callable[..., Listener]
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
LIMIT_S = 0.5
# Far beyond the limit, on the slowest machine, and far below what the servers go on for.
PATIENCE_S = 10.0


def client_of(port: int, scheme: str = "http") -> ApiClient:
    return ApiClient(
        f"{scheme}://127.0.0.1:{port}",
        label="Testtool",
        allow_private_urls=True,
        sleep=lambda seconds: None,
    )


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "TRY_LIMIT_S", LIMIT_S)


# Without an end in time


@pytest.mark.parametrize(
    ("head", "again"),
    [
        pytest.param(b"", b"H", id="status line"),
        pytest.param(OK + b"X-Long: ", b"a", id="a header"),
        pytest.param(b"", b"HTTP/1.1 100 Continue\r\n\r\n", id="1xx"),
        pytest.param(b"HTTP/1.1 100 Continue\r\n", b"X: y\r\n", id="headers of 1xx"),
        pytest.param(OK + b"Content-Length: 99999\r\n\r\n", b" ", id="body"),
        pytest.param(OK + b"\r\n", b" ", id="body until the end"),
        pytest.param(CHUNKED, b"1\r\n \r\n", id="chunks"),
        pytest.param(CHUNKED, b"0", id="size of a chunk"),
        pytest.param(CHUNKED + b"0\r\n", b"X: y\r\n", id="trailers"),
    ],
)
def test_an_answer_that_drips_ends_in_time(hurried, listen: Listen, head, again):
    listener = listen(keeps_sending(head, again, every_s=0.05))
    begun = time.monotonic()
    with pytest.raises(RetryableError, match="did not finish its answer") as raised:
        client_of(listener.port).get("/a")
    assert time.monotonic() - begun < PATIENCE_S
    assert "/a" in str(raised.value)
    assert "The next sync retries" in str(raised.value)
    # Tried again at once it would hold the worker as long again.
    assert listener.accepted == 1


def test_an_encrypted_answer_that_drips_ends_in_time(
    hurried, listen: Listen, tmp_path: Path
):
    drips = keeps_sending(OK + b"\r\n", b" ", every_s=0.05)
    listener = listen(speaks_tls(self_signed(tmp_path), drips))
    api = client_of(listener.port, "https")
    api._session.verify = str(tmp_path / "server.pem")
    begun = time.monotonic()
    with pytest.raises(RetryableError, match="did not finish its answer"):
        api.get("/a")
    assert time.monotonic() - begun < PATIENCE_S


def test_a_handshake_that_drips_ends_in_time(hurried, listen: Listen, monkeypatch):
    monkeypatch.setattr(client, "TIMEOUT_S", (LIMIT_S, 60))
    listener = listen(keeps_sending(b"\x16\x03\x03\x3f\xff\x02", b"\0", every_s=0.05))
    begun = time.monotonic()
    with pytest.raises(RetryableError):
        client_of(listener.port, "https").get("/a")
    assert time.monotonic() - begun < PATIENCE_S


def test_a_request_with_all_its_pauses_ends_in_time(wire: Wire, clock: Clock):
    wire.serve(Answer(path="/a", status=429, headers={"Retry-After": "100"}))
    api = ApiClient(wire.url, label="Testtool", allow_private_urls=True)
    with pytest.raises(RetryableError, match="asked for a pause") as raised:
        api.get("/a")
    assert sum(clock.naps) < client.REQUEST_LIMIT_S
    assert clock.naps == [100.0, 100.0]
    assert raised.value.retry_after_s == 100


# Without an end in size


@pytest.mark.parametrize(
    ("head", "again"),
    [
        pytest.param(OK + b"\r\n", b"a" * 2**16, id="body until the end"),
        pytest.param(
            OK + b"Content-Length: %d\r\n\r\n" % 2**40, b"a" * 2**16, id="body"
        ),
        pytest.param(CHUNKED, b"10000\r\n" + b"a" * 2**16 + b"\r\n", id="chunks"),
        pytest.param(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 2**11, id="1xx"),
        pytest.param(CHUNKED + b"0\r\n", b"X: y\r\n" * 2**13, id="trailers"),
    ],
)
def test_an_answer_without_end_is_given_up(listen: Listen, head, again):
    listener = listen(keeps_sending(head, again))
    with pytest.raises(PayloadError, match="more than 8 MB") as raised:
        client_of(listener.port).get("/a")
    assert "/a" in str(raised.value)
    assert listener.accepted == 1


@pytest.mark.parametrize(
    ("head", "again"),
    [
        pytest.param(OK + b"X-Long: ", b"a" * 2**16, id="a header"),
        pytest.param(OK, b"X: y\r\n" * 2**13, id="headers"),
        pytest.param(b"", b"a" * 2**16, id="status line"),
        pytest.param(CHUNKED, b"0" * 2**16, id="size of a chunk"),
        pytest.param(CHUNKED + b"1;", b"a" * 2**16, id="extension of a chunk"),
    ],
)
def test_a_line_or_headers_without_end_are_given_up(listen: Listen, head, again):
    listener = listen(keeps_sending(head, again))
    with pytest.raises(RetryableError, match="broke off"):
        client_of(listener.port).get("/a")
    assert listener.accepted == client.TRIES


@pytest.mark.parametrize("times", [1, 2, 3])
def test_a_packed_answer_is_given_up_while_it_is_unpacked(wire: Wire, times):
    raw = b"[" + b" " * 2**26 + b"]"
    for _ in range(times):
        raw = gzip.compress(raw, 1)
    names = ", ".join(["gzip"] * times)
    wire.serve(Answer(path="/a", raw=raw, headers={"Content-Encoding": names}))
    api = ApiClient(wire.url, label="Testtool", allow_private_urls=True)
    with pytest.raises(PayloadError, match="more than 8 MB"):
        api.get("/a")


def test_an_answer_just_below_the_limit_is_read_packed_or_not(wire: Wire):
    text = "a" * (client.LARGEST_ANSWER_BYTES - 2)
    raw = json.dumps(text).encode()
    packed = gzip.compress(raw, 1)
    plain = Answer(path="/a", raw=raw)
    wire.serve(plain, plain.but(raw=packed, headers={"Content-Encoding": "gzip"}))
    api = ApiClient(wire.url, label="Testtool", allow_private_urls=True)
    assert api.get("/a") == text
    assert api.get("/a") == text


@pytest.mark.parametrize("status", [300, 301, 302, 303, 307, 308])
def test_no_redirect_is_followed(wire: Wire, status):
    wire.serve(Answer(path="/a", status=status, headers={"Location": "/a"}))
    api = ApiClient(wire.url, label="Testtool", allow_private_urls=True)
    with pytest.raises(ConfigError, match="redirects elsewhere"):
        api.get("/a")
    assert len(wire.requests) == 1


# JSON that would fill the memory


def values(count: int, value: str) -> bytes:
    return f"[{','.join([value] * count)}]".encode()


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        pytest.param(
            values(OF_ANSWERS.values + 1, "1"), "more than 300,000", id="numbers"
        ),
        pytest.param(values(OF_ANSWERS.containers, "{}"), "100,000", id="objects"),
        pytest.param(values(OF_ANSWERS.containers, "[]"), "100,000", id="lists"),
        pytest.param(values(OF_ANSWERS.containers, '{"a":1}'), "100,000", id="keys"),
        pytest.param(values(OF_ANSWERS.values + 1, '""'), "300,000", id="texts"),
        pytest.param(values(OF_ANSWERS.values + 1, '"\\""'), "300,000", id="escapes"),
        pytest.param(b'{"a":' * 2**20, "300,000", id="cut off and many"),
        pytest.param(b"[" * 101 + b"]" * 101, "deeper than 100", id="deep lists"),
        pytest.param(
            b'{"a":' * 101 + b"1" + b"}" * 101, "deeper than 100", id="deep objects"
        ),
        pytest.param(
            b'["]]]",' * 101 + b"1" + b"]" * 101,
            "deeper than 100",
            id="brackets in text",
        ),
        pytest.param(
            b'["\\"]",' * 101 + b"1" + b"]" * 101, "deeper than 100", id="escaped quote"
        ),
        pytest.param(
            b'["\\\\","]",' * 101 + b"1" + b"]" * 101, "deeper", id="escaped escape"
        ),
    ],
)
def test_json_that_would_fill_the_memory_is_refused_unparsed(wire: Wire, raw, said):
    with pytest.raises(TooComplexError, match=said):
        decoded(raw)
    wire.serve(Answer(path="/a", raw=raw))
    api = ApiClient(wire.url, label="Testtool", allow_private_urls=True)
    with pytest.raises(PayloadError, match=said) as raised:
        api.get("/a")
    assert "GET /a" in str(raised.value)
    assert len(wire.requests) == 1


@pytest.mark.parametrize(
    "value",
    [
        pytest.param([1] * (OF_ANSWERS.values - 1), id="as many values as are read"),
        pytest.param(
            [[]] * (OF_ANSWERS.containers - 1), id="as many lists as are read"
        ),
        pytest.param(["[{,"] * 100_000 + ['"]}\\"'] * 30_000, id="signs in texts"),
        pytest.param("[[[" * 10**6, id="one long text of brackets"),
        pytest.param('\\",' * 10**6, id="one long text of escapes"),
        pytest.param({"a": [{"b": [{"c": "]"}]}] * 1000}, id="rows"),
        pytest.param("🦉\ud800\x00é", id="surrogates, NUL and more than ASCII"),
    ],
)
def test_what_is_within_the_limits_is_read_as_json_reads_it(value: Any):
    assert decoded(json.dumps(value).encode()) == value
    if value != "🦉\ud800\x00é":
        assert decoded(json.dumps(value, ensure_ascii=False).encode()) == value


def test_json_as_deep_as_is_read():
    found = decoded(b"[" * DEEPEST + b"]" * DEEPEST)
    for _ in range(DEEPEST - 1):
        (found,) = found
    assert found == []


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (b'{"a": 1, "a": 2}', {"a": 2}),
        (b"[Infinity, -Infinity]", [float("inf"), float("-inf")]),
        (b"1e999", float("inf")),
        (b"9" * 4300, 10**4300 - 1),
        (b"\xef\xbb\xbf[1]", [1]),
        (b'"\\ud800"', "\ud800"),
        (b'"\xed\xa0\x80"', "\ud800"),
        (b" [1]\n", [1]),
    ],
)
def test_an_oddity_of_json_has_one_reading(raw, value):
    assert decoded(raw) == value


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"9" * 4301,
        b"[1,]",
        b"{1: 2}",
        b"[1] 2",
        b"'a'",
        b'"\n"',
        b"[" * 500,
        b"]" * 500,
        b"}{" * 500,
        '["UTF-16"]'.encode("utf-16"),
        '["UTF-32"]'.encode("utf-32"),
        b'"\xff"',
    ],
)
def test_what_is_no_json_is_refused_as_that(raw):
    with pytest.raises(ValueError, match=r"."):
        decoded(raw)
