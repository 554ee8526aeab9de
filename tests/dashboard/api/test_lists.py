"""Lists of the REST API: objects, pages, filters, CSV and NDJSON."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from itertools import product

import pytest
from django.test import Client

from dashboard.api import encoding
from dashboard.lists.results import CaseRef
from ingest.contract import Counts
from ingest.models import Case, Result, Run
from tests import clock, factories
from tests.dashboard.api.client import csv_rows, every_page, ndjson_rows, problem, read
from tests.dashboard.page_reader import logged_in, person
from tests.factories import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_redis")]
LISTS = ["connections", "projects", "milestones", "runs", "cases", "results", "syncs"]
LISTS_AND_METRICS = [*LISTS, "metrics/failing", "metrics/reconciliation"]


@pytest.fixture(autouse=True)
def _public(settings):
    settings.PUBLIC_READ = True


@pytest.fixture
def signed_in():
    return logged_in(person())


@pytest.fixture
def world():
    """One of everything, and what must not be mixed up with it."""
    connection = factories.make_connection("Testmo")
    project = factories.make_project(connection, name="Checkout")
    milestone = factories.make_milestone(project, "v26.11")
    run = factories.make_run(
        project,
        name="Nightly",
        source="backend",
        configuration="Chrome",
        branch="main",
        commit="8f3c21e",
        milestones=[milestone],
        vendor_counts={"passed": 1, "failed": 2},
        vendor_url="https://qa.testmo.example/runs/1",
        finished_at=NOW,
        duration_ms=3_600_000,
        thread_count=1,
    )
    thread = factories.make_thread(run, "lane 1")
    results = factories.make_results(
        run,
        "PFF",
        cases=["pays", "logs in", "logs in"],
        message="expected 1",
        thread=thread,
        at=[run.at, run.at, run.at + timedelta(minutes=1)],
    )
    other = factories.make_run(
        factories.make_project(factories.make_connection(vendor="qatech")),
        started_at=NOW - timedelta(days=40),
        branch="dev",
        source="mobile",
        configuration="Safari",
    )
    factories.make_results(other, "S", cases=["signs up"])
    sync = factories.make_sync(connection, project=project)
    run.refresh_from_db()
    return {
        "connection": connection,
        "project": project,
        "milestone": milestone,
        "run": run,
        "thread": thread,
        "results": results,
        "sync": sync,
    }


def result_id(result):
    return result.run_id * 2**20 + result.ordinal


def iso(moment):
    return moment.isoformat().replace("+00:00", "Z")


def test_a_run_has_the_documented_fields(world, signed_in):
    run = world["run"]
    assert read(f"runs/{run.pk}/", signed_in) == {
        "id": run.pk,
        "external_id": run.external_id,
        "project": world["project"].pk,
        "name": "Nightly",
        "kind": "automated",
        "status": "passed",
        "raw_status": "",
        "source": "backend",
        "configuration": "Chrome",
        "milestones": [world["milestone"].pk],
        "branch": "main",
        "commit": "8f3c21e",
        "started_at": iso(run.started_at),
        "finished_at": iso(NOW),
        "duration_ms": 3_600_000,
        "counts": {
            **dict.fromkeys(
                ["error", "skipped", "blocked", "untested", "running", "unknown"], 0
            ),
            "passed": 1,
            "failed": 1,
            "total": 2,
        },
        "vendor_counts": {
            **dict.fromkeys(
                ["error", "skipped", "blocked", "untested", "running", "unknown"], 0
            ),
            "passed": 1,
            "failed": 2,
            "total": 3,
        },
        "detail": "rows",
        "outage": False,
        "excluded": False,
        "thread_count": 1,
        "url": f"http://testserver/runs/{run.pk}/",
        "vendor_url": "https://qa.testmo.example/runs/1",
        "recorded_at": iso(run.recorded_at),
        **{"tags": [], "fields": [], "artifacts": [], "links": []},
    }


def test_a_result_has_the_documented_fields(world, signed_in):
    result = world["results"][2]
    assert read(f"results/{result_id(result)}/", signed_in) == {
        "id": result_id(result),
        "run": world["run"].pk,
        "thread": world["thread"].pk,
        "case": {
            "id": result.case_id,
            "key": "logs in",
            "name": "logs in",
            "folder": "checkout",
        },
        "status": "failed",
        "raw_status": "F",
        "attempt": 2,
        "final": True,
        "executed_at": iso(result.at),
        "duration_ms": 1000,
        "message": "expected 1",
        "vendor_url": "",
        "recorded_at": iso(world["run"].recorded_at),
        **{"fields": [], "artifacts": [], "links": []},
    }


def test_a_word_that_is_ours_is_told_though_it_is_not_stored(world):
    Result.objects.filter(run=world["run"], ordinal=0).update(raw_status=None)
    ours, theirs = read(f"runs/{world['run'].pk}/results/?sort=executed_at")["results"][
        :2
    ]
    assert (ours["status"], ours["raw_status"]) == ("passed", "passed")
    assert (theirs["status"], theirs["raw_status"]) == ("failed", "F")


def test_other_objects_have_the_documented_fields(world):
    (thread,) = read(f"runs/{world['run'].pk}/threads/")["results"]
    assert set(thread) == {
        *("id", "external_id", "run", "name", "status", "duration_ms", "counts"),
        *("fields", "artifacts", "links"),
    }
    case = read(f"cases/{world['results'][0].case_id}/")
    assert set(case) >= {
        *("id", "project", "key", "name", "folder", "first_seen_at", "last_seen_at"),
        "owner",
    }
    milestone = read(f"milestones/{world['milestone'].pk}/")
    assert milestone["projects"] == [world["project"].pk]
    assert milestone["members"] == [
        {
            "connection": world["connection"].pk,
            "external_id": world["milestone"].members.get().external_id,
            "name": "v26.11",
        }
    ]
    sync = read(f"syncs/{world['sync'].pk}/")
    assert (sync["connection"], sync["project"]) == (
        world["connection"].pk,
        world["project"].pk,
    )


def test_a_connection_never_shows_a_secret(world, signed_in):
    connection = world["connection"]
    connection.secrets = {"token": "s3cret"}
    connection.base_url = "https://user:s3cret@qa.testmo.example/api"
    connection.save()
    answer = read(f"connections/{connection.pk}/", signed_in)
    assert "s3cret" not in str(answer)
    assert answer["base_url"] == "https://qa.testmo.example/api"


@pytest.mark.parametrize("name", LISTS)
def test_every_list_gives_its_objects_and_each_object_alone(world, name):
    answer = read(f"{name}/")
    assert set(answer) == {"count", "next", "previous", "results"}
    assert answer["count"] == len(answer["results"]) > 0
    for row in answer["results"]:
        assert read(f"{name}/{row['id']}/") == row


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("number", [1, 999_999, 2**63, 10**30])
def test_an_object_that_is_not_here_is_a_404(name, number):
    response = Client().get(f"/api/v1/{name}/{number}/")
    assert response.status_code == 404
    assert set(response.json()) == {"detail"}


@pytest.mark.parametrize("name", LISTS_AND_METRICS)
@pytest.mark.parametrize("limit", [1, 2, 3, 7])
def test_rows_of_one_time_are_neither_lost_nor_repeated(name, limit, django_db_blocker):
    project = factories.make_project(factories.make_connection())
    for number in range(7):
        run = factories.make_run(
            project,
            started_at=NOW - timedelta(hours=1),
            milestones=[factories.make_milestone(project, f"m {number}")],
            vendor_counts={"passed": 0},
        )
        factories.make_results(run, "F", cases=[f"case {number}"])
        factories.make_sync(project.connection)
        factories.make_project(factories.make_connection())
    whole = read(f"{name}/")["results"]
    assert len(whole) >= 7
    assert every_page(f"{name}/?limit={limit}") == whole


def test_going_back_gives_the_same_pages():
    project = factories.make_project()
    factories.make_results(factories.make_run(project), "P" * 10)
    pages, path = [], "results/?limit=4"
    while path:
        pages.append(read(path))
        path = (pages[-1]["next"] or "").partition("/api/v1/")[2]
    assert [len(page["results"]) for page in pages] == [4, 4, 2]
    for later, earlier in ((2, 1), (1, 0)):
        back = read(pages[later]["previous"].partition("/api/v1/")[2])
        assert back["results"] == pages[earlier]["results"]
    assert pages[0]["previous"] is None
    assert back["previous"] is None


def test_runs_without_a_start_have_their_place_in_the_list():
    project = factories.make_project()
    old = factories.make_run(project, started_at=NOW - timedelta(days=2))
    none = factories.make_run(
        project, started_at=None, recorded_at=NOW - timedelta(days=1)
    )
    new = factories.make_run(project, started_at=NOW)
    rows = every_page("runs/?limit=1")
    assert [row["id"] for row in rows] == [new.pk, none.pk, old.pk]


def test_a_row_that_arrives_while_paging_disturbs_nothing():
    project = factories.make_project()
    run = factories.make_run(project)
    factories.make_results(run, "PPPP")
    first = read("results/?limit=2&window=7d")
    late = factories.make_run(project, started_at=clock.now())
    factories.make_results(late, "FF", cases=["x", "y"])
    second = read(first["next"].partition("/api/v1/")[2])
    ids = [row["id"] for row in first["results"] + second["results"]]
    assert sorted(ids) == [run.pk * 2**20 + ordinal for ordinal in range(4)]
    assert second["next"] is None


@pytest.mark.parametrize(
    "sort",
    ["started_at", "-started_at", "name", "-name", "duration_ms", "finished_at"],
)
def test_every_order_pages_completely(sort):
    project = factories.make_project()
    for number, duration in product(range(3), [None, 5, 7]):
        factories.make_run(
            project,
            name=f"n{number}",
            duration_ms=duration,
            started_at=NOW - timedelta(hours=number),
            finished_at=None if duration is None else NOW,
        )
    whole = read(f"runs/?sort={sort}")["results"]
    assert every_page(f"runs/?sort={sort}&limit=2") == whole
    key = sort.removeprefix("-")
    known = [row[key] for row in whole if row[key] is not None]
    if key != "finished_at":
        assert known == sorted(known, reverse=sort.startswith("-"))


def test_a_cursor_of_another_list_or_of_other_filters_is_refused():
    project = factories.make_project()
    factories.make_results(factories.make_run(project), "PP")
    cursor = read("results/?limit=1")["next"].partition("cursor=")[2]
    run = Run.objects.get()
    for path in (
        f"results/?limit=1&status=passed&cursor={cursor}",
        f"results/?limit=1&sort=executed_at&cursor={cursor}",
        f"runs/?limit=1&cursor={cursor}",
        f"runs/{run.pk}/results/?cursor={cursor}",
        f"results/?cursor={cursor[:-3]}abc",
        "results/?cursor=x",
    ):
        assert list(problem(path)) == ["cursor"]
    read(f"results/?limit=2&cursor={cursor}")


def chosen(name, query):
    return {row["id"] for row in read(f"{name}/?{query}")["results"]}


@pytest.mark.parametrize("name", [n for n in LISTS if n != "syncs"])
def test_common_filters_choose_the_same_things_in_every_list(world, name):
    every = chosen(name, "")
    mine = chosen(name, f"project={world['project'].pk}")
    assert 0 < len(mine) < len(every) or name == "milestones"
    case = world["results"][0].case_id
    for query in (
        f"connection={world['connection'].pk}",
        "connection=Testmo",
        "tool=testmo",
        "source=backend",
        "configuration=Chrome",
        f"milestone={world['milestone'].pk}",
        "branch=main",
        "window=7d",
        f"since={(NOW - timedelta(days=3)).date()}",
        "source=backend&source=mobile&tool=testmo",
    ):
        assert chosen(name, query) == mine, query
    if name in {"runs", "connections", "projects", "milestones"}:
        assert chosen(name, f"case={case}") == mine
    else:
        assert len(chosen(name, f"case={case}")) == 1


def test_syncs_take_the_common_filters_too(world):
    mine = {world["sync"].pk}
    for query in (
        f"project={world['project'].pk}",
        "connection=Testmo",
        "tool=testmo",
        "source=backend",
        "window=7d",
        "status=ok",
    ):
        assert chosen("syncs", query) == mine
    assert chosen("syncs", "source=mobile") == set()


def test_text_is_part_of_a_name_folder_or_key_whatever_its_case(world):
    assert len(read("cases/?q=LOGS")["results"]) == 1
    assert len(read("results/?q=checkout")["results"]) == 4
    assert len(read("runs/?q=nightl")["results"]) == 2
    assert read("cases/?q=%25")["results"] == []


def test_status_means_the_status_of_what_is_listed(world):
    factories.make_run(world["project"], status="running")
    assert len(chosen("runs", "status=running")) == 1
    assert len(chosen("results", "status=failed")) == 2
    assert len(chosen("results", "status=failed&status=skipped")) == 3
    assert len(chosen("cases", "status=failed")) == 1
    assert list(problem("runs/?status=skipped")) == ["status"]
    assert list(problem("results/?status=cancelled")) == ["status"]


def test_final_results_are_those_that_metrics_count(world):
    assert len(chosen("results", "")) == 4
    assert len(chosen("results", "final=1")) == 3
    summary = read("metrics/summary/?window=90d")
    assert summary["results"] == len(chosen("results", "final=1&window=90d"))


def test_latest_gives_the_newest_final_result_of_each_case_and_configuration():
    project = factories.make_project()
    factories.make_history(project, "FPF", configuration="Chrome")
    factories.make_history(project, "FP", configuration="Firefox")
    newest = read("results/?latest=1")["results"]
    assert sorted(row["status"] for row in newest) == ["failed", "passed"]
    assert len(read("results/?latest=1&status=failed")["results"]) == 1
    assert len(every_page("results/?latest=1&limit=1")) == 2


def test_latest_applies_to_results_only(world):
    for name in LISTS:
        if name != "results":
            assert list(problem(f"{name}/?latest=1")) == ["latest"]


def test_never_executed_gives_the_tests_without_any_result(world):
    case = factories.make_case(world["run"].project, "written down")
    Case.objects.filter(pk=case.pk).update(declared_at=NOW)
    found = every_page("cases/?never_executed=1")
    assert [(row["id"], row["last_seen_at"]) for row in found] == [(case.pk, None)]
    assert case.pk in {row["id"] for row in every_page("cases/?never_executed=0")}
    assert every_page("cases/?never_executed=1&window=7d") == []


def test_never_executed_applies_to_tests_only(world):
    for name in LISTS_AND_METRICS:
        if name != "cases":
            assert list(problem(f"{name}/?never_executed=1")) == ["never_executed"]


@pytest.mark.parametrize("name", LISTS_AND_METRICS)
@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("colour=red", "colour"),
        ("project=abc", "project"),
        ("project=999999", "project"),
        ("tool=jira", "tool"),
        ("window=30", "window"),
        ("sort=colour", "sort"),
        ("limit=0", "limit"),
        ("limit=1001", "limit"),
        ("limit=ten", "limit"),
        ("limit=1&limit=2", "limit"),
        ("format=xml", "format"),
        ("format=", "format"),
        ("as_of=", "as_of"),
        ("as_of=2199-01-01", "as_of"),
        ("q=%00", "q"),
    ],
)
def test_a_parameter_or_value_that_is_unknown_is_named(name, query, parameter):
    answer = problem(f"{name}/?{query}")
    assert list(answer) == [parameter]
    assert all(isinstance(text, str) for text in answer[parameter])


def test_an_object_takes_no_parameters(world):
    assert list(problem(f"runs/{world['run'].pk}/?window=7d")) == ["window"]


def test_nested_lists_hold_what_belongs_to_their_object(world):
    run, case = world["run"], world["results"][1].case_id
    mine = {result_id(result) for result in world["results"]}
    assert chosen(f"runs/{run.pk}/results", "") == mine
    assert chosen(f"runs/{run.pk}/results", "status=passed") < mine
    assert chosen(f"cases/{case}/results", "") == {
        result_id(result) for result in world["results"][1:]
    }
    assert chosen(f"runs/{run.pk}/threads", "") == {world["thread"].pk}
    for path in ("runs/999999/results/", "runs/999999/threads/"):
        assert Client().get(f"/api/v1/{path}").status_code == 404
    assert Client().get("/api/v1/cases/999999/results/").status_code == 404


def test_what_the_vendor_removed_is_not_listed(world):
    factories.remove(world["results"][:1])
    assert result_id(world["results"][0]) not in chosen("results", "")
    response = Client().get(f"/api/v1/results/{result_id(world['results'][0])}/")
    assert response.status_code == 404
    Run.objects.filter(pk=world["run"].pk).update(removed_at=NOW)
    assert world["run"].pk not in chosen("runs", "")
    for path in ("", "results/", "threads/"):
        gone = Client().get(f"/api/v1/runs/{world['run'].pk}/{path}")
        assert gone.status_code == 404


@pytest.mark.parametrize("name", LISTS_AND_METRICS)
def test_ndjson_is_the_whole_list_as_the_pages_give_it(world, name):
    assert ndjson_rows(f"{name}/?format=ndjson&limit=1") == read(f"{name}/")["results"]


@pytest.mark.parametrize("name", LISTS_AND_METRICS)
def test_csv_is_the_whole_list_with_a_header(world, name):
    rows = csv_rows(f"{name}/?format=csv")
    assert len(rows) == len(read(f"{name}/")["results"])


def test_csv_names_nested_fields_by_dots_and_keeps_odd_texts_in_their_cell(world):
    factories.make_results(
        factories.make_run(world["project"]), "F", cases=['=1+1,"a"\nb']
    )
    (row,) = [r for r in csv_rows("results/?format=csv") if "1+1" in r["case.name"]]
    assert row["case.name"] == '\'=1+1,"a"\nb'
    assert (row["thread"], row["final"]) == ("", "true")
    run = csv_rows("runs/?format=csv&branch=main")[0]
    assert run["counts.total"] == "2"
    assert run["milestones"] == str(world["milestone"].pk)
    other = csv_rows("runs/?format=csv&branch=dev")[0]
    assert other["vendor_counts.passed"] == ""


def test_a_run_without_a_stated_duration_lasts_from_start_to_finish():
    project = factories.make_project()

    def run(name: str, minutes: int | None, stated_ms: int | None = None) -> Run:
        made = factories.make_run(project, name=name, started_at=NOW)
        ends = minutes is not None and NOW + timedelta(minutes=minutes)
        Run.objects.filter(pk=made.pk).update(
            finished_at=ends or None, duration_ms=stated_ms
        )
        return made

    run("long", 30), run("open", None), run("stated", 5, 600_000), run("short", 5)
    rows = read("runs/?sort=-duration_ms&limit=3")["results"]
    assert [(row["name"], row["duration_ms"]) for row in rows] == [
        ("long", 1_800_000),
        ("stated", 600_000),
        ("short", 300_000),
    ]
    assert [row["name"] for row in every_page("runs/?sort=-duration_ms&limit=1")] == [
        *("long", "stated", "short", "open")
    ]
    page = Client().get("/runs/").content.decode()
    assert [text in page for text in ("30m 00s", "10m 00s", "5m 00s")] == [True] * 3


@pytest.mark.parametrize("name", LISTS)
def test_csv_begins_with_a_byte_order_mark_for_spreadsheets(world, name):
    answer = Client().get(f"/api/v1/{name}/?format=csv")
    sent = b"".join(answer.streaming_content)
    assert sent.startswith(b"\xef\xbb\xbf")
    assert sent.count(b"\xef\xbb\xbf") == 1
    rows = b"".join(Client().get(f"/api/v1/{name}/?format=ndjson").streaming_content)
    assert not rows.startswith(b"\xef")


def test_csv_names_what_it_has_ids_of(world):
    project = world["project"]
    other = factories.make_milestone(project, "=v2")
    name = "Nightly, all"
    run = factories.make_run(
        project, name=name, milestones=[world["milestone"], other], branch="named"
    )
    factories.make_results(run, "F", cases=["pays"])
    (row,) = csv_rows("runs/?format=csv&branch=named")
    assert (row["project"], row["project_name"]) == (str(project.pk), project.name)
    assert sorted(row["milestone_names"].split("; ")) == [
        "=v2",
        world["milestone"].name,
    ]
    (row,) = csv_rows("results/?format=csv&branch=named")
    assert (row["run"], row["run_name"]) == (str(run.pk), name)
    cases = csv_rows("cases/?format=csv&branch=named")
    assert [case["project_name"] for case in cases] == [project.name]
    (row, *_) = csv_rows("metrics/failing/?format=csv&branch=named")
    assert (row["case.project_name"], row["since_run_name"]) == (project.name, name)
    (row, *_) = csv_rows("projects/?format=csv")
    assert row["connection_name"] == "Testmo"


def test_names_of_a_whole_csv_take_a_query_for_a_hundred_rows(
    world, django_assert_max_num_queries
):
    factories.make_results(factories.make_run(world["project"]), "P" * 150)
    with django_assert_max_num_queries(14):
        assert len(csv_rows("results/?format=csv")) > 150


READER = encoding.Reader(site="", is_signed_in=True)
SIGNS = ["=", "+", "-", "@", "＝", "＋", "－", "＠", "﹦", "﹢", "﹣", "﹫", "\u2212"]
BEFORE = [
    "",
    " ",
    "\u00a0",
    "\u3000",
    "\ufeff",
    "\u200b",
    "\u2060",
    "\x00",
    "\x7f",
    '"',
]
BEFORE += ["'", "“", "\u0301", "\u2028", " \ufeff\n\u200d"]


@pytest.mark.parametrize("sign", SIGNS)
@pytest.mark.parametrize("before", BEFORE)
def test_a_cell_that_a_spreadsheet_could_run_begins_with_an_apostrophe(before, sign):
    text = f"{before}{sign}HYPERLINK(0)"
    _, line = encoding.csv_lines(CaseRef, [case_ref(name=text)], READER)
    (cells,) = csv.reader(io.StringIO(line, newline=""))
    assert cells == ["1", "k", f"'{text}", ""]


@pytest.mark.parametrize("end", ["\t", "\r", "\n", "\r\n"])
def test_a_cell_that_begins_with_an_end_of_cells_begins_with_an_apostrophe(end):
    _, line = encoding.csv_lines(CaseRef, [case_ref(folder=f"{end}pays")], READER)
    (cells,) = csv.reader(io.StringIO(line, newline=""))
    assert cells[-1] == f"'{end}pays"


@pytest.mark.parametrize(
    "text", ["", " ", "pays", " pays = 1", "a-b", '"pays"', "１－２"]
)
def test_any_other_text_is_its_cell_as_it_is(text):
    _, line = encoding.csv_lines(CaseRef, [case_ref(id=-1, name=text)], READER)
    (cells,) = csv.reader(io.StringIO(line, newline=""))
    assert cells == ["-1", "k", text, ""]


def case_ref(**values):
    return CaseRef(**{"id": 1, "key": "k", "name": "", "folder": "", **values})


def test_a_stream_goes_beyond_one_batch_without_repeating_a_row(monkeypatch):
    monkeypatch.setattr("dashboard.lists.paging.BATCH", 7)
    factories.make_results(factories.make_run(), "P" * 23)
    ids = [row["id"] for row in ndjson_rows("results/?format=ndjson")]
    assert len(ids) == len(set(ids)) == 23


def test_a_stream_takes_no_cursor(world):
    cursor = read("results/?limit=1")["next"].partition("cursor=")[2]
    assert list(problem(f"results/?format=csv&cursor={cursor}")) == ["cursor"]


@pytest.mark.parametrize("name", LISTS_AND_METRICS)
def test_queries_do_not_grow_with_the_rows_of_a_page(
    name, django_assert_max_num_queries
):
    connection = factories.make_connection()
    project = factories.make_project(connection)
    counted = []
    for target in (10, 50):
        while Run.objects.count() < target:
            number = Run.objects.count()
            run = factories.make_run(
                project,
                source=f"source {number}",
                configuration=f"configuration {number}",
                milestones=[factories.make_milestone(project, f"m {number}")],
                vendor_counts={"passed": 1},
            )
            factories.make_results(run, "F", cases=[f"c {number}"], message="no")
            factories.make_sync(connection, project=project)
            factories.make_project(factories.make_connection())
        with django_assert_max_num_queries(18) as captured:
            assert len(read(f"{name}/?limit=1000")["results"]) >= target
        counted.append(len(captured))
    assert counted[0] == counted[1]


def test_a_run_with_totals_only_says_so():
    run = factories.make_run(
        counts=Counts(passed=3, failed=1), vendor_counts={"passed": 3, "failed": 1}
    )
    answer = read(f"runs/{run.pk}/")
    assert (answer["detail"], answer["counts"]["total"]) == ("counts", 4)
    assert read(f"runs/{run.pk}/results/")["results"] == []
