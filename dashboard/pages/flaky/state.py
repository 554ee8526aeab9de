"""What the address of the page says: filters, and what its table is narrowed to."""

from __future__ import annotations

from dataclasses import dataclass, replace

from django.http import QueryDict

from dashboard.lists import FLAKY
from dashboard.lists.flaky import list_name
from dashboard.lists.flaky_choice import CHOICE, FlakyChoice, read_choice
from dashboard.ui.pagination import position_of
from dashboard.ui.url_state import CURSOR, VIEW, PageState, read_state

OTHERS = "others"


@dataclass(frozen=True, slots=True, kw_only=True)
class FlakyState:
    """The page's state, the choice in it, and what is wrong with the place asked for."""

    page: PageState
    choice: FlakyChoice
    problem: str = ""

    @property
    def shows_others(self) -> bool:
        """Whether the counts of other rules are asked for too."""
        return self.page.own.get(VIEW) == OTHERS


def flaky_state(path: str, query: QueryDict) -> FlakyState:
    """On later pages of the table all is told of the moment at which paging began."""
    own = (*CHOICE, VIEW, CURSOR)
    state = read_state(
        path, query, FLAKY.accepts, own=own, has_default_window=True
    ).only_view(OTHERS)
    choice, _ = read_choice(state.own)
    position, problem = position_of(state, list_name(choice))
    if position is not None:
        filters = replace(state.filters, now=position.now)
        state = replace(state, filters=filters)
    return FlakyState(page=state, choice=choice, problem=problem)
