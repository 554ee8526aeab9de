"""Notes and mutes of cases, written. They change no number."""

from __future__ import annotations

from datetime import UTC, datetime

from django.utils import timezone

from dashboard.advisory_lock import advisory_lock
from dashboard.annotations.audit_log import NOTHING, Said, record
from dashboard.models import ActKind, CaseNote, Mute
from ingest.models import Case


def write_note(
    case: Case,
    *,
    owner: str,
    issue_url: str,
    text: str,
    by: str,
    expected_version: int | None = None,
) -> CaseNote | None:
    """Keep a case's note; one without any content is taken away (None).

    Raises:
        ChangedMeanwhile: somebody changed it after the act `expected_version`.
    """
    said = {"owner": owner, "issue_url": issue_url, "text": text}
    after = {name: value for name, value in said.items() if value}
    with advisory_lock(f"note of case {case.pk}"):
        note = CaseNote.objects.filter(case=case).first()
        before = _note_said(note)
        if after == before:
            return note
        record(
            ActKind.NOTE, case, before, after, by=by, expected_version=expected_version
        )
        if not after:
            CaseNote.objects.filter(case=case).delete()
            return None
        kept = said | {"by": by}
        return CaseNote.objects.update_or_create(case=case, defaults=kept)[0]


def _note_said(note: CaseNote | None) -> Said:
    if note is None:
        return NOTHING
    said = {"owner": note.owner, "issue_url": note.issue_url, "text": note.text}
    return {name: value for name, value in said.items() if value}


def mute(
    case: Case,
    *,
    until: datetime,
    reason: str,
    by: str,
    expected_version: int | None = None,
) -> Mute:
    """Show a case as muted before `until`.

    Raises:
        ChangedMeanwhile: somebody muted or unmuted it after the act `expected_version`.
    """
    with advisory_lock(f"mute of case {case.pk}"):
        kept = Mute.objects.filter(case=case).first()
        before, after = _mute_said(kept), _mute_said(Mute(until=until, reason=reason))
        if kept is not None and after == before:
            return kept
        record(
            ActKind.MUTE, case, before, after, by=by, expected_version=expected_version
        )
        said = {"until": until, "reason": reason, "by": by}
        return Mute.objects.update_or_create(case=case, defaults=said)[0]


def unmute(case: Case, *, by: str, expected_version: int | None = None) -> None:
    """Show the case as any other.

    Raises:
        ChangedMeanwhile: somebody changed the mute after the act `expected_version`.
    """
    with advisory_lock(f"mute of case {case.pk}"):
        kept = Mute.objects.filter(case=case).first()
        if kept is not None and kept.until > timezone.now():
            record(
                ActKind.MUTE,
                case,
                _mute_said(kept),
                NOTHING,
                by=by,
                expected_version=expected_version,
            )
        Mute.objects.filter(case=case).delete()


def _mute_said(mute: Mute | None) -> Said:
    """A mute that is over is told with its time: nobody took it back."""
    if mute is None:
        return NOTHING
    return {"until": mute.until.astimezone(UTC).isoformat(), "reason": mute.reason}
