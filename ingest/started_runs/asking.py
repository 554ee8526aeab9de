"""A vendor is asked once for a run or a test, however often and at once we are asked."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.dispatch import Signal
from django.utils import timezone

from ingest.connections import starter_for
from ingest.contract import VendorError
from ingest.models import Project, Run, StartedRun
from ingest.models.started import ID_LENGTH, StartKind, StartState
from ingest.origins import web_link
from ingest.started_runs.vendor_runs import refuse_unknown
from ingest.starting import (
    MadeCase,
    Only,
    RefusedError,
    Started,
    UnclearError,
    checked,
    kept,
)

# Longer than the client waits for an answer to what is sent once.
ANSWERED_WITHIN = timedelta(seconds=60)
LOOK_FOR_ANSWER_S = 0.1
LONGEST_ADDRESS = 2000
# The API's status where it may have been done.
NOBODY_KNOWS = 409
FIRST_LOOK = timedelta(seconds=5)
NEVER_ANSWERED = (
    "Passline ended while it waited for the answer. Look at the tool before you start "
    "it again."
)


# `row` is one whose answer nobody heard: it may have been done all the same.
answer_lost = Signal()


class KeyReusedError(Exception):
    """The key of another request came with this one; nothing was sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request that a run be started: of whom, what for, and what makes it the same.

    `kept`: the values without what nobody else may read.
    """

    project: Project
    kind: StartKind
    values: Mapping[str, Any]
    kept: Mapping[str, Any]
    by: str
    key: str | None

    @property
    def body_hash(self) -> str:
        said = [self.kind, self.project.pk, self.values]
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def start(
    project: Project,
    values: Mapping[str, Any],
    *,
    by: str,
    key: str | None = None,
    on_taken: Callable[[StartedRun], None] | None = None,
) -> StartedRun:
    """Let the project's vendor start a run, or give what became of the same request.

    `on_taken` is called in the transaction that notes what the vendor took, or may have.

    Raises:
        FieldsError: the values are none that this vendor takes; nothing was sent.
        KeyReusedError: see there.
        RefusedError: this vendor starts no runs. Its refusal of one is in the row.
    """
    starter = starter_for(project.connection)
    if not starter.start_fields:
        raise starter.not_offered("starting runs from outside")
    given = checked(starter.start_fields, values)
    starter.check_start(given)
    asked = Asked(
        project=project,
        kind=StartKind.START,
        values=given,
        kept=kept(starter.start_fields, given),
        by=by,
        key=key,
    )
    return _once(asked, lambda: starter.start(project.external_id, given), on_taken)


def rerun(
    run: Run,
    only: Only,
    *,
    by: str,
    key: str | None = None,
    on_taken: Callable[[StartedRun], None] | None = None,
) -> StartedRun:
    """Let the vendor run again what failed in a run, or all of it; as `start`."""
    project = run.project
    starter = starter_for(project.connection)
    if not starter.reruns:
        raise starter.not_offered("running a run again from outside")
    refuse_unknown(run, starter)
    values = {"rerun": run.external_id, "only": only}
    asked = Asked(
        project=project,
        kind=StartKind.RERUN,
        values=values,
        kept=values,
        by=by,
        key=key,
    )

    def act() -> Started:
        return starter.rerun(project.external_id, run.external_id, only=only)

    return _once(asked, act, on_taken)


def create_case(
    project: Project,
    values: Mapping[str, Any],
    *,
    by: str,
    key: str | None = None,
    on_taken: Callable[[StartedRun], None] | None = None,
) -> StartedRun:
    """Let the project's vendor make a test; as `start`."""
    starter = starter_for(project.connection)
    if not starter.case_fields:
        raise starter.not_offered("making tests from outside")
    given = checked(starter.case_fields, values)
    asked = Asked(
        project=project,
        kind=StartKind.CASE,
        values=given,
        kept=kept(starter.case_fields, given),
        by=by,
        key=key,
    )
    return _once(
        asked, lambda: starter.create_case(project.external_id, given), on_taken
    )


def _once(
    asked: Asked,
    act: Callable[[], Started | MadeCase],
    on_taken: Callable[[StartedRun], None] | None,
) -> StartedRun:
    """Whoever inserts the row asks the vendor; everybody else waits for the answer."""
    row, is_ours = _row_of(asked)
    if not is_ours:
        if row.body_hash != asked.body_hash:
            raise KeyReusedError
        return _answered(row)
    _ask(row, act)
    with transaction.atomic():
        row.save()
        if on_taken and row.state != StartState.REFUSED:
            on_taken(row)
    return row


def _row_of(asked: Asked) -> tuple[StartedRun, bool]:
    row = StartedRun(
        connection_id=asked.project.connection_id,
        project=asked.project,
        kind=asked.kind,
        by=asked.by,
        key=asked.key,
        body_hash=asked.body_hash,
        values=dict(asked.kept),
        state=StartState.ASKED,
        asked_at=timezone.now(),
        # Should this process end before it has the answer.
        next_look_at=timezone.now() + ANSWERED_WITHIN,
    )
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        return StartedRun.objects.get(
            connection=asked.project.connection_id, by=asked.by, key=asked.key
        ), False
    return row, True


def _answered(row: StartedRun) -> StartedRun:
    """The row once its vendor answered; as it is when nobody waits for that any more."""
    until = row.asked_at + ANSWERED_WITHIN
    while row.state == StartState.ASKED and timezone.now() < until:
        time.sleep(LOOK_FOR_ANSWER_S)
        row.refresh_from_db()
    if row.state == StartState.ASKED:
        lose(row, NEVER_ANSWERED)
    return row


def lose(row: StartedRun, sentence: str) -> None:
    """Wait no more for an answer; one that has come meanwhile stands."""
    lost = StartedRun.objects.filter(pk=row.pk, state=StartState.ASKED).update(
        state=StartState.LOST,
        refused_with=NOBODY_KNOWS,
        sentence=sentence,
        ended_at=timezone.now(),
        next_look_at=None,
    )
    row.refresh_from_db()
    if lost:
        answer_lost.send_robust(None, row=row)


def _ask(row: StartedRun, act: Callable[[], Started | MadeCase]) -> None:
    """Note in the row what the vendor says; whatever happens, it is not asked again."""
    try:
        done = act()
    except RefusedError as error:
        row.state, row.refused_with = StartState.REFUSED, error.status
        row.sentence, row.answer = error.sentence, error.answer
    except UnclearError as error:
        row.state, row.refused_with = StartState.LOST, NOBODY_KNOWS
        row.sentence, row.answer = error.sentence, error.answer
    except VendorError as error:
        # Raised before anything was sent: credentials, an id that is none.
        row.state, row.refused_with = StartState.REFUSED, 409
        row.sentence, row.answer = error.sentence, error.answer
    else:
        if isinstance(done, Started):
            _note(row, done)
            return
        row.state, row.accepted_at = StartState.DONE, timezone.now()
        row.handle, row.vendor_url = done.external_id[:ID_LENGTH], _address(done.url)
    row.ended_at, row.next_look_at = timezone.now(), None


def _note(row: StartedRun, started: Started) -> None:
    now = timezone.now()
    row.state, row.accepted_at = StartState.ACCEPTED, now
    row.handle, row.run_external_id = started.job[:ID_LENGTH], started.run_external_id
    row.vendor_url, row.sentence = _address(started.url), started.note
    row.next_look_at = now + FIRST_LOOK


def _address(url: str) -> str:
    """A page's address that is safe to open, and no longer than browsers take."""
    return web_link(url) if len(url) <= LONGEST_ADDRESS else ""
