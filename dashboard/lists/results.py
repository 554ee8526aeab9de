"""Results: every attempt, unless only final or newest ones are asked for."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection
from django.db.models import BigIntegerField, F, QuerySet, Value
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce

from dashboard.filters import Filters, result_conditions
from dashboard.filters.signatures import with_signature
from dashboard.lists.attached import (
    ArtifactRow,
    FieldRow,
    LinkRow,
    attached_from,
    cut_values,
    evidence_from,
    listed_sql,
)
from dashboard.lists.listing import ONLY_FAILURES, Listing, Moved, by_name
from dashboard.lists.moved import moved_results
from dashboard.lists.result_days import least_count, limits_of_times
from dashboard.metrics.messages import HEAD, cut_message
from dashboard.readers import ForSignedIn
from ingest.contract import Status
from ingest.models import STATUS_CODES, STATUS_OF_CODE, Case, Result, ResultText, Run
from ingest.models.results import ORDINALS
from ingest.origins import web_link

API_ID = F("run_id") * Value(ORDINALS, BigIntegerField()) + F("ordinal")


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRef:
    """The case of a result."""

    id: int
    key: str
    name: str
    folder: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultRow:
    """One execution. `executed_at` is null where the vendor states no time of its own;
    the result then counts at its run's start. In lists `message` is cut after 16,384
    letters and then ends with the address of the result, which has it whole.
    """

    id: int
    run: int
    thread: int | None
    case: CaseRef
    status: str
    raw_status: str
    attempt: int
    final: bool
    executed_at: datetime | None
    duration_ms: int | None
    message: str
    vendor_url: ForSignedIn[str]
    recorded_at: datetime
    fields: tuple[FieldRow, ...] = ()
    artifacts: tuple[ArtifactRow, ...] = ()
    links: tuple[LinkRow, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeResultRow(ResultRow):
    """One execution with everything that was pushed of it; the five last stand there only
    where one of them was pushed, as it was pushed: `steps` are
    [{title, category, duration_ms, error, steps}].
    """

    file: str | None = None
    line: int | None = None
    assertions: int | None = None
    steps: tuple[Mapping[str, Any], ...] = ()
    meta: Mapping[str, Any] = field(default_factory=dict)


_ATTACHED = ("fields", "artifacts", "links")
_ALONE = ("file", "line", "assertions", "steps", "meta")


class Text(NamedTuple):
    """What stands beside a result; `details` as they are stored, None without any.
    `signature` is by the rules of the version `masking`.
    """

    message: str = ""
    vendor_url: str = ""
    details: Any = None
    signature: UUID | None = None
    masking: int | None = None


def select(filters: Filters) -> QuerySet[Result]:
    """Results by their time. The newest of each case is looked for among all statuses,
    and `status` and `signature` then choose among the newest. A signature chooses final
    results that did not pass.
    """
    window = filters.list_window()
    if filters.signature and not filters.latest:
        return with_signature(filters, window)
    if not filters.latest:
        results = Result.objects.filter(result_conditions(filters, window))
        return results.filter(is_final=True) if filters.final else results
    every = result_conditions(replace(filters, status=()), window)
    newest = Result.objects.annotate(api_id=API_ID).filter(
        api_id__in=_newest(Result.objects.filter(every))
    )
    if filters.status:
        codes = [STATUS_CODES[Status(word)] for word in filters.status]
        newest = newest.filter(status__in=codes)
    if filters.signature:
        failures = with_signature(replace(filters, status=()), window)
        failures = failures.annotate(api_id=API_ID)
        newest = newest.filter(api_id__in=failures.values("api_id"))
    return newest


def _newest(results: QuerySet[Result]) -> RawSQL:
    """API ids of the newest final result of each case and configuration.

    Django cannot say DISTINCT ON of an expression.
    """
    series = Coalesce(
        "run__configuration__alias_of_id", "run__configuration_id", Value(0)
    )
    finals = results.filter(is_final=True).annotate(
        series=series, external_id=F("run__external_id")
    )
    columns = ("run_id", "ordinal", "case_id", "at", "series", "external_id")
    sql, params = finals.values_list(*columns).query.sql_with_params()
    return RawSQL(  # nosec B611 # names of ours; values are parameters
        f"SELECT DISTINCT ON (case_id, series) run_id * {ORDINALS}::bigint + ordinal "
        f"FROM ({sql}) finals ORDER BY case_id, series, at DESC, "
        'external_id COLLATE "C" DESC, ordinal DESC',
        params,
    )


def rows(results: Sequence[Result]) -> list[ResultRow]:
    cases = _cases({result.case_id for result in results})
    texts, with_run = _listed_texts(results), _recorded_with_run(results)
    return [
        _listed(
            result,
            cases[result.case_id],
            texts.get(_place(result), Text()),
            result.recorded_at or with_run[result.run_id],
        )
        for result in results
    ]


def whole(result: Result) -> ResultRow:
    """One result with all of its message and of what is attached to it."""
    case, text = _cases({result.case_id})[result.case_id], whole_text(result)
    evidence = evidence_from(text.details)
    recorded_at = result.recorded_at or result.run.recorded_at
    values = _facts(result, case, text.message, text.vendor_url, recorded_at)
    values |= {name: getattr(evidence, name) for name in _ATTACHED}
    alone = {name: getattr(evidence, name) for name in _ALONE}
    if any(alone.values()):
        return WholeResultRow(**values, **alone)
    return ResultRow(**values)


def results_of_run(run: Run) -> Listing[ResultRow]:
    """The list of one run's results."""
    return some_results(f"results of run {run.pk}", lambda f: _of_run(run, f))


def results_of_case(case: Case) -> Listing[ResultRow]:
    """The list of one case's results."""
    return some_results(
        f"results of case {case.pk}",
        lambda f: select(f).filter(case_id=case.pk, project_id=case.project_id),
    )


def some_results(
    name: str, chosen: Callable[[Filters], QuerySet[Result]]
) -> Listing[ResultRow]:
    """A list of so few of them that they are put in order and counted as they are."""
    return replace(RESULTS, name=name, select=chosen, limits=None, least_count=None)


def _of_run(run: Run, filters: Filters) -> QuerySet[Result]:
    # The whole key but its last part, so that one partition's index serves.
    return select(filters).filter(
        project_id=run.project_id, partition_on=run.partition_on, run_id=run.pk
    )


def _place(result: Result) -> tuple[int, int]:
    return result.run_id, result.ordinal


def _cases(ids: set[int]) -> dict[int, CaseRef]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, key, name, folder FROM ingest_case WHERE id = ANY(%s)",
            [list(ids)],
        )
        return {
            row[0]: CaseRef(id=row[0], key=row[1], name=row[2], folder=row[3])
            for row in cursor.fetchall()
        }


def _api_id(result: Result) -> int:
    return result.run_id * ORDINALS + result.ordinal


def whole_text(result: Result) -> Text:
    """All that stands beside one result. One query."""
    found = ResultText.objects.filter(pk=result.pk).values_list(*Text._fields).first()
    return Text(*found) if found else Text()


def _listed_texts(results: Sequence[Result]) -> dict[tuple[int, int], Text]:
    """What stands beside the results that have any, by run and ordinal; of each message
    and value the first HEAD letters.

    Joined to arrays: an IN of a thousand four-part keys takes longer to plan than to run.
    """
    keys: list[Any] = [
        [r.project_id for r in results],
        [r.partition_on for r in results],
        [r.run_id for r in results],
        [r.ordinal for r in results],
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT t.run_id, t.ordinal, left(t.message, %s), t.vendor_url, "  # nosec B608 # names of ours; values are parameters
            f"      {listed_sql('t.details')} "
            "FROM unnest(%s::int[], %s::date[], %s::bigint[], %s::int[]) "
            "     AS k(project_id, partition_on, run_id, ordinal) "
            "JOIN ingest_resulttext t USING (project_id, partition_on, run_id, ordinal)",
            [HEAD, HEAD, HEAD, *keys],
        )
        return {
            (run, ordinal): Text(head, vendor_url, details and json.loads(details))
            for run, ordinal, head, vendor_url, details in cursor.fetchall()
        }


def _recorded_with_run(results: Iterable[Result]) -> dict[int, datetime]:
    """When the runs were recorded of results that do not say it of themselves."""
    runs = {result.run_id for result in results if result.recorded_at is None}
    if not runs:
        return {}
    return dict(Run.objects.filter(pk__in=runs).values_list("pk", "recorded_at"))


def _listed(
    result: Result, case: CaseRef, text: Text, recorded_at: datetime
) -> ResultRow:
    message = cut_message(text.message, _api_id(result))
    return ResultRow(
        **_facts(result, case, message, text.vendor_url, recorded_at),
        **_attached(result, text.details) if text.details else {},
    )


def _attached(result: Result, details: Any) -> dict[str, Any]:
    found = cut_values(attached_from(details), "api-results-one", _api_id(result))
    return {name: getattr(found, name) for name in _ATTACHED}


def _facts(
    result: Result, case: CaseRef, message: str, vendor_url: str, recorded_at: datetime
) -> dict[str, Any]:
    return {
        "id": _api_id(result),
        "run": result.run_id,
        "thread": result.thread_id,
        "case": case,
        "status": str(STATUS_OF_CODE[result.status]),
        "raw_status": result.vendor_word,
        "attempt": result.attempt,
        "final": result.is_final,
        "executed_at": result.at if result.has_own_time else None,
        "duration_ms": result.duration_ms,
        "message": message,
        "vendor_url": web_link(vendor_url),
        "recorded_at": recorded_at,
    }


RESULTS = Listing(
    name="results",
    row=ResultRow,
    select=select,
    rows=rows,
    whole=whole,
    whole_row=WholeResultRow,
    sorts={
        "executed_at": F("at"),
        "duration_ms": Coalesce(
            "duration_ms", Value(-1), output_field=BigIntegerField()
        ),
        "name": by_name("case__name"),
    },
    default_sort="-executed_at",
    moving=frozenset({"duration_ms", "name"}),
    moved=Moved(sort="executed_at", row_id=API_ID, since=moved_results),
    refused=ONLY_FAILURES,
    ties=("run_id", "ordinal"),
    limits=limits_of_times,
    least_count=least_count,
)
