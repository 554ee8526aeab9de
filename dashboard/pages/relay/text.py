"""The sentence that opens the page of the relay."""

from __future__ import annotations

from collections.abc import Sequence

from dashboard.lists.relay import ToolRelay
from dashboard.ui.clock import Clock
from dashboard.ui.parts import Verdict
from dashboard.ui.text.numbers import plural
from dashboard.ui.text.verdicts import compose_verdict
from ingest.housekeeping import RELAYED_KEPT


def relay_verdict(tools: Sequence[ToolRelay], clock: Clock) -> Verdict | None:
    """What waits for a person, else what waits, else how much was handed on; None where
    nothing ever was.
    """
    refused = sum(tool.refused for tool in tools)
    unclear = sum(tool.unclear for tool in tools)
    if stuck := refused + unclear:
        verb = "waits" if stuck == 1 else "wait"
        bold = f"{plural(stuck, 'request')} {verb} for a person:"
        return compose_verdict("failing", (bold,), (_kinds(refused, unclear),))
    if waiting := sum(tool.waiting for tool in tools):
        verb = "waits" if waiting == 1 else "wait"
        since = min(tool.since for tool in tools if tool.since)
        bold = f"{plural(waiting, 'request')} {verb} to be handed on."
        oldest = f" The oldest came in {clock.ago(since)}."
        return compose_verdict("syncing", (bold,), (oldest,))
    if sent := sum(tool.sent for tool in tools):
        verb = "was" if sent == 1 else "were"
        rest = (
            f" {plural(sent, 'request')} {verb} in the last {RELAYED_KEPT.days} days."
        )
        return compose_verdict("fixed", ("Nothing waits to be handed on.",), (rest,))
    return None


def _kinds(refused: int, unclear: int) -> str:
    """ " 2 refused by their tool, 1 of which nobody knows whether it came through."."""
    said = []
    if refused:
        said.append(f"{refused:,} refused")
    if unclear:
        them = "it" if unclear == 1 else "they"
        said.append(f"{unclear:,} of which nobody knows whether {them} came through")
    return f" {', '.join(said)}."
