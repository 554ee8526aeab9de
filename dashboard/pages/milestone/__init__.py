"""The page of one milestone: risk, progress, burn-up, its runs, what is left of it."""

from dashboard.pages.milestone.page import milestone_page, milestone_state

__all__ = ["milestone_page", "milestone_state"]
