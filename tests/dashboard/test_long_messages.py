"""A message of megabytes: cut where many are shown, whole in the object of its result."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from dashboard.metrics.messages import MOST_LETTERS
from tests.factories import make_project, make_results, make_run

pytestmark = pytest.mark.django_db
MESSAGE = "tile 17 of 'north' missing\n" * 100_000
LINE = MESSAGE.partition("\n")[0]


@pytest.fixture
def run(settings: Any) -> Any:
    settings.PUBLIC_READ = True
    run = make_run(make_project())
    make_results(run, "FFF", message=MESSAGE)
    return run


@pytest.fixture
def results(client: Client, run: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get("/api/v1/results/").json()["results"]
    assert len(found) == 3
    return found


def assert_cut(message: str, result: int) -> None:
    head, _, last = message.rpartition("\n")
    assert head == MESSAGE[:MOST_LETTERS]
    assert last == f"[cut after 16,384 letters: see /api/v1/results/{result}/]"


def test_lists_and_exports_cut_it_and_lead_to_the_whole(
    client: Client, run: Any, results: list[dict[str, Any]]
):
    for row in results:
        assert_cut(row["message"], row["id"])
        whole = client.get(f"/api/v1/results/{row['id']}/").json()
        assert whole["message"] == MESSAGE
    for path in (f"/api/v1/runs/{run.pk}/results/", "/api/v1/results/"):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            text = b"".join(client.get(f"{path}?format=csv").streaming_content).decode(
                "utf-8-sig"
            )
        assert "left(t.message" in str(queries.captured_queries)
        for told in csv.DictReader(io.StringIO(text)):
            assert_cut(told["message"].removeprefix("'"), int(told["id"]))
        lines = b"".join(client.get(f"{path}?format=ndjson").streaming_content)
        for line in lines.splitlines():
            assert_cut(json.loads(line)["message"], json.loads(line)["id"])


def test_groups_of_failures_cut_it(client: Client, run: Any):
    (group,) = client.get("/api/v1/metrics/failures/").json()["results"]
    assert_cut(group["message"], group["newest_result"])
    assert group["results"] == 3


def test_a_comparison_cuts_it(client: Client, run: Any):
    base = make_run(run.project)
    make_results(base, "PPP")
    path = f"/api/v1/metrics/compare/?base={base.pk}&head={run.pk}"
    for row in client.get(path).json()["results"]:
        assert_cut(row["head"]["message"], row["head"]["id"])


def test_pages_stay_small_and_lead_to_the_whole(
    client: Client, run: Any, results: list[dict[str, Any]]
):
    case = results[0]["case"]["id"]
    wholes = [f"/results/{row['id']}/#message" for row in results]
    for path in (f"/runs/{run.pk}/", f"/cases/{case}/", "/failures/", "/results/"):
        answer = client.get(path)
        assert answer.status_code == 200
        assert len(answer.content) < 2**20
        html = answer.content.decode()
        assert "tile 17 of" in html
        assert any(f'"{one}"' in html for one in wholes)
