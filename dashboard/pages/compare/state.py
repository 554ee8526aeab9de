"""What the address of a comparison asks for, and the addresses of its neighbours."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

from django.http import QueryDict

from dashboard.addresses import address
from dashboard.filters.parameters import PAGE, Parameter, one_of
from dashboard.ids import id_of
from dashboard.lists.comparable_runs import named_run
from dashboard.metrics.compare import CATEGORIES, Category
from dashboard.metrics.run_before import previous_run
from dashboard.ui.url_state import DeclaredState
from ingest.models import Run

SORTS = tuple(
    sign + name
    for sign in ("", "-")
    for name in ("name", "base_ms", "head_ms", "change_ms")
)
LONGEST_TEXT = 200


def _run(text: str) -> Run:
    run = named_run(id_of(text) or 0)
    if run is None:
        raise ValueError(f"There is no run “{text[:60]}”.")
    return run


def _key(run: Run) -> str:
    return str(run.pk)


PARAMETERS = (
    Parameter("base", _run, None, write=_key),
    Parameter("head", _run, None, write=_key),
    Parameter("change", one_of(CATEGORIES), None),
    Parameter("q", lambda text: text[:LONGEST_TEXT]),
    Parameter("sort", one_of(SORTS), "name"),
    PAGE,
)


@dataclass(frozen=True, kw_only=True)
class CompareState(DeclaredState):
    """`change` None is the first category with anything new in it. `sort` is one of
    SORTS.
    """

    parameters = PARAMETERS
    base: Run | None = None
    head: Run | None = None
    change: Category | None = None
    sort: str = "name"

    @property
    def path(self) -> str:
        return address("compare")

    @classmethod
    def read(cls, query: QueryDict) -> Self:
        """A base that is not named is the run before the head."""
        state = super().read(query)
        if state.head is None or query.get("base"):
            return state
        before = previous_run(state.head)
        return replace(state, base=named_run(before.pk) if before else None)
