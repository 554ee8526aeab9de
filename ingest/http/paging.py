"""Lists that come in pages: all of them, once each, and never in a circle."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from ingest.contract import PayloadError

Token = TypeVar("Token", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Page(Generic[Token]):
    """One page of a list: `next` is None on the last; `total` where the vendor says."""

    items: list[Any]
    next: Token | None
    total: int | None = None


def follow(
    fetch: Callable[[Token], Page[Token]],
    first: Token,
    *,
    identity: Callable[[Any], Hashable],
    where: str,
) -> Iterator[Any]:
    """The items of all pages, each identity once, lazily.

    New rows may push items to the next page while we read: they are skipped there. A
    shrinking `total` means that rows moved up unseen, so the list is read once more.
    Raises PayloadError for a page that points to itself or comes back unchanged.
    """
    seen: set[Hashable] = set()
    for _ in range(3):
        totals: list[int] = []
        yield from _one_reading(fetch, first, identity, where, seen, totals)
        if not totals or min(totals) >= totals[0]:
            return


def _one_reading(
    fetch: Callable[[Token], Page[Token]],
    first: Token,
    identity: Callable[[Any], Hashable],
    where: str,
    seen: set[Hashable],
    totals: list[int],
) -> Iterator[Any]:
    token: Token | None = first
    asked: set[Token] = set()
    pages: set[tuple[Hashable, ...]] = set()
    while token is not None:
        asked.add(token)
        page = fetch(token)
        names = tuple(identity(item) for item in page.items)
        if names and names in pages:
            raise PayloadError(f"{where}: page {token} repeats an earlier page")
        pages.add(names)
        if page.total is not None:
            totals.append(page.total)
        for name, item in zip(names, page.items, strict=True):
            if name not in seen:
                seen.add(name)
                yield item
        if page.next in asked:
            raise PayloadError(f"{where}: page {token} points back to {page.next}")
        token = page.next
