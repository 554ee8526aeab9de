"""A form kept between two requests: encrypted, in the session, for a while only."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from django.contrib.sessions.backends.base import SessionBase
from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone

from dashboard.pages.connect.attempt import Attempt
from dashboard.pages.connect.discovery import Discovery
from dashboard.pages.connect.form_state import FormState
from ingest.credentials import decrypted, encrypted

KEY = "connecting"
KEPT_S = 30 * 60


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptSecrets:
    """A form, what its last test found, and what exactly was tested (`proof`)."""

    form_state: FormState
    discovery: Discovery | None = None
    proof: str = ""


def proof_of(form_state: FormState, secrets: dict[str, str]) -> str:
    """All that a test depends on, in one text: another text needs another test."""
    tested = [form_state.vendor, form_state.base_url, form_state.settings, secrets]
    return json.dumps(tested, sort_keys=True)


def keep(session: SessionBase, attempt: Attempt) -> None:
    """The attempt as its test left it; the test proves what it passed with."""
    has_passed = attempt.discovery is not None and attempt.discovery.has_passed
    kept = KeptSecrets(
        form_state=attempt.form_state,
        discovery=attempt.discovery,
        proof=proof_of(attempt.form_state, attempt.secrets) if has_passed else "",
    )
    store(session, kept)


def store(session: SessionBase, kept: KeptSecrets) -> None:
    session[KEY] = {
        "until": timezone.now().timestamp() + KEPT_S,
        "blob": encrypted({"kept": json.dumps(asdict(kept))}),
    }


def kept_for(session: SessionBase, form_state: FormState) -> KeptSecrets:
    """What is kept for the same tool or connection, else `form_state` itself."""
    kept = _stored(session)
    if kept is None or kept.form_state.is_for != form_state.is_for:
        return KeptSecrets(form_state=form_state)
    return kept


def _stored(session: SessionBase) -> KeptSecrets | None:
    stored = session.get(KEY)
    if not stored:
        return None
    if stored["until"] < timezone.now().timestamp():
        forget(session)
        return None
    try:
        content = json.loads(decrypted(stored["blob"])["kept"])
        discovery = content["discovery"]
        return KeptSecrets(
            form_state=FormState.from_dict(content["form_state"]),
            discovery=Discovery.from_dict(discovery) if discovery else None,
            proof=content["proof"],
        )
    except (ImproperlyConfigured, KeyError, TypeError):
        # The keys or the version were changed meanwhile: the person types once more.
        forget(session)
        return None


def forget(session: SessionBase) -> None:
    session.pop(KEY, None)
