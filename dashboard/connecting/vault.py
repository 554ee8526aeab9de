"""A draft kept between two requests: encrypted, in the session, for a while only."""

from __future__ import annotations

import json
from dataclasses import dataclass

from django.contrib.sessions.backends.base import SessionBase
from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone

from dashboard.connecting.draft import Draft
from dashboard.connecting.finding import Finding
from ingest.credentials import decrypted, encrypted

KEY = "connecting"
KEPT_S = 30 * 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A draft, the finding of its last test, and what exactly was tested (`proof`)."""

    draft: Draft
    finding: Finding | None = None
    proof: str = ""


def proof_of(draft: Draft, secrets: dict[str, str]) -> str:
    """All that a test depends on, in one text: another text needs another test."""
    tested = [draft.vendor, draft.base_url, draft.settings, secrets]
    return json.dumps(tested, sort_keys=True)


def keep(session: SessionBase, kept: Kept) -> None:
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


def kept_for(session: SessionBase, draft: Draft) -> Kept:
    """What is kept for the same tool or connection as `draft`, else `draft` itself."""
    stored = session.get(KEY)
    if not stored:
        return Kept(draft=draft)
    if stored["until"] < timezone.now().timestamp():
        forget(session)
        return Kept(draft=draft)
    try:
        content = json.loads(decrypted(stored["blob"])["kept"])
    except ImproperlyConfigured:
        # The keys were changed meanwhile: the person types once more.
        forget(session)
        return Kept(draft=draft)
    finding = content["finding"]
    kept = Kept(
        draft=Draft.from_dict(content["draft"]),
        finding=Finding.from_dict(finding) if finding else None,
        proof=content["proof"],
    )
    return kept if kept.draft.is_for == draft.is_for else Kept(draft=draft)


def forget(session: SessionBase) -> None:
    session.pop(KEY, None)
