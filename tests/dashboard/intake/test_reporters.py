"""Files that the reporters of test runners write, pushed as a build does.

Each runner runs once a tiny project of its own; what the tests look at is what is stored.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from dashboard.models import ApiToken, Scope
from ingest.intake.projects import create_project
from ingest.models import STATUS_OF_CODE, Result, ResultText, Run
from ingest.rollups import differences
from tests import clock
from tests.dashboard.intake import reporters
from tests.dashboard.page_reader import person
from tests.ingest.intake import dialects

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("empty_redis"),
]
KINDS = {".xml": ("junit", "application/xml"), ".json": ("ctrf", "application/json")}


@pytest.fixture
def client() -> Client:
    create_project("Shop")
    scopes = [Scope.INTAKE, Scope.READ]
    _, token = ApiToken.issue(person().pk, scopes=scopes)
    return Client(headers={"Authorization": f"Bearer {token}"})


def made(
    write: Callable[[Path], None], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    folder = tmp_path_factory.mktemp(write.__name__)
    write(folder)
    return folder


def push(client: Client, file: Path, **headers: str) -> Any:
    """The answer, once the file is stored and the figures kept of it are right."""
    format, kind = KINDS[file.suffix]
    answer = client.post(
        f"/api/v1/intake/{format}/",
        file.read_bytes(),
        content_type=kind,
        query_params={"project": "Shop", "run": "Nightly", "branch": "main"},
        headers=headers,
    )
    assert answer.status_code == 201, answer.content
    assert list(differences()) == []
    return answer


def rows(run: Run) -> list[Result]:
    found = Result.objects.filter(run=run).select_related("case")
    return list(found.order_by("ordinal"))


def stored(client: Client, file: Path) -> tuple[Run, dict[str, str]]:
    """The run, and for each test its attempts by their first letters ("fp")."""
    run = Run.objects.get(pk=push(client, file).json()["run"])
    found: dict[str, str] = {}
    for row in rows(run):
        key, letter = row.case.key, STATUS_OF_CODE[row.status][0]
        found[key] = found.get(key, "") + letter
    return run, found


def text_of(run: Run, name: str) -> ResultText:
    """What the last attempt of the only test of that name says."""
    row = next(row for row in reversed(rows(run)) if row.case.name == name)
    return ResultText.objects.get(run=run, ordinal=row.ordinal)


def fields_of(text: ResultText) -> dict[str, str]:
    return {one["name"]: one["value"] for one in text.details["fields"]}


def proven_flaky(client: Client) -> list[str]:
    """The names of the tests whose flakiness a retry proved."""
    # Outside of the tests the clock went on, and files tell their times by that.
    with clock.stopped(clock.START + timedelta(days=1)):
        answer = client.get("/api/v1/metrics/flaky/")
    assert answer.status_code == 200, answer.content
    found = answer.json()["results"]
    assert {(one["evidence"], one["events"]["retry"]) for one in found} <= {
        ("proven", 1)
    }
    return sorted(one["case"]["name"] for one in found)


@pytest.fixture(scope="module")
def of_pytest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(reporters.pytest_files, tmp_path_factory)


@pytest.fixture(scope="module")
def of_jest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(reporters.jest_files, tmp_path_factory)


@pytest.fixture(scope="module")
def of_playwright(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(reporters.playwright_files, tmp_path_factory)


@pytest.fixture(scope="module")
def of_mocha(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(reporters.mocha_files, tmp_path_factory)


@pytest.fixture(scope="module")
def of_node(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(reporters.node_files, tmp_path_factory)


@pytest.mark.parametrize(
    ("name", "suite"), [("junit.xml", "pytest"), ("legacy.xml", "shop")]
)
def test_pytest(client: Client, of_pytest: Path, name: str, suite: str):
    run, found = stored(client, of_pytest / name)
    assert found == {
        f"{suite}::test_broken": "e",
        "test_shop.TestCart::test_adds[1]": "p",
        "test_shop.TestCart::test_adds[a/b]": "p",
        "test_shop.TestCart::test_adds[\\xfc]": "p",
        "test_shop.TestCart::test_ships": "f",
        "test_shop::test_known": "s",
        "test_shop::test_is_better": "f",
        "test_shop::test_waits": "s",
        "test_shop::test_never_begins": "e",
        "test_shop::test_leaves_open": "e",
        # One execution, which pytest writes as two.
        "test_shop::test_fails_and_leaves_open": "f",
        "test_shop::test_of_a_suite": "p",
    }
    assert (run.name, run.status, run.is_open) == ("Nightly", "failed", False)
    assert {row.case.folder for row in rows(run)} == {
        *(suite, "test_shop", "test_shop.TestCart")
    }
    assert run.started_at is not None
    assert all(row.duration_ms is not None for row in rows(run))
    assert "nothing_here" in text_of(run, "test_broken").message
    assert text_of(run, "test_known").message == "known"
    assert text_of(run, "test_ships").message.startswith("AssertionError: no stamp\n")
    both = text_of(run, "test_fails_and_leaves_open").message
    assert "first" in both
    assert "left open" in both
    (thread,) = run.threads.select_related("attached")
    assert thread.attached.values["fields"][0]["value"] == "staging"


def test_what_pytest_records_and_captures(client: Client, of_pytest: Path):
    run, _ = stored(client, of_pytest / "legacy.xml")
    details = text_of(run, "test_adds[1]").details
    assert (details["file"], details["line"]) == ("test_shop.py", 4)
    fields = {one["name"]: one for one in details["fields"]}
    assert fields["owner"]["value"] == "team-a"
    assert (fields["Trace"]["type"], fields["Trace"]["value"]) == (
        5,
        "https://t.example/1",
    )
    assert "added 1" in fields["Output"]["value"]
    # Headings above nothing are left out.
    assert "Errors" not in fields
    assert "fields" not in text_of(run, "test_ships").details


def test_jest_by_junit(client: Client, of_jest: Path):
    run, found = stored(client, of_jest / "junit.xml")
    titles = {key.partition("::")[2]: letters for key, letters in found.items()}
    assert titles == {
        "Cart checkout pays": "p",
        # There nothing tells that it passed on its second try.
        "Cart checkout is flaky": "p",
        "Cart checkout fails": "f",
        "Cart checkout adds 1 to 2": "p",
        "Cart checkout adds 2 to 3": "p",
        "Cart waits": "s",
        "Cart is written one day": "p",
        # The writer leaves signs in it that no XML may have.
        'Cart says "<&>" [31m': "p",
        # The writer tells it twice, of which the second is for machines.
        "broken.test.js": "e",
    }
    folders = {row.case.folder for row in rows(run)}
    assert folders == {"Cart", "Test suite failed to run"}
    assert "expect(received).toEqual" in text_of(run, "Cart checkout fails").message
    assert "Cannot find module" in text_of(run, "broken.test.js").message
    assert run.duration_ms is not None
    assert proven_flaky(client) == []


def test_jest_by_ctrf(client: Client, of_jest: Path):
    run, found = stored(client, of_jest / "ctrf.json")
    place = "cart.test.js > Cart > checkout::Cart checkout"
    assert {key: found.pop(f"{place} {key}") for key in ("is flaky", "fails")} == {
        "is flaky": "fp",
        "fails": "fff",
    }
    assert set(found.values()) == {"p", "s"}
    assert found["cart.test.js > Cart::Cart is written one day"] == "s"
    assert run.source.name == "jest"
    assert proven_flaky(client) == ["Cart checkout is flaky"]
    message = text_of(run, "Cart checkout fails").message
    assert message.startswith("Error: expect(received).toEqual(expected)")
    assert "cart.test.js:8:" in message


PLACES = {"api": "api > cart.spec.js", "web": "web > cart.spec.js"}


def in_project(found: dict[str, str], place: str) -> dict[str, str]:
    titles = {key: key.rpartition("::")[2].removeprefix("Cart › ") for key in found}
    return {titles[key]: found[key] for key in found if key.startswith(f"{place}")}


def test_playwright_by_junit(client: Client, of_playwright: Path):
    run, found = stored(client, of_playwright / "junit.xml")
    passed = {"pays @smoke": "p", "is flaky": "p", "waits": "s"}
    assert in_project(found, PLACES["api"]) == passed | {"fails in one project": "f"}
    assert in_project(found, PLACES["web"]) == passed | {"fails in one project": "p"}
    assert {row.case.folder for row in rows(run)} == set(PLACES.values())
    assert (run.passed, run.failed, run.skipped) == (5, 1, 2)
    assert run.attempts_passed == 5
    assert run.started_at is not None
    fields = fields_of(text_of(run, "Cart › pays @smoke"))
    assert fields == {"issue": "https://i.example/7", "Output": "paid"}
    failed = next(row for row in rows(run) if STATUS_OF_CODE[row.status] == "failed")
    message = ResultText.objects.get(run=run, ordinal=failed.ordinal).message
    assert message.startswith("expect(received).toBe(expected)")


def test_playwright_by_junit_with_each_try(client: Client, of_playwright: Path):
    said = push(client, of_playwright / "retries.xml", Accept="text/markdown")
    assert "**Flaky: passed on retry (2)**" in said.content.decode()
    run = Run.objects.get()
    flaky = [row for row in rows(run) if row.case.name == "Cart › is flaky"]
    told = [(row.attempt, row.is_final, row.is_marked_retry) for row in flaky]
    assert told == [(1, False, True), (2, True, True)] * 2
    assert all(row.duration_ms is not None for row in flaky)
    first = ResultText.objects.get(run=run, ordinal=flaky[0].ordinal)
    assert first.message.startswith("Error: expect(received).toBe(expected)")
    assert "Received: 0" in first.message
    # Each try has what it printed and attached itself.
    outputs = [fields_of(one) for one in run_texts(run, flaky[:2])]
    assert ["0" in one["Output"] for one in outputs] == [True, False]
    assert ["retry1" in one["Attachment"] for one in outputs] == [False, True]
    assert proven_flaky(client) == ["Cart › is flaky"] * 2


def run_texts(run: Run, found: list[Result]) -> list[ResultText]:
    ordinals = [row.ordinal for row in found]
    texts = ResultText.objects.filter(run=run, ordinal__in=ordinals)
    return list(texts.order_by("ordinal"))


def test_playwright_by_ctrf(client: Client, of_playwright: Path):
    run, found = stored(client, of_playwright / "ctrf.json")
    told = {"pays @smoke": "p", "is flaky": "fp", "waits": "s"}
    assert in_project(found, PLACES["api"]) == told | {"fails in one project": "ff"}
    assert in_project(found, PLACES["web"]) == told | {"fails in one project": "p"}
    assert (run.source.name, run.passed, run.failed) == ("playwright", 5, 1)
    assert run.started_at is not None
    assert proven_flaky(client) == ["is flaky", "is flaky"]
    fields = fields_of(text_of(run, "pays @smoke"))
    assert (fields["tags"], fields["Output"]) == ("@smoke", "paid")


@pytest.mark.parametrize("name", ["junit.xml", "swapped.xml"])
def test_mocha_and_so_cypress(client: Client, of_mocha: Path, name: str):
    run, found = stored(client, of_mocha / name)
    assert sorted(found.values()) == ["f", "f", "p", "p", "s"]
    folders = {row.case.name: row.case.folder for row in rows(run)}
    prefix = "Cart checkout " if name == "junit.xml" else ""
    assert folders[f"{prefix}pays"] == "Cart checkout"
    assert set(folders.values()) == {"Cart", "Cart checkout", "Gift"}
    message = text_of(run, f"{prefix}fails").message
    assert message.count("Expected values to be strictly deep-equal") == 1
    assert "cart.test.js:9:" in message
    details = text_of(run, f"{prefix}fails").details
    assert details["file"].endswith("cart.test.js")


def test_nodes_own_runner(client: Client, of_node: Path):
    run, found = stored(client, of_node / "junit.xml")
    assert found == {
        "Cart > checkout::pays": "p",
        "Cart > checkout::fails": "f",
        "Cart::waits": "s",
        "Gift > checkout::pays": "f",
        "alone": "p",
    }
    folders = {row.case.name: row.case.folder for row in rows(run)}
    assert folders["fails"] == "Cart > checkout"
    assert "1 !== 2" in text_of(run, "fails").message
    assert text_of(run, "waits").message == "skipped"
    assert run.duration_ms is not None


# Passed, failed, error, skipped, and marked retries; of writers that are not run here.
WRITTEN = {
    "GO": (2, 2, 1, 1, 0),
    "GO_OLDER": (2, 1, 0, 0, 0),
    "SUREFIRE": (1, 0, 2, 0, 6),
    "GRADLE": (1, 0, 0, 1, 0),
    "PHPUNIT": (1, 1, 1, 0, 0),
    "DOTNET": (1, 1, 0, 1, 0),
    "NUNIT": (1, 1, 0, 2, 0),
    "PLAYWRIGHT": (3, 0, 0, 0, 0),
}


@pytest.mark.parametrize("name", WRITTEN)
def test_what_others_write(client: Client, tmp_path: Path, name: str):
    file = tmp_path / "junit.xml"
    file.write_text(getattr(dialects, name))
    run, found = stored(client, file)
    retries = sum(row.is_marked_retry for row in rows(run))
    told = (run.passed, run.failed, run.error, run.skipped, retries)
    assert told == WRITTEN[name]
    assert len(found) == run.counts.total
    assert all(row.case.folder for row in rows(run))
