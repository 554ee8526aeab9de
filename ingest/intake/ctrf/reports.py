"""What stands around the tests of a CTRF report: tool, summary, environment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any, NoReturn

from ingest.details import Details, Link
from ingest.intake.errors import InvalidError
from ingest.intake.json_stream import JsonStream
from ingest.intake.report import Report, a_field, cut
from ingest.models.results import ORDINALS
from ingest.origins import web_link
from ingest.parse import LONGEST_MS
from ingest.side_fields import SideFields

# Of `environment`: what is told of the run in another way.
_TOLD = frozenset({"branchName", "commit", "buildUrl", "extra", "reportName"})


def tests_of(chunks: Iterable[bytes], around: dict[str, Any]) -> Iterator[Any]:
    """The tests one after another; what else stands in `results` goes into `around`.

    Raises InvalidError where the file is no CTRF report, at its end at the latest.
    """
    stream = JsonStream(chunks)
    if stream.peek() != "{":
        raise InvalidError("The file is no JSON object: it is no CTRF report.")
    has_tests = False
    for key in stream.members():
        if key != "results":
            stream.value()
            continue
        if stream.peek() != "{":
            _refuse("results", "is no object")
        for inner in stream.members():
            if inner != "tests":
                around[inner] = stream.value()
                continue
            if has_tests:
                _refuse("results.tests", "comes twice")
            if stream.peek() != "[":
                _refuse("results.tests", "is no list")
            has_tests = True
            yield from stream.items()
    stream.end()
    if not has_tests:
        _refuse("results.tests", "is missing")


def _refuse(place: str, said: str) -> NoReturn:
    sentence = f"In the file {place} {said}: it is no CTRF report."
    raise InvalidError(sentence, {place: [f"It {said}."]})


def read_report(chunks: Iterable[bytes]) -> Report:
    """What the file says of its run. Reads it to its end, so that a broken one is
    refused before anything is stored.
    """
    around: dict[str, Any] = {}
    for number, _ in enumerate(tests_of(chunks, around)):
        if number >= ORDINALS:
            raise InvalidError(f"The file has more than {ORDINALS:,} tests.")
    tool, summary = _object(around, "tool"), _object(around, "summary")
    environment = _object(around, "environment")
    said, times = SideFields(environment), SideFields(summary)
    source = SideFields(tool).text("name").strip()
    started_at, finished_at = times.moment("start"), times.moment("stop")
    duration_ms = times.duration_ms("duration", unit_ms=1)
    if started_at and finished_at:
        between = round((finished_at - started_at) / timedelta(milliseconds=1))
        duration_ms = between if 0 <= between <= LONGEST_MS else duration_ms
    return Report(
        name=cut(said.text("reportName").strip() or source),
        source=cut(source),
        branch=cut(said.text("branchName").strip()),
        commit=cut(said.text("commit").strip()),
        started_at=started_at,
        finished_at=finished_at,
        duration_ms=duration_ms,
        details=_details(environment),
    )


def _details(environment: dict[str, Any]) -> Details:
    details = Details()
    address = environment.get("buildUrl")
    if isinstance(address, str) and web_link(address):
        details["links"] = [Link(name="Build", url=cut(address), note="")]
    known = {
        name: value
        for name, value in environment.items()
        if name not in _TOLD and isinstance(value, str | int | float) and value != ""
    }
    if known:
        details["fields"] = [a_field(cut(k), cut(str(v))) for k, v in known.items()][
            :100
        ]
    return details


def _object(around: dict[str, Any], name: str) -> dict[str, Any]:
    """Beside the tests nothing is worth refusing a report for."""
    found = around.get(name)
    return found if isinstance(found, dict) else {}
