"""The tools by their key in URLs and tables, with the names that people know."""

from __future__ import annotations

from ingest.models.connection import PUSH

TOOLS: dict[str, str] = {
    "testmo": "Testmo",
    "testomatio": "Testomat.io",
    "testably": "Testably",
    "qatech": "QA.tech",
    "testifly": "Testifly",
    # Of projects without a vendor, to which results are pushed.
    PUSH: "Pushed",
}


def teller(vendor: str) -> str:
    """Whose word a sentence is about: the tool's, or that of what was pushed."""
    return "The report" if vendor == PUSH else tool_label(vendor)


def tool_label(vendor: str) -> str:
    return TOOLS.get(vendor, vendor)
