"""Lists that come in pages: all of them, once each, and never without end."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from ingest.contract import PayloadError, RetryableError
from ingest.seen import Seen

Token = TypeVar("Token", bound=Hashable)

# Of one list: how long its requests take together, how many pages and rows it has, and
# how many pages in a row may bring nothing new.
LIST_LIMIT_S = 1800.0
MOST_PAGES = 20_000
MOST_ROWS = 250_000
PAGES_WITHOUT_NEWS = 10


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
    Raises PayloadError for a page that points to itself or comes back unchanged and for
    a list without end, RetryableError for one that takes longer than LIST_LIMIT_S.
    """
    told, extent = Seen(), _Extent(where)
    for reading in range(3):
        totals: list[int] = []
        met = Seen() if reading else told
        yield from _one_reading(fetch, first, identity, extent, totals, told, met)
        if not totals or min(totals) >= totals[0]:
            return


def _one_reading(
    fetch: Callable[[Token], Page[Token]],
    first: Token,
    identity: Callable[[Any], Hashable],
    extent: _Extent,
    totals: list[int],
    told: Seen,
    met: Seen,
) -> Iterator[Any]:
    """Items not `told` before; `met` are those of this reading alone."""
    token: Token | None = first
    asked: set[Token] = set()
    pages: set[int] = set()
    where = extent.where
    while token is not None:
        asked.add(token)
        page = extent.timed(fetch, token)
        names = [identity(item) for item in page.items]
        # The names themselves would take as much memory as all ids once more.
        print_ = hash(tuple(names))
        if names and print_ in pages:
            raise PayloadError(f"{where}: page {token} repeats an earlier page")
        pages.add(print_)
        if page.total is not None:
            totals.append(page.total)
        is_news = [told.add(name) for name in names]
        met_now = is_news if met is told else [met.add(name) for name in names]
        extent.count(token, any(met_now), len(met))
        for item, is_new in zip(page.items, is_news, strict=True):
            if is_new:
                yield item
        if page.next in asked:
            raise PayloadError(f"{where}: page {token} points back to {page.next}")
        token = page.next


@dataclass(slots=True)
class _Extent:
    """How far a list has been followed; raises where it can no more be honest."""

    where: str
    spent_s: float = field(default=0.0, init=False)
    pages: int = field(default=0, init=False)
    without_news: int = field(default=0, init=False)

    def timed(self, fetch: Callable[[Token], Page[Token]], token: Token) -> Page[Token]:
        """A page. Only the time of requests counts: between them rows are stored."""
        if self.spent_s > LIST_LIMIT_S:
            raise RetryableError(
                f"{self.where}: {self.pages} pages took more than "
                f"{LIST_LIMIT_S / 60:.0f} minutes. The next sync retries."
            )
        begun = time.monotonic()
        try:
            return fetch(token)
        finally:
            self.spent_s += time.monotonic() - begun

    def count(self, token: Hashable, has_news: bool, rows: int) -> None:
        self.pages += 1
        self.without_news = 0 if has_news else self.without_news + 1
        if self.without_news >= PAGES_WITHOUT_NEWS:
            raise PayloadError(
                f"{self.where}: {self.without_news} pages in a row, up to {token}, "
                f"brought no new row, and yet another page follows. Check the vendor's "
                f"list."
            )
        if self.pages > MOST_PAGES or rows > MOST_ROWS:
            raise PayloadError(
                f"{self.where}: the list goes on after {self.pages:,} pages and "
                f"{rows:,} rows, which is further than Passline follows. Check "
                f"the vendor's list, or import fewer days of it."
            )
