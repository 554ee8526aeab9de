"""A testrun of either API as a result, with the key of its case."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from ingest.connectors.reading import message_of, part
from ingest.connectors.testomatio.names import (
    id_in,
    inner,
    side_fields,
    test_id_of,
    title_of,
    uid,
    without_signs,
)
from ingest.contract import ResultRecord, Status
from ingest.folders import SEPARATOR
from ingest.parse import (
    Row,
    RowError,
    required_text,
    status_of,
    text_of,
)
from ingest.side_fields import SideFields

STATUSES = {
    "passed": Status.PASSED,
    "failed": Status.FAILED,
    "skipped": Status.SKIPPED,
    "pending": Status.UNTESTED,
}
AMBIGUOUS = re.compile(r'[",\[\]]')


def result_record(
    row: Row,
    status_map: Mapping[str, Status],
    run_url: str,
    folder: str,
    example: str,
) -> ResultRecord:
    """A testrun from its flat row; run_time is in milliseconds.

    `run_url` is the vendor's page of the run, `status_map` what a person mapped.
    `example` holds the values of the parameters, which are a part of the key: each row
    of a parametrised test is a case of its own.
    """
    side = side_fields(row)
    said = _test_title(row, side)
    # Tests that a reporter told have their signs in the title still, as its source has.
    title, folder = without_signs(said), without_signs(folder)
    test = test_id_of(row) or id_in(said)
    if not (title or test):
        raise RowError("test_title is missing or empty")
    name = _with(title, example) if title else ""
    name_key = SEPARATOR.join(filter(None, (folder, name))) if title else ""
    raw_status = _raw_status(row)
    return ResultRecord(
        key=_with(test, example) if test else name_key,
        name=name,
        # No status yet is what "pending" says in one word.
        status=status_of(raw_status or "pending", STATUSES, status_map),
        raw_status=raw_status,
        folder=folder,
        name_key=name_key if test else "",
        listed_key=test if test and example else "",
        executed_at=side.moment("executed_at") or side.moment("finished_at"),
        duration_ms=side.duration_ms("run_time", unit_ms=1),
        message=_message(row),
        vendor_url=_testrun_url(row, run_url),
        oddity=side.oddity,
    )


def example_of(row: Row) -> str:
    """The values of a testrun's parameters as "[chrome, 2]", "" when it has none.

    A list follows the test's `params`; an object is brought into their order, so that
    both forms make one key.
    """
    example = row.get("example")
    if isinstance(example, dict):
        example = [example[name] for name in _in_order_of_params(row, example)]
    values = [_value(v) for v in (example if isinstance(example, list) else [example])]
    return f"[{', '.join(values)}]" if any(values) else ""


def in_order(found: Iterable[Any]) -> list[Any]:
    """Testruns by id, which is the order of execution; the vendor lists them otherwise
    at times. Rows whose ids do not count stay as they came."""
    kept = list(found)
    numbers = [_number(row) for row in kept]
    if None in numbers:
        return kept
    return [row for _, row in sorted(zip(numbers, kept, strict=True), key=_first)]


def _in_order_of_params(row: Row, example: Row) -> list[str]:
    params = inner(row, "test").get("params")
    names = (
        [p for p in params if isinstance(p, str)] if isinstance(params, list) else []
    )
    return names if sorted(names) == sorted(example) else sorted(example)


def _first(pair: tuple[int | None, Any]) -> int:
    return pair[0] or 0


def _number(row: Any) -> int | None:
    value = row.get("id") if isinstance(row, dict) else None
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return int(value[:18])
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return value if is_number else None


def _with(text: str, example: str) -> str:
    return f"{text} {example}" if example else text


def _value(value: Any) -> str:
    """One value; in quotes where a comma in it would make it look like two."""
    if value is None:
        return ""
    is_plain = isinstance(value, str) and not AMBIGUOUS.search(value)
    return text_of(value if is_plain else json.dumps(value, sort_keys=True))


def _test_title(row: Row, side: SideFields) -> str:
    found = side.text("test_title") or title_of(inner(row, "test"))
    return found or title_of(side)


def _raw_status(row: Row) -> str:
    """The vendor's word; null is allowed there, a row without the key is broken."""
    if row.get("status") is None and "status" in row:
        return ""
    return required_text(row, "status")


def _message(row: Row) -> str:
    message, stack = message_of(row.get("message")), message_of(row.get("stack"))
    return stack if message in stack else "\n\n".join(filter(None, (message, stack)))


def _testrun_url(row: Row, run_url: str) -> str:
    testrun = uid(row.get("id"))
    return f"{run_url}/test/{part(testrun)}" if testrun else ""
