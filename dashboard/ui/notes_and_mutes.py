"""What people noted about a case, as lists print it beside its name."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import datetime

from dashboard.annotations.notes_and_mutes import CaseRemarks, notes_of
from dashboard.readers import for_signed_in, is_signed_in
from dashboard.ui.clock import Clock
from dashboard.ui.lengths import LONGEST_NAME, cut
from dashboard.ui.panels import load_or_none
from dashboard.ui.parts import Link
from dashboard.ui.text import times
from dashboard.ui.url_state import PageState
from ingest.origins import web_link


def remarks_on(cases: Collection[int], now: datetime) -> Mapping[int, CaseRemarks]:
    """What is noted of all cases that a page names, in one query.

    Empty where it did not load: the rows are whole and only their marks are missing.
    """
    return load_or_none("remarks", lambda: notes_of(cases, now)) or {}


def readable(remarks: CaseRemarks) -> CaseRemarks:
    """What the reader may see: strangers that it is muted, and nobody's words."""
    if is_signed_in():
        return remarks
    mute = replace(remarks.mute, by="", reason="") if remarks.mute else None
    return CaseRemarks(case=remarks.case, mute=mute)


def issue_link(remarks: CaseRemarks) -> Link | None:
    """Only what a browser opens as a page; the form takes nothing else."""
    url = web_link(remarks.issue_url)
    text = url.partition("://")[2].removeprefix("www.")
    return Link(text=cut(text, LONGEST_NAME), href=url) if url else None


def owner_of(remarks: CaseRemarks | None) -> str:
    """Who looks after a case, "" for strangers too."""
    return for_signed_in(remarks.owner) if remarks else ""


def mute_titles(cases: Collection[int], clock: Clock) -> dict[int, str]:
    """Of those that are muted; the template says {{ titles|lookup:case }}."""
    titles = {
        case: mute_words(remarks, clock.moment)
        for case, remarks in remarks_on(cases, clock.now).items()
    }
    return {case: title for case, title in titles.items() if title}


def muted_title(state: PageState, case: int, remarks: Mapping[int, CaseRemarks]) -> str:
    """ "Muted until 3 Dec 00:00 by mara: sandbox is down", without who and why for
    strangers; "" where it is not muted.

    `remarks` come from remarks_on; `{% muted %}` prints the mark with this title.
    """
    return mute_words(
        remarks.get(case), lambda at: times.moment(at, state.filters.now, state.zone)
    )


def mute_words(remarks: CaseRemarks | None, moment: Callable[[datetime], str]) -> str:
    """The same of one case's remarks, with `moment` to put times into words."""
    if remarks is None or remarks.mute is None:
        return ""
    mute = remarks.mute
    if not is_signed_in():
        return f"Muted until {moment(mute.until)}"
    reason = f": {mute.reason}" if mute.reason else ""
    return f"Muted until {moment(mute.until)} by {mute.by}{reason}"
