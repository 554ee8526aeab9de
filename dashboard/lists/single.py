"""One object by its id, None when it is not here or was removed at the vendor."""

from __future__ import annotations

from typing import Any

from dashboard.filters import Filters
from dashboard.ids import LARGEST_ID
from dashboard.lists.listing import Listing
from ingest.models import Case, Connection, Run
from ingest.models.results import ORDINALS


def one_row(listing: Listing[Any], object_id: int) -> Any:
    """The row of the database behind one object of a list."""
    if object_id > LARGEST_ID:
        return None
    if listing.name == "cases":
        # Also one without any result left, which no list holds.
        return one_case(object_id)
    chosen = listing.select(Filters(with_uncounted=True))
    if listing.name != "results":
        return chosen.filter(pk=object_id).first()
    run = one_run(object_id // ORDINALS)
    if run is None:
        return None
    # The whole key, so that one index of one partition serves.
    key = (run.project_id, run.partition_on, run.pk, object_id % ORDINALS)
    return chosen.filter(pk=key).first()


def one_run(run_id: int) -> Run | None:
    if run_id > LARGEST_ID:
        return None
    return Run.objects.filter(pk=run_id, removed_at__isnull=True).first()


def one_case(case_id: int) -> Case | None:
    return Case.objects.filter(pk=case_id).first() if case_id <= LARGEST_ID else None


def one_connection(connection_id: int) -> Connection | None:
    if connection_id > LARGEST_ID:
        return None
    return Connection.objects.filter(pk=connection_id).first()
