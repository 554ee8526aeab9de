"""The HTTP client against servers on loopback that do what servers should not."""

from __future__ import annotations

import gzip
import logging
import socket
import traceback
from collections.abc import Callable, Iterator
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest

from ingest.contract import (
    ConfigError,
    PayloadError,
    RetryableError,
    VendorError,
)
from ingest.http import (
    ApiClient,
    MissingError,
    Page,
    UnsupportedError,
    api_base,
    check_address,
    client,
    follow,
    is_private,
    redact,
    retry_after_s,
)
from tests.ingest.sockets import (
    Listener,
    answers_json,
    listen,
    resets,
    says,
    self_signed,
    speaks_tls,
    stays_silent,
)
from tests.ingest.wire import Answer, Clock, Wire

__all__ = ["listen"]
SECRET = 's3cr3t/"key"'
OK = Answer(path="/a", body={"fine": True})
Listen = Callable[..., Listener]


def client_of(url: str, **more: Any) -> ApiClient:
    return ApiClient(
        url,
        label="Testtool",
        headers={"Authorization": f"Bearer {SECRET}"},
        secrets=[SECRET],
        allow_private_urls=True,
        **more,
    )


@pytest.fixture
def api(wire: Wire, clock: Clock) -> ApiClient:
    return client_of(wire.url)


def local(listener: Listener, scheme: str = "http") -> str:
    return f"{scheme}://127.0.0.1:{listener.port}"


# Credentials


def test_a_wrong_token_is_a_config_error_that_says_what_to_do(wire, api):
    wire.serve(OK.but(status=401, body={"message": "Unauthenticated."}))
    with pytest.raises(ConfigError, match="Enter a valid key") as raised:
        api.get("/a")
    assert "Unauthenticated." in raised.value.answer
    assert len(wire.requests) == 1


@pytest.mark.parametrize("status", [401, 403])
def test_a_refusal_in_the_middle_of_a_list_is_a_config_error(wire, api, status):
    wire.serve(OK, Answer(path="/b", status=status))
    api.get("/a")
    with pytest.raises(ConfigError, match=str(status)):
        api.get("/b")


@pytest.mark.parametrize("status", [401, 403])
def test_credentials_are_renewed_once_and_the_call_repeated(wire, clock, status):
    wire.serve(OK.but(status=status), OK)
    api = client_of(wire.url, renew=lambda: {"Authorization": "Bearer new"})
    assert api.get("/a") == {"fine": True}
    sent = [request.headers["Authorization"] for request in wire.requests]
    assert sent == [f"Bearer {SECRET}", "Bearer new"]


def test_credentials_that_stay_refused_are_renewed_no_second_time(wire, clock):
    wire.serve(OK.but(status=403))
    renewals = iter([{"Authorization": "Bearer new"}])
    api = client_of(wire.url, renew=lambda: next(renewals))
    with pytest.raises(ConfigError, match="403"):
        api.get("/a")
    assert len(wire.requests) == 2


@pytest.mark.parametrize("token", ["two\nlines", "token\r", "Schlüssel", "€"])
def test_a_token_that_no_header_can_hold_is_refused_without_being_shown(token):
    with pytest.raises(ConfigError, match="Copy them again") as raised:
        ApiClient(
            "http://127.0.0.1:1",
            label="Testtool",
            headers={"Authorization": f"Bearer {token}"},
            allow_private_urls=True,
        )
    assert token not in str(raised.value)


def test_proxies_and_netrc_of_the_environment_are_not_used(
    wire, clock, monkeypatch, tmp_path
):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login other password other\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    wire.serve(OK)
    ApiClient(wire.url, label="Testtool", allow_private_urls=True).get("/a")
    assert "Authorization" not in wire.requests[0].headers


# Addresses


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.com",
        "ftp://127.0.0.1",
        "https://",
        "https://127.0.0.1:port",
        "https://127.0.0.1:99999",
        "https://[::1",
        "https://robin:pw-in-url@127.0.0.1",
        "https://127.0.0.1/api?key=pw-in-url",
        "https://127.0.0.1/#pw-in-url",
    ],
)
def test_what_is_no_address_is_refused_with_an_example(url):
    with pytest.raises(ConfigError, match=r"like https://example\.com") as raised:
        check_address(url, allow_private_urls=True)
    assert "pw-in-url" not in str(raised.value)


def test_a_host_that_nobody_knows_is_refused():
    with pytest.raises(ConfigError, match=r"nobody\.invalid cannot be found"):
        check_address("https://nobody.invalid", allow_private_urls=True)


def test_a_look_up_that_failed_for_the_moment_is_retryable(monkeypatch):
    def busy(*args: Any, **kwargs: Any) -> Any:
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure")

    monkeypatch.setattr(socket, "getaddrinfo", busy)
    with pytest.raises(RetryableError, match="could not be looked up"):
        check_address("https://example.com", allow_private_urls=False)


def test_nobody_listening_is_retryable(clock):
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    with pytest.raises(RetryableError, match="broke off"):
        client_of(f"http://127.0.0.1:{port}").get("/a")


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1", "https://localhost", "https://[::1]", "https://10.1.2.3"],
)
def test_a_private_address_is_refused_unless_it_is_allowed(url):
    with pytest.raises(ConfigError, match="ALLOW_PRIVATE_VENDOR_URLS=on"):
        check_address(url, allow_private_urls=False)
    check_address(url, allow_private_urls=True)


def test_a_name_that_resolves_to_a_private_address_is_refused(resolve):
    resolve(["93.184.216.34", "192.168.0.7"])
    with pytest.raises(ConfigError, match="private network"):
        check_address("https://vendor.example", allow_private_urls=False)


def test_plain_http_is_refused_for_public_addresses(resolve):
    resolve(["93.184.216.34"])
    with pytest.raises(ConfigError, match="not encrypted"):
        check_address("http://vendor.example", allow_private_urls=True)


def test_a_name_that_turns_private_after_the_check_gets_nothing(resolve, listen):
    heard: list[bytes] = []
    listener = listen(lambda peer: heard.append(peer.recv(65536)))
    resolve(["93.184.216.34"])
    api = ApiClient(
        f"https://vendor.example:{listener.port}",
        label="Testtool",
        headers={"Authorization": f"Bearer {SECRET}"},
    )
    resolve(["127.0.0.1"])
    with pytest.raises(ConfigError, match="private network"):
        api.get("/a")
    # Not even a connection: whether there is one would tell which ports are open.
    assert (listener.accepted, heard) == (0, [])


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "::1",
        "fe80::1%eth0",
        "fd00::1",
        "::ffff:10.0.0.1",
    ],
)
def test_private_addresses_are_known(address):
    assert is_private(address)


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1::1"])
def test_public_addresses_are_known(address):
    assert not is_private(address)


@pytest.fixture
def resolve(monkeypatch) -> Callable[[list[str]], None]:
    """Decide what a name resolves to from now on."""

    def to(addresses: list[str]) -> None:
        def look_up(host: Any, port: Any, *args: Any, **kwargs: Any) -> Any:
            number = port if isinstance(port, int) else 443
            kind = (socket.AF_INET, socket.SOCK_STREAM, 6, "")
            return [(*kind, (address, number)) for address in addresses]

        monkeypatch.setattr(socket, "getaddrinfo", look_up)

    return to


def test_the_api_s_prefix_is_added_once():
    wanted = "https://x.test/api/v1"
    for given in ("https://x.test", " https://x.test/ ", "https://x.test/api/v1/"):
        assert api_base(given, "/api/v1") == wanted


# TLS


def test_a_self_signed_certificate_is_a_config_error(listen, tmp_path: Path, clock):
    listener = listen(speaks_tls(self_signed(tmp_path)))
    with pytest.raises(ConfigError, match="certificate could not be verified"):
        client_of(local(listener, "https")).get("/a")
    assert listener.accepted == 1


def test_a_server_without_tls_is_a_config_error(listen, clock):
    listener = listen(says(b"HTTP/1.1 400 Bad Request\r\n\r\n"))
    with pytest.raises(ConfigError, match="no encrypted connection"):
        client_of(local(listener, "https")).get("/a")


def test_a_connection_lost_in_the_handshake_is_retryable(listen, clock):
    listener = listen(says(b""))
    with pytest.raises(RetryableError):
        client_of(local(listener, "https")).get("/a")
    assert listener.accepted == client.TRIES


# Pauses and bursts


def test_a_pause_in_seconds_is_kept(wire, api, clock):
    wire.serve(OK.but(status=429, headers={"Retry-After": "3"}), OK)
    assert api.get("/a") == {"fine": True}
    assert clock.naps == [3.0]


def test_a_pause_until_a_date_is_kept(wire, api, clock):
    until = formatdate(clock.time() + 40, usegmt=True)
    wire.serve(OK.but(status=429, headers={"Retry-After": until}), OK)
    assert api.get("/a") == {"fine": True}
    assert 30 < clock.naps[0] <= 41


def test_a_pause_without_a_length_lasts_what_the_vendor_documents(wire, clock):
    wire.serve(OK.but(status=429), OK)
    assert client_of(wire.url, pause_s=15).get("/a") == {"fine": True}
    assert clock.naps == [15]


def test_a_long_pause_is_left_to_a_later_sync(wire, api, clock):
    wire.serve(OK.but(status=429, headers={"Retry-After": "900"}))
    with pytest.raises(RetryableError) as raised:
        api.get("/a")
    assert raised.value.retry_after_s == 900
    assert clock.naps == []


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("", None),
        ("soon", None),
        ("nan", None),
        ("-5", 0.0),
        ("1.5", 1.5),
        ("inf", 86_400.0),
        ("99999999999", 86_400.0),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0),
        ("Wed, 21 Oct 2015 07:28:00 -0000", 0.0),
        ("Wed, 99 Oct 2015 07:28:00 GMT", None),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 86_400.0),
    ],
)
def test_every_form_of_retry_after_gives_a_pause_that_can_be_kept(header, seconds):
    assert retry_after_s(header) == seconds


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_burst_of_server_errors_is_survived(wire, api, clock, status):
    wire.serve(*[OK.but(status=status, raw=b"<h1>oops</h1>")] * 3, OK)
    assert api.get("/a") == {"fine": True}
    assert clock.naps == [0.5, 1.0, 2.0]


def test_server_errors_that_last_are_retryable_later(wire, api, clock):
    wire.serve(OK.but(status=503))
    with pytest.raises(RetryableError, match="503 for GET /a"):
        api.get("/a")
    assert len(wire.requests) == client.TRIES


def test_a_server_error_that_names_a_pause_gets_it(wire, api, clock):
    wire.serve(OK.but(status=503, headers={"Retry-After": "20"}), OK)
    api.get("/a")
    assert clock.naps == [20.0]


# The connection


def test_a_reset_connection_is_tried_again(listen, clock):
    listener = listen(resets, answers_json(b"[1]"))
    assert client_of(local(listener)).get("/a") == [1]


def test_a_connection_that_is_always_reset_is_retryable(listen, clock):
    listener = listen(resets)
    with pytest.raises(RetryableError, match="broke off"):
        client_of(local(listener)).get("/a")
    assert listener.accepted == client.TRIES


def test_a_vendor_that_does_not_answer_in_time_is_retryable(listen, clock, monkeypatch):
    monkeypatch.setattr(client, "TIMEOUT_S", (0.2, 0.2))
    listener = listen(stays_silent)
    with pytest.raises(RetryableError, match="did not answer in time"):
        client_of(local(listener)).get("/a")


def test_an_answer_that_stops_in_the_middle_in_silence_is_retryable(
    listen, clock, monkeypatch
):
    monkeypatch.setattr(client, "TIMEOUT_S", (0.2, 0.2))

    def half(peer: socket.socket) -> None:
        peer.recv(65536)
        peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n[1, ")
        stays_silent(peer)

    with pytest.raises(RetryableError):
        client_of(local(listen(half))).get("/a")


def test_an_answer_shorter_than_announced_is_tried_again(listen, clock):
    short = says(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n[1, 2")
    listener = listen(short, answers_json(b"[1, 2]"))
    assert client_of(local(listener)).get("/a") == [1, 2]


# Answers that are not what we know


@pytest.mark.parametrize(
    "raw", [b'{"a": [1, 2', b"nonsense", b"\xff\xfe\xfa", b"[" * 10**5]
)
def test_cut_off_or_broken_json_is_tried_again_and_then_a_payload_error(
    wire, api, clock, raw
):
    wire.serve(OK.but(raw=raw))
    with pytest.raises(PayloadError, match="broken or cut-off JSON"):
        api.get("/a")
    assert len(wire.requests) == client.TRIES


def test_json_cut_off_once_is_read_the_second_time(wire, api, clock):
    wire.serve(OK.but(raw=b'{"fine": tr'), OK)
    assert api.get("/a") == {"fine": True}


@pytest.mark.parametrize("kind", ["text/html; charset=utf-8", "application/json"])
def test_a_web_page_in_place_of_json_is_a_payload_error(wire, api, kind):
    html = b"<!doctype html><title>Log in</title>"
    wire.serve(OK.but(raw=html, headers={"Content-Type": kind}))
    with pytest.raises(PayloadError, match="web page") as raised:
        api.get("/a")
    assert "Log in" in raised.value.answer


@pytest.mark.parametrize("packed", [False, True])
def test_a_huge_answer_is_given_up_before_it_is_held_in_memory(
    wire, api, monkeypatch, packed
):
    monkeypatch.setattr(client, "LARGEST_ANSWER_BYTES", 2**20)
    raw = b'"' + b"a" * 2**21 + b'"'
    headers = {"Content-Encoding": "gzip"} if packed else {}
    wire.serve(OK.but(raw=gzip.compress(raw) if packed else raw, headers=headers))
    with pytest.raises(PayloadError, match="more than 1 MB"):
        api.get("/a")


def test_a_redirect_is_not_followed_with_the_token(wire, api):
    wire.serve(OK.but(status=302, headers={"Location": f"{wire.url}/elsewhere"}))
    with pytest.raises(ConfigError, match="redirects elsewhere"):
        api.get("/a")
    assert wire.paths() == ["/a"]


def test_what_does_not_exist_and_what_is_not_offered_are_told_apart(wire, api):
    wire.serve(OK.but(status=404), Answer(path="/b", status=405))
    with pytest.raises(MissingError, match="GET /a"):
        api.get("/a")
    with pytest.raises(UnsupportedError, match="GET /b"):
        api.get("/b")


def test_any_other_refusal_is_a_payload_error(wire, api):
    wire.serve(OK.but(status=422, body={"message": "per_page is invalid"}))
    with pytest.raises(PayloadError, match="422") as raised:
        api.get("/a")
    assert "per_page is invalid" in raised.value.answer


def test_an_empty_answer_is_none(wire, api):
    wire.serve(OK.but(status=204))
    assert api.get("/a") is None


def test_a_body_is_sent_as_json(wire, api):
    wire.serve(Answer(method="POST", path="/a", request_body={"q": 1}, body=[]))
    assert api.post("/a", {"q": 1}) == []


# Secrets


@pytest.mark.parametrize("status", [200, 302, 401, 404, 422, 429, 500])
def test_an_echoed_secret_is_shown_nowhere(wire, clock, caplog, status):
    caplog.set_level(logging.DEBUG)
    api = client_of(wire.url)
    echo = f'oops "{SECRET}" Bearer {SECRET} s3cr3t%2F%22key%22 eyJhbG.ciOi.JIUz'
    wire.serve(OK.but(status=status, raw=echo.encode()))
    with pytest.raises(VendorError) as raised:
        api.get("/a")
    shown = "".join(traceback.format_exception(raised.value))
    shown += raised.value.answer + caplog.text
    assert "s3cr3t" not in shown
    assert "eyJ" not in shown
    assert "oops" in raised.value.answer


def test_a_secret_in_a_path_is_not_shown(wire, api):
    wire.serve(Answer(path="/s3cr3t/%22key%22", status=404))
    with pytest.raises(MissingError) as raised:
        api.get(f"/{SECRET}")
    assert str(raised.value) == "Testtool has no GET /*** (404)."


def test_a_secret_is_not_shown_by_a_broken_connection(listen, clock, caplog):
    caplog.set_level(logging.DEBUG)
    with pytest.raises(RetryableError) as raised:
        client_of(local(listen(resets))).get("/a")
    shown = "".join(traceback.format_exception(raised.value)) + raised.value.answer
    assert SECRET not in shown
    assert SECRET not in caplog.text


@pytest.mark.parametrize(
    "text",
    [
        'a s3cr3t/"key" b',
        'a {"token": "s3cr3t/\\"key\\""} b',
        "a ?token=s3cr3t%2F%22key%22 b",
        "a Authorization: bearer abcdef b",
    ],
)
def test_every_spelling_of_a_secret_is_redacted(text):
    shown = redact(text, [SECRET, ""])
    assert shown.startswith("a ")
    assert shown.endswith(" b")
    assert "***" in shown
    assert "s3cr3t" not in shown
    assert "abcdef" not in shown


def test_an_answer_is_shown_up_to_a_length_and_without_nul(wire, api):
    wire.serve(OK.but(status=404, raw=b"\x00" + b"x" * 5000))
    with pytest.raises(MissingError) as raised:
        api.get("/a")
    assert raised.value.answer.startswith("HTTP 404\n\u2400x")
    assert len(raised.value.answer) < 600


# Pages


def pages_of(wire: Wire, clock: Clock) -> Iterator[int]:
    """Numbers in pages {rows, next, total?} of /list, read through `follow`."""
    api = client_of(wire.url)

    def fetch(number: int, reading: int) -> Page[int]:
        body = api.get("/list", {"page": number})
        return Page(body["rows"], body["next"], body.get("total"))

    return follow(fetch, 1, identity=lambda row: row, where="list")


def page(number: int, rows: list[int], following: int | None, **more: int) -> Answer:
    body = {"rows": rows, "next": following, **more}
    return Answer(path="/list", query={"page": str(number)}, body=body)


def test_all_pages_come_out_in_order(wire, clock):
    wire.serve(page(1, [5, 4], 2), page(2, [3, 2], 3), page(3, [1], None))
    assert list(pages_of(wire, clock)) == [5, 4, 3, 2, 1]


def test_the_next_page_is_asked_for_only_when_it_is_needed(wire, clock):
    wire.serve(page(1, [5, 4], 2))
    numbers = pages_of(wire, clock)
    assert [next(numbers), next(numbers)] == [5, 4]
    assert len(wire.requests) == 1


def test_a_page_that_points_to_itself_is_a_payload_error(wire, clock):
    wire.serve(page(1, [5, 4], 1))
    with pytest.raises(PayloadError, match="points back to 1"):
        list(pages_of(wire, clock))


def test_a_circle_of_pages_is_a_payload_error(wire, clock):
    wire.serve(page(1, [5], 2), page(2, [4], 3), page(3, [3], 1))
    with pytest.raises(PayloadError, match="points back"):
        list(pages_of(wire, clock))


def test_a_page_that_repeats_is_a_payload_error(wire, clock):
    wire.serve(page(1, [5, 4], 2), page(2, [5, 4], 3))
    with pytest.raises(PayloadError, match="repeats an earlier page"):
        list(pages_of(wire, clock))


def test_a_new_row_that_shifts_the_pages_costs_no_row_and_doubles_none(wire, clock):
    wire.serve(page(1, [5, 4], 2, total=4), page(2, [4, 3], 3, total=5))
    wire.serve(page(3, [2], None, total=5))
    assert list(pages_of(wire, clock)) == [5, 4, 3, 2]


def test_a_row_that_moved_up_unseen_is_found_by_a_second_reading(wire, clock):
    # 5 is deleted after the first page was read, so that 3 moves to that page.
    wire.serve(page(1, [5, 4], 2, total=4), page(2, [2], None, total=3))
    wire.serve(page(1, [4, 3], 2, total=3), page(2, [2], None, total=3))
    assert list(pages_of(wire, clock)) == [5, 4, 2, 3]


def test_a_list_that_always_shrinks_is_not_read_for_ever(wire, clock):
    wire.serve(page(1, [5, 4], 2, total=4), page(2, [2], None, total=3))
    assert list(pages_of(wire, clock)) == [5, 4, 2]
    assert len(wire.requests) == 6


def test_an_empty_list_is_empty(wire, clock):
    wire.serve(page(1, [], None, total=0))
    assert list(pages_of(wire, clock)) == []
