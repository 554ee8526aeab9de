"""What the address of the page says: filters, and what its table is narrowed to."""

from __future__ import annotations

from dataclasses import replace

from django.http import QueryDict

from dashboard.lists import FLAKY
from dashboard.lists.flaky import list_name
from dashboard.lists.flaky_choice import CHOICE, FlakyChoice, read_choice
from dashboard.ui.pagination import position_of
from dashboard.ui.url_state import CURSOR, VIEW, PageState, read_state

# The view with the counts of other rules.
OTHERS = "others"


def flaky_state(path: str, query: QueryDict) -> tuple[PageState, FlakyChoice]:
    """On later pages of the table all is told of the moment at which paging began."""
    own = (*CHOICE, VIEW, CURSOR)
    state = read_state(
        path, query, FLAKY.accepts, own=own, has_default_window=True
    ).only_view(OTHERS)
    choice, _ = read_choice(state.own)
    position, _ = position_of(state, list_name(choice))
    if position is not None:
        state = replace(state, filters=replace(state.filters, now=position.now))
    return state, choice
