"""What people say of a test, and who may say more."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

from dashboard.annotations.audit_log import acts_beside, newest_of
from dashboard.annotations.forms import mute_form, note_form
from dashboard.annotations.notes_and_mutes import CaseRemarks
from dashboard.models import ActKind
from dashboard.pages.cases.page_data import PageData
from dashboard.readers import is_signed_in
from dashboard.ui.history import History, history_of
from dashboard.ui.lengths import LONGEST_NAME, Prose, Words, cut
from dashboard.ui.parts import Link
from ingest.origins import web_link


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """The reader: `note` and `mute` are forms of theirs that came back with problems,
    `unmute` says why a mute did not end.
    """

    may_write: bool
    note: Any = None
    mute: Any = None
    unmute: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RemarksCard:
    """What is said of a test, the note's `text` whole. The forms are None for readers;
    `mute_version` is the act that ending a mute takes back.
    """

    remarks: CaseRemarks
    text: Words
    key: Prose
    history: History
    note_form: Any
    mute_form: Any
    mute_version: int
    unmute_problem: str

    @property
    def issue(self) -> Link | None:
        """Only what a browser opens as a page; the form takes nothing else."""
        url = web_link(self.remarks.issue_url)
        text = url.partition("://")[2].removeprefix("www.")
        return Link(text=cut(text, LONGEST_NAME), href=url) if url else None


def remarks_card(data: PageData, person: Person) -> RemarksCard:
    case, remarks, may = data.case, _readable(data.remarks), person.may_write
    fields = asdict(remarks.note) if remarks.note else {}
    note_version = newest_of(case, ActKind.NOTE)
    mute_version = newest_of(case, ActKind.MUTE)
    notes = person.note or note_form(expected_version=note_version, **fields)
    mutes = person.mute or mute_form(expected_version=mute_version)
    return RemarksCard(
        remarks=remarks,
        text=remarks.note.text if remarks.note else "",
        key=case.key,
        history=history_of(acts_beside(case), data.clock.now, data.clock.zone),
        note_form=notes if may else None,
        mute_form=mutes if may else None,
        mute_version=mute_version,
        unmute_problem=person.unmute,
    )


def _readable(remarks: CaseRemarks) -> CaseRemarks:
    """What the reader may see: strangers that it is muted, and nobody's words."""
    if is_signed_in():
        return remarks
    mute = replace(remarks.mute, by="", reason="") if remarks.mute else None
    return CaseRemarks(case=remarks.case, mute=mute)
