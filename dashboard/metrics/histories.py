"""Rows of the database to the series of cases that flakiness goes by."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import F, Q, QuerySet
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce

from dashboard.filters import Filters, Window, result_conditions
from dashboard.metrics.failing import DECIDED_CODES, PASSED
from dashboard.models import RunJudgement, Verdict
from ingest.contract import RunKind
from ingest.models import Result, Run
from ingest.series import MixedRun, Series

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Lost:
    """Machine time of the attempts of one execution that did not pass or were repeats.

    An unknown duration counts nothing and is counted in `unknown`.
    """

    ms: int
    unknown: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseHistory:
    """What flakiness goes by: the series of one case in a window, and its mixed runs.

    `commits` are the non-empty commits by run, those of other cases' runs too; `lost`
    has the runs in which time may have been lost.
    """

    case: int
    project: int
    series: tuple[Series, ...]
    mixed: Mapping[int, MixedRun] = field(default_factory=dict)
    commits: Mapping[int, str] = field(default_factory=dict)
    lost: Mapping[int, Lost] = field(default_factory=dict)

    def cut(self, window: Window) -> CaseHistory | None:
        """The part in a window, by the times of final results; None when it is empty."""
        since, until = microseconds(window.since), microseconds(window.until)
        cut = (one.cut(since, until) for one in self.series)
        series = tuple(one for one in cut if one.outcomes)
        mixed = {run: m for run, m in self.mixed.items() if since <= m.at < until}
        if not (series or mixed):
            return None
        return CaseHistory(
            case=self.case,
            project=self.project,
            series=series,
            mixed=mixed,
            commits=self.commits,
            lost=self.lost,
        )


def microseconds(moment: datetime) -> int:
    """Since 1970, exactly."""
    return (moment - EPOCH) // timedelta(microseconds=1)


def moment_of(since_1970: int) -> datetime:
    """The moment of this many microseconds since 1970."""
    return EPOCH + timedelta(microseconds=since_1970)


def is_left_out(path: str = "") -> Q:
    """Runs left out of flakiness: outages that nobody put back, and runs that a person
    excluded. `path` ends in "__" when other rows are chosen by their run.
    """
    return Q(**{f"{path}is_outage": True}) & ~_judged(path, Verdict.KEPT) | _judged(
        path, Verdict.EXCLUDED
    )


def _judged(path: str, verdict: Verdict) -> Q:
    judged = RunJudgement.objects.filter(verdict=verdict).values("run_id")
    return Q(**{f"{path}pk__in": judged})


def histories(
    filters: Filters, window: Window, cases: Collection[int] | None = None
) -> list[CaseHistory]:
    """The histories of these cases, or of all that may have flaked or be failing: those
    with a final that did not pass or with a repeat. No other has an event.
    """
    if cases is not None and not cases:
        return []
    finals = _finals(filters, window)
    if cases is None:
        chosen = finals.filter(_may_have_flaked(filters, window))
    else:
        chosen = finals.filter(case_id__in=cases)
    repeated = _repeated(finals if cases is None else chosen)
    return _joined(list(_series(chosen)), repeated)


def _finals(filters: Filters, window: Window) -> QuerySet[Any]:
    """Final results that make up series, or would if they were decided."""
    return (
        Result.objects.filter(
            result_conditions(filters, window),
            is_final=True,
            run__kind=RunKind.AUTOMATED,
        )
        .exclude(is_left_out("run__"))
        .annotate(
            configuration=Coalesce(
                "run__configuration__alias_of_id", "run__configuration_id"
            ),
            branch=F("run__branch"),
            external_id=F("run__external_id"),
        )
    )


# Said as the partial indexes say it, so that they serve: such rows are few.
_CANDIDATES = """
SELECT case_id FROM ingest_result
 WHERE at >= %s AND at < %s AND status IN (2, 3) AND is_final AND removed_at IS NULL {of}
UNION
SELECT case_id FROM ingest_result
 WHERE at >= %s AND at < %s AND attempt > 1 AND is_final AND removed_at IS NULL {of}
"""


def _may_have_flaked(filters: Filters, window: Window) -> Q:
    span: list[Any] = [window.since, window.until]
    of_project = ""
    if filters.project:
        of_project = "AND project_id = ANY(%s)"
        span.append(list(filters.project))
    sql = _CANDIDATES.format(of=of_project)
    return Q(case_id__in=RawSQL(sql, [*span, *span]))


# One row a series: a hundred thousand rows would take longer than what they are for.
_SERIES = f"""
SELECT case_id, project_id, configuration, branch,
       string_agg(CASE status WHEN 1 THEN 'P' WHEN 2 THEN 'F' ELSE 'E' END, ''
                  ORDER BY at, external_id COLLATE "C"),
       array_agg(run_id ORDER BY at, external_id COLLATE "C"),
       array_agg((extract(epoch FROM at) * 1000000)::bigint
                 ORDER BY at, external_id COLLATE "C"),
       array_agg(coalesce(duration_ms, -1) ORDER BY at, external_id COLLATE "C")
           FILTER (WHERE status <> {PASSED})
  FROM finals GROUP BY case_id, project_id, configuration, branch
 ORDER BY case_id
"""


def _series(finals: QuerySet[Any]) -> Iterator[tuple[Any, ...]]:
    """(case, project, series, durations of those that did not pass) in order of case."""
    sql, params = (
        finals.filter(status__in=DECIDED_CODES)
        .values_list(
            "case_id",
            "project_id",
            "configuration",
            "branch",
            "at",
            "external_id",
            "run_id",
            "status",
            "duration_ms",
        )
        .query.sql_with_params()
    )
    with connection.cursor() as cursor:
        cursor.execute(f"WITH finals AS ({sql}) {_SERIES}", params)
        for case, project, configuration, branch, letters, runs, times, lost in cursor:
            series = Series(
                outcomes=letters,
                runs=runs,
                times=times,
                configuration=configuration,
                branch=branch,
            )
            yield case, project, series, lost or ()


# Executions of several attempts: the final, and the others by their own index. Time is
# lost by what did not pass or was a repeat.
_REPEATED = """
, attempts AS (
    SELECT case_id, run_id, status, attempt, duration_ms, is_marked_retry FROM finals
    UNION ALL
    SELECT other.case_id, other.run_id, other.status, other.attempt, other.duration_ms,
           other.is_marked_retry
      FROM finals
      JOIN ingest_result other
        ON other.project_id = finals.project_id
       AND other.partition_on = finals.partition_on
       AND other.run_id = finals.run_id AND other.case_id = finals.case_id
       AND NOT other.is_final AND other.removed_at IS NULL),
told AS (
    SELECT case_id, run_id,
           bool_or(status = 1) AND bool_or(status IN (2, 3)) AS is_mixed,
           bool_or(is_marked_retry) AS is_marked,
           coalesce(sum(duration_ms) FILTER (
               WHERE status IN (2, 3) OR attempt > 1), 0)::bigint AS lost_ms,
           count(*) FILTER (WHERE (status IN (2, 3) OR attempt > 1)
                              AND duration_ms IS NULL) AS unknown
      FROM attempts GROUP BY case_id, run_id)
SELECT case_id, project_id, configuration, branch, run_id,
       (extract(epoch FROM at) * 1000000)::bigint, is_mixed, is_marked, lost_ms, unknown
  FROM finals JOIN told USING (case_id, run_id)
"""


def _repeated(finals: QuerySet[Any]) -> list[tuple[Any, ...]]:
    sql, params = (
        finals.filter(attempt__gt=1)
        .values_list(
            "case_id",
            "project_id",
            "configuration",
            "branch",
            "at",
            "run_id",
            "partition_on",
            "status",
            "attempt",
            "duration_ms",
            "is_marked_retry",
        )
        .query.sql_with_params()
    )
    with connection.cursor() as cursor:
        cursor.execute(f"WITH finals AS ({sql}) {_REPEATED}", params)
        return list(cursor.fetchall())


@dataclass(slots=True)
class _Gathered:
    project: int
    series: list[Series] = field(default_factory=list)
    mixed: dict[int, MixedRun] = field(default_factory=dict)
    lost: dict[int, Lost] = field(default_factory=dict)


def _joined(
    series: Sequence[tuple[Any, ...]], repeated: Sequence[tuple[Any, ...]]
) -> list[CaseHistory]:
    gathered: dict[int, _Gathered] = {}
    for case, project, one, durations in series:
        of_case = gathered.setdefault(case, _Gathered(project))
        of_case.series.append(one)
        of_case.lost.update(_lost_by_finals(one, durations))
    for case, project, configuration, branch, run, at, *told in repeated:
        is_mixed, is_marked, lost_ms, unknown = told
        of_case = gathered.setdefault(case, _Gathered(project))
        of_case.lost[run] = Lost(lost_ms, unknown)
        if is_mixed:
            of_case.mixed[run] = MixedRun(
                run=run,
                at=at,
                configuration=configuration,
                branch=branch,
                is_marked=is_marked,
            )
    commits = _commits(gathered.values())
    return [
        CaseHistory(
            case=case,
            project=found.project,
            series=tuple(found.series),
            mixed=found.mixed,
            commits=commits,
            lost=found.lost,
        )
        for case, found in gathered.items()
        if found.series or found.mixed
    ]


def _lost_by_finals(series: Series, durations: Sequence[int]) -> Iterator[Any]:
    bad = (
        run
        for run, letter in zip(series.runs, series.outcomes, strict=True)
        if letter != "P"
    )
    for run, duration_ms in zip(bad, durations, strict=True):
        yield run, Lost(max(duration_ms, 0), int(duration_ms < 0))


def _commits(gathered: Collection[_Gathered]) -> dict[int, str]:
    """The non-empty commits by run."""
    runs = {run for case in gathered for one in case.series for run in one.runs}
    runs |= {run for case in gathered for run in case.mixed}
    return dict(
        Run.objects.filter(pk__in=runs).exclude(commit="").values_list("pk", "commit")
    )
