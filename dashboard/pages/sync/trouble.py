"""A note for each connection that needs a person: fact, consequence, remedy, button."""

from __future__ import annotations

import re
from collections.abc import Sequence

from dashboard.addresses import address
from dashboard.metrics.freshness import is_behind
from dashboard.readers import Role, for_signed_in, is_signed_in, reader
from dashboard.ui import links
from dashboard.ui.clock import Clock
from dashboard.ui.freshness import ADDRESS, AWAY, KEY, short_reason
from dashboard.ui.parts import Button, Note
from dashboard.ui.text import times
from dashboard.ui.text.numbers import listed_names
from ingest.models import Connection

# Sentences of the vendors' client on what passes by itself.
PASSES = re.compile(r"next sync|tries again|goes on where it stopped", re.IGNORECASE)
SENTENCE = re.compile(r"(?<=[.!?])\s+")


def needs_person(row: Connection, clock: Clock) -> bool:
    """Whether it fails in a way, or for so long, that waiting does not help."""
    if row.paused_at is not None or not row.last_error:
        return False
    since = row.failing_since or row.last_attempt_at
    is_long = since is None or clock.now - since > row.fresh_for
    return is_long or not PASSES.search(row.last_error)


def failing_note(row: Connection, projects: Sequence[str], clock: Clock) -> Note:
    fact, *remedy = _told(row)
    parts = [_out_of_date(projects), *remedy]
    parts.append("Missed runs are fetched as soon as it works.")
    return Note(
        kind="bad",
        glyph="failing",
        fact=f"{_ended(fact)} {_silence(row, clock)}",
        text=" ".join(part for part in parts if part),
        answer=for_signed_in(row.last_answer),
        buttons=_buttons(row),
    )


def _told(row: Connection) -> list[str]:
    """The error's first sentence, and the rest; strangers get no address and answer."""
    if is_signed_in():
        return SENTENCE.split(row.last_error.strip(), maxsplit=1)
    return [f"{row.name} does not sync: {short_reason(row.last_error).lower()}."]


def stale_note(late: Sequence[Connection], clock: Clock) -> Note | None:
    """One note for connections that nobody has even tried to sync for too long."""
    if not late:
        return None
    names = listed_names([row.name for row in late])
    oldest = min(row.last_success_at for row in late if row.last_success_at)
    verb = "is" if len(late) == 1 else "are"
    return Note(
        kind="warn",
        glyph="stale",
        fact=f"{names} {verb} behind, the oldest by {times.age(oldest, clock.now)}.",
        text="No sync has begun in time, and nothing says why. Syncs need a worker and "
        "the beat: make up and manage.py serve start both; in containers look at the "
        "services worker and beat.",
    )


def is_late(row: Connection, clock: Clock) -> bool:
    if row.paused_at is not None or row.last_success_at is None:
        return False
    return not row.last_error and is_behind(row, clock.now)


def _ended(sentence: str) -> str:
    return sentence if sentence.endswith((".", "!", "?")) else f"{sentence}."


def _silence(row: Connection, clock: Clock) -> str:
    if row.last_success_at is None:
        return "Nothing has come in yet."
    age = times.age(row.last_success_at, clock.now)
    if age == "now":
        return "The sync before it worked."
    return f"Nothing has come in for {age}."


def _out_of_date(projects: Sequence[str]) -> str:
    if not projects:
        return ""
    verb = "is" if len(projects) == 1 else "are"
    return f"{listed_names(projects)} {verb} out of date."


def _buttons(row: Connection) -> tuple[Button, ...]:
    """What mends it, where this reader may."""
    who = reader()
    if who.may(Role.ADMIN):
        return (_button(row),)
    return (_sync_now(row),) if who.may(Role.EDITOR) else ()


def _button(row: Connection) -> Button:
    """Another key, another address, or another try."""
    settings = links.settings_of(row.pk)
    if KEY.search(row.last_error):
        return Button(text="Enter new key", href=settings, icon="key", primary=True)
    if ADDRESS.search(row.last_error) and not AWAY.search(row.last_error):
        return Button(text="Change address", href=settings, icon="plug", primary=True)
    return _sync_now(row)


def _sync_now(row: Connection) -> Button:
    return Button(
        text="Sync now",
        href=address("sync-now", row.pk),
        method="post",
        icon="sync",
        primary=True,
        busy_text="Syncing",
    )
