"""What an execution said, whole, its first lines unfolded."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.safestring import mark_safe

from dashboard.pages.results.result_data import ResultData
from dashboard.ui.lengths import Whole
from dashboard.ui.text import numbers
from dashboard.ui.text.console import console_html, has_sequences
from dashboard.ui.text.messages import no_message
from ingest.contract import NOT_PASSED

# What stands there at once; a few lines more are not worth folding.
SHOWN_LINES, SHOWN_LETTERS = 6, 1_200


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageCard:
    """`text` is whole; `unfold` names what it is folded to, "" where all is shown."""

    text: Whole
    subtitle: str
    unfold: str
    nothing: str = ""


def message_card(data: ResultData) -> MessageCard | None:
    """None of what neither failed nor says anything."""
    message = data.text.message.strip("\n")
    if not message.strip():
        if data.status not in NOT_PASSED:
            return None
        nothing = no_message(data.tool.vendor)
        return MessageCard(text="", subtitle="", unfold="", nothing=nothing)
    lines = message.count("\n") + 1
    is_long = lines > SHOWN_LINES + 2 or len(message) > SHOWN_LETTERS
    text = message
    if has_sequences(message):
        text = mark_safe(console_html(message))  # nosec B308 # each part is escaped or ours
    said = numbers.plural(lines, "line")
    return MessageCard(
        text=text, subtitle=said, unfold=f"Show all, {said}" if is_long else ""
    )
