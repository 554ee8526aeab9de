"""The three ways in which Testomat.io says whether another page follows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from ingest.connectors.reading import envelope, identity
from ingest.connectors.testomatio.access import LABEL
from ingest.http import ApiClient, Page, follow
from ingest.parse import Row, RowError, listing, mapping, whole_number

# Names of the number of pages and of all rows: most lists, and the dashboard's.
DIALECTS = (("total_pages", ("num", "total")), ("totalPages", ("totalCount",)))


def rows(
    client: ApiClient,
    path: str,
    params: Mapping[str, Any] | None = None,
    *,
    sizes: Sequence[int] = (),
    is_older: Callable[[Any], bool] = lambda row: False,
) -> Iterator[Any]:
    """The rows of a list, lazily, up to the first page that holds older rows only.

    `sizes` of pages, one for each time that the list has to be read; none where it is
    not known that the list takes one.
    """
    where = f"{LABEL} {path}"

    def fetch(number: int, reading: int) -> Page[int]:
        asked = {**(params or {}), "page": number}
        if sizes:
            asked["per_page"] = sizes[reading]
        answer = client.get(path, asked)
        with envelope(where):
            return page_of(answer, number)

    return follow(fetch, 1, identity=identity("id"), where=where, is_past=is_older)


def page_of(answer: Any, number: int) -> Page[int]:
    """One page in any dialect; RowError where its meta does not say how it goes on."""
    whole = mapping(answer, "the answer")
    items = listing(whole.get("data"), "data")
    meta = mapping(whole.get("meta"), "meta")
    last, total = _extent(meta)
    said = meta.get("page")
    if isinstance(said, int) and said != number:
        raise RowError(f"page {said} came when page {number} was asked for")
    if items and number < last:
        return Page(items, number + 1, total)
    size = meta.get("per_page", meta.get("perPage"))
    is_full = isinstance(size, int) and 0 < size <= len(items)
    return Page(items, None, total, number + 1 if is_full else None)


def _extent(meta: Row) -> tuple[int, int | None]:
    """The number of the last page, and of all rows where it is told."""
    for pages, totals in DIALECTS:
        if meta.get(pages) is not None:
            name = next((name for name in totals if meta.get(name) is not None), None)
            total = whole_number(meta, name) if name else None
            return whole_number(meta, pages), total
    if meta.get("total") is None or meta.get("per_page") is None:
        raise RowError(
            "meta has neither total_pages nor totalPages nor total with per_page"
        )
    total, per_page = whole_number(meta, "total"), whole_number(meta, "per_page")
    if per_page < 1:
        raise RowError(f"per_page is {per_page}, not a size")
    return -(-total // per_page), total
