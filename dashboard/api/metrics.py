"""Metrics as the API gives them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, ClassVar

from django.http import HttpResponseBase
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response

from dashboard import lists
from dashboard.api import schema
from dashboard.api.conditional import ConditionalView
from dashboard.api.encoding import as_json
from dashboard.api.queries import ListQuery, list_query, one_of, parse_filters
from dashboard.api.schema_fields import serializer_of
from dashboard.api.schema_parameters import choice, parameters
from dashboard.api.shapes import (
    PassRatesRow,
    SummaryRow,
    meta,
    pass_rates_row,
    summary_row,
)
from dashboard.api.views import page_answer, reader, stream_rows, with_order
from dashboard.filters import Accepts, Filters
from dashboard.lists.listing import ONLY_LISTS
from dashboard.metrics.pass_rate import BUCKETS, BYS, pass_rates
from dashboard.metrics.tallies import rows_and_counts, tallies
from dashboard.precomputed.summary import summary

ACCEPTS = Accepts(refused=ONLY_LISTS, is_metric=True)


class SummaryView(ConditionalView):
    """Key figures of the window and of the one before."""

    @schema.describe_answer(
        "read_summary", serializer_of(SummaryRow), parameters(ACCEPTS)
    )
    def get(self, request: Request) -> Response:
        one_of(request.query_params, "format", ("json",))
        filters = parse_filters(request.query_params, ACCEPTS, also={"format"})
        row = summary_row(filters, summary(filters))
        return Response(as_json(row, reader(request)))


class PassRateView(ConditionalView):
    """Pass rates over time."""

    @schema.describe_answer(
        "read_pass_rates",
        serializer_of(PassRatesRow),
        [
            *parameters(ACCEPTS),
            choice("bucket", BUCKETS),
            choice("by", ("none", *BYS[:-1])),
        ],
    )
    def get(self, request: Request) -> Response:
        query = request.query_params
        one_of(query, "format", ("json",))
        bucket = one_of(query, "bucket", BUCKETS)
        by = one_of(query, "by", ("none", *BYS[:-1]))
        filters = parse_filters(query, ACCEPTS, also={"format", "bucket", "by"})
        found = pass_rates(filters, bucket=_word(bucket, BUCKETS), by=_word(by, BYS))
        return Response(as_json(pass_rates_row(filters, found), reader(request)))


class RankedView(ConditionalView):
    """A metric whose rows page like a list."""

    metric: ClassVar[str]
    source: ClassVar[Any]
    page: ClassVar[Callable[..., Any]]
    stream: ClassVar[Callable[..., Iterable[Any]]]

    def chosen(self, request: Request) -> Any:
        """The rows that the request is for."""
        return self.source

    def get(self, request: Request) -> HttpResponseBase:
        source = self.chosen(request)
        asked = list_query(request.query_params, source.name, source.accepts)
        if asked.format != "json":
            rows = type(self).stream(source, asked.filters)
            name = self.source.name
            sent = stream_rows(request, name, asked, source.row, rows)
            return with_order(sent, source, asked)
        page = type(self).page(
            source, asked.filters, limit=asked.limit, position=asked.position
        )
        answer = page_answer(request, source.name, asked, page)
        told = Response({"meta": self._meta(request, asked), **answer})
        return with_order(told, source, asked)

    def _meta(self, request: Request, query: ListQuery) -> Any:
        filters = _at_the_time_of(query)
        n_rows, n_counts = rows_and_counts(tallies(filters, filters.window()))
        about = meta(filters, filters.window(), n_rows, n_counts, metric=self.metric)
        return as_json(about, reader(request))


RETIRED = "retired"
DESCRIBED = [
    OpenApiParameter(
        RETIRED,
        bool,
        description="1: those that failed when last run, in series that nobody runs any "
        "more, and fail in no other.",
    ),
]


@schema.describe_metric("list_failing_cases", DESCRIBED)
class FailingView(RankedView):
    """Cases that fail now, longest first."""

    metric, source = "failing-now", lists.FAILING
    page, stream = lists.ranked_page, lists.ranked_stream

    def chosen(self, request: Request) -> Any:
        is_retired = one_of(request.query_params, RETIRED, ("0", "1")) == "1"
        chosen = lists.FAILING_WHEN_LAST_RUN if is_retired else lists.FAILING
        return replace(chosen, also=frozenset({RETIRED}))


@schema.describe_metric("list_slow_cases")
class SlowView(RankedView):
    """Cases by the median duration of their passed results, slowest first."""

    metric, source = "slow-tests", lists.SLOW
    page, stream = lists.ranked_page, lists.ranked_stream


@schema.describe_metric("list_reconciliation")
class ReconciliationView(RankedView):
    """The vendors' own totals against the rows here, run by run."""

    metric, source = "reconciliation", lists.RECONCILIATION
    page, stream = lists.page, lists.stream


def _at_the_time_of(query: ListQuery) -> Filters:
    """Filters whose open window ends when paging began."""
    if query.position is None:
        return query.filters
    return replace(query.filters, now=query.position.now)


def _word(text: str, words: tuple[Any, ...]) -> Any:
    return words[words.index(text)]
