"""What a testcase says: its messages, and what it printed."""

from __future__ import annotations

import re

from ingest.details import Details
from ingest.intake.junit.heads import OUTPUTS
from ingest.intake.junit.xml import Element
from ingest.intake.report import CONSOLE, a_field, attach_file, cut

# What writers for Go and others say of each failure.
_NO_NEWS = frozenset({"failed", "failure", "test failed", "error"})
_ATTACHMENT = re.compile(r"[ \t]*\[\[ATTACHMENT\|([^\]\n]{1,4096})\]\][ \t]*\n?")
# pytest's headings, also of what nobody printed.
_NOTHING_CAPTURED = re.compile(
    r"^-{3,80} Captured (?:Log|Out|Err) -{3,80}\n\s*(?=^-{3,80} Captured|\Z)",
    re.MULTILINE,
)


def message_of(element: Element) -> str:
    """What it says and what stands in it, once where the second begins with the first."""
    said = element.attributes.get("message", "").strip()
    # Node's runner, of a test that is skipped without a reason.
    said = "" if said == "true" else said
    inner = [element.text, *(c.text for c in element.children if c.tag == "stackTrace")]
    text = "\n".join(part.strip("\n").rstrip() for part in inner if part.strip())
    if text and said.lower() in _NO_NEWS:
        return text
    if not (said or text):
        return element.attributes.get("type", "").strip()
    head = text.lstrip()[: len(said) + 300].partition("\n")[0]
    if not said or said.partition("\n")[0] in head or _is_said_in(text, said):
        return text or said
    return f"{said}\n{text}" if text else said


def _is_said_in(text: str, said: str) -> bool:
    """Whether it begins so, or behind "Error: ": an attribute keeps no line breaks."""
    begins, says = _squeezed(text[:2000]), _squeezed(said[:500])
    is_there = begins.startswith(says) or begins.partition(":")[2].startswith(says)
    return is_there and len(text) >= len(said)


def _squeezed(text: str) -> str:
    return "".join(text.split())


def add_outputs(details: Details, source: Element) -> None:
    """What was printed, without the files that it names, which are attached."""
    for child in source.children:
        if child.tag in OUTPUTS:
            text = child.text
            for place in _ATTACHMENT.findall(text):
                attach_file(details, "", place)
            text = _ATTACHMENT.sub("", text)
            text = _NOTHING_CAPTURED.sub("", text).strip("\n")
            if text.strip():
                made = a_field(OUTPUTS[child.tag], cut(text), CONSOLE)
                details.setdefault("fields", []).append(made)
