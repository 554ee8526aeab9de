"""Cases: tests with a stable identity over time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import Exists, F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Collate

from dashboard.addresses import address
from dashboard.annotations.notes_and_mutes import notes_of
from dashboard.filters import Filters, result_conditions
from dashboard.filters.selection import project_conditions, text_conditions
from dashboard.filters.signatures import with_signature
from dashboard.lists.listing import ONLY_RESULTS_HAVE, Listing, PagePath, by_name
from dashboard.readers import ForSignedIn
from ingest.contract import Status
from ingest.models import STATUS_CODES, Case, Result


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRow:
    """A case; first and last seen are times of its results, None where its tool told of
    it and it never ran; `owner` is from its note.
    """

    id: int
    project: int
    key: str
    name: str
    folder: str
    first_seen_at: datetime | None
    last_seen_at: datetime | None
    owner: ForSignedIn[str]
    url: PagePath


def select(filters: Filters) -> QuerySet[Case]:
    """Cases with a final result that passes the filters. `status` is that of the
    newest such result. Cases of which no result is left are left out.
    """
    cases = Case.objects.filter(
        project_conditions(filters, "project__"), gone_at__isnull=True
    )
    if filters.case:
        cases = cases.filter(pk__in=filters.case)
    if filters.q:
        cases = cases.filter(text_conditions(filters.q))
    if filters.never_executed:
        cases = cases.filter(declared_at__isnull=False)
    of_case = Result.objects.filter(
        result_conditions(
            replace(filters, case=(), q="", status=(), project=()),
            filters.list_window(),
        ),
        project_id=OuterRef("project_id"),
        case_id=OuterRef("pk"),
        is_final=True,
    )
    if filters.status:
        codes = [STATUS_CODES[Status(word)] for word in filters.status]
        newest = of_case.order_by(
            "-at", Collate("run__external_id", "C").desc(), "-ordinal"
        )
        return cases.annotate(
            newest_status=Subquery(newest.values("status")[:1])
        ).filter(newest_status__in=codes)
    if filters.signature:
        failures = with_signature(filters, filters.list_window())
        return cases.filter(pk__in=failures.values("case_id"))
    if _chooses_runs(filters):
        cases = cases.filter(Exists(of_case))
    return cases


def _chooses_runs(filters: Filters) -> bool:
    return bool(
        filters.list_window()
        or filters.source
        or filters.configuration
        or filters.milestone
        or filters.branch
        or filters.branches_in_force
    )


def rows(cases: Sequence[Case]) -> list[CaseRow]:
    noted = notes_of({case.pk for case in cases})
    return [
        CaseRow(
            id=case.pk,
            project=case.project_id,
            key=case.key,
            name=case.name,
            folder=case.folder,
            first_seen_at=None if case.declared_at else case.first_seen_at,
            last_seen_at=None if case.declared_at else case.last_seen_at,
            owner=noted[case.pk].owner if case.pk in noted else "",
            url=PagePath(address("case", case.pk)),
        )
        for case in cases
    ]


CASES = Listing(
    name="cases",
    row=CaseRow,
    select=select,
    rows=rows,
    sorts={
        "id": F("pk"),
        "last_seen_at": F("last_seen_at"),
        "first_seen_at": F("first_seen_at"),
        "name": by_name(),
    },
    default_sort="-id",
    moving=frozenset({"last_seen_at", "first_seen_at", "name"}),
    refused={k: why for k, why in ONLY_RESULTS_HAVE.items() if k != "never_executed"},
    is_count_kept=True,
)
