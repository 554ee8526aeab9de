"""What a person decides of requests that a tool did not take, each act kept."""

from __future__ import annotations

from collections.abc import Callable

from django.db import transaction

from dashboard.annotations.audit_log import NOTHING, record
from dashboard.models import ActKind
from dashboard.reading.scope import everything
from ingest.models import Project, Run
from ingest.relay import outbox
from ingest.relay.outbox import Queue


def send_again(about: Run | Project, *, by: str) -> int:
    """Let what a tool refused or may not have got of a run, or of a project where there
    is no run, be sent once more; how many requests.
    """
    return _decided(about, outbox.send_again, "send again", by)


def leave_out(about: Run | Project, *, by: str) -> int:
    """Let it never be sent, and what comes behind it go on; how many requests."""
    return _decided(about, outbox.leave_out, "leave out", by)


def queue_of(about: Run | Project) -> Queue:
    if isinstance(about, Project):
        return Queue(about.pk, None)
    return Queue(about.project_id, about.pk)


@everything()
def _decided(
    about: Run | Project, decide: Callable[[Queue], int], word: str, by: str
) -> int:
    with transaction.atomic():
        if number := decide(queue_of(about)):
            said = {"decision": word, "requests": number}
            is_run = isinstance(about, Run)
            kind = ActKind.RELAY if is_run else ActKind.RELAY_TESTS
            record(kind, about, NOTHING, said, by=by)
    return number
