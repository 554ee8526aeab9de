"""The copy of each month is what the table says, and is read no more often than it must."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import date
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from dashboard.column_store import months, refreshing, renewing
from dashboard.column_store.reading import results_of_runs
from dashboard.filters import Filters, Window
from dashboard.request_cache import request_cache
from ingest.models import Project, Result, Run
from ingest.partitions import drop_old_partitions
from ingest.rollups import rebuild_run_days
from tests import clock, factories
from tests.dashboard.column_store.choosing import DAY, all_time, asked, chosen


@pytest.mark.django_db
def test_what_this_transaction_wrote_is_chosen() -> None:
    run = factories.make_run()
    assert chosen(Filters(), all_time()) == set()
    factories.make_results(run, "PF")
    assert len(chosen(Filters(), all_time())) == 2


@pytest.fixture
def folder(tmp_path: Path, settings: Any) -> Iterator[Path]:
    settings.DATA_DIR = tmp_path
    with patch.dict(months._known, clear=True):
        yield tmp_path / "columns"


def files(folder: Path) -> set[str]:
    return {path.name for path in folder.rglob("20??-??-*")}


@contextmanager
def another_process() -> Iterator[None]:
    with patch.dict(months._known, clear=True):
        yield


@contextmanager
def no_result_is_read() -> Iterator[None]:
    with only_runs_are_read():
        yield


@contextmanager
def only_runs_are_read(*runs: Run) -> Iterator[None]:
    read = set[int]()

    def reading(ids: set[int], months: set[date]) -> dict[date, Any]:
        read.update(ids)
        return results_of_runs(ids, months)

    with patch.object(renewing, "results_of_runs", side_effect=reading):
        yield
    assert read == {run.pk for run in runs}


@pytest.mark.django_db(transaction=True)
def test_a_month_is_read_once_and_again_once_a_run_of_it_changed(folder: Path) -> None:
    project = factories.make_project()
    old = factories.make_run(project, started_at=clock.now() - 60 * DAY)
    factories.make_results(old, "PF")
    new = factories.make_run(project)
    factories.make_results(new, "PPP")
    everything = chosen(Filters(), all_time())
    assert len(everything) == 5
    kept = files(folder)
    assert len(kept) == 2
    with no_result_is_read():
        months.let_all_go()
        assert chosen(Filters(), all_time()) == everything
        with another_process():
            assert chosen(Filters(), all_time()) == everything
    factories.make_results(new, "F", cases=["another"])
    with only_runs_are_read(new):
        assert (
            chosen(Filters(), all_time()) == asked(Filters(), all_time()) > everything
        )
    assert len(files(folder) & kept) == 1
    assert len(files(folder)) == 2


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_known", [True, False])
def test_of_a_month_only_runs_that_changed_are_read(
    folder: Path, is_known: bool
) -> None:
    project = factories.make_project()
    old = factories.make_run(project, started_at=clock.now() - 60 * DAY)
    same, changed, gone, moved = (factories.make_run(project) for _ in range(4))
    for run in (old, same, changed, gone, moved):
        factories.make_results(run, "PFP")
    chosen(Filters(), all_time())
    Result.objects.filter(run=changed, ordinal=0).update(status=2)
    rebuild_run_days([changed.pk])
    Result.objects.filter(run=gone).delete()
    gone.delete()
    factories.make_results(new := factories.make_run(project), "F")
    Result.objects.filter(run=moved).update(partition_on=old.partition_on)
    Run.objects.filter(pk=moved.pk).update(partition_on=old.partition_on)
    rebuild_run_days([moved.pk])
    with (
        nullcontext() if is_known else another_process(),
        only_runs_are_read(changed, new, moved),
    ):
        assert chosen(Filters(), all_time()) == asked(Filters(), all_time())
    with another_process(), no_result_is_read():
        assert chosen(Filters(), all_time()) == asked(Filters(), all_time())


@pytest.mark.django_db(transaction=True)
def test_months_that_changed_twice_before_they_are_looked_at(folder: Path) -> None:
    project = factories.make_project()
    old = factories.make_run(project, started_at=clock.now() - 60 * DAY)
    new = factories.make_run(project)
    for run in (old, new):
        factories.make_results(run, "PF")
    chosen(Filters(), all_time())
    window = Window(since=clock.now() - 7 * DAY, until=clock.now())
    for case in ("another", "a third"):
        for run in (old, new):
            factories.make_results(run, "F", cases=[case])
        # The months before are not looked at.
        assert chosen(Filters(), window) == asked(Filters(), window)
    assert chosen(Filters(), all_time()) == asked(Filters(), all_time())


@pytest.mark.django_db(transaction=True)
def test_a_change_that_comes_to_the_same_counts_is_seen(folder: Path) -> None:
    run = factories.make_run()
    factories.make_results(run, "PF")
    before = chosen(Filters(), all_time())
    for ordinal, code in ((0, 2), (1, 1)):
        Result.objects.filter(run=run, ordinal=ordinal).update(status=code)
    rebuild_run_days([run.pk])
    assert chosen(Filters(), all_time()) == asked(Filters(), all_time()) != before


@pytest.mark.django_db(transaction=True)
def test_months_outside_of_the_window_are_not_read(folder: Path) -> None:
    project = factories.make_project()
    old = factories.make_run(project, started_at=clock.now() - 60 * DAY)
    factories.make_results(old, "PF")
    window = Window(since=clock.now() - 7 * DAY, until=clock.now())
    with no_result_is_read():
        assert chosen(Filters(), window) == set()


@pytest.mark.django_db(transaction=True)
def test_months_that_are_named_are_read_alone(folder: Path) -> None:
    project = factories.make_project()
    old = factories.make_run(project, started_at=clock.now() - 60 * DAY)
    new = factories.make_run(project)
    for run, letters in ((old, "PF"), (new, "PPP")):
        factories.make_results(run, letters)
    month = new.partition_on.replace(day=1)
    found = months.results_in({project.pk: [month, date(2001, 1, 1)]})
    assert {named: len(results) for named, results in found.items()} == {
        (project.pk, month): 3
    }
    assert len(files(folder)) == 1


@pytest.mark.django_db(transaction=True)
def test_what_a_disk_does_not_keep_is_read_again(folder: Path) -> None:
    factories.make_results(factories.make_run(), "PF")
    folder.write_text("no folder")
    for _ in range(2):
        assert len(chosen(Filters(), all_time())) == 2
    with another_process():
        assert len(chosen(Filters(), all_time())) == 2


@pytest.mark.django_db(transaction=True)
def test_a_file_of_a_month_that_is_broken_is_written_anew(folder: Path) -> None:
    factories.make_results(factories.make_run(), "PF")
    everything = chosen(Filters(), all_time())
    (file,) = folder.rglob("20??-??-*")
    whole = file.read_bytes()
    file.write_bytes(whole[:50])
    with another_process():
        assert chosen(Filters(), all_time()) == everything
    assert file.read_bytes() == whole


@pytest.mark.django_db(transaction=True)
def test_a_month_that_was_dropped_is_in_no_file_any_more(
    folder: Path, settings: Any
) -> None:
    project = factories.make_project()
    for days in (200, 3):
        start = clock.now() - days * DAY
        run = factories.make_run(project, started_at=start, recorded_at=start)
        factories.make_results(run, "PF")
    assert len(chosen(Filters(), all_time())) == 4
    settings.RETENTION_DAYS = 100
    drop_old_partitions(clock.today())
    with no_result_is_read():
        # Though its run, and what it came to, is kept for ever.
        assert chosen(Filters(), all_time()) == asked(Filters(), all_time())
    assert len(chosen(Filters(), all_time())) == 2
    refreshing.refresh()
    assert len(files(folder)) == 1
    Project.objects.all().delete()
    refreshing.refresh()
    assert files(folder) == set()


@pytest.mark.django_db(transaction=True)
def test_an_answer_asks_once_whether_anything_changed(folder: Path) -> None:
    factories.make_results(factories.make_run(), "PF")
    with request_cache(), CaptureQueriesContext(connection) as queries:
        assert chosen(Filters(), all_time()) == chosen(Filters(), all_time())
        with transaction.atomic():
            # Here it could have written something itself meanwhile.
            chosen(Filters(), all_time())
    versions = [query for query in queries if "pg_inherits" in query["sql"]]
    assert len(versions) == 2
