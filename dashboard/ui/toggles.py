"""Switches over a list that add a status or take it away."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dashboard.ui.url_state import PageState


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusToggle:
    """Adds a status to the list or takes it away; `glyph` is "" for All."""

    glyph: str
    text: str
    href: str
    is_current: bool = False


def toggles(
    state: PageState, choices: Sequence[tuple[str, str, tuple[str, ...]]]
) -> tuple[StatusToggle, ...]:
    """All, then (glyph, text, statuses) each; a second click takes the statuses away."""
    chosen = {*state.filters.status}
    everything = StatusToggle(
        glyph="",
        text="All",
        href=state.with_filters(status=()),
        is_current=not chosen,
    )
    return (
        *one_message(state),
        everything,
        *(
            StatusToggle(
                glyph=glyph,
                text=text,
                href=state.with_filters(status=switched(chosen, statuses)),
                is_current={*statuses} <= chosen,
            )
            for glyph, text, statuses in choices
        ),
    )


def switches(
    state: PageState, views: Iterable[tuple[str, str, str]], current: str
) -> tuple[StatusToggle, ...]:
    """Lead to other lists of the page: (view, glyph, text) each."""
    return tuple(
        StatusToggle(
            glyph=glyph,
            text=text,
            href=state.with_own(view=view),
            is_current=view == current,
        )
        for view, glyph, text in views
    )


def one_message(state: PageState) -> tuple[StatusToggle, ...]:
    """Takes away that the list is of one failure message, where it is."""
    if not state.filters.signature:
        return ()
    href = state.with_filters(signature="")
    return (StatusToggle(glyph="", text="One message ×", href=href, is_current=True),)


def switched(chosen: Iterable[str], statuses: Iterable[str]) -> tuple[str, ...]:
    """What is chosen after a click: without the statuses if it was all of them."""
    before, clicked = {*chosen}, {*statuses}
    after = before - clicked if clicked <= before else before | clicked
    return tuple(sorted(after))
