"""What the sheet of components and states prints."""

from __future__ import annotations

from typing import Any

from dashboard.pages.components.page import component_sheets


def components() -> dict[str, Any]:
    return {"sheets": component_sheets()}
