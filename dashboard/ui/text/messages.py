"""What stands where a failure says nothing."""

from __future__ import annotations

from dashboard.tools import tool_label
from ingest.connections import sends_messages


def no_message(vendor: str) -> str:
    """Whose fault it is: the tool's, which sends none, or the failure's."""
    if sends_messages(vendor):
        return "No message"
    return f"{tool_label(vendor)} sends no message"
