"""Testmo's envelope: pages, single objects and what they expand."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from ingest.connectors.reading import TOKEN, envelope, secret
from ingest.contract import ConnectionConfig
from ingest.http import ApiClient, MissingError, Page, api_base, follow
from ingest.parse import Row, RowError, listing, mapping, text_of, whole_number

LABEL = "Testmo"
PREFIX = "/api/v1"
# Lists take 15, 25, 50 or 100 a page and refuse every other number with 422.
# A list that seems to lack rows is read again with other borders between its pages.
PAGE_SIZES = (100, 50, 25)

# What an answer refers to, by plural name and id: {"configs": {"7": {…}}}.
Expands: TypeAlias = Mapping[str, Mapping[str, Row]]


def client_for(config: ConnectionConfig) -> ApiClient:
    token = secret(config, TOKEN)
    return ApiClient(
        api_base(config.base_url, PREFIX),
        label=LABEL,
        headers={"Authorization": f"Bearer {token}"},
        secrets=[token],
        allow_private_urls=config.allow_private_urls,
    )


class Api:
    """Testmo's read API: every list is `{page, next_page, …, result, expands}`."""

    def __init__(self, client: ApiClient) -> None:
        self.client = client

    def single(self, path: str, expands: str = "") -> tuple[Row, Expands]:
        """One object and what it refers to."""
        answer = self.client.get(path, {"expands": expands} if expands else None)
        with envelope(f"GET {path}"):
            whole = mapping(answer, "the answer")
            return mapping(whole.get("result"), "result"), expanded(whole)

    def name(self, path: str) -> str:
        """The name of one object, "" where it is gone or has none."""
        try:
            return text_of(name_of(self.single(path)[0]))
        except MissingError:
            return ""

    def page(self, path: str, params: Mapping[str, Any]) -> Page[int]:
        """One page of a list; its items are pairs of a row and the page's expands."""
        answer = self.client.get(path, params)
        with envelope(f"GET {path}"):
            whole = mapping(answer, "the answer")
            rows = listing(whole.get("result"), "result")
            refers_to = expanded(whole)
            following = _next_page(whole)
            total = whole_number(whole, "total", default=-1)
        items = [(row, refers_to) for row in rows]
        # Testmo may give fewer a page than it was asked for.
        said = whole.get("per_page")
        size = said if isinstance(said, int) and said > 0 else params["per_page"]
        is_full = len(rows) >= min(size, params["per_page"])
        beyond = params["page"] + 1 if is_full and following is None else None
        return Page(items, following, None if total < 0 else total, beyond)

    def rows(
        self,
        path: str,
        params: Mapping[str, Any] | None = None,
        *,
        sizes: Sequence[int] = PAGE_SIZES,
        id_key: str = "id",
    ) -> Iterator[tuple[Any, Expands]]:
        """All rows of a list with what their page refers to, lazily."""

        def fetch(page: int, reading: int) -> Page[int]:
            paging = {"page": page, "per_page": sizes[reading]}
            return self.page(path, {**(params or {}), **paging})

        def identity(item: tuple[Any, Expands]) -> str:
            return identity_of(item[0], id_key)

        return follow(fetch, 1, identity=identity, where=f"GET {path}")


def identity_of(row: Any, id_key: str) -> str:
    """What makes a row the same row on another page: its id, else all of it."""
    value = row.get(id_key) if isinstance(row, dict) else None
    if isinstance(value, str | int) and not isinstance(value, bool):
        return str(value)
    return json.dumps(row)


def expanded(answer: Row) -> Expands:
    """The expands of an answer; without any, PHP sends an empty list for {}."""
    found = answer.get("expands")
    if found is None or found == []:
        return {}
    return {
        name: {str(row["id"]): row for row in rows if _has_id(row)}
        for name, rows in mapping(found, "expands").items()
        if isinstance(rows, list)
    }


def name_of(row: Row | None) -> str:
    """The name of an expanded object, "" where it has none."""
    name = (row or {}).get("name")
    return name if isinstance(name, str) else ""


def created_after(since: datetime | None) -> dict[str, str]:
    """The filter for rows created at or after `since`, in Testmo's form of time.

    Testmo says "after": a millisecond earlier, so that `since` itself is inside.
    """
    if since is None:
        return {}
    earlier = since - timedelta(milliseconds=1)
    text = earlier.isoformat(timespec="milliseconds")
    return {"created_after": text.replace("+00:00", "Z")}


def _next_page(answer: Row) -> int | None:
    if "next_page" not in answer:
        raise RowError("next_page is missing, so the list may go on unseen")
    if answer["next_page"] is None:
        return None
    return whole_number(answer, "next_page")


def _has_id(row: Any) -> bool:
    return isinstance(row, dict) and isinstance(row.get("id"), str | int)
