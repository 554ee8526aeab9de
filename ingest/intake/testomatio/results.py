"""Test items of the reporter as results, under the keys that a sync would give them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

from ingest.connectors.reading import message_of
from ingest.connectors.testomatio.names import id_in, without_signs
from ingest.connectors.testomatio.testruns import example_of, result_record
from ingest.contract import ResultRecord, Status
from ingest.details import Artifact, Details, Link, Step
from ingest.intake.errors import InvalidError
from ingest.intake.received import Named
from ingest.intake.testomatio.values import (
    DEEPEST,
    body_of,
    names,
    plain,
)
from ingest.parse import Row, RowError, kind, text_of
from ingest.side_fields import SideFields


def results_of(body: Any, uid: str, status_map: Mapping[str, Status]) -> list[Named]:
    """The results of a batch or of a single item; raises InvalidError for all of them
    when one cannot be read.
    """
    row = body_of(body)
    if "tests" not in row:
        return [_named(row, uid, "", "the test", status_map)]
    tests = row["tests"]
    if not isinstance(tests, list):
        raise InvalidError(f"tests is {kind(tests)}, not a list.")
    batch = json.dumps(plain(row.get("batch_index")))
    return [
        _named(one, uid, f"{batch}.{number}", f"tests.{number}", status_map)
        for number, one in enumerate(tests)
    ]


def _named(
    item: Any, uid: str, position: str, where: str, status_map: Mapping[str, Status]
) -> Named:
    """`position`: where an item without an id of its own stands in what was sent."""
    if not isinstance(item, dict):
        said = f"{where} is {kind(item)}, not an object."
        raise InvalidError(said, {where: [said]})
    try:
        record = _record(item, status_map)
    except RowError as error:
        raise InvalidError(f"{where}: {error}.", {where: [str(error)]}) from None
    told = {k: v for k, v in item.items() if k not in ("api_key", "rid")}
    content = json.dumps(plain(told), sort_keys=True)
    name = _own_id(item.get("rid"), uid)
    return Named(record, name, content if name else f"{position}\n{content}")


def _own_id(rid: Any, uid: str) -> str:
    """The reporter puts the run's id before a test's, and twice where it sends singly."""
    if isinstance(rid, bool) or not isinstance(rid, str | int):
        return ""
    text = text_of(str(rid))
    while text.startswith(f"{uid}-"):
        text = text.removeprefix(f"{uid}-")
    return text


def _record(item: Row, status_map: Mapping[str, Status]) -> ResultRecord:
    if item.get("status") is None:
        raise RowError("status is missing")
    side = SideFields(item)
    title, suite = side.text("title"), side.text("suite_title")
    row = {
        "test_title": without_signs(title),
        "test_id": item.get("test_id") or id_in(title),
        "status": item["status"],
        "message": item.get("message"),
        "stack": item.get("stack"),
        "executed_at": item.get("timestamp"),
        "run_time": item.get("run_time"),
    }
    found = result_record(
        row,
        status_map,
        "",
        without_signs(suite),
        example_of({"example": item.get("example")}),
    )
    return _with_details(found, item, side)


def _with_details(found: ResultRecord, item: Row, side: SideFields) -> ResultRecord:
    return replace(
        found,
        is_marked_retry=item.get("retry") is True,
        details=_details(item, side) or None,
    )


def _details(item: Row, side: SideFields) -> Details:
    found = Details()
    if file := side.text("file"):
        found["file"] = file
    if tags := names(item.get("tags")):
        found["tags"] = tags
    if steps := list(_steps(item.get("steps"))):
        found["steps"] = steps
    if artifacts := [
        *_artifacts(item.get("artifacts")),
        *_artifacts(item.get("files")),
    ]:
        found["artifacts"] = artifacts
    if links := list(_links(item.get("links"))):
        found["links"] = links
    meta = item.get("meta")
    if isinstance(meta, dict) and meta:
        found["meta"] = plain(meta)
    return found


def _steps(value: Any, depth: int = 0) -> Iterator[Step]:
    """Durations are passed on as the test's framework gives them: in milliseconds."""
    if not isinstance(value, list) or depth > DEEPEST:
        return
    for row in value:
        if isinstance(row, str):
            yield Step(title=text_of(row))
        if isinstance(row, dict):
            yield _step(row, depth)


def _step(row: Row, depth: int) -> Step:
    side = SideFields(row)
    step = Step(
        title=side.text("title"), duration_ms=side.duration_ms("duration", unit_ms=1)
    )
    if category := side.text("category"):
        step["category"] = category
    if error := message_of(row.get("error")):
        step["error"] = error
    if inner := list(_steps(row.get("steps"), depth + 1)):
        step["steps"] = inner
    return step


def _artifacts(value: Any) -> Iterator[Artifact]:
    """Addresses of files that were uploaded, or the paths that they had in the build."""
    for one in value if isinstance(value, list) else []:
        row = one if isinstance(one, dict) else {"path": one}
        side = SideFields(row)
        place = side.text("url") or side.text("link") or side.text("path")
        if not place:
            continue
        name = side.text("title") or side.text("name") or PurePosixPath(place).name
        yield Artifact(
            name=name or place,
            url=place,
            note="",
            mime_type=side.text("type"),
            size=None,
        )


def _links(value: Any) -> Iterator[Link]:
    """{"label": "severity:high"}, {"jira": "ABC-1"}: each kind with what it names."""
    for row in value if isinstance(value, list) else []:
        for note, one in row.items() if isinstance(row, dict) else ():
            if isinstance(one, str) and one:
                text = text_of(one)
                url = text if text.startswith(("http://", "https://")) else ""
                yield Link(name=text, url=url, note=text_of(note))
