"""The tools by their key in URLs and tables, with the names that people know."""

from __future__ import annotations

TOOLS: dict[str, str] = {
    "testmo": "Testmo",
    "testomatio": "Testomat.io",
    "testably": "Testably",
    "qatech": "QA.tech",
    "testifly": "Testifly",
    # Of projects without a vendor, to which results are pushed.
    "push": "Pushed",
}


def tool_label(vendor: str) -> str:
    return TOOLS.get(vendor, vendor)
