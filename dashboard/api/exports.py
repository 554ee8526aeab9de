"""Runs, cases and results of a window as Parquet files, for notebooks and warehouses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from django.http import HttpResponseBase, StreamingHttpResponse
from rest_framework.request import Request

from dashboard import lists
from dashboard.api import schema
from dashboard.api.conditional import ConditionalView
from dashboard.api.described_headers import PARQUET
from dashboard.api.queries import one_of, parse_filters
from dashboard.api.views import reader
from dashboard.lists import Listing
from dashboard.waiting_client import CLIENT, WaitingClient


class ParquetExport(ConditionalView):
    """A list whole, as one Parquet file: the columns of its CSV, typed. It is made in row
    groups while it is sent; one that broke off lacks its end, and opens nowhere.
    """

    listing: ClassVar[Listing[Any]]
    is_timeless = True

    def get(self, request: Request) -> HttpResponseBase:
        # 29 MB that few processes ever need.
        from dashboard.api.parquet import file_of

        one_of(request.query_params, "format", ("parquet",))
        listing = self.listing
        filters = parse_filters(request.query_params, listing.accepts, also={"format"})
        pieces = _first_made(
            file_of(listing.row, lists.stream(listing, filters), reader(request)),
            request.META.get(CLIENT) or WaitingClient(),
        )
        name = f"{listing.name}.parquet"
        return StreamingHttpResponse(
            pieces,
            content_type=PARQUET,
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )


def _first_made(pieces: Iterator[bytes], client: WaitingClient) -> Iterator[bytes]:
    """The pieces, of which the first was made already: what is wrong from the beginning is
    told by an error, not by a file that breaks off.
    """
    first = next(pieces)

    def sent() -> Iterator[bytes]:
        yield first
        try:
            yield from pieces
        except Exception:
            if not client.is_gone:
                raise

    return sent()


@schema.describe_export("export_runs")
class RunExport(ParquetExport):
    listing = lists.RUNS


@schema.describe_export("export_cases")
class CaseExport(ParquetExport):
    listing = lists.CASES


@schema.describe_export("export_results")
class ResultExport(ParquetExport):
    listing = lists.RESULTS
