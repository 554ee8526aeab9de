"""What must hold after any fault: nothing stuck, nothing lost, nothing twice, and told."""

from __future__ import annotations

from html import unescape
from typing import Any

from django.contrib.auth.models import User
from django.test import Client

from ingest import tasks
from ingest.models import Connection, Project, RelayedPart, RelayState, Sync
from ingest.rollups import differences
from ingest.sync.closing import UNFINISHED
from tests import clock
from tests.ingest.served import let_time_pass
from tests.ingest.tables import tables
from tests.services import wait_for


def unfinished() -> Any:
    return Sync.objects.filter(status__in=UNFINISHED)


def looks() -> None:
    """What a beat asks a worker for every few seconds."""
    tasks.start_due_syncs.delay()


def is_over() -> None:
    begun = Sync.objects.filter(parent=None)
    wait_for(lambda: begun.exists() and not unfinished().exists(), "the sync to end")


def what_died_is_closed() -> None:
    """By the next looks of a beat, as of a worker that is there again."""
    let_time_pass()
    looks()
    wait_for(lambda: not unfinished().exists(), "what died to be closed")


def is_read_again() -> Sync:
    """The next sync that falls due, once it is over; it must be a clean one."""
    newest = Sync.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    Connection.objects.update(next_sync_at=clock.now())
    looks()
    later = Sync.objects.filter(parent=None, pk__gt=newest, finished_at__isnull=False)
    parent: Sync = wait_for(later.first, "the next sync")
    assert parent.status == "ok", parent.error
    return parent


def is_sound(whole: dict[str, list[Any]]) -> None:
    """Our tables are those of an undisturbed run, and nobody waits for anything."""
    left = tables()
    for name, rows in whole.items():
        assert left[name] == rows, name
    nothing_is_stuck()


def nothing_is_stuck() -> None:
    # What `rollups --check` prints.
    assert list(differences()) == []
    assert not unfinished().exists()
    assert not Project.objects.exclude(claim=None).exists()
    waiting = RelayedPart.objects.filter(state=RelayState.WAITING)
    assert not waiting.exists()


def page(path: str) -> str:
    """As an administrator gets it, in words."""
    root, _ = User.objects.get_or_create(username="root", is_superuser=True)
    browser = Client()
    browser.force_login(root)
    answer = browser.get(path)
    assert answer.status_code == 200, (path, answer.status_code)
    return unescape(answer.content.decode())


def is_told() -> set[str]:
    """Each sync that did not end well says why, and /sync/ says so too; the sentences."""
    troubled = Sync.objects.exclude(status__in=["ok", *UNFINISHED])
    assert not troubled.filter(error="").exists()
    said = set(troubled.values_list("error", flat=True))
    text = page("/sync/") if said else ""
    for sentence in said:
        assert sentence in text, sentence
    return said
