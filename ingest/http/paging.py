"""Lists that come in pages: all of them, once each, and never without end."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from ingest.contract import IncompleteListError, PayloadError, RetryableError
from ingest.seen import Seen

Token = TypeVar("Token", bound=Hashable)

# Of one list: how long its requests take together, how many pages and rows it has, and
# how many pages in a row may bring nothing new.
LIST_LIMIT_S = 1800.0
MOST_PAGES = 20_000
MOST_ROWS = 250_000
PAGES_WITHOUT_NEWS = 10


# Other borders between pages show rows that hid behind these.
MOST_READINGS = 3


@dataclass(frozen=True, slots=True)
class Page(Generic[Token]):
    """One page of a list: `next` is None on the last; `total` where the vendor says.

    `beyond` is what would come next where the vendor calls a full page the last one.
    """

    items: list[Any]
    next: Token | None
    total: int | None = None
    beyond: Token | None = None


def follow(
    fetch: Callable[[Token, int], Page[Token]],
    first: Token,
    *,
    identity: Callable[[Any], Hashable],
    where: str,
    is_past: Callable[[Any], bool] = lambda item: False,
) -> Iterator[Any]:
    """The items of all pages, each identity once, lazily.

    `fetch` takes a token and the number of the reading, from 0 on, of which each should
    have pages of another size. A page of which all items are past is the last one.

    New rows may push items to the next page while we read: they are skipped there. A
    shrinking `total` means that rows moved up unseen, and fewer rows than the total that
    equal times hid some at a border between pages: then the list is read once more.
    Raises IncompleteListError behind the last item where rows are lacking all the same,
    PayloadError for a page that points to itself or comes back unchanged and for a list
    without end, RetryableError for one that takes longer than LIST_LIMIT_S.
    """
    walk = _Walk(fetch, first, identity, is_past, _Extent(where))
    lack: IncompleteListError | None = None
    for reading in range(MOST_READINGS):
        try:
            yield from walk.read(reading)
        except PayloadError:
            if lack is None:
                raise
            # Not every vendor takes another size of pages.
            break
        if walk.is_complete:
            return
        lack = walk.lack
    if lack:
        raise lack


class _Walk(Generic[Token]):
    """A list on its way; `told` are the identities that came out of any reading."""

    def __init__(
        self,
        fetch: Callable[[Token, int], Page[Token]],
        first: Token,
        identity: Callable[[Any], Hashable],
        is_past: Callable[[Any], bool],
        extent: _Extent,
    ) -> None:
        self._fetch = fetch
        self._first = first
        self._identity = identity
        self._is_past = is_past
        self._extent = extent
        self._reading = 0
        self._totals: list[int] = []
        self._is_total_wrong = False
        self._is_cut = False
        self.told = Seen()
        # Of one reading.
        self._met = self.told
        self._prints: set[int] = set()
        self._asked: set[Token] = set()

    @property
    def stated(self) -> int:
        """The least total of the last reading: what came meanwhile is not owed."""
        return min(self._totals, default=0)

    @property
    def lack(self) -> IncompleteListError | None:
        seen = len(self.told)
        if self._is_cut or seen >= self.stated:
            return None
        return IncompleteListError(self._extent.where, stated=self.stated, seen=seen)

    @property
    def is_complete(self) -> bool:
        has_shrunk = bool(self._totals) and self.stated < self._totals[0]
        return not (has_shrunk or self.lack)

    def read(self, reading: int) -> Iterator[Any]:
        """The items of one reading that no earlier one told."""
        self._totals, self._is_cut, self._is_total_wrong = [], False, False
        self._met = Seen() if reading else self.told
        self._prints, self._asked = set(), {self._first}
        self._reading = reading
        token: Token | None = self._first
        page = self._page(self._first)
        while token is not None:
            yield from self._news(token, page)
            token = self._next_token(token, page)
            if token is not None:
                page = self._page(token)
            elif page.beyond is not None and not self._is_cut:
                token, page = self._page_beyond(page.beyond, page)

    def _page(self, token: Token) -> Page[Token]:
        return self._extent.timed(self._fetch, token, self._reading)

    def _news(self, token: Token, page: Page[Token]) -> Iterator[Any]:
        names = [self._identity(item) for item in page.items]
        # The names themselves would take as much memory as all ids once more.
        print_ = hash(tuple(names))
        if names and print_ in self._prints:
            raise PayloadError(
                f"{self._extent.where}: page {token} repeats an earlier page"
            )
        self._prints.add(print_)
        if page.total is not None and not self._is_total_wrong:
            self._totals.append(page.total)
        is_news = [self.told.add(name) for name in names]
        is_first = self._met is self.told
        met_now = is_news if is_first else [self._met.add(name) for name in names]
        self._extent.count(token, any(met_now), len(self._met))
        for item, is_new in zip(page.items, is_news, strict=True):
            if is_new:
                yield item

    def _next_token(self, token: Token, page: Page[Token]) -> Token | None:
        if page.items and all(self._is_past(item) for item in page.items):
            self._is_cut = True
            return None
        if page.next in self._asked:
            raise PayloadError(
                f"{self._extent.where}: page {token} points back to {page.next}"
            )
        if page.next is not None:
            self._asked.add(page.next)
        return page.next

    def _page_beyond(
        self, token: Token, last: Page[Token]
    ) -> tuple[Token | None, Page[Token]]:
        """What lies behind a full page that was called the last one, if anything."""
        try:
            page = self._page(token)
        except PayloadError:
            return None, last
        if all(self._identity(item) in self._met for item in page.items):
            # Empty, or some vendor's last page again.
            return None, last
        if len(self._met) >= self.stated:
            # A total that ended before the list did counts something else.
            self._is_total_wrong, self._totals = True, []
        self._asked.add(token)
        return token, page


@dataclass(slots=True)
class _Extent:
    """How far a list has been followed; raises where it can no more be honest."""

    where: str
    spent_s: float = field(default=0.0, init=False)
    pages: int = field(default=0, init=False)
    without_news: int = field(default=0, init=False)

    def timed(
        self,
        fetch: Callable[[Token, int], Page[Token]],
        token: Token,
        reading: int,
    ) -> Page[Token]:
        """A page. Only the time of requests counts: between them rows are stored."""
        if self.spent_s > LIST_LIMIT_S:
            raise RetryableError(
                f"{self.where}: {self.pages} pages took more than "
                f"{LIST_LIMIT_S / 60:.0f} minutes. The next sync retries."
            )
        begun = time.monotonic()
        try:
            return fetch(token, reading)
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
