"""Notes and mutes of cases, written. They change no number."""

from __future__ import annotations

from datetime import datetime

from dashboard.models import CaseNote, Mute
from ingest.models import Case


def write_note(
    case: Case, *, owner: str, issue_url: str, text: str, by: str
) -> CaseNote | None:
    """Keep a case's note; one without any content is taken away (None)."""
    if not (owner or issue_url or text):
        CaseNote.objects.filter(case=case).delete()
        return None
    said = {"owner": owner, "issue_url": issue_url, "text": text, "by": by}
    return CaseNote.objects.update_or_create(case=case, defaults=said)[0]


def mute(case: Case, *, until: datetime, reason: str, by: str) -> Mute:
    """Show a case as muted before `until`."""
    said = {"until": until, "reason": reason, "by": by}
    return Mute.objects.update_or_create(case=case, defaults=said)[0]


def unmute(case: Case) -> None:
    Mute.objects.filter(case=case).delete()
