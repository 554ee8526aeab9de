"""What people noted about cases: who looks after them, issue, text, mute."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.utils import timezone

from dashboard.models import CaseNote, Mute
from dashboard.reading.scope import scope_key
from dashboard.request_cache import each_in_request
from ingest.models import Case


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteText:
    """A case's note; the user `by` wrote it at `at`."""

    by: str
    at: datetime
    owner: str
    issue_url: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MutePeriod:
    """A case is shown as muted before `until`; no number changes by it."""

    by: str
    at: datetime
    until: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRemarks:
    """What people said of a case; `mute` is None again once its time is over."""

    case: int
    note: NoteText | None = None
    mute: MutePeriod | None = None

    @property
    def owner(self) -> str:
        return self.note.owner if self.note else ""

    @property
    def issue_url(self) -> str:
        return self.note.issue_url if self.note else ""

    @property
    def is_muted(self) -> bool:
        return self.mute is not None


_SAID = """
SELECT own.id, note.by, note.at, note.owner, note.issue_url, note.text,
       mute.by, mute.at, mute.until, mute.reason
  FROM ingest_case own
  LEFT JOIN dashboard_casenote note ON note.case_id = own.id
  LEFT JOIN dashboard_mute mute ON mute.case_id = own.id
 WHERE own.id = ANY(%s) AND (note.case_id IS NOT NULL OR mute.case_id IS NOT NULL)
"""


def notes_of(
    cases: Collection[int], now: datetime | None = None
) -> Mapping[int, CaseRemarks]:
    """By case, only those of which something is noted; one query, and no second one for
    the same cases while a request is answered.

    `now` (this moment unless given) tells which mutes are over.
    """
    moment = now or timezone.now()
    said = each_in_request(f"remarks {scope_key()}", cases, _said)
    remarks = {
        case: CaseRemarks(
            case=case,
            note=_note_text(*found[:5]),
            mute=_mute_period(moment, *found[5:]),
        )
        for case, found in said.items()
    }
    return {case: one for case, one in remarks.items() if one.note or one.mute}


def _said(cases: Collection[int]) -> dict[int, list[Any]]:
    """The other columns of _SAID by case; mutes that are over, too."""
    with connection.cursor() as cursor:
        cursor.execute(_SAID, [list(cases)])
        return {case: found for case, *found in cursor.fetchall()}


# What a query for one case takes along, so that `remarks_of` asks for nothing.
WITH_REMARKS = ("note", "mute", "grouped")


def remarks_of(case: Case, now: datetime) -> CaseRemarks:
    """Of one case that was read with WITH_REMARKS, empty where nobody said anything."""
    note: CaseNote | None = getattr(case, "note", None)
    mute: Mute | None = getattr(case, "mute", None)
    return CaseRemarks(
        case=case.pk,
        note=_note_text(note.by, note.at, note.owner, note.issue_url, note.text)
        if note
        else None,
        mute=_mute_period(now, mute.by, mute.at, mute.until, mute.reason)
        if mute
        else None,
    )


def _note_text(
    by: str, at: datetime | None, owner: str, issue_url: str, text: str
) -> NoteText | None:
    if at is None:
        return None
    return NoteText(by=by, at=at, owner=owner, issue_url=issue_url, text=text)


def _mute_period(
    now: datetime, by: str, at: datetime | None, until: datetime, reason: str
) -> MutePeriod | None:
    if at is None or until <= now:
        return None
    return MutePeriod(by=by, at=at, until=until, reason=reason)
