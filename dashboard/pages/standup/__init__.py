"""The stand-up page, and the same page as Markdown."""

from __future__ import annotations

from dashboard.pages.standup.material import Material, gather, standup_state
from dashboard.pages.standup.page import standup_page

__all__ = ["Material", "gather", "standup_page", "standup_state"]
