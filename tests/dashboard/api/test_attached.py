"""What was pushed beside an outcome, as the API gives it back under the vendor's names."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from ingest.contract import RunRecord, RunStatus
from ingest.details import Details
from ingest.intake.projects import create_project
from ingest.intake.runs import append_results, open_run, open_thread
from ingest.models import Result, ResultText, Run
from ingest.models.results import ORDINALS
from tests.clock import now
from tests.dashboard.api.client import csv_rows, ndjson_rows, read
from tests.dashboard.page_reader import logged_in, person
from tests.ingest.records import a_result

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_redis")]
BUILD = {"name": "Build", "url": "https://ci.example/1", "note": "of main"}
PICTURE = {
    **{"name": "screen.png", "url": "https://files.example/1.png", "note": ""},
    **{"mime_type": "image/png", "size": 2048},
}
OUTPUT = {
    **{"type": 4, "name": "Output", "value": "\x1b[31mred\x1b[0m"},
    **{"meta": {"encoding": "utf-8"}, "is_highlight": True},
}
SERVER = {
    **{"type": 5, "name": "Server", "value": "https://shop.example/"},
    **{"meta": {}, "is_highlight": False},
}
STEP = {"title": "Opens the cart", "duration_ms": 12, "error": "", "steps": []}
RESULT = Details(
    fields=[OUTPUT, SERVER],
    artifacts=[PICTURE],
    links=[BUILD],
    steps=[STEP],
    meta={"browser": "Chrome", "retries": 2},
    file="tests/cart.py",
    line=7,
    assertions=3,
)


@pytest.fixture
def client() -> Client:
    return logged_in(person())


@pytest.fixture
def run() -> Run:
    record = RunRecord(
        external_id="", name="Nightly", status=RunStatus.RUNNING, started_at=now()
    )
    details = Details(tags=["nightly", "v26"], fields=[OUTPUT], links=[BUILD])
    run = open_run(create_project("Shop"), record, format="testmo", details=details)
    thread = open_thread(run.pk, name="one", details=Details(artifacts=[PICTURE]))
    rows = [a_result("a", "F", details=RESULT), a_result("b", "P")]
    append_results(run.pk, rows, thread_id=thread.pk)
    return run


def first_result(run: Run) -> str:
    return f"results/{run.pk * ORDINALS}/"


def test_a_run_gives_back_what_is_attached_to_it(run: Run, client: Client) -> None:
    for row in (read("runs/", client)["results"][0], read(f"runs/{run.pk}/", client)):
        assert row["tags"] == ["nightly", "v26"]
        assert (row["fields"], row["links"], row["artifacts"]) == (
            [OUTPUT],
            [BUILD],
            [],
        )


def test_a_thread_gives_back_what_is_attached_to_it(run: Run, client: Client) -> None:
    row = read(f"runs/{run.pk}/threads/", client)["results"][0]
    assert (row["artifacts"], row["fields"], row["links"]) == ([PICTURE], [], [])


def test_a_result_gives_back_what_is_attached_to_it(run: Run, client: Client) -> None:
    for path in ("results/", f"runs/{run.pk}/results/"):
        rows = {row["case"]["key"]: row for row in read(path, client)["results"]}
        for name in ("fields", "artifacts", "links"):
            assert rows["a"][name] == RESULT[name]  # type: ignore[literal-required]
            assert rows["b"][name] == []
    whole = read(first_result(run), client)
    assert {name: whole[name] for name in RESULT} == RESULT


def test_a_result_without_anything_says_so(run: Run, client: Client) -> None:
    whole = read(f"results/{run.pk * ORDINALS + 1}/", client)
    assert [whole[name] for name in ("fields", "artifacts", "links")] == [[], [], []]
    assert {*whole}.isdisjoint({"file", "line", "assertions", "steps", "meta"})


def test_a_stranger_gets_no_address(run: Run, settings: Any) -> None:
    settings.PUBLIC_READ = True
    whole = read(first_result(run))
    assert whole["artifacts"] == [{**PICTURE, "url": None}]
    assert whole["links"] == [{**BUILD, "url": None}]
    assert whole["fields"] == [OUTPUT, {**SERVER, "value": None}]
    assert read(f"runs/{run.pk}/")["links"] == [{**BUILD, "url": None}]


def test_values_are_cut_in_lists_and_whole_in_the_object(
    run: Run, client: Client
) -> None:
    long, most = "é" * 20_000, 16_384
    field = {**OUTPUT, "value": long}
    edge = {**OUTPUT, "value": "é" * most}
    details = Details(fields=[SERVER, field, edge])
    append_results(run.pk, [a_result("long", "F", details=details)])
    run.attached.values = details
    run.attached.save()
    for listed, one in (
        ("results/", f"results/{run.pk * ORDINALS + 2}/"),
        ("runs/", f"runs/{run.pk}/"),
    ):
        rows = [row["fields"] for row in read(listed, client)["results"]]
        fields = next(found for found in rows if len(found) == 3)
        said = f"\n[cut after 16,384 letters: see /api/v1/{one}]"
        assert [f["value"] for f in fields] == [
            *(SERVER["value"], "é" * most + said, edge["value"])
        ]
        assert read(one, client)["fields"] == [SERVER, field, edge]


def test_csv_has_them_as_json_and_ndjson_as_they_are(run: Run, settings: Any) -> None:
    settings.PUBLIC_READ = True
    row = next(row for row in csv_rows("results/?format=csv") if row["fields"] != "")
    assert row["links"] == '[{"name": "Build", "url": null, "note": "of main"}]'
    assert csv_rows("runs/?format=csv")[0]["tags"] == "nightly v26"
    assert ndjson_rows("runs/?format=ndjson")[0]["tags"] == ["nightly", "v26"]


def test_details_that_are_odd_are_left_out(run: Run, client: Client) -> None:
    """Whoever wrote them, a list can be read."""
    text = Result.objects.get(run=run, ordinal=0)
    odd = {"fields": "x", "links": [1, {"url": 5}], "meta": [], "line": True, "tags": 1}
    ResultText.objects.filter(pk=text.pk).update(details=odd)
    rows = {row["id"]: row for row in read("results/", client)["results"]}
    assert rows[run.pk * ORDINALS]["links"] == [{"name": "", "url": "5", "note": ""}]
    whole = read(first_result(run), client)
    assert whole["fields"] == []
    assert {*whole}.isdisjoint({"meta", "line"})


def test_the_number_of_queries_does_not_grow(
    run: Run, client: Client, django_assert_max_num_queries: Any
) -> None:
    def asked(path: str) -> int:
        with django_assert_max_num_queries(40) as found:
            read(path, client)
        return len(found)

    paths = ("results/", "runs/", f"runs/{run.pk}/threads/")
    few = [asked(path) for path in paths]
    later = now() + timedelta(minutes=1)
    for number in range(5):
        thread = open_thread(run.pk, details=Details(links=[BUILD]))
        row = a_result(f"c{number}", "F", details=RESULT, executed_at=later)
        append_results(run.pk, [row], thread_id=thread.pk)
        record = RunRecord(external_id="", name="N", status=RunStatus.RUNNING)
        open_run(run.project, record, format="ctrf", details=Details(tags=["x"]))
    assert [asked(path) for path in paths] == few


def test_the_schema_describes_all_of_it(client: Client) -> None:
    parts = read("schema/", client)["components"]["schemas"]
    whole = parts["WholeResult"]["properties"]
    assert {*RESULT} <= {*whole}
    assert {"tags", "fields", "artifacts", "links"} <= {*parts["Run"]["properties"]}
    assert {"fields", "artifacts", "links"} <= {*parts["Thread"]["properties"]}
    assert "null" in parts["Link"]["properties"]["url"]["type"]
    assert "null" in parts["Field"]["properties"]["value"]["type"]
