"""A pushed run from its opening to its end, whatever comes in between."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ingest.contract import RunRecord, RunStatus
from ingest.details import Details
from ingest.intake.closing import close_abandoned, close_run
from ingest.intake.errors import ClosedError, InvalidError, UnknownRunError
from ingest.intake.projects import create_project, find_project
from ingest.intake.runs import (
    append_results,
    attach,
    close_thread,
    open_run,
    open_thread,
)
from ingest.models import Connection, Project, Result, ResultText, Run, RunDay
from ingest.rollups import differences
from tests import factories
from tests.clock import now
from tests.ingest.records import a_result

pytestmark = pytest.mark.django_db(transaction=True)
SECOND = timedelta(seconds=1)


@pytest.fixture
def project() -> Project:
    return create_project("Shop")


def opened(project: Project, **values: object) -> Run:
    record = RunRecord(
        external_id="", name="Nightly", status=RunStatus.RUNNING, started_at=now()
    )
    return open_run(project, record, format="testmo", **values)


def letters(run: Run) -> list[tuple[str, int, int, bool]]:
    rows = Result.objects.filter(run=run).order_by("ordinal")
    return list(rows.values_list("case__key", "status", "attempt", "is_final"))


def test_results_are_counted_as_they_come_in(project: Project) -> None:
    run = opened(project)
    first, second = open_thread(run.pk), open_thread(run.pk)
    append_results(run.pk, [a_result("a", "P"), a_result("b", "F")], thread_id=first.pk)
    append_results(run.pk, [a_result("c", "P")], thread_id=second.pk)
    run.refresh_from_db()
    assert (run.is_open, run.status, run.passed, run.failed) == (True, "running", 2, 1)
    assert run.thread_count == 2
    first.refresh_from_db()
    assert (first.passed, first.failed) == (1, 1)
    assert list(differences()) == []
    close_run(run.pk)
    run.refresh_from_db()
    assert (run.is_open, run.status, run.counts.total) == (False, "failed", 3)
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.status, second.status) == ("failed", "passed")
    assert RunDay.objects.get(run=run).passed == 2


def test_a_case_that_comes_again_is_another_attempt_of_it(project: Project) -> None:
    run = opened(project)
    append_results(run.pk, [a_result("a", "F"), a_result("b", "P")])
    append_results(run.pk, [a_result("a", "P")])
    assert letters(run) == [("a", 2, 1, False), ("b", 1, 1, True), ("a", 1, 2, True)]
    run.refresh_from_db()
    assert (run.passed, run.failed) == (2, 0)
    assert (run.attempts_passed, run.attempts_not_passed) == (2, 1)
    close_run(run.pk)
    run.refresh_from_db()
    assert (run.status, run.passed, run.failed) == ("passed", 2, 0)


def test_an_attempt_that_was_earlier_and_comes_later_is_not_the_final(
    project: Project,
) -> None:
    run, at = opened(project), now()
    append_results(run.pk, [a_result("a", "P", executed_at=at)])
    append_results(run.pk, [a_result("a", "F", executed_at=at - SECOND)])
    assert letters(run) == [("a", 1, 2, True), ("a", 2, 1, False)]
    run.refresh_from_db()
    assert (run.passed, run.failed) == (1, 0)


def test_an_attempt_in_another_thread_moves_the_final_there(project: Project) -> None:
    run = opened(project)
    first, second = open_thread(run.pk), open_thread(run.pk)
    append_results(run.pk, [a_result("a", "F")], thread_id=first.pk)
    append_results(run.pk, [a_result("a", "P")], thread_id=second.pk)
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.counts.total, second.counts.total) == (0, 1)


def test_what_is_attached_is_kept_and_added_to(project: Project) -> None:
    run = opened(project, details=Details(tags=["nightly"]))
    link = {"name": "Build", "url": "https://ci.example/1", "note": ""}
    attach(run.pk, Details(links=[link]))
    run.attached.refresh_from_db()
    assert run.attached.values == {"tags": ["nightly"], "links": [link]}
    result = a_result("a", "P", details=Details(file="a.py", line=3))
    append_results(run.pk, [result, a_result("b", "P")])
    assert ResultText.objects.get(run=run).details == {"file": "a.py", "line": 3}


def test_the_time_of_a_thread_adds_up_and_what_was_observed_counts(
    project: Project,
) -> None:
    run = opened(project)
    thread = open_thread(run.pk, computed_us=1_000_000)
    assert thread.duration_ms == 1000
    append_results(run.pk, [], thread_id=thread.pk, computed_us=500_000)
    thread.refresh_from_db()
    assert thread.duration_ms == 1500
    append_results(run.pk, [], thread_id=thread.pk, observed_us=2_000_400)
    close_thread(thread.pk, observed_us=1_000_000)
    thread.refresh_from_db()
    assert thread.duration_ms == 3000
    assert close_run(run.pk).duration_ms == 3000


def test_a_run_that_is_measured_lasts_until_it_is_closed(project: Project) -> None:
    run = opened(project, measures_elapsed=True)
    open_thread(run.pk, observed_us=1)
    closed = close_run(run.pk, finished_at=run.at + 90 * SECOND)
    assert closed.duration_ms == 90_000


def test_what_is_closed_takes_nothing_more(project: Project) -> None:
    run = opened(project)
    thread = open_thread(run.pk)
    close_thread(thread.pk)
    with pytest.raises(ClosedError):
        append_results(run.pk, [a_result("a", "P")], thread_id=thread.pk)
    close_run(run.pk)
    for act in (append_results, open_thread, close_run, attach):
        with pytest.raises(ClosedError):
            act(
                run.pk,
                *([[a_result("a", "P")]] if act is append_results else []),
                **({"details": Details()} if act is attach else {}),
            )
    assert not Result.objects.filter(run=run).exists()


def test_a_thread_of_another_run_is_unknown(project: Project) -> None:
    run, other = opened(project), opened(project)
    thread = open_thread(other.pk)
    with pytest.raises(UnknownRunError):
        append_results(run.pk, [a_result("a", "P")], thread_id=thread.pk)
    with pytest.raises(UnknownRunError):
        append_results(factories.make_run().pk, [a_result("a", "P")])


def test_a_run_that_nobody_closes_closes_itself_and_opens_again(
    project: Project, settings: object
) -> None:
    settings.INTAKE_TIMEOUT_MINUTES = 60
    run = opened(project)
    append_results(run.pk, [a_result("a", "P")])
    assert close_abandoned(now() + timedelta(minutes=59)) == 0
    assert close_abandoned(now() + timedelta(minutes=61)) == 1
    run.refresh_from_db()
    assert not run.is_open
    assert run.pushed.is_abandoned
    append_results(run.pk, [a_result("b", "F")])
    run.refresh_from_db()
    run.pushed.refresh_from_db()
    assert (run.is_open, run.pushed.is_abandoned, run.status) == (
        True,
        False,
        "running",
    )
    assert close_run(run.pk).status == "failed"


def test_a_client_that_comes_back_goes_on_in_its_thread(
    project: Project, settings: object
) -> None:
    settings.INTAKE_TIMEOUT_MINUTES = 60
    run = opened(project)
    thread = open_thread(run.pk)
    append_results(run.pk, [a_result("a", "P")], thread_id=thread.pk)
    assert close_abandoned(now() + timedelta(minutes=61)) == 1
    thread.refresh_from_db()
    assert thread.status == "passed"
    append_results(run.pk, [a_result("b", "F")], thread_id=thread.pk)
    close_run(run.pk)
    thread.refresh_from_db()
    assert (thread.status, thread.counts.total) == ("failed", 2)


def test_all_that_one_request_stores_is_there_at_one_time(project: Project) -> None:
    run = opened(project)
    append_results(run.pk, [a_result("a", "F"), a_result("b", "P")])
    append_results(run.pk, [a_result("a", "P"), a_result("c", "P")])
    (first, second) = run.changes.order_by("recorded_to")
    rows = Result.objects.filter(run=run).order_by("ordinal")
    recorded = [row.recorded_at for row in rows]
    assert recorded == [first.recorded_to] * 2 + [second.recorded_to] * 2


def test_a_case_of_which_nothing_was_left_is_back(project: Project) -> None:
    run = opened(project)
    append_results(run.pk, [a_result("a", "P")])
    project.cases.update(gone_at=now())
    append_results(opened(project).pk, [a_result("a", "P")])
    assert project.cases.get().gone_at is None


def test_cases_are_known_by_when_they_were_seen(project: Project) -> None:
    at = now() - timedelta(days=1)
    for step in (0, 1):
        run = opened(project)
        result = a_result("a", "P", executed_at=at + step * timedelta(hours=1))
        append_results(run.pk, [result])
        close_run(run.pk)
    case = project.cases.get()
    assert (case.first_seen_at, case.last_seen_at) == (at, at + timedelta(hours=1))


def test_projects_without_a_vendor_are_found_by_id_and_name() -> None:
    project = create_project("  Shop   front ")
    assert project.name == "Shop front"
    assert find_project(str(project.pk)) == project
    assert find_project("Shop front") == project
    assert find_project("Shop") is None
    with pytest.raises(InvalidError):
        create_project("Shop front")
    with pytest.raises(InvalidError):
        create_project(" ")
    other = create_project("Other")
    assert other.connection_id == project.connection_id
    assert Connection.objects.count() == 1


def test_statuses_that_nobody_knows_are_counted(project: Project) -> None:
    run = opened(project)
    append_results(run.pk, [a_result("a", "?", raw_status="odd")])
    run.refresh_from_db()
    assert run.unknown_words == {"odd": 1}
