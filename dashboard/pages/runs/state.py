"""What the address of a run's page asks for, and the addresses of its neighbours."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict

from dashboard.filters import Accepts, lenient
from dashboard.lists.run_results import SORTS
from dashboard.metrics.compare import LISTED, Category
from dashboard.ui import links
from dashboard.ui.svg.outcomes import STATUS_ORDER
from ingest.contract import NOT_PASSED, Status
from ingest.models import Run

ALL = "all"
OWN = frozenset({"thread", "change", "attempts", "page", "lanes", "theme"})
ACCEPTS = Accepts(
    also=OWN,
    sorts=tuple(sign + name for name in SORTS for sign in ("", "-")),
    statuses=(*Status, ALL),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunState:
    """`statuses` None is the default: what did not pass, when anything did not.

    `signature` is that of a failure's message, "" for no matter. `sort` "" is the
    default order. `problems` are sentences on what could not be read.
    """

    run: Run
    statuses: tuple[Status, ...] | None = None
    q: str = ""
    cases: tuple[int, ...] = ()
    thread: int | None = None
    change: Category | None = None
    signature: str = ""
    has_attempts: bool = False
    has_all_lanes: bool = False
    sort: str = ""
    page: int = 1
    problems: tuple[str, ...] = ()

    @property
    def is_narrowed(self) -> bool:
        """Whether rows are chosen by something that says nothing of their status."""
        return bool(self.cases or self.change or self.has_attempts or self.signature)

    @property
    def default_statuses(self) -> tuple[Status, ...]:
        if self.is_narrowed or not self.run.failed + self.run.error:
            return ()
        return tuple(status for status in STATUS_ORDER if status in NOT_PASSED)

    @property
    def shown_statuses(self) -> tuple[Status, ...]:
        """The statuses that are listed, in their order; none means all."""
        if self.statuses is None:
            return self.default_statuses
        return tuple(s for s in STATUS_ORDER if s in self.statuses)

    def pairs(self) -> list[tuple[str, str]]:
        """The parameters that differ from their default, in an order that never changes."""
        pairs = [("case", str(case)) for case in self.cases]
        if self.shown_statuses != self.default_statuses:
            pairs += [("status", str(s)) for s in self.shown_statuses or (ALL,)]
        for name, value in (
            ("q", self.q),
            ("thread", self.thread),
            ("change", self.change),
            ("signature", self.signature),
        ):
            if value:
                pairs.append((name, str(value)))
        if self.has_attempts:
            pairs.append(("attempts", ALL))
        if self.has_all_lanes:
            pairs.append(("lanes", ALL))
        if self.sort:
            pairs.append(("sort", self.sort))
        if self.page > 1:
            pairs.append(("page", str(self.page)))
        return pairs

    def href(self, anchor: str = "", **changes: Any) -> str:
        """This page with `changes`, on its first page of results unless they say more."""
        query = urlencode(replace(self, **{"page": 1, **changes}).pairs())
        path = links.run(self.run.pk)
        return path + (f"?{query}" if query else "") + (f"#{anchor}" if anchor else "")

    def rows_href(self, **changes: Any) -> str:
        """The run's results chosen by `changes` alone."""
        return RunState(run=self.run).href("results", **changes)


def read_state(run: Run, query: QueryDict, threads: Collection[int]) -> RunState:
    """The state of a query; what cannot be read is left out and said."""
    parsed = lenient(query, ACCEPTS)
    filters, problems = parsed.filters, {p.name: p.sentence for p in parsed.problems}
    thread = _number(query, "thread", problems)
    if thread is not None and thread not in threads:
        problems["thread"] = f"This run has no thread {thread}."
        thread = None
    page = _number(query, "page", problems) or 1
    return RunState(
        run=run,
        statuses=_statuses(filters.status),
        q=filters.q,
        cases=filters.case,
        thread=thread,
        change=_change(query, problems),
        signature=filters.signature,
        has_attempts=query.get("attempts") == ALL,
        has_all_lanes=query.get("lanes") == ALL,
        sort=filters.sort,
        page=page,
        problems=tuple(f"{name}: {text}" for name, text in problems.items()),
    )


def _statuses(words: Collection[str]) -> tuple[Status, ...] | None:
    if not words:
        return None
    if ALL in words:
        return ()
    return tuple(Status(word) for word in words)


def _change(query: QueryDict, problems: dict[str, str]) -> Category | None:
    asked = query.get("change")
    if not asked:
        return None
    for name in LISTED:
        if name == asked:
            return name
    problems["change"] = f"“{asked[:60]}” is none of {', '.join(LISTED)}."
    return None


def _number(query: QueryDict, name: str, problems: dict[str, str]) -> int | None:
    text = query.get(name)
    if not text:
        return None
    if text.isascii() and text.isdigit() and len(text) < 10 and int(text):
        return int(text)
    problems[name] = f"“{text[:60]}” is not a number."
    return None
