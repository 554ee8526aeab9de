"""Rejected records by their reason, and words that wait to be mapped."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from dashboard.lists.rejects import ReasonGroup, UnknownWord
from dashboard.pages.sync.state import REJECTS, SYNC, UNKNOWN, WINDOW, address
from dashboard.readers import for_signed_in
from dashboard.tools import tool_label
from dashboard.ui.clock import Clock
from dashboard.ui.filter_bar import tool
from dashboard.ui.parts import Button, EmptyState, Number, Tool
from dashboard.ui.text import numbers
from ingest.contract import Status
from ingest.models import Connection

CLOCK = re.compile(r"below zero|impossibly long", re.IGNORECASE)
# Reasons begin with the name of the vendor's field: "elapsed -41 is below zero".
FIELD = re.compile(r"^(?!(?:the|a|an|no)\b)([\w.]+) (?=is |-?\d)", re.IGNORECASE)
VALUES = re.compile(r"'[^']*'|\"[^\"]*\"|(?<!ISO )(?<![\w.])-?\d[\d.]*")
UNKNOWN_PART = re.compile(r":\s*(\w+) unknown")
FOR_SIGNED_IN = EmptyState(
    title="Rejected records are for people who are signed in",
    text="They hold the tools' raw answers.",
    icon="key",
    button=Button(text="Log in", href="/login/?next=/sync/", small=True),
)
NOTHING = EmptyState(
    title="Nothing was rejected",
    text="Every record that the tools gave could be read, and every status is known.",
    glyph="fixed",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusChoice:
    value: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownStatus:
    """A word that no map knows, with the form that maps it (POST to `action`).

    Fields sent: `hidden`, and `status` with one of `choices`.
    """

    key: str
    tool: Tool
    title: str
    text: str
    count: Number
    action: str
    choices: tuple[StatusChoice, ...]
    hidden: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectGroup:
    """Rejected records of one reason; `text` says what to do."""

    tool: Tool
    title: str
    text: str
    count: Number


# What a vendor's word can count as: an outcome that stays. None is chosen beforehand,
# so that nobody's haste makes a guess.
CHOICES = (
    StatusChoice(value="", text="Choose"),
    *(
        StatusChoice(value=str(status), text=str(status).capitalize())
        for status in (
            Status.PASSED,
            Status.FAILED,
            Status.ERROR,
            Status.SKIPPED,
            Status.BLOCKED,
            Status.UNTESTED,
        )
    ),
)


def reject_group(
    group: ReasonGroup, connections: Mapping[int, Connection], clock: Clock
) -> RejectGroup:
    """A title with the reason, a text on what was kept and what to do."""
    row = connections[group.connection]
    href = address(
        REJECTS,
        connection=row.pk,
        reason=group.reason_key,
        state="open",
        kept=int(group.is_stored),
    )
    return RejectGroup(
        tool=tool(row.vendor),
        title=reason_title(group),
        text=f"{_kept(group)} {_remedy(group, tool_label(row.vendor))}",
        count=Number(
            text=numbers.count(group.count),
            metric="odd" if group.is_stored else "rejected",
            value=group.count,
            href=href,
            title=f"newest {clock.ago(group.newest_at)}",
        ),
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


def unknown_status(
    found: UnknownWord,
    place: int,
    connections: Mapping[int, Connection],
    *,
    may_write: bool,
) -> UnknownStatus:
    """The word with the form that maps it; a reader gets no choices, so no form."""
    row = connections[found.connection]
    mapped = row.status_map.get(found.word, "")
    text = "Choose what it counts as, then its runs are read again."
    if mapped:
        text = f"Counts as {mapped}; its runs are read again with the next sync."
    return UnknownStatus(
        key=str(place),
        tool=tool(row.vendor),
        title=f"Status “{found.word[:80]}” is unknown",
        text=f"In {numbers.plural(found.runs, 'run')} of {row.name}. {text}",
        count=Number(
            text=numbers.count(found.results),
            metric="unknown",
            value=found.results,
            href=address(UNKNOWN, connection=row.pk, word=found.word),
        ),
        action=f"{SYNC}{row.pk}/map/",
        choices=CHOICES if may_write else (),
        hidden=(("word", found.word),),
    )


def rejected_total(count: int) -> Number | None:
    """Rows left out in 24 h, over all connections."""
    if not count:
        return None
    href = for_signed_in(address(REJECTS, kept=0, window=WINDOW))
    return Number(text=numbers.count(count), metric="rejected", value=count, href=href)
