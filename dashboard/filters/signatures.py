"""Failures by the signature of their message: which results, which are not signed yet."""

from __future__ import annotations

from uuid import UUID

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet

from dashboard.filters.selection import result_conditions
from dashboard.filters.state import NO_MESSAGE, Filters, Window
from ingest import masking
from ingest.models import NOT_PASSED_CODES, Result, ResultText

KEY = ("project_id", "partition_on", "run_id", "ordinal")


def failures(filters: Filters, window: Window | None) -> QuerySet[Result]:
    """The final results that did not pass, whatever their message."""
    return Result.objects.filter(
        result_conditions(filters, window),
        is_final=True,
        status__in=NOT_PASSED_CODES,
    )


def with_signature(filters: Filters, window: Window | None) -> QuerySet[Result]:
    """The failures whose message has the signature of the filters."""
    return having_signature(failures(filters, window), filters.signature)


def having_signature(results: QuerySet[Result], wanted: str) -> QuerySet[Result]:
    """Those of the failures whose message has a signature, NO_MESSAGE without any.

    Messages that the housekeeping has still to sign are masked here.
    """
    texts = ResultText.objects.filter(**{name: OuterRef(name) for name in KEY})
    if wanted == NO_MESSAGE:
        return results.exclude(Exists(texts.exclude(message="")))
    signature = UUID(wanted)
    signed = Q(masking=masking.VERSION, signature=signature)
    messages, signatures = unsigned_messages(results)
    same = [m for m, s in zip(messages, signatures, strict=True) if s == signature]
    if same:
        signed |= ~Q(message="") & Q(message__in=same) & _is_unsigned()
    return results.filter(Exists(texts.filter(signed)))


def unsigned_messages(results: QuerySet[Result]) -> tuple[list[str], list[UUID]]:
    """Messages of these failures that bear no signature of the present masking yet,
    each once, and their signatures. Usually there is none.
    """
    sql, params = results.values_list(*KEY).query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT DISTINCT t.message FROM ({sql}) f "  # nosec B608 # names of ours; values are parameters
            f"JOIN ingest_resulttext t USING ({', '.join(KEY)}) "
            "WHERE t.message <> '' AND t.masking IS DISTINCT FROM %s",
            [*params, masking.VERSION],
        )
        messages = [message for (message,) in cursor.fetchall()]
    return messages, [masking.signature(message) for message in messages]


def _is_unsigned() -> Q:
    return Q(masking__isnull=True) | ~Q(masking=masking.VERSION)
