"""What the address of a project's page asks for."""

from __future__ import annotations

from dataclasses import replace

from django.http import QueryDict

from dashboard.ui.activity.page_data import ACCEPTS
from dashboard.ui.url_state import RUNS, VIEW, PageState, read_state


def project_state(path: str, query: QueryDict, project: int) -> PageState:
    return read_state(
        path,
        query,
        replace(ACCEPTS, sorts=()),
        own=(VIEW, RUNS),
        has_default_window=True,
        pinned={"project": (project,)},
    )
