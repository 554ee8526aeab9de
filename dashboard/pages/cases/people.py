"""What people say of a test, and who may say more."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from dashboard.annotations.audit_log import acts_beside, newest_of
from dashboard.annotations.forms import mute_form, note_form
from dashboard.annotations.notes_and_mutes import CaseRemarks
from dashboard.models import ActKind
from dashboard.pages.cases.page_data import PageData
from dashboard.readers import is_signed_in
from dashboard.ui import links
from dashboard.ui.history import History, history_of
from dashboard.ui.lengths import Words
from dashboard.ui.parts import Button, Fact, Link
from dashboard.ui.text import times
from ingest.origins import web_link


@dataclass(frozen=True, slots=True, kw_only=True)
class RemarksCard:
    """Note and mute of a test, each with who and when; "" where nobody said anything.

    The forms are None for readers, who get `login` instead. A form that came back with
    problems is open.
    """

    owner: str
    text: Words
    issue: Link | None
    noted: str
    muted: str
    muted_reason: str
    muted_by: str
    facts: tuple[Fact, ...] = ()
    note_action: str = ""
    note_form: Any = None
    mute_action: str = ""
    mute_form: Any = None
    unmute: Button | None = None
    unmute_problem: str = ""
    login: Link | None = None
    is_note_open: bool = False
    is_mute_open: bool = False
    history: History = History()


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """The reader: `note` and `mute` are forms of theirs that came back with problems,
    `unmute` says why a mute did not end.
    """

    may_write: bool
    path: str
    note: Any = None
    mute: Any = None
    unmute: str = ""

    def login(self, purpose: str) -> Link | None:
        """The way to log in, for those who are not."""
        if self.may_write:
            return None
        query = urlencode({"next": self.path})
        return Link(text=f"Log in {purpose}", href=f"/login/?{query}")


def back_with(query: str, case: int) -> str:
    """The page of a case in the state that `query`, its own address, tells; "" else."""
    own = links.case(case)
    return query if query == own or query.startswith(f"{own}?") else own


def remarks_card(found: PageData, person: Person) -> RemarksCard:
    remarks, now, zone = _read(found), found.state.filters.now, found.state.zone
    note, mute = remarks.note, remarks.mute
    own = links.case(found.case.pk)
    may = person.may_write
    return RemarksCard(
        owner=remarks.owner,
        text=note.text if note else "",
        issue=_issue(remarks.issue_url),
        noted=f"{note.by}, {times.moment(note.at, now, zone)}" if note else "",
        muted=times.moment(mute.until, now, zone) if mute else "",
        muted_reason=mute.reason if mute else "",
        muted_by=_said_by(mute.by, times.moment(mute.at, now, zone)) if mute else "",
        facts=_facts(found),
        note_action=f"{own}note/",
        note_form=(person.note or _note_form(found)) if may else None,
        mute_action=f"{own}mute/",
        mute_form=(person.mute or mute_form(seen=_mute_seen(found))) if may else None,
        unmute=_unmute(found) if may and mute else None,
        unmute_problem=person.unmute,
        login=person.login("to write a note or mute this test"),
        is_note_open=person.note is not None,
        is_mute_open=person.mute is not None,
        history=history_of(acts_beside(found.case), now, zone),
    )


def _read(found: PageData) -> CaseRemarks:
    """What the reader may see of it: strangers that it is muted, and nobody's words."""
    if is_signed_in():
        return found.remarks
    mute = found.remarks.mute
    mute = replace(mute, by="", reason="") if mute else None
    return CaseRemarks(case=found.case.pk, mute=mute)


def _said_by(by: str, moment: str) -> str:
    return f"{by}, {moment}" if by else f"on {moment}"


def _issue(url: str) -> Link | None:
    """Only what a browser opens as a page; the form takes nothing else."""
    if not web_link(url):
        return None
    return Link(text=url.partition("://")[2].removeprefix("www."), href=url)


def _note_form(found: PageData) -> Any:
    note, seen = found.remarks.note, newest_of(found.case, ActKind.NOTE)
    if note is None:
        return note_form(seen=seen)
    said = {"owner": note.owner, "issue_url": note.issue_url, "text": note.text}
    return note_form(seen=seen, **said)


def _mute_seen(found: PageData) -> int:
    return newest_of(found.case, ActKind.MUTE)


def _unmute(found: PageData) -> Button:
    return Button(
        text="End the mute",
        href=f"{links.case(found.case.pk)}unmute/",
        method="post",
        small=True,
        fields=(("back", found.state.href), ("seen", str(_mute_seen(found)))),
    )


def _facts(found: PageData) -> tuple[Fact, ...]:
    case, zone = found.case, found.state.zone
    seen = times.moment(case.last_seen_at, found.state.filters.now, zone)
    return (
        Fact(label="Key", text=case.key, is_code=True, title=case.key),
        Fact(
            label="Last seen",
            text=seen,
            title=times.timestamp(case.last_seen_at, zone),
        ),
    )
