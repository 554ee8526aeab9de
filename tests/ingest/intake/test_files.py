"""Files of results in the tables: whole or not at all, once, alone or beside others."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from ingest.intake import files
from ingest.intake.errors import InvalidError
from ingest.intake.files import Stored, Told, store_file
from ingest.intake.projects import create_project
from ingest.models import Case, Project, Result, ResultText, Run, RunDay, Thread
from ingest.rollups import differences
from ingest.upsert import rows
from tests.ingest.intake.reports import (
    case,
    ctrf_report,
    ctrf_test,
    large_junit,
    suite,
    upload,
)

pytestmark = pytest.mark.django_db(transaction=True)
NIGHTLY = Told(run="Nightly", commit="abc123", branch="main")


@pytest.fixture
def project() -> Project:
    return create_project("Shop")


def stored(project: Project, text: str | bytes, told: Told = NIGHTLY) -> Stored:
    return store_file(project, upload(text, "junit.xml"), "junit", told)


def letters(run: Run) -> list[tuple[str, int, int, bool]]:
    rows = Result.objects.filter(run=run).order_by("ordinal")
    return list(rows.values_list("case__key", "status", "attempt", "is_final"))


def nothing_is_stored() -> bool:
    tables = (Run, Result, ResultText, Thread, Case, RunDay)
    return not any(table.objects.exists() for table in tables)


def test_a_file_is_a_closed_run_with_its_counts(project: Project) -> None:
    said = suite(case("pays"), case("ships", "<failure>no stamp</failure>"))
    run = stored(project, said, Told(run="Nightly", configuration="Linux")).run
    run.refresh_from_db()
    assert (run.name, run.status, run.is_open) == ("Nightly", "failed", False)
    assert (run.passed, run.failed, run.counts.total) == (1, 1, 2)
    assert run.configuration.name == "Linux"
    assert f"{run.started_at:%Y-%m-%d %H:%M}" == "2026-11-20 12:00"
    assert run.duration_ms == 3000
    (thread,) = run.threads.all()
    assert (thread.name, thread.status) == ("junit.xml", "failed")
    assert (thread.passed, thread.failed, thread.duration_ms) == (1, 1, 3000)
    assert RunDay.objects.get(run=run).failed == 1
    assert list(differences()) == []
    case_ = Case.objects.get(name="pays")
    assert case_.last_seen_at == run.started_at


def test_without_a_name_the_file_gives_it(project: Project) -> None:
    assert stored(project, suite(case("a")), Told()).run.name == "shop"
    nameless = "<testsuite><testcase name='a'/></testsuite>"
    assert stored(project, nameless, Told()).run.name == "junit.xml"


def test_a_file_without_a_time_took_as_long_as_its_tests(project: Project) -> None:
    timed = '<testcase classname="a" name="{}" time="{}"/>'
    tests = timed.format("pays", "1.5") + timed.format("ships", "0.25")
    run = stored(project, f"<testsuite>{tests}</testsuite>").run
    assert (run.duration_ms, run.threads.get().duration_ms) == (1750, 1750)
    untimed = "<testsuite><testcase name='a'/></testsuite>"
    assert stored(project, untimed, Told(run="Other")).run.duration_ms is None


def test_what_people_call_the_run_is_short_and_no_vendors_number(
    project: Project,
) -> None:
    said = [stored(project, suite(case(f"t{n}")), Told(run=f"{n}")) for n in range(9)]
    ids = [one.run.external_id for one in said]
    assert all(len(one) == 8 and not one.isdigit() for one in ids)
    assert len(set(ids)) == 9


def test_retries_are_marked_attempts(project: Project) -> None:
    run = stored(project, suite(case("pays", "<flakyFailure message='slow'/>"))).run
    key = "shop.Cart::pays"
    assert letters(run) == [(key, 2, 1, False), (key, 1, 2, True)]
    assert set(Result.objects.values_list("is_marked_retry", flat=True)) == {True}
    assert (run.passed, run.failed, run.attempts_not_passed) == (1, 0, 1)
    assert run.status == "passed"


def test_branch_and_commit_fall_back_to_the_environment(project: Project) -> None:
    environment = {"branchName": "main", "commit": "abc"}
    report = ctrf_report(ctrf_test("a"), environment=environment)
    run = store_file(
        project, upload(json.dumps(report)), "ctrf", Told(branch="own")
    ).run
    assert (run.branch, run.commit, run.source.name) == ("own", "abc", "playwright")


def test_the_same_file_is_stored_once(project: Project) -> None:
    text = suite(case("pays"))
    first = stored(project, text)
    again = stored(project, text)
    assert (first.is_new, again.is_new) == (True, False)
    assert again.run == first.run
    assert Result.objects.count() == 1
    other = stored(project, text, Told(run="Other"))
    assert other.is_new
    assert other.run != first.run


def test_the_same_file_of_another_project_is_another_run(project: Project) -> None:
    text = suite(case("pays"))
    other = stored(create_project("Other"), text)
    assert other.is_new
    assert stored(project, text).run != other.run


def test_parts_of_one_build_are_threads_of_one_run(project: Project) -> None:
    first = stored(project, suite(case("pays")))
    second = stored(
        project,
        suite(case("ships", "<failure/>"), timestamp="2026-11-20T11:59:00Z", time="90"),
    )
    assert second.is_new
    assert second.run == first.run
    run = Run.objects.get()
    assert (run.thread_count, run.passed, run.failed) == (2, 1, 1)
    assert (run.status, run.is_open) == ("failed", False)
    assert f"{run.started_at:%H:%M}" == "11:59"
    assert run.duration_ms == 90_000
    assert list(run.threads.order_by("pk").values_list("status", flat=True)) == [
        "passed",
        "failed",
    ]
    assert list(differences()) == []
    for text in (suite(case("pays")),):
        assert not stored(project, text).is_new


@pytest.mark.parametrize(
    "told",
    [
        Told(run="Nightly", commit="other"),
        Told(run="Nightly"),
        Told(run="Weekly", commit="abc123"),
        Told(run="Nightly", commit="abc123", configuration="Linux"),
    ],
)
def test_what_is_no_part_of_the_build_is_another_run(
    project: Project, told: Told
) -> None:
    first = stored(project, suite(case("pays")))
    assert stored(project, suite(case("ships")), told).run != first.run


@pytest.mark.parametrize(
    "text",
    [
        suite(case("pays"), case("ships"))[:-20],
        '<!DOCTYPE a [<!ENTITY b "c">]>' + suite(case("&b;")),
        b"\x1f\x8bnot a gzip",
        b"".join(large_junit(3000))[:-10],
    ],
)
def test_of_a_broken_file_nothing_is_stored(project: Project, text: Any) -> None:
    with pytest.raises(InvalidError):
        stored(project, text)
    assert nothing_is_stored()


def test_of_a_report_with_one_broken_test_nothing_is_stored(project: Project) -> None:
    tests = [ctrf_test(f"n{n}") for n in range(2500)]
    text = json.dumps(ctrf_report(*tests, {"status": "passed"}))
    with pytest.raises(InvalidError, match="results.tests.2500"):
        store_file(project, upload(text), "ctrf", NIGHTLY)
    assert nothing_is_stored()


def test_names_without_end_are_refused(project: Project) -> None:
    with pytest.raises(InvalidError) as refused:
        stored(project, suite(), Told(commit="x" * 201))
    assert set(refused.value.errors) == {"commit"}


def test_more_results_than_a_run_holds_are_refused(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "ORDINALS", 2)
    with pytest.raises(InvalidError, match="more than 2 results"):
        stored(project, suite(*(case(f"n{n}") for n in range(3))))
    assert nothing_is_stored()


def test_ten_thousand_tests(project: Project) -> None:
    run = stored(project, b"".join(large_junit(10_000, letters=300))).run
    run.refresh_from_db()
    assert (run.passed, run.failed) == (9_000, 1_000)
    assert Result.objects.filter(run=run).count() == 10_000
    assert ResultText.objects.filter(run=run, message__startswith="wrong").count() == (
        1_000
    )
    ordinals = Result.objects.filter(run=run).values_list("ordinal", flat=True)
    assert sorted(ordinals) == list(range(10_000))


def test_a_file_from_before_all_that_is_kept(project: Project) -> None:
    old = suite(case("pays"), timestamp="2019-01-01T00:00:00Z")
    run = stored(project, old).run
    assert Result.objects.filter(run=run).count() == 1


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """What each gives, or its error; they run in threads of their own."""
    answers: list[Any] = [None] * len(acts)
    ready = threading.Barrier(len(acts))

    def act(number: int) -> None:
        try:
            ready.wait()
            answers[number] = acts[number]()
        except Exception as error:
            answers[number] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=act, args=[n]) for n in range(len(acts))]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    return answers


def test_the_same_file_at_once_is_one_run(project: Project) -> None:
    text = b"".join(large_junit(500))
    answers = at_once(*[lambda: stored(project, text)] * 4)
    assert sorted(answer.is_new for answer in answers) == [False, False, False, True]
    assert len({answer.run.pk for answer in answers}) == 1
    assert Result.objects.count() == 500


def test_parts_at_once_are_one_run(project: Project) -> None:
    texts = [suite(*(case(f"t{part}-{n}") for n in range(50))) for part in range(4)]
    answers = at_once(*[lambda text=text: stored(project, text) for text in texts])
    assert {answer.is_new for answer in answers} == {True}
    run = Run.objects.get()
    assert (run.thread_count, run.passed) == (4, 200)
    assert list(differences()) == []


def test_a_deadlock_is_tried_again(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two files that do not wait for each other make the same tests the other way
    round, block by block.
    """
    monkeypatch.setattr(files._Sent, "_wait_for_others", lambda self: None)
    monkeypatch.setattr("ingest.intake.report.BLOCK_ROWS", 100)
    names = [f"t{n:04}" for n in range(1000)]
    acts = [
        lambda order=order, run=run: stored(
            project, suite(*map(case, order)), Told(run=run)
        )
        for run, order in (("a", names), ("b", names[::-1]))
    ]
    for answer in at_once(*acts):
        assert isinstance(answer, Stored), answer
    assert Result.objects.count() == 2000
    assert Case.objects.count() == 1000
