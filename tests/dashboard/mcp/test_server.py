"""A real `manage.py mcp`, asked by the package's own client, over both ways."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

import anyio
import httpx2
import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client as Browser
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamable_http_client

from dashboard.api.access import PerCaller
from dashboard.embedded.lifeline import die_with_parent
from dashboard.models import ApiToken, Scope, Team
from dashboard.readers import Role
from tests.dashboard.page_reader import logged_in, person
from tests.dashboard.world import World, make_world
from tests.factories import NOW
from tests.services import ROOT, wait_for

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("empty_redis"),
]
WINDOW = {
    "since": (NOW - timedelta(days=30)).isoformat(),
    "until": NOW.isoformat(),
}
SECRET = "passline_"


def environment(**more: str) -> dict[str, str]:
    url = urlsplit(os.environ["DATABASE_URL"])
    name = connection.settings_dict["NAME"]
    return (
        os.environ | {"DATABASE_URL": urlunsplit(url._replace(path=f"/{name}"))} | more
    )


@dataclass(frozen=True)
class HttpServer:
    url: str
    log: Path


@pytest.fixture(scope="module")
def server(
    django_db_setup: None, redis_server: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[HttpServer]:
    log = tmp_path_factory.mktemp("mcp") / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "mcp", "--http", "127.0.0.1:0"],
            cwd=ROOT,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            preexec_fn=die_with_parent,
        )

    def address() -> str:
        assert process.poll() is None, log.read_text()
        found = re.search(r"at (http://\S+)", log.read_text())
        return found[1] if found else ""

    yield HttpServer(url=wait_for(address, "the server"), log=log)
    process.send_signal(signal.SIGTERM)
    assert process.wait(240) == 0
    assert SECRET not in log.read_text()
    assert "Traceback" not in log.read_text()


@dataclass(frozen=True)
class Installed:
    """Somebody who sees all, and a token of somebody who does not see the shop."""

    world: World
    whole: str
    part: str


@pytest.fixture
def installed() -> Installed:
    world = make_world()
    team = Team.objects.create(name="Shop team")
    team.projects.add(world.shop)
    admin = person("ada", is_superuser=True)
    viewer = person("vera", Role.VIEWER)
    _, whole = ApiToken.issue(admin.pk)
    _, part = ApiToken.issue(viewer.pk)
    return Installed(world=world, whole=whole, part=part)


def read(path: str, token: str, **query: Any) -> Any:
    """The API's answer."""
    answer = Browser().get(
        f"/api/v1/{path}?{urlencode(query, doseq=True)}",
        headers={"Authorization": f"Bearer {token}", "Host": "127.0.0.1:8000"},
    )
    assert answer.status_code == 200, answer.content
    return answer.json()


@asynccontextmanager
async def over_http(url: str, token: str, **options: Any) -> AsyncIterator[Client]:
    headers = {"Authorization": f"Bearer {token}"}
    async with (
        httpx2.AsyncClient(headers=headers, timeout=240) as wire,
        Client(streamable_http_client(url, http_client=wire), **options) as client,
    ):
        yield client


async def ask(client: Client, tool: str, /, **arguments: Any) -> Any:
    answer = await client.call_tool(tool, arguments)
    assert not answer.is_error, answer.content[0].text
    return json.loads(answer.content[0].text)


async def problem(client: Client, tool: str, /, **arguments: Any) -> str:
    answer = await client.call_tool(tool, arguments)
    assert answer.is_error, answer.content[0].text
    return str(answer.content[0].text)


def questions(world: World, token: str) -> dict[str, dict[str, Any]]:
    """Arguments with which each of the tools has an answer."""
    run, shop = world.newest.pk, world.shop.pk
    (result, *_) = read(f"runs/{run}/results/", token, status="failed")["results"]
    return {
        "list_connections": {},
        "list_projects": {"sort": "name"},
        "list_runs": {"project": [shop], "limit": 2},
        "get_run": {"run": run},
        "list_results": {"run": run, "final": True},
        "get_result": {"result": result["id"]},
        "list_tests": {"q": "log"},
        "list_milestones": {"project": [shop]},
        "milestone_progress": {"milestone": world.release.pk},
        "summary": WINDOW,
        "pass_rate": {"by": "project", **WINDOW},
        "standup": WINDOW,
        "failing_tests": WINDOW,
        "flaky_tests": WINDOW,
        "slow_tests": WINDOW,
        "failures_by_message": WINDOW,
        "compare_runs": {"base": run, "head": run},
        "explain_number": {"metric": "flaky", **WINDOW},
        "search": {"q": "log"},
    }


def of_the_api(world: World, token: str) -> dict[str, Any]:
    """What the API answers to the same, by tool."""
    run, twenty = world.newest.pk, {"limit": 20}
    found = {
        "list_runs": read("runs/", token, limit=2, project=world.shop.pk),
        "list_results": read(f"runs/{run}/results/", token, final=1, **twenty),
        "list_tests": read("cases/", token, q="log", **twenty),
        "milestone_progress": read(f"milestones/{world.release.pk}/progress/", token),
        "summary": read("metrics/summary/", token, **WINDOW),
        "pass_rate": read("metrics/pass-rate/", token, by="project", **WINDOW),
        "standup": read("metrics/standup/", token, **WINDOW),
        "failing_tests": read("metrics/failing/", token, **WINDOW, **twenty),
        "flaky_tests": read("metrics/flaky/", token, **WINDOW, **twenty),
        "slow_tests": read("metrics/slow/", token, **WINDOW, **twenty),
        "failures_by_message": read("metrics/failures/", token, **WINDOW, **twenty),
        "compare_runs": read("metrics/compare/", token, base=run, head=run, **twenty),
        "explain_number": read("metrics/flaky/explain/", token, **WINDOW),
    }
    left_out = {"next", "previous", "meta"}
    numbers = {
        tool: {name: value for name, value in body.items() if name not in left_out}
        for tool, body in found.items()
    }
    # What the server says of today may be of tomorrow already.
    for of_the_day in ("burn_up", "forecast", "reason"):
        del numbers["milestone_progress"][of_the_day]
    numbers["get_run"] = {"run": read(f"runs/{run}/", token)}
    return numbers


def documented() -> list[str]:
    text = (ROOT / "docs/mcp.md").read_text()
    return re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE)


def test_a_program_starts_it_and_is_given_the_numbers_of_the_api(installed, tmp_path):
    world, token = installed.world, installed.whole
    asked, expected = questions(world, token), of_the_api(world, token)
    started = StdioServerParameters(
        command=sys.executable,
        args=["manage.py", "mcp"],
        env=environment(PASSLINE_TOKEN=token),
        cwd=ROOT,
    )
    log, answers, tools = tmp_path / "log", {}, []

    async def talk() -> None:
        with log.open("w") as errors:
            async with Client(stdio_client(started, errors)) as client:
                tools.extend((await client.list_tools()).tools)
                for name, arguments in asked.items():
                    answers[name] = await ask(client, name, **arguments)
                cursor = answers["list_runs"]["next_cursor"]
                more = {**asked["list_runs"], "cursor": cursor}
                answers["more runs"] = await ask(client, "list_runs", **more)

    anyio.run(talk)
    assert log.read_text() == ""
    assert [tool.name for tool in tools] == documented() == [*asked]
    assert all(tool.annotations.read_only_hint for tool in tools)
    assert all(tool.input_schema["properties"] for tool in tools)
    for name, numbers in expected.items():
        assert numbers.items() <= answers[name].items(), name
    admin = logged_in(User.objects.get(username="ada"))
    for name, answer in answers.items():
        assert answer["freshness"]["oldest_success_at"], name
        assert answer["as_of"] is None, name
        assert "cut" not in answer, name
        page = answer["page"].removeprefix("http://127.0.0.1:8000")
        assert admin.get(page).status_code == 200, page
    failures, run = answers["get_run"]["failures"], answers["get_run"]["run"]
    assert failures["count"] == run["counts"]["failed"] + run["counts"]["error"] > 0
    first, second = (
        {row["id"] for row in answers[name]["results"]}
        for name in ("list_runs", "more runs")
    )
    assert len(first | second) == 4


def test_each_request_over_http_has_the_rights_of_its_own_token(installed, server):
    shop, newest = installed.world.shop.pk, installed.world.newest.pk
    portal = installed.world.portal.pk
    whole = read("metrics/summary/", installed.whole, **WINDOW)
    part = read("metrics/summary/", installed.part, **WINDOW)
    assert whole["results"] > part["results"] > 0

    async def sums(token: str, expected: Any, **options: Any) -> None:
        async with over_http(server.url, token, **options) as client:
            for _ in range(5):
                told = await ask(client, "summary", **WINDOW)
                assert {name: told.get(name) for name in expected} == expected

    async def asked() -> None:
        async with anyio.create_task_group() as group:
            # By the protocol of today and by the one with a handshake, all at once.
            for options in ({}, {"mode": "legacy"}):
                group.start_soon(lambda o=options: sums(installed.whole, whole, **o))
                group.start_soon(lambda o=options: sums(installed.part, part, **o))
        async with over_http(server.url, installed.part) as client:
            names = [p["id"] for p in (await ask(client, "list_projects"))["results"]]
            assert shop not in names
            assert portal in names
            never = 987_654
            for tool, name, hidden in (
                ("get_run", "run", newest),
                ("list_results", "run", newest),
                ("summary", "project", shop),
                ("explain_number", "project", shop),
                ("compare_runs", "base", newest),
            ):
                more = {"metric": "summary"} if tool == "explain_number" else {}
                more |= {"head": never} if tool == "compare_runs" else {}
                said = await problem(client, tool, **{name: hidden}, **more)
                gone = await problem(client, tool, **{name: never}, **more)
                assert said.replace(str(hidden), "N") == gone.replace(str(never), "N")

    anyio.run(asked)


def test_what_cannot_be_asked_is_told_and_nothing_else(installed, server):
    hostile: list[tuple[str, dict[str, Any], str]] = [
        ("no_such_tool", {}, "There is no tool"),
        ("summary", {"format": "csv"}, "There is no argument “format” here"),
        ("summary", {"window": "'; DROP TABLE ingest_run; --"}, "window: "),
        ("summary", {"as_of": "2199-01-01"}, "as_of: "),
        ("summary", {"project": 10**400}, "project: "),
        ("summary", {"project": {"$ne": 1}}, "project: It must be a text or a number"),
        ("summary", {"q": "x" * 3000}, "q: It must be a text of 2,000 letters"),
        ("summary", {"q": "\0"}, "q: "),
        ("summary", {"branch": ["b"] * 300}, "More than 200 values"),
        ("list_runs", {"limit": 1000}, "limit: It must be a number from 1 to 100"),
        ("list_runs", {"cursor": "<script>"}, "cursor: "),
        ("list_runs", {"tool": "<b>x</b>"}, "tool: "),
        ("get_run", {"run": "1/../2"}, "run: It must be one id"),
        ("get_run", {"run": 2**63}, "run: It must be one id"),
        ("get_run", {"as_of": "2026-01-01"}, "run: It is missing"),
        ("explain_number", {"metric": "../runs"}, "metric: “../runs” is none of"),
        (
            "explain_number",
            {"metric": "milestone-progress"},
            "milestone: It must be one id",
        ),
    ]

    async def asked() -> None:
        async with over_http(server.url, installed.whole) as client:
            for tool, given, sentence in hostile:
                said = await problem(client, tool, **given)
                assert sentence in said, (tool, given, said)
                assert len(said) < 600, said

    anyio.run(asked)


def test_who_may_not_ask_over_http_is_told_by_its_status(installed, server):
    admin = person("eve", is_superuser=True)
    _, pushing = ApiToken.issue(admin.pk, scopes=[Scope.INTAKE])
    revoked, old = ApiToken.issue(admin.pk)
    own, many = ApiToken.issue(admin.pk)
    ApiToken.objects.filter(pk=revoked.pk).update(revoked_at=NOW)
    list_tools = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}

    def sent(token: str = installed.whole, **headers: str) -> httpx2.Response:
        return httpx2.post(
            server.url,
            content=headers.pop("body", json.dumps(list_tools)),
            headers={
                "Accept": "application/json, text/event-stream",
                "Content-Type": "application/json",
                "Authorization": f"Bearer {token}" if token else "",
                **headers,
            },
            timeout=240,
        )

    assert sent().status_code == 200
    for token in ("", old, "passline_forged", f"{installed.whole}, x"):
        answer = sent(token)
        assert answer.status_code == 401, token
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    answer = sent(pushing)
    assert answer.status_code == 403
    assert "--scope read" in answer.json()["detail"]
    assert sent(Host="rebound.example").status_code == 421
    assert sent(Origin="https://rebound.example").status_code == 403
    assert sent(Origin="null").status_code == 403
    assert sent(Origin="http://localhost:6274").status_code == 200
    assert sent(body="x" * 300_000).status_code == 413
    assert httpx2.get(server.url).status_code == 405
    assert httpx2.get(server.url.replace("/mcp", "/api/v1/runs/")).status_code == 404
    for _ in range(PerCaller.most):
        PerCaller.allow(f"throttle-mcp-{own.pk}")
    answer = sent(many)
    assert answer.status_code == 429
    assert 1 <= int(answer.headers["Retry-After"]) <= 60


def test_it_does_not_start_without_a_token_that_may_read(monkeypatch):
    user = person("ada", is_superuser=True)
    _, pushing = ApiToken.issue(user.pk, scopes=[Scope.INTAKE])
    _, expired = ApiToken.issue(user.pk, expires_at=NOW - timedelta(days=1))
    for token, sentence in (
        ("", "PASSLINE_TOKEN is not set"),
        (pushing, "PASSLINE_TOKEN: This token has not the scope read"),
        (expired, "PASSLINE_TOKEN: The token is unknown, expired or revoked"),
    ):
        monkeypatch.setenv("PASSLINE_TOKEN", token)
        with pytest.raises(CommandError, match=sentence) as error:
            call_command("mcp")
        assert error.value.returncode == 2
        assert not token or token not in str(error.value)
    for text in ("8765", "127.0.0.1", "127.0.0.1:70000", "http://x:1"):
        with pytest.raises(CommandError, match="HOST:PORT"):
            call_command("mcp", "--http", text)


def test_it_ends_with_its_program_and_when_it_is_told_to(installed):
    hello = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "initialize",
        "params": {
            "protocolVersion": "2025-06-18",
            "capabilities": {},
            "clientInfo": {"name": "test", "version": "1"},
        },
    }
    both = [
        subprocess.Popen(
            [sys.executable, "manage.py", "mcp"],
            cwd=ROOT,
            env=environment(PASSLINE_TOKEN=installed.part),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            preexec_fn=die_with_parent,
        )
        for _ in range(2)
    ]
    for process in both:
        process.stdin.write(json.dumps(hello).encode() + b"\n")
        process.stdin.flush()
    for process in both:
        answer = json.loads(process.stdout.readline())
        assert answer["result"]["serverInfo"]["name"] == "passline"
    left, told = both
    left.stdin.close()
    told.send_signal(signal.SIGTERM)
    for process in both:
        with process:
            assert process.wait(240) == 0
            assert process.stderr.read() == b""
