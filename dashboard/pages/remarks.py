"""What people noted about a case, as lists print it beside its name."""

from __future__ import annotations

from collections.abc import Mapping

from dashboard import words
from dashboard.lists.notes import CaseRemarks
from dashboard.pages.state import PageState


def muted_title(
    state: PageState, case: int, remarks: Mapping[int, CaseRemarks] | None
) -> str:
    """ "Muted until 3 Dec 00:00 by mara: sandbox is down"; "" where it is not muted.

    `remarks` come from notes_of; `_muted.html` prints the mark with this title.
    """
    found = remarks.get(case) if remarks else None
    if found is None or found.mute is None:
        return ""
    until = words.moment(found.mute.until, state.filters.now, state.zone)
    reason = f": {found.mute.reason}" if found.mute.reason else ""
    return f"Muted until {until} by {found.mute.by}{reason}"
