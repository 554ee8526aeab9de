"""What the address of a comparison asks for, and the addresses of its neighbours."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import QueryDict

from dashboard.ids import id_of
from dashboard.metrics.compare import CATEGORIES, Category
from dashboard.metrics.run_before import previous_run
from ingest.models import Run

PATH = "/compare/"
SORTS = ("name", "base_ms", "head_ms", "change_ms")
LONGEST_TEXT = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class CompareState:
    """`change` None is the first category with anything new in it. `sort` is a name of
    SORTS, with a minus for descending. `problems` are sentences on what was left out.
    """

    base: Run | None = None
    head: Run | None = None
    change: Category | None = None
    q: str = ""
    sort: str = "name"
    page: int = 1
    problems: tuple[str, ...] = ()

    def pairs(self) -> list[tuple[str, str]]:
        """The parameters that differ from their default, in an order that never changes."""
        values = {
            "base": self.base.pk if self.base else "",
            "head": self.head.pk if self.head else "",
            "change": self.change or "",
            "q": self.q,
            "sort": "" if self.sort == "name" else self.sort,
            "page": "" if self.page == 1 else self.page,
        }
        return [(name, str(value)) for name, value in values.items() if value]

    def href(self, anchor: str = "", **changes: Any) -> str:
        """This comparison with `changes`, on the first page unless they say more."""
        query = urlencode(replace(self, **{"page": 1, **changes}).pairs())
        return PATH + (f"?{query}" if query else "") + (f"#{anchor}" if anchor else "")


def runs() -> QuerySet[Run]:
    """Runs with all that their names and facts are made of."""
    return Run.objects.select_related("project__connection", "source", "configuration")


def read_state(query: QueryDict) -> CompareState:
    """The state of a query; a base that is not named is the run before the head."""
    problems: list[str] = []
    head = _run(query, "head", problems)
    base = _run(query, "base", problems)
    if base is None and head is not None and not query.get("base"):
        before = previous_run(head)
        base = runs().get(pk=before.pk) if before else None
    return CompareState(
        base=base,
        head=head,
        change=_change(query, problems),
        q=_text(query, problems),
        sort=_sort(query, problems),
        page=_page(query, problems),
        problems=tuple(problems),
    )


def _run(query: QueryDict, name: str, problems: list[str]) -> Run | None:
    text = query.get(name)
    if not text:
        return None
    number = id_of(text)
    found = None if number is None else runs().filter(pk=number).first()
    if found is None:
        problems.append(f"{name} was left out. There is no run “{text[:60]}”.")
    return found


def _change(query: QueryDict, problems: list[str]) -> Category | None:
    asked = query.get("change")
    for name in CATEGORIES:
        if name == asked:
            return name
    if asked:
        words = ", ".join(CATEGORIES)
        problems.append(f"change was left out. “{asked[:60]}” is none of {words}.")
    return None


def _text(query: QueryDict, problems: list[str]) -> str:
    text = query.get("q", "")
    if "\0" in text:
        problems.append("q was left out. A NUL character cannot be searched for.")
        return ""
    return text[:LONGEST_TEXT]


def _sort(query: QueryDict, problems: list[str]) -> str:
    asked = query.get("sort") or "name"
    if asked.removeprefix("-") in SORTS:
        return asked
    problems.append(f"sort was left out. “{asked[:60]}” is none of {', '.join(SORTS)}.")
    return "name"


def _page(query: QueryDict, problems: list[str]) -> int:
    text = query.get("page") or "1"
    if text.isascii() and text.isdigit() and len(text) < 10 and int(text):
        return int(text)
    problems.append(f"page was left out. “{text[:60]}” is not a number.")
    return 1
