"""The body of an upload: its run, and rows of which each is a result or a fault."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ingest.connectors.testably.rows import STATUSES, RowReader
from ingest.contract import Status
from ingest.intake.errors import InvalidError
from ingest.intake.received import Named
from ingest.intake.testably.junit import rows_of_xml
from ingest.parse import LONGEST_ID, Row, RowError, kind, text_of
from ingest.side_fields import SideFields

MILLISECONDS = 1.0
SECONDS = 1000.0
LONGEST_FAULT = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """`run_name` is "" where none is told; the vendor's clients tell none."""

    run_id: str
    run_name: str
    is_dry_run: bool


@dataclass(frozen=True, slots=True)
class Fault:
    """A row that is not stored; `case` is the id that it names, or its place."""

    case: str
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """`elapsed_unit_ms`: what the number 1 of `elapsed` stands for."""

    rows: list[Any]
    elapsed_unit_ms: float


def head_of(body: Any) -> Head:
    """Which run an upload is for; raises InvalidError."""
    if not isinstance(body, dict):
        raise InvalidError(f"The body is {kind(body)}, not an object.")
    run_id = body.get("run_id")
    if isinstance(run_id, bool) or not isinstance(run_id, str | int):
        raise InvalidError("run_id is required.")
    text = text_of(str(run_id)).strip()
    if not text or len(text) > LONGEST_ID:
        raise InvalidError("run_id is required.")
    side = SideFields(body)
    return Head(
        run_id=text,
        run_name=" ".join(side.text("run_name").split()),
        is_dry_run=side.flag("dry_run", default=False),
    )


def rows_of(body: Row, elapsed_unit_ms: float) -> Rows:
    """The rows of `results`, or of the XML; raises InvalidError where there are none."""
    told = body.get("format")
    if told not in (None, "json", "junit"):
        raise InvalidError(f"format is {kind(told)}, neither json nor junit.")
    if told == "junit":
        xml = body.get("junit_xml")
        if not isinstance(xml, str) or not xml.strip():
            raise InvalidError("junit_xml is required where format is junit.")
        found = Rows(rows=rows_of_xml(xml), elapsed_unit_ms=MILLISECONDS)
    else:
        results = body.get("results")
        if not isinstance(results, list):
            raise InvalidError("results is required: a list of results.")
        found = Rows(rows=results, elapsed_unit_ms=elapsed_unit_ms)
    if not found.rows:
        raise InvalidError("No results to upload: no row names a test_case_id.")
    return found


def read(
    told: Rows, status_map: Mapping[str, Status]
) -> tuple[list[Named], list[Fault]]:
    """The result of each test, of which the last row holds, and what cannot be read."""
    reader = RowReader(
        elapsed_unit_ms=told.elapsed_unit_ms,
        status_map=status_map,
        branch_field="",
        commit_field="",
    )
    found: dict[str, Named] = {}
    faults = []
    for number, row in enumerate(told.rows):
        try:
            one = _named(row, reader)
        except RowError as error:
            case = row.get("test_case_id") if isinstance(row, dict) else None
            named = text_of(case) if isinstance(case, str) and case else ""
            faults.append(
                Fault(
                    named[:LONGEST_ID] or f"results.{number}",
                    str(error)[:LONGEST_FAULT],
                )
            )
        else:
            found.pop(one.name, None)
            found[one.name] = one
    return list(found.values()), faults


def _named(row: Any, reader: RowReader) -> Named:
    if not isinstance(row, dict):
        raise RowError(f"the result is {kind(row)}, not an object")
    record = reader.result(row)
    if record.status is Status.UNKNOWN:
        known = ", ".join(STATUSES)
        raise RowError(f"status is {record.raw_status[:40]!r}, none of {known}")
    content = json.dumps(row, sort_keys=True)
    return Named(record, record.key, content)
