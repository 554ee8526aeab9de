"""Each test of a CTRF report as the attempts that it stands for.

A test's key is its suites and its name, its file where it has no suite. Those of one key
in a file are attempts of one test (docs/metrics.md).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from ingest.contract import NOT_PASSED, ResultRecord, Status
from ingest.details import Details, Step
from ingest.intake.ctrf.reports import tests_of
from ingest.intake.errors import InvalidError
from ingest.intake.report import (
    CONSOLE,
    TEXT,
    a_field,
    attach_file,
    cut,
    storable,
)
from ingest.parse import Row, RowError, kind, required_text
from ingest.side_fields import SideFields

_STATUSES = {
    "passed": Status.PASSED,
    "failed": Status.FAILED,
    "skipped": Status.SKIPPED,
    "pending": Status.SKIPPED,
}
# What tools called it that CTRF has only "other" for.
_OTHER = {
    "blocked": Status.BLOCKED,
    "broken": Status.ERROR,
    "error": Status.ERROR,
    "interrupted": Status.ERROR,
    "timedout": Status.ERROR,
    "disabled": Status.SKIPPED,
    "focused": Status.SKIPPED,
    "todo": Status.SKIPPED,
    "running": Status.RUNNING,
    "untested": Status.UNTESTED,
}
# Nobody retries more often; a number alone must not make rows without end.
MOST_RETRIES = 100
_FIELDS = ("browser", "device", "type", "threadId")


def read_results(chunks: Iterable[bytes]) -> Iterator[ResultRecord]:
    """The results in the order of the file; attempts of a test follow each other."""
    for number, row in enumerate(tests_of(chunks, {})):
        try:
            yield from _attempts(row)
        except RowError as error:
            where = f"results.tests.{number}"
            raise InvalidError(f"{where}: {error}.", {where: [str(error)]}) from None


def _attempts(row: Any) -> list[ResultRecord]:
    if not isinstance(row, dict):
        raise RowError(f"it is {kind(row)}, not an object")
    name, folder = cut(required_text(row, "name").strip()), _folder(row)
    side = SideFields(row)
    group = folder or cut(side.text("filePath"))
    key = f"{group}::{name}" if group else name
    final = replace(_result(row), key=key, name=name, folder=folder)
    earlier = [
        replace(one, key=final.key, name=final.name, folder=folder)
        for one in _earlier(row, final)
    ]
    if not earlier:
        return [final]
    return [replace(one, is_marked_retry=True) for one in _in_order([*earlier, final])]


def _in_order(attempts: list[ResultRecord]) -> list[ResultRecord]:
    """Attempts without their times, where these would put them into another order."""
    times = [one.executed_at for one in attempts]
    known = [at for at in times if at is not None]
    if len(known) == len(times) and known == sorted(known):
        return attempts
    return [replace(one, executed_at=None) for one in attempts]


def _earlier(row: Row, final: ResultRecord) -> list[ResultRecord]:
    """The attempts before the last one: those that are told, else their number alone."""
    told = row.get("retryAttempts")
    retries = _count(row, "retries")
    if isinstance(told, list) and told:
        found = [_result(one) for one in told[: MOST_RETRIES + 1] if _is_object(one)]
        return found[:-1] if _has_final(found, final, retries) else found
    if not retries and row.get("flaky") is True:
        retries = 1
    has_failed = row.get("flaky") is not False or final.status in NOT_PASSED
    if not retries or not has_failed:
        return []
    failed = ResultRecord(key="", name="", status=Status.FAILED, raw_status="failed")
    return [failed] * min(retries, MOST_RETRIES)


def _is_object(value: Any) -> bool:
    if not isinstance(value, dict):
        raise RowError(f"one of retryAttempts is {kind(value)}, not an object")
    return True


def _has_final(found: list[ResultRecord], final: ResultRecord, retries: int) -> bool:
    """Some writers list the last attempt too, which is the test itself."""
    if found[-1].status != final.status:
        return False
    return len(found) > retries if retries else final.status is Status.PASSED


def _count(row: Row, key: str) -> int:
    value = row.get(key)
    is_count = isinstance(value, int) and not isinstance(value, bool) and value > 0
    return value if is_count else 0  # type: ignore[return-value]


def _result(row: Row) -> ResultRecord:
    """A test or one of its attempts, without what they share."""
    side = SideFields(row)
    status, word = _status(row)
    parts = [cut(side.text(name).strip("\n")) for name in ("message", "trace")]
    message, trace = parts
    if message and message.partition("\n")[0] in trace[: len(message) + 300]:
        message = ""
    return ResultRecord(
        key="",
        name="",
        status=status,
        raw_status=word,
        executed_at=side.moment("start"),
        duration_ms=side.duration_ms("duration", unit_ms=1),
        message="\n".join(filter(None, (message, trace))),
        details=_details(row, side) or None,
    )


def _status(row: Row) -> tuple[Status, str]:
    word = required_text(row, "status").strip()
    raw = row.get("rawStatus")
    said = cut(raw.strip()) if isinstance(raw, str) else ""
    known = _STATUSES.get(word.lower())
    if known is None:
        known = _OTHER.get((said or word).lower().replace("_", "").replace(" ", ""))
    return known or Status.UNKNOWN, (said or cut(word))[:200]


def _folder(row: Row) -> str:
    suite = row.get("suite")
    if isinstance(suite, list):
        suite = " > ".join(one.strip() for one in suite if isinstance(one, str))
    return cut(suite.strip()) if isinstance(suite, str) else ""


def _details(row: Row, side: SideFields) -> Details:
    details = Details()
    if file := side.text("filePath"):
        details["file"] = cut(file)
    if 0 < (line := _count(row, "line")) < 2**31:
        details["line"] = line
    if steps := _steps(row.get("steps")):
        details["steps"] = steps
    _add_fields(details, row, side)
    for one in _objects(row.get("attachments")):
        said = SideFields(one)
        place = cut(said.text("path"))
        if place.strip():
            attach_file(
                details, cut(said.text("name")), place, cut(said.text("contentType"))
            )
    meta = {
        name: storable(row[name])
        for name in ("extra", "labels", "parameters")
        if isinstance(row.get(name), dict) and row[name]
    }
    if meta:
        details["meta"] = meta
    return details


def _add_fields(details: Details, row: Row, side: SideFields) -> None:
    made = [a_field(name, cut(side.text(name))) for name in _FIELDS if row.get(name)]
    tags = [tag for tag in _listed(row.get("tags")) if tag.strip()]
    if tags:
        made.append(a_field("tags", cut(", ".join(tags))))
    for name, label in (("snippet", "Snippet"), ("ai", "AI")):
        if text := cut(side.text(name)):
            made.append(a_field(label, text, TEXT))
    for name, label in (("stdout", "Output"), ("stderr", "Errors")):
        lines = (one.removesuffix("\n") for one in _listed(row.get(name)))
        if text := cut("\n".join(lines)).strip("\n"):
            made.append(a_field(label, text, CONSOLE))
    if made := [one for one in made if one["value"]]:
        details["fields"] = made


def _steps(value: Any) -> list[Step]:
    steps = []
    for one in _objects(value):
        side = SideFields(one)
        step = Step(title=cut(side.text("name")), category=cut(side.text("status")))
        if (duration_ms := side.duration_ms("duration", unit_ms=1)) is not None:
            step["duration_ms"] = duration_ms
        if error := cut(side.text("message")):
            step["error"] = error
        steps.append(step)
    return steps


def _objects(value: Any) -> list[Row]:
    found = value if isinstance(value, list) else []
    return [one for one in found[:10_000] if isinstance(one, dict)]


def _listed(value: Any) -> list[str]:
    """A list of texts, or one text."""
    if isinstance(value, str):
        return [value]
    return (
        [one for one in value if isinstance(one, str)]
        if isinstance(value, list)
        else []
    )
