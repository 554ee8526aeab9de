"""What each number was made of: its rows, its denominator, and what was left out."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from drf_spectacular.utils import extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response

from dashboard import lists
from dashboard.addresses import address
from dashboard.api import milestones, schema
from dashboard.api.compare import ACCEPTS as COMPARED
from dashboard.api.compare import RUN_NAMES, RUNS, asked_of, both_runs, window_of
from dashboard.api.conditional import ConditionalView
from dashboard.api.encoding import as_json
from dashboard.api.explanations import (
    COMPARISON,
    METRICS,
    PROGRESS,
    RECONCILIATION,
    SENTENCES,
    Explained,
    ExplanationRow,
    LeftOutRow,
    PartRow,
    RowsBehind,
)
from dashboard.api.metrics import ACCEPTS
from dashboard.api.queries import one_of, parse_filters
from dashboard.api.schema_fields import serializer_of
from dashboard.api.schema_parameters import parameters
from dashboard.api.shapes import Meta, definition_of, meta
from dashboard.api.views import or_not_found, reader
from dashboard.filters import Accepts, Filters, Window
from dashboard.filters.state import BEGINNING
from dashboard.lists import PagePath
from dashboard.metrics import explain
from dashboard.metrics.explain import HIDDEN, Breakdown, Part, Reason

OF_TWO = replace(COMPARED, also=RUN_NAMES)
# It is a list of runs, of every branch unless it is told otherwise.
OF_RUNS = replace(
    ACCEPTS,
    is_metric=False,
    refused={
        **ACCEPTS.refused,
        **dict.fromkeys(("case", "q"), "Runs are told apart here, not tests."),
    },
)


def _row(
    about: Meta,
    metric: str,
    of: Explained,
    found: Breakdown,
    rows: RowsBehind,
    filters: Filters,
    unit: str,
) -> ExplanationRow:
    used, parts = found.used, [found.used, *found.left_out.values()]
    asked: dict[str, tuple[str, ...]] = {}
    for name, value in filters.pairs():
        asked[name] = (*asked.get(name, ()), value)
    return ExplanationRow(
        meta=about,
        metric=metric,
        unit=unit,
        denominator=of.denominator,
        stored=found.stored if unit == "results" else sum(p.runs for p in parts),
        used=PartRow(results=used.results, from_rows=used.from_rows, runs=used.runs),
        left_out=tuple(_left_out(why, part) for why, part in found.left_out.items()),
        rows=rows,
        filters=asked,
        definition=definition_of(of.anchor),
    )


def _left_out(why: Reason, part: Part) -> LeftOutRow:
    return LeftOutRow(
        reason=str(why),
        sentence=SENTENCES[why],
        listed=why not in HIDDEN,
        results=part.results,
        from_rows=part.from_rows,
        runs=part.runs,
    )


def results_behind(found: Breakdown, filters: Filters, window: Window) -> RowsBehind:
    listed = replace(filters.over(window), final=True, sort="").explicit()
    url = f"{address('api-results')}?{listed.to_query()}"
    return RowsBehind(count=found.listed, url=PagePath(url))


class ExplainView(ConditionalView):
    """What a metric was made of, with its parameters."""

    metric: ClassVar[str]

    def get(self, request: Request) -> Response:
        of = METRICS[self.metric]
        filters = _filters(request, _accepts(self.metric))
        window = of.window(filters)
        found = explain.breakdown(filters, window, of.reasons)
        return _answer(request, self.metric, of, found, filters, window)


@extend_schema_view(
    get=schema.describe_answer(
        "explain_milestone_progress",
        serializer_of(ExplanationRow),
        parameters(milestones.ACCEPTS),
        errors=(404,),
    )
)
class ExplainProgress(ConditionalView):
    """What the progress of a milestone was made of: each test counts once."""

    def get(self, request: Request, pk: int) -> Response:
        filters = _filters(request, milestones.ACCEPTS)
        or_not_found(lists.one_row(lists.MILESTONES, pk), "milestone", pk)
        window = filters.list_window() or Window(since=BEGINNING, until=filters.now)
        of_it = replace(filters, milestone=(pk,))
        found = explain.breakdown(of_it, window, PROGRESS.reasons)
        return _answer(request, "progress", PROGRESS, found, of_it, window, pk)


@extend_schema_view(
    get=schema.describe_answer(
        "explain_reconciliation",
        serializer_of(ExplanationRow),
        parameters(OF_RUNS),
    )
)
class ExplainReconciliation(ConditionalView):
    """Which runs of the window are compared with their tool's own totals."""

    def get(self, request: Request) -> Response:
        filters = _filters(request, OF_RUNS)
        window = filters.window()
        found = explain.reconciled_runs(filters, window)
        shown = [part for why, part in found.left_out.items() if why not in HIDDEN]
        listed = replace(filters, counted=None, sort="").over(window)
        rows = RowsBehind(
            count=found.used.runs + sum(part.runs for part in shown),
            url=PagePath(f"{address('api-runs')}?{listed.to_query()}"),
        )
        return _answer(
            *(request, "reconciliation", RECONCILIATION, found, filters, window),
            rows=rows,
            unit="runs",
        )


@extend_schema_view(
    get=schema.describe_answer(
        "explain_comparison",
        serializer_of(ExplanationRow),
        [*RUNS, *parameters(OF_TWO)],
    )
)
class ExplainComparison(ConditionalView):
    """Which results of two runs were compared."""

    def get(self, request: Request) -> Response:
        base, head = both_runs(request.query_params)
        asked = _filters(request, OF_TWO)
        found = explain.breakdown_of_runs(base, head)
        used = replace(asked, project=tuple(sorted({base.project_id, head.project_id})))
        listed = Filters(final=True, as_of=asked.as_of).to_query()
        rows = RowsBehind(
            count=explain.breakdown_of_runs(head).listed,
            url=PagePath(f"{address('api-runs-results', head.pk)}?{listed}"),
        )
        return _answer(
            *(request, "compare", COMPARISON, found, used, window_of(base, head)),
            rows=rows,
            query=asked_of(base, head, asked.as_of),
        )


def _filters(request: Request, accepts: Accepts) -> Filters:
    one_of(request.query_params, "format", ("json",))
    return parse_filters(request.query_params, accepts, also={"format"})


def _accepts(metric: str) -> Accepts:
    if metric != "failures":
        return ACCEPTS
    refused = {k: why for k, why in ACCEPTS.refused.items() if k != "message"}
    return replace(ACCEPTS, refused=refused)


def _answer(
    request: Request,
    metric: str,
    of: Explained,
    found: Breakdown,
    filters: Filters,
    window: Window,
    pk: int | None = None,
    *,
    rows: RowsBehind | None = None,
    unit: str = "results",
    query: str = "",
) -> Response:
    shown = [part for why, part in found.left_out.items() if why not in HIDDEN]
    n_counts = sum(part.results - part.from_rows for part in (found.used, *shown))
    about = meta(
        *(filters, window, found.listed, n_counts),
        metric=of.anchor,
        pk=pk,
        query=query,
    )
    behind = rows or results_behind(found, filters, window)
    row = _row(about, metric, of, found, behind, filters, unit)
    return Response(as_json(row, reader(request)))


def _described(metric: str) -> type[ExplainView]:
    name = f"explain_{metric.replace('-', '_')}"
    described = schema.describe_answer(
        name,
        serializer_of(ExplanationRow),
        parameters(_accepts(metric)),
    )
    view = type(
        "Explain", (ExplainView,), {"metric": metric, "__doc__": ExplainView.__doc__}
    )
    return extend_schema_view(get=described)(view)


VIEWS = {metric: _described(metric) for metric in METRICS}
