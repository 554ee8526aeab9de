"""What people noted about a case, as lists print it beside its name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from dashboard import words
from dashboard.lists.notes import CaseRemarks
from dashboard.pages.state import PageState


def muted_title(
    state: PageState, case: int, remarks: Mapping[int, CaseRemarks] | None
) -> str:
    """ "Muted until 3 Dec 00:00 by mara: sandbox is down"; "" where it is not muted.

    `remarks` come from notes_of; `_muted.html` prints the mark with this title.
    """
    now, zone = state.filters.now, state.zone
    found = remarks.get(case) if remarks else None
    return mute_words(found, lambda at: words.moment(at, now, zone))


def mute_words(remarks: CaseRemarks | None, moment: Callable[[datetime], str]) -> str:
    """The same of one case's remarks, with `moment` to put times into words."""
    if remarks is None or remarks.mute is None:
        return ""
    mute = remarks.mute
    reason = f": {mute.reason}" if mute.reason else ""
    return f"Muted until {moment(mute.until)} by {mute.by}{reason}"
