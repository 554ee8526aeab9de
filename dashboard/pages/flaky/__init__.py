"""The page of flaky tests: what they cost, where the time goes, one row for each."""

from dashboard.pages.flaky.material import gather
from dashboard.pages.flaky.others import not_yet, other_rules
from dashboard.pages.flaky.page import flaky_page
from dashboard.pages.flaky.state import flaky_state

__all__ = ["flaky_page", "flaky_state", "gather", "not_yet", "other_rules"]
