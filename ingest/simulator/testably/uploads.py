"""Testably's upload from pipelines: as the product does it, and as it is documented."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from xml.etree import ElementTree

from ingest.simulator.server import Request, Response
from ingest.simulator.testably import bodies, pushed
from ingest.simulator.testably.pushed import COUNTED, OUTCOMES, PushedResult, PushedRun
from ingest.simulator.testably.reading import Reading, RefusedError, is_stranger, run_in
from ingest.simulator.world import SimCase, SimProject, SimRun

PRODUCT, DOCUMENTED = "/functions/v1/upload-ci-results", "/v1/results"
NEEDED_TIER, LONGEST_NOTE = 3, 1000
CUSTOM_ID = re.compile(r"[A-Za-z]+-\d+")
UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
Row = dict[str, Any]


class Uploads(Reading):
    """The order of the checks, the quirks and the bodies are those of the product.

    The ids stay the documentation's: `run_501` and `tc_1_0001` stand for the UUIDs.
    """

    def handle(self, request: Request) -> Response:
        if request.path.rstrip("/") not in (PRODUCT, DOCUMENTED):
            return super().handle(request)
        try:
            return self._uploaded(request)
        except RefusedError as refused:
            return self.error(refused.status, refused.sentence)

    def _uploaded(self, request: Request) -> Response:
        if request.method == "OPTIONS":
            return Response(200, body=b"ok", content_type="text/plain")
        if request.method != "POST":
            return self.error(405, "Method not allowed")
        refusal = self.authorise(request) or self._tier_refusal()
        if refusal is not None:
            return refusal
        if self.bucket is not None and (wait := self.bucket.take()):
            return self.limited(wait)
        try:
            asked = request.json()
        except ValueError as error:
            body = {"error": "Internal server error", "details": str(error)}
            return Response(500, body)
        answer = self._stored(request, asked if isinstance(asked, dict) else {})
        if self.bucket is not None and "dry_run" not in answer.payload:
            answer.headers["X-RateLimit-Limit"] = str(int(self.bucket.capacity))
            answer.headers["X-RateLimit-Remaining"] = str(self.bucket.left)
        return answer

    def _tier_refusal(self) -> Response | None:
        if self.tier >= NEEDED_TIER:
            return None
        sentence = "CI/CD upload needs the Professional plan or higher."
        body = {"error": sentence, "current_tier": self.tier}
        return Response(403, body | {"required_tier": NEEDED_TIER})

    def _stored(self, request: Request, asked: Mapping[str, Any]) -> Response:
        if not asked.get("run_id"):
            raise RefusedError(400, "run_id is required")
        with self.writing:
            project, run = self._run_to_fill(str(asked["run_id"]))
            if is_stranger(request):
                raise RefusedError(403, "You are not a member of this project")
            if asked.get("dry_run"):
                return self._dry(run)
            rows = _rows(asked)
            unknown = [row["test_case_id"] for row in rows if _is_unknown(project, row)]
            if unknown:
                sentence = "Some test cases were not found in this project"
                return Response(400, {"error": sentence, "not_found": unknown})
            lost = self._upserted(project, run, rows)
        documented = request.path.rstrip("/") == DOCUMENTED
        return _told(rows, lost, documented=documented)

    def _run_to_fill(self, run_id: str) -> tuple[SimProject, SimRun]:
        for project in self.projects:
            if (run := run_in(project, run_id, self.now())) is not None:
                return project, run
        raise RefusedError(404, "Test run not found")

    def _dry(self, run: SimRun) -> Response:
        body: Row = {"success": True, "dry_run": True, "message": "Dry run passed"}
        return Response(
            200, body | {"run_name": run.name, "tier": self.tier, "latency_ms": 12}
        )

    def _upserted(
        self, project: SimProject, found: SimRun, rows: list[Row]
    ) -> list[str]:
        """The ids of what the database refused."""
        run, now = pushed.adopted(found), self.now()
        kept = [row for row in rows if _can_be_stored(project, row)]
        pushed.upsert(run, [_result(project, run, row, now) for row in kept], now)
        run.stored = _stats(kept)
        self.show_run(project, run)
        return [str(row["test_case_id"]) for row in rows if row not in kept]


def _rows(asked: Mapping[str, Any]) -> list[Row]:
    if asked.get("format", "json") == "junit" and isinstance(
        asked.get("junit_xml"), str
    ):
        rows = _junit_rows(asked["junit_xml"])
    elif isinstance(asked.get("results"), list):
        rows = [row for row in asked["results"] if isinstance(row, dict)]
    else:
        raise RefusedError(400, "Either results or junit_xml is required")
    rows = [row for row in rows if row.get("test_case_id")]
    if not rows:
        raise RefusedError(400, "No results to upload")
    return rows


def _junit_rows(xml: str) -> list[Row]:
    """A case without an id is dropped without a word."""
    try:
        root = ElementTree.fromstring(xml)
    except ElementTree.ParseError:
        return []
    rows = [_junit_row(case) for case in root.iter("testcase")]
    return [row for row in rows if row["test_case_id"]]


def _junit_row(case: ElementTree.Element) -> Row:
    name, text = case.get("name", ""), ""
    found = UUID.search(name) or CUSTOM_ID.search(name)
    case_id = found.group() if found else ""
    for own in case.iterfind("properties/property[@name='test_case_id']"):
        case_id = own.get("value") or case_id
    status = "passed"
    for tag, word in (
        ("skipped", "blocked"),
        ("error", "failed"),
        ("failure", "failed"),
    ):
        element = case.find(tag)
        if element is not None:
            status, text = word, element.get("message") or element.text or ""
    try:
        elapsed = round(float(case.get("time", "")) * 1000)
    except ValueError:
        elapsed = None
    row: Row = {"test_case_id": case_id, "status": status, "elapsed": elapsed}
    return row | {"note": text[:LONGEST_NOTE] or None}


def _is_unknown(project: SimProject, row: Row) -> bool:
    """A custom id is looked up in the project; a UUID is left to the database."""
    case_id = str(row["test_case_id"])
    return not _is_uuid(case_id) and _case_of(project, case_id) is None


def _is_uuid(case_id: str) -> bool:
    return case_id.startswith("tc_") or UUID.fullmatch(case_id) is not None


def _can_be_stored(project: SimProject, row: Row) -> bool:
    is_known = _case_of(project, str(row["test_case_id"])) is not None
    return is_known and str(row.get("status")) in OUTCOMES


def _result(
    project: SimProject, run: PushedRun, row: Row, now: datetime
) -> PushedResult:
    """It takes no time of its own: nobody knows the unit of `elapsed`."""
    case = _case_of(project, str(row["test_case_id"]))
    assert case is not None  # see _can_be_stored
    return PushedResult(
        number=run.number * 1000 + case.number,
        case=case,
        outcome=OUTCOMES[str(row["status"])],
        attempt=1,
        thread=0,
        started_at=now,
        duration_ms=0,
        message=str(row.get("note") or ""),
        word=str(row["status"]),
        elapsed=row.get("elapsed"),
        author=str(row.get("author") or ""),
    )


def _case_of(project: SimProject, case_id: str) -> SimCase | None:
    for case in project.cases:
        ids = (bodies.case_id(project, case), bodies.custom_id(project, case))
        if case_id in ids:
            return case
    return None


def _stats(rows: list[Row]) -> dict[str, int]:
    """Of this request alone; a retest is counted nowhere."""
    counted = Counter(str(row.get("status")) for row in rows)
    return {word: counted[word] for word in COUNTED}


def _told(rows: list[Row], lost: list[str], *, documented: bool) -> Response:
    kept = [row for row in rows if str(row["test_case_id"]) not in lost]
    stats = _stats(kept)
    body: Row = {
        "success": not (documented and lost),
        "partial_failure": bool(lost),
        "message": f"{len(kept)} of {len(rows)} results uploaded",
        "stats": stats,
        "uploaded_count": len(kept),
        "failed_count": len(lost),
    }
    if documented:
        stats["not_tested"] = stats.pop("untested")
        stats["retest"] = sum(row.get("status") == "retest" for row in kept)
        errors = [{"test_case_id": one, "error": "Could not be stored"} for one in lost]
        body |= {"errors": errors} if lost else {}
    elif lost:
        body["failed_test_case_ids"] = lost
    return Response(207 if lost else 200, body)
