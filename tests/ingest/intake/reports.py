"""Files of results as tests send them: written here, small or as large as asked."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator
from typing import Any

from ingest.contract import ResultRecord
from ingest.intake import ctrf, junit
from ingest.intake.report import Report
from ingest.intake.upload import Upload


def upload(text: str | bytes, name: str = "") -> Upload:
    data = text.encode() if isinstance(text, str) else text
    return Upload(io.BytesIO(data), name)


def junit_of(text: str | bytes) -> tuple[Report, list[ResultRecord]]:
    file = upload(text)
    report, durations = junit.read_report(file.chunks())
    return report, list(junit.read_results(file.chunks(), durations))


def ctrf_of(report: Any) -> tuple[Report, list[ResultRecord]]:
    file = upload(report if isinstance(report, bytes) else json.dumps(report))
    return ctrf.read_report(file.chunks()), list(ctrf.read_results(file.chunks()))


def outcomes(results: Iterable[ResultRecord]) -> list[tuple[str, str]]:
    return [(one.key, str(one.status)) for one in results]


def suite(*cases: str, **attributes: str) -> str:
    given = {"name": "shop", "timestamp": "2026-11-20T12:00:00Z", "time": "3"}
    told = " ".join(f'{name}="{text}"' for name, text in (given | attributes).items())
    return f"<testsuites><testsuite {told}>{''.join(cases)}</testsuite></testsuites>"


def case(name: str, inner: str = "", **attributes: str) -> str:
    told = {"classname": "shop.Cart", "time": "0.5"} | attributes
    words = " ".join(f'{key}="{text}"' for key, text in told.items())
    return f'<testcase name="{name}" {words}>{inner}</testcase>'


def ctrf_report(*tests: Any, **around: Any) -> dict[str, Any]:
    results = {
        "tool": {"name": "playwright"},
        "summary": {"start": 1795176000000, "stop": 1795176060000},
        "tests": list(tests),
    }
    return {
        "reportFormat": "CTRF",
        "specVersion": "0.0.0",
        "results": results | around,
    }


def ctrf_test(name: str, status: str = "passed", **values: Any) -> dict[str, Any]:
    return {"name": name, "status": status, "duration": 500, **values}


def large_junit(number: int, letters: int = 0) -> Iterator[bytes]:
    """A file of so many tests, each tenth of which failed with so long a message."""
    yield b'<testsuites><testsuite name="large" timestamp="2026-11-20T12:00:00Z">'
    said = "a line of a stack that goes on\n" * (letters // 31)
    for n in range(number):
        inner = f'<failure message="wrong">{said}</failure>' if n % 10 == 0 else ""
        yield case(f"test_{n:06}", inner, classname=f"large.Part{n % 97}").encode()
    yield b"</testsuite></testsuites>"


def large_ctrf(number: int, letters: int = 0) -> Iterator[bytes]:
    head = json.dumps(ctrf_report())
    before, after = head.split('"tests": []')
    said = "a line of a stack that goes on\n" * (letters // 31)
    yield f'{before}"tests": ['.encode()
    for n in range(number):
        failed = {"status": "failed", "message": "wrong", "trace": said}
        row = ctrf_test(f"test {n:06}", suite=["large", f"part {n % 97}"])
        text = json.dumps(row | (failed if n % 10 == 0 else {}))
        yield f"{',' if n else ''}{text}".encode()
    yield f"]{after}".encode()
