"""The import of tests: what `check-tests` found in the source, as cases that never ran."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone

from ingest.connectors.testomatio.names import id_in, without_signs
from ingest.connectors.testomatio.testruns import result_record
from ingest.contract import ResultRecord
from ingest.folders import SEPARATOR
from ingest.intake.errors import InvalidError
from ingest.intake.testomatio.values import body_of
from ingest.models import Project
from ingest.parse import Row, RowError, kind, listing, required_text
from ingest.side_fields import SideFields
from ingest.upsert import declare, raise_version

LONGEST_IMPORT_ID = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """One part of an import; all of them carry the id that the first was answered."""

    import_id: str
    tests: list[ResultRecord]


def import_of(body: Any) -> Import:
    """The tests of a part; raises InvalidError for all when one cannot be read."""
    row = body_of(body)
    tests = row.get("tests")
    if not isinstance(tests, list):
        raise InvalidError(f"tests is {kind(tests)}, not a list.")
    told = SideFields(row).text("import_id")[:LONGEST_IMPORT_ID]
    return Import(
        import_id=told or f"imp_{secrets.token_hex(8)}",
        tests=[_declared(one, number) for number, one in enumerate(tests)],
    )


def store(project: Project, tests: list[ResultRecord]) -> int:
    """Make the cases that there are not yet; how many."""
    with transaction.atomic():
        made = declare(project, tests, timezone.now())
    if made:
        raise_version(project)
    return made


def _declared(test: Any, number: int) -> ResultRecord:
    where = f"tests.{number}"
    if not isinstance(test, dict):
        raise InvalidError(f"{where} is {kind(test)}, not an object.")
    try:
        return _record(test)
    except RowError as error:
        raise InvalidError(f"{where}: {error}.", {where: [str(error)]}) from None


def _record(test: Row) -> ResultRecord:
    name = required_text(test, "name")
    suites = listing(test.get("suites") or [], "suites")
    titles = [without_signs(required_text({"suites": s}, "suites")) for s in suites]
    row = {"test_title": without_signs(name), "test_id": id_in(name), "status": None}
    folder = SEPARATOR.join(filter(None, titles))
    return result_record(row, {}, "", folder, "")
