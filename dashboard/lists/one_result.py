"""One result and what stands around it: its attempts, its neighbours, who fails alike."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q, QuerySet, Value
from django.db.models.functions import Coalesce, Collate

from dashboard.annotations.notes_and_mutes import WITH_REMARKS
from dashboard.filters import Filters, Window
from dashboard.filters.state import BEGINNING
from dashboard.ids import LARGEST_ID
from dashboard.lists.results import Text, select
from dashboard.metrics.newest import SeriesKey
from dashboard.metrics.strips import Cell, strips
from ingest import masking
from ingest.contract import NOT_PASSED
from ingest.models import NOT_PASSED_CODES, Result, Run
from ingest.models.results import ORDINALS

# How far back the same failure is looked for, and how many of them are named.
ALIKE_DAYS, ALIKE_SHOWN = 30, 6
STRIP_LENGTH = 30
_RUN = ("run__project__connection", "run__source", "run__configuration")
_CASE = tuple(f"case__{name}" for name in WITH_REMARKS)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlikeFailures:
    """Final results that say the same, counted; `filters` choose exactly these in a
    list, and `newest` are some of the others.
    """

    filters: Filters
    results: int
    cases: int
    runs: int
    newest: tuple[Result, ...]


def run_of(result_id: int) -> Run | None:
    """The run that an id of the API names a result of, one that is gone too."""
    if result_id > LARGEST_ID:
        return None
    runs = Run.objects.select_related("project__connection")
    return runs.filter(pk=result_id // ORDINALS).first()


def result_of(run: Run, result_id: int) -> Result | None:
    """With all that its page names, one that is gone too."""
    # The whole key, so that one index of one partition serves.
    key = (run.project_id, run.partition_on, run.pk, result_id % ORDINALS)
    return (
        Result.objects.filter(pk=key)
        .select_related(*_RUN, *_CASE, "thread", "case")
        .first()
    )


def attempts_beside(result: Result) -> list[Result]:
    """Every attempt of its case in its run, in their order, itself among them."""
    attempts = Result.objects.filter(
        Q(removed_at=None) | Q(ordinal=result.ordinal),
        project_id=result.project_id,
        partition_on=result.partition_on,
        run_id=result.run_id,
        case_id=result.case_id,
    )
    return list(attempts.order_by("attempt", "ordinal"))


def neighbours(result: Result) -> tuple[Result | None, Result | None]:
    """The final results of its case before and after it in its series. Two queries."""
    finals = _series(result).annotate(said=Collate("run__external_id", "C"))
    at, said = result.at, result.run.external_id
    earlier = finals.filter(Q(at__lt=at) | Q(at=at, said__lt=said))
    later = finals.filter(Q(at__gt=at) | Q(at=at, said__gt=said))
    return (
        earlier.order_by("-at", "-said", "-ordinal").first(),
        later.order_by("at", "said", "ordinal").first(),
    )


def _series(result: Result) -> QuerySet[Result]:
    """Final results of its case in other runs on its configuration and branch."""
    finals = Result.objects.filter(
        project_id=result.project_id,
        case_id=result.case_id,
        is_final=True,
        removed_at=None,
        run__removed_at=None,
        run__branch=result.run.branch,
    ).annotate(
        series=Coalesce(
            "run__configuration__alias_of_id", "run__configuration_id", Value(0)
        )
    )
    return (
        finals.filter(series=_configuration(result.run) or 0)
        .exclude(run_id=result.run_id)
        .select_related("run")
    )


def _configuration(run: Run) -> int | None:
    """What its configuration counts as."""
    if run.configuration is None:
        return None
    return run.configuration.alias_of_id or run.configuration.pk


def outcomes_until(result: Result, at: datetime) -> tuple[Cell, ...]:
    """The last outcomes of its series, up to that of its run `at`. One query."""
    key = SeriesKey(configuration=_configuration(result.run), branch=result.run.branch)
    window = Window(since=BEGINNING, until=at + timedelta(microseconds=1))
    filters = Filters(project=(result.project_id,), with_uncounted=True)
    found = strips({result.case_id: key}, filters, window, last=STRIP_LENGTH)
    return found.get(result.case_id, ())


def alike_failures(result: Result, text: Text) -> AlikeFailures | None:
    """Who failed with the same message lately; None for what did not fail, or said
    nothing. Two queries.
    """
    signature = _signature(result, text)
    if not signature:
        return None
    filters = Filters(
        signature=signature,
        status=tuple(sorted(map(str, NOT_PASSED))),
        final=True,
        window_days=ALIKE_DAYS,
    )
    chosen = select(filters)
    counted = chosen.aggregate(
        results=Count("ordinal"),
        cases=Count("case_id", distinct=True),
        runs=Count("run_id", distinct=True),
    )
    others = chosen.exclude(run_id=result.run_id, ordinal=result.ordinal)
    newest = others.select_related("run", "case").order_by("-at", "-run_id", "ordinal")
    return AlikeFailures(filters=filters, newest=tuple(newest[:ALIKE_SHOWN]), **counted)


def _signature(result: Result, text: Text) -> str:
    if result.status not in NOT_PASSED_CODES or not text.message:
        return ""
    is_signed = text.masking == masking.VERSION and text.signature is not None
    return str(text.signature if is_signed else masking.signature(text.message))


def api_id(result: Result) -> int:
    """Its id in the API, and in the address of its page."""
    return result.run_id * ORDINALS + result.ordinal
