"""What the page of embedded pictures is asked for by its address."""

from __future__ import annotations

from dataclasses import replace

from django.http import QueryDict

from dashboard.filters.parameters import Parameter, one_of
from dashboard.models import EmbedKind
from dashboard.ui.activity import page_data
from dashboard.ui.url_state import PageState, read_state

# The same filters as the overview's: what is drawn there and here is one.
ACCEPTS = replace(
    page_data.ACCEPTS,
    is_metric=True,
    refused={
        **page_data.ACCEPTS.refused,
        "as_of": "An embedded picture is always current.",
    },
)
MADE = "made"
OWN = (Parameter(MADE, str),)


def embeds_state(path: str, query: QueryDict) -> PageState:
    return read_state(path, query, ACCEPTS, own=OWN, has_default_window=True)


def kind_of(text: str) -> EmbedKind | None:
    try:
        return EmbedKind(one_of([str(kind) for kind in EmbedKind])(text))
    except ValueError:
        return None
