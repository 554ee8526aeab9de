"""What a sync makes of each run that a vendor lists: read, settled, gone, put off."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from ingest.contract import Connector, RetryableError
from ingest.sync.reading import (
    Failed,
    Fetched,
    Gone,
    Postponed,
    Reading,
    RunReader,
    Settled,
)
from ingest.upsert import fingerprint
from tests.ingest.recordings import qatech, testably
from tests.ingest.recordings.testifly import PROJECT, execution, job, jobs, report
from tests.ingest.test_qatech import connect as connect_qatech
from tests.ingest.test_testably import connect as connect_testably
from tests.ingest.test_testifly import connect
from tests.ingest.wire import Answer, Clock, Wire

REPORT = f"/api/testRun/{PROJECT}/run1"


def listed(
    connector: Connector,
    project: str = PROJECT,
    settled: Mapping[str, UUID | None] | None = None,
    **more: Any,
) -> list[Reading]:
    return list(RunReader(connector, project, settled or {}, **more).listed(None))


def fetched(reading: Reading) -> Fetched:
    assert isinstance(reading, Fetched), reading
    return reading


def prints(*readings: Reading) -> dict[str, UUID | None]:
    """What is kept of runs that were read."""
    records = [fetched(reading).batch.record for reading in readings]
    return {record.external_id: fingerprint(record) for record in records}


def test_a_run_of_the_same_version_costs_no_request(wire: Wire):
    wire.serve(jobs(job()), report("run1", execution()))
    settled = prints(*listed(connect(wire)))
    assert listed(connect(wire), settled=settled) == [Settled("run1", None)]
    assert listed(connect(wire), settled=settled, is_look=True) == [
        Settled("run1", None)
    ]
    assert wire.paths().count(REPORT) == 1


def test_a_run_of_another_version_is_read(wire: Wire):
    later = job(updatedAt="2026-04-20T11:00:00.000Z")
    wire.serve(jobs(job()), jobs(later), report("run1"), report("run1", execution()))
    settled = prints(*listed(connect(wire)))
    (reading,) = listed(connect(wire), settled=settled)
    assert len(fetched(reading).batch.results) == 1
    assert prints(reading) != settled


def qatech_run(wire: Wire, **more: Any) -> Reading:
    connector = connect_qatech(wire, runs="UkxK")
    (reading,) = listed(connector, qatech.PROJECT, **more)
    return reading


def test_a_run_without_a_version_is_asked_for_by_a_look_only(wire: Wire):
    test = qatech.execution()
    wire.serve(qatech.report("UkxK", test), qatech.detail())
    settled = prints(qatech_run(wire))
    wire.forget()
    assert qatech_run(wire, settled=settled) == Settled("UkxK", None)
    assert wire.requests == []
    wire.serve(qatech.report("UkxK", test))
    same = qatech_run(wire, settled=settled, is_look=True)
    assert same == Settled("UkxK", None)
    wire.forget()
    failed = test | {"result": "FAILED"}
    wire.serve(qatech.report("UkxK", failed), qatech.detail(result="FAILED"))
    changed = qatech_run(wire, settled=settled, is_look=True)
    assert prints(changed) != settled


def test_a_whole_record_is_settled_while_it_says_the_same(wire: Wire):
    wire.serve(testably.page(testably.RUNS, [testably.run_row()]))
    wire.serve(testably.page(testably.RUNS, [testably.run_row()]))
    wire.serve(testably.page(testably.RUNS, [testably.run_row(passed=33)]))
    wire.serve(testably.page(testably.RESULTS, [testably.result_row()]))

    def reading(settled: dict[str, UUID | None]) -> Reading:
        (found,) = listed(connect_testably(wire), testably.PROJECT, settled)
        return found

    settled = prints(reading({}))
    started_at = datetime(2026, 3, 25, 9, tzinfo=UTC)
    assert reading(settled) == Settled("run_501", started_at)
    assert prints(reading(settled)) != settled


def test_a_run_that_is_put_off_is_not_asked_for(wire: Wire):
    wire.serve(jobs(job()))
    found = listed(connect(wire), postponed={"run1"})
    assert found == [Postponed("run1", "")]


def test_a_listed_run_that_is_not_there_is_gone(wire: Wire):
    wire.serve(jobs(job()), Answer(path=REPORT, status=404))
    assert listed(connect(wire)) == [Gone("run1")]


def test_a_run_that_cannot_be_read_costs_itself(wire: Wire, clock: Clock):
    wire.serve(jobs(job(), job("job2", "run2")), report("run2"))
    wire.serve(Answer(path=REPORT, status=500))
    failed, read = listed(connect(wire))
    assert isinstance(failed, Failed)
    assert failed.run_id == "run1"
    assert isinstance(failed.error, RetryableError)
    assert fetched(read).batch.record.external_id == "run2"


def test_a_run_that_lacks_rows_keeps_those_that_came_and_says_so(wire: Wire):
    row = testably.result_row()
    wire.serve(testably.detail())
    for size in (100, 50, 25):
        answer = testably.page(testably.RESULTS, [row], total=3, asked=size)
        wire.serve(answer)
    reader = RunReader(connect_testably(wire), testably.PROJECT, {})
    (reading,) = reader.by_id([("run_501", "Sprint")])
    batch = fetched(reading).batch
    assert [result.key for result in batch.results] == ["tc_001"]
    assert not batch.is_whole
    (reject,) = batch.rejects
    assert "3 stated, 1 seen" in reject.reason


def test_a_whole_run_is_whole(wire: Wire):
    wire.serve(jobs(job()), report("run1", execution()))
    (reading,) = listed(connect(wire))
    assert fetched(reading).batch.is_whole
