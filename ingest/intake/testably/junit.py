"""JUnit XML by Testably's rules: only what names a test case of theirs counts."""

from __future__ import annotations

import re
from typing import Any

from ingest.intake.junit.durations import Durations
from ingest.intake.junit.xml import Element, Walker

LONGEST_NOTE = 1000
_ID = re.compile(
    r"\b(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[A-Za-z]+-\d+)\b", re.IGNORECASE
)
_BLOCK = 2**16


def rows_of_xml(xml: str) -> list[dict[str, Any]]:
    """The rows of a file as JSON would have them, `elapsed` in milliseconds. A test
    that names no id is left out, as at the vendor. Raises InvalidError.
    """
    content = xml.strip().encode("utf-8", "replace")
    blocks = (content[at : at + _BLOCK] for at in range(0, len(content), _BLOCK))
    return [row for row in _Cases().walk(blocks, "utf-8") if row]


class _Cases(Walker):
    kept_tags = frozenset({"testcase"})

    def __init__(self) -> None:
        super().__init__()
        self._durations = Durations()

    def keep(self, element: Element) -> None:
        name = element.attributes.get("name", "")
        case = _property(element) or _id_in(name)
        status, note = _outcome(element)
        row = {
            "test_case_id": case,
            "test_case_title": name or None,
            "status": status,
            "note": note or None,
            "elapsed": self._durations.ms(element.attributes.get("time")),
        }
        self.found.append(row if case else None)


def _property(case: Element) -> str:
    for holder in case.children:
        for one in holder.children if holder.tag == "properties" else ():
            if one.attributes.get("name") == "test_case_id":
                return (one.attributes.get("value") or one.text).strip()
    return ""


def _id_in(name: str) -> str:
    found = _ID.search(name)
    return found[0] if found else ""


def _outcome(case: Element) -> tuple[str, str]:
    """Status and note."""
    for child in case.children:
        if child.tag in ("failure", "error"):
            said = (child.attributes.get("message", ""), child.text.strip())
            return "failed", "\n".join(filter(None, said))[:LONGEST_NOTE]
    if any(child.tag == "skipped" for child in case.children):
        return "blocked", ""
    return "passed", ""
