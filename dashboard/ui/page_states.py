"""Which pages have filters, and what an address of such a page says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from django.http import Http404, QueryDict
from django.urls import Resolver404, resolve

from dashboard.addresses import site_root
from dashboard.ui.url_state import PageState

View = TypeVar("View", bound=Callable[..., Any])
# (path, query, what the path names) -> state
ReadState = Callable[..., PageState]
_READ = "reads_state"


def reads_state(read: ReadState) -> Callable[[View], View]:
    """Marks a view as that of a page whose address is its state, read by `read`, which
    raises Http404 where what the path names is not here.
    """

    def mark(view: View) -> View:
        setattr(view, _READ, read)
        return view

    return mark


@dataclass(frozen=True, slots=True, kw_only=True)
class FilteredPage:
    """A page by the name of its route, and its state."""

    route: str
    state: PageState

    @property
    def path(self) -> str:
        """Below the root, wherever a proxy serves that."""
        return below_root(self.state.path)


def filtered_page(path: str, query: str) -> FilteredPage | None:
    """The page at a path below the root; None where none with filters is, or where what
    it is about is not here.
    """
    try:
        match = resolve(path)
        read: ReadState | None = getattr(match.func, _READ, None)
        if read is None:
            return None
        state = read(from_root(path), QueryDict(query), **match.kwargs)
    except (Resolver404, Http404):
        return None
    return FilteredPage(route=match.url_name or "", state=state)


def below_root(path: str) -> str:
    return "/" + path.removeprefix(site_root())


def from_root(path: str) -> str:
    return site_root() + path.removeprefix("/")
