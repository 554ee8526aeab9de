"""The contract that every connector keeps, proved over real HTTP for each vendor.

What a vendor answers stands in `recordings/<vendor>.py`; its own quirks in its own file.
"""

from __future__ import annotations

import contextlib
import copy
import json
import logging
import re
import traceback
from collections.abc import Iterable, Iterator
from dataclasses import fields
from datetime import UTC, datetime
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import pytest

from ingest.connectors import CONNECTORS
from ingest.contract import (
    CaseReader,
    CaseRecord,
    ConfigError,
    Connector,
    Counts,
    MilestoneRecord,
    PayloadError,
    ProjectRecord,
    Reject,
    ResultRecord,
    RetryableError,
    RunRecord,
    Status,
    ThreadRecord,
    VendorError,
)
from ingest.models import Case, Connection, Project, Result, Run, Thread
from ingest.upsert import (
    Batch,
    ProjectStore,
    store_listed_cases,
    upsert_milestones,
)
from tests.clock import now
from tests.ingest.recordings import Reading, Recording, recording
from tests.ingest.records import read_runs
from tests.ingest.wire import Answer, Clock, Wire

RECORDS = (
    CaseRecord,
    MilestoneRecord,
    ProjectRecord,
    ResultRecord,
    RunRecord,
    ThreadRecord,
)
HOSTILE_ANSWERS = [b"", b"null", b"17", b'"text"', b"[]", b"{}", b"[null]", b"<html>"]
HOSTILE_VALUES = [
    None,
    [],
    {},
    "",
    "\x00 \ud800 🦉",
    -1,
    10**30,
    1e308,
    True,
    [None],
    {"a": {}},
]


@pytest.fixture(params=sorted(CONNECTORS))
def told(request: pytest.FixtureRequest) -> Recording:
    return recording(request.param)


def paged_vendors(name: str) -> list[str]:
    """The vendors whose recording has a Reading called `name`."""
    return [vendor for vendor in sorted(CONNECTORS) if getattr(recording(vendor), name)]


def connected(told: Recording, wire: Wire) -> Connector:
    return CONNECTORS[told.vendor].connect(told.config(wire.url))


def served(reading: Reading, wire: Wire) -> None:
    wire.serve(*reading.before, *reading.answers)


def record_id(record: Any) -> str:
    assert isinstance(record, RECORDS), record
    has_key = isinstance(record, ResultRecord | CaseRecord)
    found = record.key if has_key else record.external_id
    assert isinstance(found, str)
    return found


def walked(connector: Connector, project: str) -> Iterator[Any]:
    """Everything that a connector gives of a project, as a sync asks for it."""
    if connector.capabilities.projects_are_listed:
        yield from connector.projects()
    if connector.capabilities.milestones:
        yield from connector.milestones(project)
    for run in read_runs(connector, project):
        yield run
        if isinstance(run, RunRecord):
            yield from connector.threads(project, run)
            yield from connector.results(project, run)
    if isinstance(connector, CaseReader):
        yield from connector.cases(project)


# 1, 2: the check


def test_check_passes_with_good_credentials(told: Recording, wire: Wire):
    wire.serve(*told.check)
    report = connected(told, wire).check()
    assert report.items
    assert all(item.state in ("ok", "gap") for item in report.items)
    assert all(item.label and item.value for item in report.items)


def test_refused_credentials_are_a_config_error_with_a_sentence(
    told: Recording, wire: Wire
):
    wire.serve(*told.refused)
    with pytest.raises(ConfigError) as raised:
        connected(told, wire).check()
    assert raised.value.sentence.endswith(".")
    assert len(raised.value.sentence.split()) > 4


def test_missing_secrets_are_a_config_error_before_any_request(
    told: Recording, wire: Wire
):
    config = told.config(wire.url)
    kind = type(config)
    without = kind(base_url=config.base_url, allow_private_urls=True)
    with pytest.raises(ConfigError):
        CONNECTORS[told.vendor].connect(without)
    assert wire.requests == []


def test_a_connector_declares_what_the_form_and_the_engine_read(told: Recording):
    connector = CONNECTORS[told.vendor]
    assert connector.vendor == told.vendor
    assert connector.label
    names = [field.name for field in connector.fields]
    assert len(names) == len(set(names))
    assert all(field.label for field in connector.fields)
    assert set(told.secrets) <= {f.name for f in connector.fields if f.is_secret}
    assert set(told.settings) <= {f.name for f in connector.fields if not f.is_secret}
    assert connector.capabilities.late_changes_missed
    assert connector.capabilities.cases == issubclass(connector, CaseReader)


def test_a_listed_test_has_the_key_of_its_results(told: Recording, wire: Wire):
    wire.serve(*told.walk)
    records = list(walked(connected(told, wire), told.project))
    listed = {r.key for r in records if isinstance(r, CaseRecord)}
    ran = {r.listed_key or r.key for r in records if isinstance(r, ResultRecord)}
    assert bool(listed & ran) == CONNECTORS[told.vendor].capabilities.cases


# 3: records


def test_records_have_their_types_utc_times_and_ids(told: Recording, wire: Wire):
    wire.serve(*told.walk)
    records = list(walked(connected(told, wire), told.project))
    for record in records:
        assert isinstance(record, RECORDS), record
        assert_is_sound(record)
    kinds = {type(record) for record in records}
    assert kinds == kinds_claimed(CONNECTORS[told.vendor])


def kinds_claimed(connector: type[Connector]) -> set[type]:
    can = connector.capabilities
    claimed = {
        ProjectRecord: can.projects_are_listed,
        MilestoneRecord: can.milestones,
        RunRecord: True,
        ThreadRecord: can.threads,
        ResultRecord: can.rows,
        CaseRecord: can.cases,
    }
    return {kind for kind, is_claimed in claimed.items() if is_claimed}


def assert_is_sound(record: Any) -> None:
    """Types as annotated, aware UTC times, ids, no text that PostgreSQL refuses."""
    hints = get_type_hints(type(record))
    for field in fields(record):
        value = getattr(record, field.name)
        assert is_of(value, hints[field.name]), (record, field.name)
        if isinstance(value, datetime):
            assert value.tzinfo is UTC, (record, field.name)
        if isinstance(value, str):
            assert "\x00" not in value, (record, field.name)
            value.encode()
        if field.name == "duration_ms":
            assert value is None or 0 <= value < 2**63, record
        if isinstance(value, Counts):
            assert all(getattr(value, status) >= 0 for status in Status), record
    assert record_id(record)


def is_of(value: Any, hint: Any) -> bool:
    origin = get_origin(hint)
    if origin in (Union, UnionType):
        return any(is_of(value, one) for one in get_args(hint))
    if origin is tuple:
        return type(value) is tuple and all(type(one) is str for one in value)
    return value is None if hint is NoneType else type(value) is hint


# 4 to 7: pages


def test_two_pages_come_out_complete_and_in_order(told: Recording, wire: Wire):
    served(told.paged, wire)
    found = told.paged.call(connected(told, wire))
    assert tuple(record_id(record) for record in found) == told.paged.ids


def test_the_first_record_costs_one_page(told: Recording, wire: Wire):
    first = told.paged.answers[:1]
    wire.serve(*told.paged.before, *first)
    found = iter(told.paged.call(connected(told, wire)))
    assert record_id(next(found)) == told.paged.ids[0]
    assert len(wire.requests) == len(told.paged.before) + 1


@pytest.mark.parametrize("vendor", paged_vendors("no_paging_key"))
def test_a_missing_paging_key_is_a_payload_error(vendor: str, wire: Wire):
    reading = recording(vendor).no_paging_key
    assert reading is not None
    served(reading, wire)
    with pytest.raises(PayloadError):
        list(reading.call(connected(recording(vendor), wire)))


@pytest.mark.parametrize("vendor", paged_vendors("page_to_itself"))
def test_a_page_that_points_to_itself_is_a_payload_error(vendor: str, wire: Wire):
    reading = recording(vendor).page_to_itself
    assert reading is not None
    served(reading, wire)
    with pytest.raises(PayloadError):
        list(reading.call(connected(recording(vendor), wire)))


def test_a_vendor_without_pages_says_so(told: Recording):
    for reading in (told.no_paging_key, told.page_to_itself):
        assert reading is not None or told.unpaged


# 8, 9: a vendor in trouble


def test_a_pause_asked_for_is_kept_and_the_reading_goes_on(
    told: Recording, wire: Wire, clock: Clock
):
    first, *others = told.paged.answers
    busy = first.but(status=429, headers={"Retry-After": "7"}, body={"no": "hurry"})
    wire.serve(*told.paged.before, busy, first, *others)
    found = told.paged.call(connected(told, wire))
    assert tuple(record_id(record) for record in found) == told.paged.ids
    assert clock.naps == [7.0]


def test_trouble_that_lasts_is_retryable(told: Recording, wire: Wire, clock: Clock):
    broken = told.paged.answers[0].but(status=500, body={"message": "oops"})
    wire.serve(*told.paged.before, broken)
    with pytest.raises(RetryableError):
        list(told.paged.call(connected(told, wire)))
    assert clock.naps == sorted(clock.naps)
    assert len(clock.naps) >= 2


# 10, 11, 12: windows and rows


def test_since_leaves_older_runs_out(told: Recording, wire: Wire):
    served(told.since, wire)
    found = list(told.since.call(connected(told, wire)))
    assert tuple(record_id(record) for record in found) == told.since.ids
    for run in found:
        assert run.started_at is None or run.started_at >= told.since_at


def test_an_unknown_status_becomes_unknown_and_keeps_its_word(
    told: Recording, wire: Wire
):
    served(told.unknown_status, wire)
    (row,) = told.unknown_status.call(connected(told, wire))
    assert isinstance(row, ResultRecord)
    assert (row.status, row.raw_status) == (Status.UNKNOWN, told.unknown_word)


def test_a_word_that_a_person_mapped_is_no_longer_unknown(told: Recording, wire: Wire):
    served(told.unknown_status, wire)
    config = told.config(wire.url)
    mapped = {told.unknown_word: Status.BLOCKED}
    connector = CONNECTORS[told.vendor].connect(
        type(config)(
            base_url=config.base_url,
            settings=config.settings,
            secrets=config.secrets,
            memory=config.memory,
            status_map=mapped,
            allow_private_urls=True,
        )
    )
    (row,) = told.unknown_status.call(connector)
    assert (row.status, row.raw_status) == (Status.BLOCKED, told.unknown_word)


def test_keys_that_nobody_knows_are_ignored(told: Recording, wire: Wire):
    wire.serve(*told.walk)
    plain = list(walked(connected(told, wire), told.project))
    wire.forget()
    wire.serve(*(one.but(body=with_extra_keys(one.body)) for one in told.walk))
    assert list(walked(connected(told, wire), told.project)) == plain


def with_extra_keys(body: Any) -> Any:
    if isinstance(body, list):
        return [with_extra_keys(value) for value in body]
    if isinstance(body, dict):
        grown = {key: with_extra_keys(value) for key, value in body.items()}
        return grown | {"key_of_tomorrow": {"a": [1]}}
    return body


def test_a_missing_key_names_itself_and_keeps_the_row(told: Recording, wire: Wire):
    served(told.missing_key, wire)
    (reject,) = told.missing_key.call(connected(told, wire))
    assert isinstance(reject, Reject)
    assert told.missing_name in reject.reason
    assert reject.payload
    assert reject.where


# 13: storing


@pytest.mark.django_db
def test_storing_twice_changes_nothing(told: Recording, wire: Wire):
    connection = Connection.objects.create(name="one", vendor=told.vendor)
    project = Project.objects.create(
        connection=connection, external_id=told.project, name="Shop"
    )
    tables = (Run, Thread, Case, Result)
    counted = []
    for _ in range(2):
        wire.forget()
        wire.serve(*told.walk)
        written = stored(connected(told, wire), project)
        counted.append([table.objects.count() for table in tables])
    assert counted[0] == counted[1]
    assert counted[0][0] > 0
    assert written == 0


def stored(connector: Connector, project: Project) -> int:
    """Store all of a project through the real path; how much of it was news."""
    quiet = getattr(connector, "quiet_statuses", frozenset())
    store = ProjectStore(project, quiet)
    name = project.external_id
    if connector.capabilities.projects_are_listed:
        list(connector.projects())
    if connector.capabilities.milestones:
        upsert_milestones(project, only(MilestoneRecord, connector.milestones(name)))
    news = 0
    for run in only(RunRecord, read_runs(connector, name)):
        batch = Batch(
            record=run,
            threads=only(ThreadRecord, connector.threads(name, run)),
            results=only(ResultRecord, connector.results(name, run)),
        )
        written = store.store(batch)
        news += written.run + written.results
    if isinstance(connector, CaseReader):
        listed = only(CaseRecord, connector.cases(name))
        store_listed_cases(project, listed, now(), is_whole=True)
    return news


def only(kind: type[Any], records: Iterable[Any]) -> list[Any]:
    found = list(records)
    assert all(isinstance(record, kind) for record in found), found
    return found


# 14: secrets


def test_a_secret_is_in_no_log_line_and_no_error(
    told: Recording, wire: Wire, clock: Clock, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.DEBUG)
    echo = {"message": f"you sent {' '.join(told.secrets.values())}"}
    first, *others = told.refused
    wire.serve(first.but(body=echo), *others)
    with pytest.raises(VendorError) as refused:
        connected(told, wire).check()
    wire.forget()
    broken = told.paged.answers[0].but(status=500, body=echo)
    wire.serve(*told.paged.before, broken)
    with pytest.raises(VendorError) as failed:
        list(told.paged.call(connected(told, wire)))
    assert failed.value.answer
    for error in (refused.value, failed.value):
        shown = "".join(traceback.format_exception(error)) + error.answer
        for secret in told.secrets.values():
            assert secret not in shown
    for secret in told.secrets.values():
        assert secret not in caplog.text
        assert secret not in repr(told.config(wire.url))


# Beyond the fourteen: an answer may be anything


def test_a_hostile_answer_ends_in_one_of_the_three_errors(
    told: Recording, wire: Wire, clock: Clock
):
    for number in range(len(told.walk)):
        for content in HOSTILE_ANSWERS:
            answers = list(told.walk)
            answers[number] = answers[number].but(raw=content)
            assert_survived(told, wire, answers)


def test_a_hostile_value_ends_in_a_record_a_reject_or_one_of_the_three_errors(
    told: Recording, wire: Wire, clock: Clock
):
    for number, answer in enumerate(told.walk):
        for turn, path in enumerate(distinct_paths(answer.body), start=number):
            value = HOSTILE_VALUES[turn % len(HOSTILE_VALUES)]
            body = replaced(answer.body, path, value)
            hostile = answer.but(raw=json.dumps(body).encode())
            answers = [*told.walk[:number], hostile, *told.walk[number + 1 :]]
            assert_survived(told, wire, answers)


def assert_survived(told: Recording, wire: Wire, answers: list[Answer]) -> None:
    """Read all with these answers: sound records, rejects, or a VendorError."""
    wire.forget()
    wire.serve(*answers, must_be_used=False)
    with contextlib.suppress(VendorError):
        for record in walked(connected(told, wire), told.project):
            if isinstance(record, Reject):
                assert record.reason
            else:
                assert_is_sound(record)
    # A changed id leads to addresses that no recording knows: that is no fault here.
    wire.unexpected.clear()


def distinct_paths(body: Any) -> list[tuple[str | int, ...]]:
    """Where values stand in `body`: of items or keys that differ by a number, one."""
    if isinstance(body, dict):
        parts: Iterable[tuple[str | int, Any]] = body.items()
    elif isinstance(body, list):
        parts = enumerate(body[:1])
    else:
        return []
    found: list[tuple[str | int, ...]] = []
    alike: set[str] = set()
    for key, value in parts:
        shape = re.sub(r"\d+", "0", str(key))
        if shape in alike:
            continue
        alike.add(shape)
        found.append((key,))
        found.extend((key, *path) for path in distinct_paths(value))
    return found


def replaced(body: Any, path: tuple[str | int, ...], value: Any) -> Any:
    copied = copy.deepcopy(body)
    holder = copied
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = value
    return copied
