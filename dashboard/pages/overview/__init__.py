"""The overview and the page of one project, which show the same of one project."""

from __future__ import annotations

from dashboard.pages.overview.material import (
    Material,
    gather,
    overview_state,
    project_state,
)
from dashboard.pages.overview.page import overview_page
from dashboard.pages.overview.project import project_page
from dashboard.pages.overview.project_material import gather_project

__all__ = [
    "Material",
    "gather",
    "gather_project",
    "overview_page",
    "overview_state",
    "project_page",
    "project_state",
]
