"""Whether the one thing that an address names is among the rows of a share."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from django.db.models import Q, QuerySet
from django.http import QueryDict

from dashboard.filters import Filters, parse, with_what_counts
from dashboard.ids import LARGEST_ID, id_of
from dashboard.lists import CASES, MILESTONES, RESULTS, RUNS, Listing
from dashboard.reading.scope import scope_key
from dashboard.request_cache import each_in_request
from dashboard.sharing.limits import Asked, Beyond, Limits, narrowed
from dashboard.sharing.reach import Values
from ingest.models import Result, Run
from ingest.models.results import ORDINALS

Ids = Collection[int]


def about(route: str, ids: Mapping[str, int], query: QueryDict) -> dict[str, Values]:
    """What the path of a share's own page says, by meaning."""
    if route in ("run", "compare"):
        own = (str(number) for number in ids.values())
        named = (v for name in ("base", "head") for v in query.getlist(name)[:1])
        return {"run": (*own, *named)}
    if route == "case":
        return {"case": (str(ids["case_id"]),)}
    if route == "milestone":
        return {"milestone": (str(ids["milestone_id"]),)}
    if route == "result":
        return _about_result(ids["result_id"])
    return {}


def _about_result(result_id: int) -> dict[str, Values]:
    found = _known_results([result_id]).get(result_id)
    if found is None:
        raise Beyond
    run, case = found
    return {"run": (str(run),), "case": (str(case),)}


def learn_results(ids: Ids) -> None:
    """Ask for these together, before it is asked what each of them is about."""
    _known_results(ids)


def _known_results(ids: Ids) -> dict[int, tuple[int, int]]:
    return each_in_request(f"results {scope_key()}", ids, _runs_and_cases)


class Owned:
    """Which runs, results, tests and milestones are the share's, each kind asked once
    for all that a page links to.
    """

    def __init__(self, limits: Limits) -> None:
        self.limits = limits

    def among(self, kind: str, ids: Ids) -> set[int]:
        """Those of the ids that are the share's."""
        known = {number for number in ids if number <= LARGEST_ID}
        if not known:
            return set()
        match kind:
            case "run":
                return self._runs(known)
            case "result":
                return self._results(known)
            case "case" if self.limits.route == "case":
                return {pk for pk in known if str(pk) in self.limits.values["case"]}
            case "case":
                return self._chosen(CASES, "cases", known)
            case "milestone":
                return self._milestones(known)
        return known

    def _runs(self, ids: Ids) -> set[int]:
        named = self.limits.values.get("run")
        if named is None:
            return self._chosen(RUNS, "runs", ids)
        if "case" in self.limits.values:
            # The page of a result tells of one test in the run.
            return set()
        return {number for number in ids if str(number) in named}

    def _results(self, ids: Ids) -> set[int]:
        rows = _runs_and_cases(ids)
        whole = self._runs({run for run, _ in rows.values()})
        found = {pk for pk, (run, _) in rows.items() if run in whole}
        if "run" in self.limits.values:
            return found | {pk for pk, both in rows.items() if self._is_named(*both)}
        return found | self._chosen(RESULTS, "results", ids)

    def _is_named(self, run: int, case: int) -> bool:
        values = self.limits.values
        is_case = str(case) in values.get("case", (str(case),))
        return is_case and str(run) in values["run"]

    def _milestones(self, ids: Ids) -> set[int]:
        named = self.limits.values.get("milestone")
        if self.limits.route == "milestone" and named:
            return {number for number in ids if str(number) in named}
        return set(_among(MILESTONES.select(Filters()), ids))

    def _chosen(self, listing: Listing[Any], route: str, ids: Ids) -> set[int]:
        """Those that a list under the token would hold."""
        try:
            asked = Asked(route=route, path=f"/{route}/", query=QueryDict())
            query = narrowed(self.limits, asked).query
        except Beyond:
            return set()
        parsed = parse(query, listing.accepts, now=self.limits.now)
        filters = with_what_counts(parsed.filters, is_metric=False)
        chosen = listing.select(filters)
        if listing is not RESULTS:
            return set(_among(chosen, ids))
        return _api_ids(chosen.filter(_these(ids)))


def runs_named(query: QueryDict) -> set[int]:
    """The runs that parameters name: those of a comparison, or what a run is held against."""
    texts = (text for name in ("base", "head") for text in query.getlist(name))
    return {number for text in texts if (number := id_of(text))}


def _among(rows: QuerySet[Any], ids: Ids) -> list[int]:
    return list(rows.filter(pk__in=ids).order_by().values_list("pk", flat=True))


def _these(ids: Ids) -> Q:
    """By the whole key, so that one index of one partition serves each."""
    runs = Run.objects.filter(pk__in={pk // ORDINALS for pk in ids})
    keys = {run.pk: run for run in runs.only("project_id", "partition_on")}
    chosen = Q(run_id__in=[])
    for pk in ids:
        if run := keys.get(pk // ORDINALS):
            chosen |= Q(
                project_id=run.project_id,
                partition_on=run.partition_on,
                run_id=run.pk,
                ordinal=pk % ORDINALS,
            )
    return chosen


def _results(ids: Ids) -> QuerySet[Result]:
    return Result.objects.filter(_these(ids))


def _runs_and_cases(ids: Ids) -> dict[int, tuple[int, int]]:
    rows = _results(ids).values_list("run_id", "ordinal", "case_id")
    return {run * ORDINALS + ordinal: (run, case) for run, ordinal, case in rows}


def _api_ids(results: QuerySet[Result]) -> set[int]:
    rows = results.order_by().values_list("run_id", "ordinal")
    return {run * ORDINALS + ordinal for run, ordinal in rows}
