"""Rejected records by their reason, and words that wait to be mapped."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from dashboard.lists.rejects import ReasonGroup, UnknownWord
from dashboard.pages.sync.state import REJECTS, UNKNOWN, address_with
from dashboard.tools import tool_label
from dashboard.ui.clock import Clock
from dashboard.ui.number_links import counted
from dashboard.ui.parts import Number
from dashboard.ui.text import numbers
from ingest.models import Connection

CLOCK = re.compile(r"below zero|impossibly long", re.IGNORECASE)
# Reasons begin with the name of the vendor's field: "elapsed -41 is below zero".
FIELD = re.compile(r"^(?!(?:the|a|an|no)\b)([\w.]+) (?=is |-?\d)", re.IGNORECASE)
VALUES = re.compile(r"'[^']*'|\"[^\"]*\"|(?<!ISO )(?<![\w.])-?\d[\d.]*")
UNKNOWN_PART = re.compile(r":\s*(\w+) unknown")


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordGroup:
    """Records of one connection that want the same of a person; `text` says what.

    `value` is a status word that no map knows, "" for records of one reason.
    """

    connection: Connection
    title: str
    text: str
    count: Number
    value: str = ""


def reason_group(
    group: ReasonGroup, connections: Mapping[int, Connection], clock: Clock
) -> RecordGroup:
    """A title with the reason, a text on what was kept and what to do."""
    row = connections[group.connection_id]
    href = address_with(
        REJECTS,
        connection=row.pk,
        reason=group.reason_key,
        state="open",
        kept=int(group.is_stored),
    )
    metric = "odd" if group.is_stored else "rejected"
    newest = f"newest {clock.ago(group.newest_at)}"
    return RecordGroup(
        connection=row,
        title=reason_title(group),
        text=f"{_kept(group)} {_remedy(group, tool_label(row.vendor))}",
        count=counted(metric, group.count, href, title=newest),
    )


def reason_title(group: ReasonGroup) -> str:
    """The reason with its field in quotes, and without values where they differ."""
    reason = FIELD.sub(r"“\1” ", UNKNOWN_PART.sub("", group.example))
    if group.count > 1:
        reason = VALUES.sub("…", reason)
    return f"{reason[:1].upper()}{reason[1:]}" or "No reason was given"


def _kept(group: ReasonGroup) -> str:
    place = f"In {numbers.plural(group.runs, 'run')}" if group.runs else "No run's row"
    if not group.is_stored:
        return f"{place}, left out."
    without = UNKNOWN_PART.search(group.example)
    return f"{place}, kept without {f'a {without[1]}' if without else 'it'}."


def _remedy(group: ReasonGroup, label: str) -> str:
    if CLOCK.search(group.example):
        return "Check the clock of the machine that ran it."
    if group.is_stored:
        return "No outcome is lost."
    return f"Mend it in {label} or ignore it; each sync tries again."


def word_group(
    unknown: UnknownWord, connections: Mapping[int, Connection]
) -> RecordGroup:
    row, word = connections[unknown.connection_id], unknown.word
    text = "Choose what it counts as, then its runs are read again."
    if meaning := row.status_map.get(word, ""):
        text = f"Counts as {meaning}; its runs are read again with the next sync."
    href = address_with(UNKNOWN, connection=row.pk, word=word)
    return RecordGroup(
        connection=row,
        title=f"Status “{word[:80]}” is unknown",
        text=f"In {numbers.plural(unknown.runs, 'run')} of {row.name}. {text}",
        count=counted("unknown", unknown.results, href),
        value=word,
    )
