"""The way from a page to a picture of it for elsewhere, for those who may share."""

from __future__ import annotations

from dashboard.addresses import address, with_query
from dashboard.filters import Filters
from dashboard.readers import Role, reader
from dashboard.reading.scope import past
from dashboard.ui.parts import Button


def embed_button(filters: Filters) -> tuple[Button, ...]:
    """None for whoever may not, and of the past, which no picture shows."""
    if not reader().may(Role.EDITOR) or past() is not None:
        return ()
    href = with_query(address("embeds"), filters.pairs())
    return (
        Button(
            text="Embed", href=href, icon="source", icon_only=True, hide_on_phone=True
        ),
    )
