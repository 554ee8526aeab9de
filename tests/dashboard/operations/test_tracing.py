"""Traces as a collector gets them: from a request over the queue to the tool, and no secret."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
)

from dashboard.models import Scope
from dashboard.people.tokens import issue_token
from tests.dashboard.page_reader import person
from tests.dashboard.slow_clients import WebServer
from tests.factories import make_connection
from tests.services import ROOT, Worker, wait_for

SECRET = "sEcReT-of-the-tool-0123456789"
SYNC = "ingest.tasks.sync_connection"
ASKED = "who-is-asked-for"
SHARE = "x" * 43
# As a proxy in front of Passline would send it.
TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = f"00-{TRACE_ID}-00f067aa0ba902b7-01"


@dataclass
class Collector:
    """A receiver of OTLP over HTTP; whatever else is asked of it is refused, as by a tool
    that does not know the key.
    """

    url: str = ""
    bodies: list[bytes] = field(default_factory=list)
    asked: list[dict[str, str]] = field(default_factory=list)

    def spans(self) -> list[Any]:
        return [
            span
            for body in [*self.bodies]
            for part in ExportTraceServiceRequest.FromString(body).resource_spans
            for scope in part.scope_spans
            for span in scope.spans
        ]

    def of_trace(self, trace_id: str) -> dict[str, Any]:
        """By name, the last of each."""
        return {s.name: s for s in self.spans() if s.trace_id.hex() == trace_id}


@pytest.fixture
def collector() -> Iterator[Collector]:
    found = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            if self.path == "/v1/traces":
                found.bodies.append(body)
            self._answer(200)

        def do_GET(self) -> None:
            found.asked.append({k.lower(): v for k, v in self.headers.items()})
            self._answer(401)

        def _answer(self, code: int) -> None:
            self.send_response(code)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    found.url = f"http://127.0.0.1:{server.server_port}"
    yield found
    server.shutdown()
    server.server_close()
    thread.join(60)


@pytest.fixture
def traced(
    transactional_db: None,
    empty_redis: None,
    collector: Collector,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[WebServer]:
    """A web server and a worker whose spans go to the collector soon."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "200")
    monkeypatch.setenv("ALLOW_PRIVATE_VENDOR_URLS", "on")
    name = str(connection.settings_dict["NAME"])
    worker = Worker(name, tmp_path)
    server = WebServer(name, tmp_path)
    yield server
    server.stop()
    worker.stop()


def ask(server: WebServer, path: str, method: str = "GET", **headers: str) -> int:
    request = urllib.request.Request(
        f"http://127.0.0.1:{server.port}{path}", method=method, headers=headers
    )
    try:
        with urllib.request.urlopen(request, timeout=240) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def attributes(span: Any) -> dict[str, str]:
    return {
        one.key: one.value.string_value or str(one.value.int_value)
        for one in span.attributes
    }


def test_a_trace_leads_from_the_request_over_the_queue_to_the_tool(traced, collector):
    tool = make_connection("Tool", base_url=collector.url)
    tool.secrets = {"token": SECRET}
    tool.save()
    root = person("root", is_superuser=True)
    _, token = issue_token(root, by="root", scopes={Scope.ADMIN, Scope.START})
    path = f"/api/v1/connections/{tool.pk}/sync/"
    bearer = {"Authorization": f"Bearer {token}", "Traceparent": PARENT}
    assert ask(traced, path, "POST", **bearer) == 202
    assert ask(traced, f"/s/{SHARE}/?q={ASKED}") == 404
    names = {
        "POST api-connections-sync",
        "ingest.tasks.sync_connection",
        "GET 127.0.0.1",
    }
    wait_for(lambda: names <= collector.of_trace(TRACE_ID).keys(), "the spans")
    wait_for(
        lambda: any(s.name == "GET shared" for s in collector.spans()),
        "the other trace",
    )
    found = collector.of_trace(TRACE_ID)
    request, task = found["POST api-connections-sync"], found[SYNC]
    out = found["GET 127.0.0.1"]
    assert request.parent_span_id.hex() == "00f067aa0ba902b7"
    assert task.parent_span_id == request.span_id
    assert out.parent_span_id == task.span_id
    assert attributes(request)["http.response.status_code"] == "202"
    assert attributes(request)["http.route"].endswith("sync/")
    assert attributes(out)["http.response.status_code"] == "401"
    assert attributes(out)["passline.sync_id"]
    assert (
        attributes(out)["passline.request_id"]
        == (attributes(request)["passline.request_id"])
    )
    queries = [s for s in collector.spans() if "db.query.text" in attributes(s)]
    assert {"SELECT", "UPDATE"} <= {span.name for span in queries}
    assert {span.parent_span_id for span in queries} >= {request.span_id, task.span_id}
    # The tool got the key, and is told nothing of our traces.
    assert collector.asked
    assert any(SECRET in str(headers) for headers in collector.asked)
    assert not any("traceparent" in headers for headers in collector.asked)
    sent = b"".join(collector.bodies)
    secrets = (SECRET, token, SHARE, ASKED, tool.credentials)
    assert [secret for secret in secrets if secret.encode() in sent] == []


MODULES = """
import django, sys
django.setup()
print(sorted(name for name in sys.modules if name.startswith("opentelemetry.sdk.")))
"""


@pytest.mark.parametrize(("endpoint", "is_loaded"), [("", False), ("http://x", True)])
def test_nothing_is_loaded_unless_an_endpoint_is_set(endpoint, is_loaded):
    done = subprocess.run(
        [sys.executable, "-c", MODULES],
        cwd=ROOT,
        env={**os.environ, "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint},
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = done.stdout.strip().replace("'opentelemetry.sdk.metrics'", "")
    assert ("opentelemetry.sdk.trace" in loaded) == is_loaded
    assert (loaded != "[]") == is_loaded
