"""Two runs side by side, as the API gives them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponseBase, QueryDict
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from dashboard import lists
from dashboard.api import schema
from dashboard.api.conditional import ConditionalView
from dashboard.api.encoding import as_json
from dashboard.api.queries import ListQuery, list_query, single
from dashboard.api.schema_fields import serializer_of
from dashboard.api.schema_parameters import ID, list_parameters
from dashboard.api.shapes import Meta, meta
from dashboard.api.views import Conflict, page_answer, reader, stream_rows
from dashboard.filters import Accepts, Filters, Window
from dashboard.filters.parsing import COMMON
from dashboard.ids import id_of
from dashboard.lists.compare import PairRow, pair_ranking
from dashboard.metrics.compare import (
    CATEGORIES,
    Category,
    Comparison,
    NotComparableError,
    compare_runs,
)
from dashboard.reading.as_of import AS_OF
from ingest.models import Run

RUN_NAMES = frozenset({"base", "head"})
RUNS = [
    OpenApiParameter(name, ID, required=True, description="Id of a run.")
    for name in sorted(RUN_NAMES)
]
CATEGORY = OpenApiParameter(
    "category",
    str,
    many=True,
    enum=list(CATEGORIES),
    description="Rows of these categories only; counts stay those of all.",
)
ACCEPTS = Accepts(
    also=RUN_NAMES | {"category"},
    refused=dict.fromkeys(COMMON - {AS_OF}, "Two runs are compared whole."),
    is_metric=True,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoryCounts:
    """Cases by what became of them from base to head."""

    regression: int
    fixed: int
    still_failing: int
    still_passing: int
    new_failure: int
    new_pass: int
    gone: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparePage:
    """Cases of both runs, by category, then name. `mcnemar_p` is the chance that a fair
    coin splits regressions and fixes at least as unevenly.
    """

    meta: Meta
    base: int
    head: int
    counts: CategoryCounts
    mcnemar_p: float
    count: int
    next: str | None
    previous: str | None
    results: tuple[PairRow, ...]


class CompareView(ConditionalView):
    """Two runs side by side; 409 when one of them has totals only."""

    @schema.describe_answer(
        "compare_runs",
        serializer_of(ComparePage),
        [
            *RUNS,
            CATEGORY,
            *list_parameters(ACCEPTS),
        ],
        errors=(409,),
    )
    def get(self, request: Request) -> HttpResponseBase:
        query = request.query_params
        base, head = both_runs(query)
        ranking = pair_ranking(base, head, _categories(query))
        asked = list_query(query, ranking.name, ACCEPTS)
        try:
            found = compare_runs(base, head)
        except NotComparableError as error:
            raise Conflict(str(error)) from error
        if asked.format != "json":
            rows = lists.ranked_stream(ranking, asked.filters)
            return stream_rows(request, "compare", asked, PairRow, rows)
        page = lists.ranked_page(
            ranking, asked.filters, limit=asked.limit, position=asked.position
        )
        answer = page_answer(request, ranking.name, asked, page)
        about = as_json(_about(found, asked), reader(request))
        return Response({**about, **answer})


def _about(comparison: Comparison, query: ListQuery) -> dict[str, Any]:
    """`n_rows` are the cases that either run decided."""
    base, head = comparison.base, comparison.head
    window = window_of(base, head)
    projects = tuple(sorted({base.project_id, head.project_id}))
    used = Filters(project=projects, now=query.filters.now)
    n_rows = sum(comparison.counts.values())
    return {
        "meta": meta(
            *(used, window, n_rows, 0),
            metric="comparing-two-runs",
            query=asked_of(base, head, used.as_of),
        ),
        "base": base.pk,
        "head": head.pk,
        "counts": dict(comparison.counts),
        "mcnemar_p": comparison.mcnemar_p,
    }


def asked_of(base: Run, head: Run, as_of: datetime | None) -> str:
    """The query of an address that is about both runs, now or as they were."""
    runs = [("base", base.pk), ("head", head.pk)]
    return urlencode([*runs, *Filters(as_of=as_of).pairs()])


def window_of(base: Run, head: Run) -> Window:
    """From the start of the first run to the end of the last."""
    ends = [run.finished_at or run.at for run in (base, head)]
    return Window(since=min(base.at, head.at), until=max(ends))


def both_runs(query: QueryDict) -> tuple[Run, Run]:
    """Raises ValidationError."""
    return _run(query, "base"), _run(query, "head")


def _run(query: QueryDict, name: str) -> Run:
    text = single(query, name)
    if not text:
        raise ValidationError({name: ["It is missing: give the id of a run."]})
    number = id_of(text)
    run = None if number is None else lists.one_run(number)
    if run is None:
        raise ValidationError({name: [f"There is no run “{text[:60]}”."]})
    return run


def _categories(query: QueryDict) -> tuple[Category, ...]:
    asked = query.getlist("category")
    for text in asked:
        if text not in CATEGORIES:
            words = ", ".join(CATEGORIES)
            raise ValidationError({"category": [f"“{text[:60]}” is none of {words}."]})
    return tuple(name for name in CATEGORIES if name in asked)
