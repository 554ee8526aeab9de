"""Bodies at the web server itself: how large they may be, and what is said of larger ones."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPResponse

import pytest
from django.db import connection

from dashboard.intake import bodies
from dashboard.long_requests import MOST_BODY_BYTES, MOST_PUSHED_BYTES
from tests.dashboard.slow_clients import WebServer

pytestmark = pytest.mark.django_db(transaction=True)
TESTMO = "/intake/testmo/api/v1/automation/runs/1/append"
OWN_HOST = "/api/v1/automation/runs/1/append"
BLOCK = b"x" * 1_000_000


@pytest.fixture(scope="module")
def server(
    django_db_setup: None, redis_server: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[WebServer]:
    database = str(connection.settings_dict["NAME"])
    server = WebServer(database, tmp_path_factory.mktemp("web"))
    yield server
    server.stop()


def answer(server: WebServer, path: str, size: int) -> tuple[int, dict[str, str]]:
    """What is said of a body of so many bytes, all of which are sent first."""
    with closing(server.connect()) as client:
        head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {size}\r\n"
        client.sendall(f"{head}Connection: close\r\n\r\n".encode())
        _send(client, size)
        response = HTTPResponse(client)
        response.begin()
        content = response.read()
    is_json = response.headers["Content-Type"] == "application/json"
    return response.status, json.loads(content) if is_json else {}


def _send(client: socket.socket, size: int) -> None:
    while size:
        client.sendall(BLOCK[:size])
        size -= len(BLOCK[:size])


def test_a_large_body_of_a_vendors_client_comes_in(server):
    # It is read, and then nobody is known by it.
    for path in (TESTMO, OWN_HOST):
        status, _ = answer(server, path, MOST_BODY_BYTES + 1)
        assert status != 413
    status, body = answer(server, TESTMO, bodies.MOST_BYTES)
    assert status == 401
    assert set(body) == {"message"}
    assert all(most > bodies.MOST_BYTES for most in MOST_PUSHED_BYTES.values())


@pytest.mark.parametrize(
    ("path", "size"), [(TESTMO, 300_000_000), (OWN_HOST, 41_000_000)]
)
def test_a_body_beyond_all_limits_is_told_so_once_it_is_sent(server, path, size):
    status, body = answer(server, path, size)
    assert status == 413
    assert "bytes at most" in body["message"] == body["detail"]
    assert server.get("/healthz")[0] == 200


def test_a_body_without_a_stated_size_ends_at_the_limit(server):
    (most,) = {most for form, most in MOST_PUSHED_BYTES.items() if form.match(TESTMO)}
    with closing(server.connect()) as client:
        client.sendall(
            b"POST /intake/ HTTP/1.1\r\nHost: localhost\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n"
        )
        chunk = f"{len(BLOCK):x}\r\n".encode() + BLOCK + b"\r\n"
        for _ in range(most // len(BLOCK)):
            client.sendall(chunk)
        assert b" 413 " in client.recv(4096)
