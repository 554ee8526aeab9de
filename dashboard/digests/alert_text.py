"""What an alert says: what began, by its kind, and what is over."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from dashboard.digests.finding import Finding
from dashboard.digests.message import Message, Part
from dashboard.models import Cause, Subscription
from dashboard.ui.text.numbers import count, plural

MOST_LINES = 10
TITLES = {
    Cause.FLOOR: "Pass rate under its floor",
    Cause.FAILING: "Newly failing",
    Cause.FLAKY: "Newly flaky",
    Cause.MILESTONE: "Milestones",
    Cause.CONNECTION: "Tools",
    Cause.RUN: "Runs finished",
}
OVER = "Over again"
OPEN = "Open it as it was then"
OPEN_SYNC = "Open Sync (with an account)"


def message_of(
    subscription: Subscription, new: Sequence[Finding], ended: Sequence[str]
) -> Message:
    """What began, by its kind, and what is over."""
    parts = [
        _part(TITLES[cause], list(group))
        for cause, group in groupby(_in_order(new), key=lambda finding: finding.cause)
    ]
    if ended:
        parts.append(_lines(OVER, ended, len(ended)))
    is_bad = any(not finding.is_event for finding in new)
    return Message.made(
        subject=f"{subscription.name}: {_subject(new, ended)}",
        parts=tuple(parts),
        notes=(f"Muted tests are left out. Times are in {subscription.zone}.",),
        level="bad" if is_bad else "info" if new else "good",
        link_text=OPEN_SYNC if is_of_tools(new) else OPEN,
    )


def _in_order(new: Sequence[Finding]) -> list[Finding]:
    order = list(Cause)
    return sorted(new, key=lambda finding: order.index(finding.cause))


def _subject(new: Sequence[Finding], ended: Sequence[str]) -> str:
    if len(new) == 1:
        return new[0].title
    if new:
        kinds = dict.fromkeys(TITLES[one.cause].lower() for one in _in_order(new))
        return f"{count(_number(new))} new ({', '.join(kinds)})"
    return f"over again: {ended[0]}" if len(ended) == 1 else f"{len(ended)} over again"


def _part(title: str, group: Sequence[Finding]) -> Part:
    return _lines(title, [one.line for one in group if one.line], _number(group))


def _lines(title: str, lines: Sequence[str], number: int) -> Part:
    """The first lines, and how many more of the `number` there are."""
    shown = list(lines[:MOST_LINES])
    if left := number - len(shown):
        shown.append(f"and {plural(left, 'more', 'more')}")
    return Part(title=f"{title} ({count(number)})", lines=tuple(shown))


def _number(several: Sequence[Finding]) -> int:
    return sum(one.number for one in several)


def is_of_tools(new: Sequence[Finding]) -> bool:
    """Whether all of it is about connections."""
    return bool(new) and all(one.cause is Cause.CONNECTION for one in new)
