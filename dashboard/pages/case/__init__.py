"""The page of one test: every execution, why it fails, the same test elsewhere."""

from dashboard.pages.case.material import CaseMaterial, case_state, gather
from dashboard.pages.case.page import case_page
from dashboard.pages.case.people import Person, back_with

__all__ = [
    "CaseMaterial",
    "Person",
    "back_with",
    "case_page",
    "case_state",
    "gather",
]
