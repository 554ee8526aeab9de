"""A draft kept between two requests: encrypted, in the session, for a while only."""

from __future__ import annotations

import json
from dataclasses import dataclass

from django.contrib.sessions.backends.base import SessionBase
from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone

from dashboard.pages.connect.discovery import Discovery
from dashboard.pages.connect.form_state import FormState
from ingest.credentials import decrypted, encrypted

KEY = "connecting"
KEPT_S = 30 * 60


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptSecrets:
    """A draft, the finding of its last test, and what exactly was tested (`proof`)."""

    draft: FormState
    finding: Discovery | None = None
    proof: str = ""


def proof_of(draft: FormState, secrets: dict[str, str]) -> str:
    """All that a test depends on, in one text: another text needs another test."""
    tested = [draft.vendor, draft.base_url, draft.settings, secrets]
    return json.dumps(tested, sort_keys=True)


def keep(session: SessionBase, kept: KeptSecrets) -> None:
    text = json.dumps(
        {
            "draft": kept.draft.as_dict(),
            "finding": kept.finding.as_dict() if kept.finding else None,
            "proof": kept.proof,
        }
    )
    session[KEY] = {
        "until": timezone.now().timestamp() + KEPT_S,
        "blob": encrypted({"kept": text}),
    }


def kept_for(session: SessionBase, draft: FormState) -> KeptSecrets:
    """What is kept for the same tool or connection as `draft`, else `draft` itself."""
    stored = session.get(KEY)
    if not stored:
        return KeptSecrets(draft=draft)
    if stored["until"] < timezone.now().timestamp():
        forget(session)
        return KeptSecrets(draft=draft)
    try:
        content = json.loads(decrypted(stored["blob"])["kept"])
    except ImproperlyConfigured:
        # The keys were changed meanwhile: the person types once more.
        forget(session)
        return KeptSecrets(draft=draft)
    finding = content["finding"]
    kept = KeptSecrets(
        draft=FormState.from_dict(content["draft"]),
        finding=Discovery.from_dict(finding) if finding else None,
        proof=content["proof"],
    )
    return kept if kept.draft.is_for == draft.is_for else KeptSecrets(draft=draft)


def forget(session: SessionBase) -> None:
    session.pop(KEY, None)
