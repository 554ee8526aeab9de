"""The audit log of all, newest first, page by page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from dashboard.models import Act, ActKind

DONE_TO_PEOPLE = (
    *(ActKind.PERSON, ActKind.PASSWORD, ActKind.SECOND_FACTOR),
    *(ActKind.SIGN_IN, ActKind.SIGN_IN_FAILED, ActKind.SIGN_OUT, ActKind.LOCK_OUT),
)
PAGE = 50
BATCH = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFilters:
    """`who` did it or had it done to them; half-open `[since, until)`."""

    who: str = ""
    kind: str = ""
    project: int | None = None
    since: datetime | None = None
    until: datetime | None = None


def acts(filters: AuditFilters) -> QuerySet[Act]:
    rows = Act.objects.select_related("project").order_by("-at", "-id")
    if filters.who:
        # Of what is done to people the name is theirs; a project may be called so, too.
        done_to = Q(kind__in=DONE_TO_PEOPLE, name=filters.who)
        rows = rows.filter(Q(by=filters.who) | done_to)
    if filters.kind:
        rows = rows.filter(kind=filters.kind)
    if filters.project is not None:
        rows = rows.filter(project_id=filters.project)
    if filters.since:
        rows = rows.filter(at__gte=filters.since)
    if filters.until:
        rows = rows.filter(at__lt=filters.until)
    return rows


def acts_after(filters: AuditFilters, before: int | None, most: int) -> list[Act]:
    """The next rows after the act `before`, by time and id; one more tells of a next
    page. An act that there is not begins at the newest.
    """
    last = Act.objects.filter(pk=before).first() if before is not None else None
    return list(_older(acts(filters), last)[: most + 1])


def every_act(filters: AuditFilters) -> Iterator[Act]:
    """All of them, in batches: memory does not grow with their number."""
    last = None
    while found := list(_older(acts(filters), last)[:BATCH]):
        yield from found
        last = found[-1]


def _older(rows: QuerySet[Act], last: Act | None) -> QuerySet[Act]:
    """Those behind an act, which need not be there any more."""
    if last is None:
        return rows
    older = Q(at__lt=last.at) | Q(at=last.at, pk__lt=last.pk)
    # The first says again what the second does, so that the index is used.
    return rows.filter(Q(at__lte=last.at), older)
