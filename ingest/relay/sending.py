"""The parts of one queue sent in order: what became of each, and what follows of it."""

from __future__ import annotations

import json
import logging
import re
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone

from ingest.connections import relay_for, relay_is_on, relay_of
from ingest.contract import ConfigError, PayloadError, RetryableError, VendorError
from ingest.http import allowed
from ingest.models import PushedRun, RelayedPart, RelayState, Run, Thread
from ingest.parse import text_of
from ingest.recording import recording_time
from ingest.relay.outbox import UNSENT, Queue, wait_no_longer
from ingest.relaying import Part, Relay, Taken
from ingest.starting import UnclearError
from ingest.upsert import facts

log = logging.getLogger(__name__)

# For all that is asked of a vendor to send one part, a log-in and a key included.
SEND_LIMIT_S = 60.0
# Longer than that: who holds a claim is the only one that sends.
CLAIM = timedelta(seconds=90)
FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(minutes=30)
# About three days; then it is for a person to decide.
MOST_TRIES = 150
# A task ends after so many parts and another goes on: others want its worker.
MOST_PARTS = 500
NEVER_MADE = "What it belongs to was not taken, so it was not sent."
NO_ANSWER = (
    "Passline ended while it waited for the answer. Look at the tool before you send it "
    "again."
)


def hand_on(queue: Queue) -> bool:
    """Send what waits in a queue until it is empty or stuck; whether more may be sent.

    Several may do that at once: a part is claimed by one of them, and the others leave.
    """
    for _ in range(MOST_PARTS):
        part = _claimed_first(queue, timezone.now())
        if part is None or not _goes_on_behind(part):
            return False
    return True


def _claimed_first(queue: Queue, now: datetime) -> RelayedPart | None:
    """The first that is not sent, if it may be sent now and nobody else does."""
    part = (
        queue.parts()
        .filter(state__in=UNSENT)
        .select_related("project__connection", "run__pushed", "thread")
        .first()
    )
    if part is None or not _may_be_sent(part, now):
        return None
    was_claimed = part.claimed_until is not None
    # As it was looked at: another may have tried it meanwhile, and wait with the next.
    same = RelayedPart.objects.filter(
        pk=part.pk,
        state=RelayState.WAITING,
        tries=part.tries,
        claimed_until=part.claimed_until,
    )
    # A try over which a worker died is one, or such a part would be tried for ever.
    part.tries += was_claimed
    if not same.update(claimed_until=now + CLAIM, tries=part.tries):
        return None
    if was_claimed and (part.tries >= MOST_TRIES or not _is_repeatable(part)):
        _settle(part, RelayState.UNCLEAR, NO_ANSWER)
        return None
    return part


def _may_be_sent(part: RelayedPart, now: datetime) -> bool:
    project, connection = part.project, part.project.connection
    is_on = relay_is_on(connection) and not connection.paused_at
    is_due = part.next_try_at is None or part.next_try_at <= now
    is_free = part.claimed_until is None or part.claimed_until <= now
    is_there = project.removed_at is None
    return part.state == RelayState.WAITING and all((is_on, is_due, is_free, is_there))


def _is_repeatable(part: RelayedPart) -> bool:
    return relay_of(part.project.connection.vendor).acts[part.act].is_repeatable


def _goes_on_behind(part: RelayedPart) -> bool:
    """Send one part and note what became of it; whether the next one may follow."""
    try:
        relay = relay_for(part.project.connection)
        if _lacks_its_place(part, relay):
            _settle(part, RelayState.REFUSED, NEVER_MADE)
            return True
        with allowed(limit_s=SEND_LIMIT_S):
            taken = relay.send(_told(part))
        _note_taken(part, relay, taken)
    except (UnclearError, RetryableError, ConfigError) as error:
        _note_trouble(part, error)
        return False
    except PayloadError as error:
        _settle(part, RelayState.REFUSED, error.sentence, error.answer)
    except IntegrityError:
        thing = relay.acts[part.act].makes
        said = f"It made a {thing} of an id that another {thing} has here already."
        _settle(part, RelayState.UNCLEAR, said)
        return False
    except Run.DoesNotExist:
        # It was deleted with all its parts while the vendor answered.
        return False
    return True


def _lacks_its_place(part: RelayedPart, relay: Relay) -> bool:
    """Whether the run or thread was not made at the vendor that it is for."""
    makes = relay.acts[part.act].makes
    if part.run and makes != "run" and not part.run.pushed.is_at_vendor:
        return bool(_makers(relay, "run"))
    if part.thread is None or makes == "thread":
        return False
    made = RelayedPart.objects.filter(
        thread=part.thread, act__in=_makers(relay, "thread")
    )
    return not made.filter(state=RelayState.SENT).exists()


def _makers(relay: Relay, thing: str) -> list[str]:
    return [name for name, act in relay.acts.items() if act.makes == thing]


def _told(part: RelayedPart) -> Part:
    return Part(
        act=part.act,
        body=json.loads(part.body),
        project=part.project.external_id,
        run=part.run.external_id if part.run else "",
        thread=part.thread.external_id if part.thread else "",
        client_run=part.run.pushed.client_id if part.run else "",
    )


def _note_taken(part: RelayedPart, relay: Relay, taken: Taken) -> None:
    makes = relay.acts[part.act].makes
    with transaction.atomic():
        if part.run_id:
            # First, as whoever adds to it does, who saves its threads whole.
            Run.objects.select_for_update(of=["self"]).get(pk=part.run_id)
        if makes == "run" and part.run_id:
            _join_run(part.run_id, taken)
        elif part.run_id and not _makers(relay, "run"):
            _note_at_vendor(part.run_id)
        elif makes == "thread" and part.thread_id:
            Thread.objects.filter(pk=part.thread_id).update(external_id=taken.made)
        if part.tries:
            wait_no_longer(part.project.connection)
        part.body, part.sent_at, part.tries = "", timezone.now(), part.tries + 1
        _settle(part, RelayState.SENT, taken.note)
        unsent = _queue_of(part).parts().filter(state__in=UNSENT)
        if part.run_id and not unsent.exists():
            # What a sync read while some of it waited was not all.
            Run.objects.filter(pk=part.run_id).update(must_be_read=True)


def _queue_of(part: RelayedPart) -> Queue:
    return Queue(part.project_id, part.run_id)


def _join_run(run_id: int, taken: Taken) -> None:
    """Let the run bear the vendor's id, by which syncs find it."""
    run = Run.objects.get(pk=run_id)
    before = {"external_id": run.external_id, "vendor_url": run.vendor_url}
    facts.keep_old(run, before, recording_time())
    PushedRun.objects.filter(run=run).update(
        client_id=run.external_id, is_at_vendor=True
    )
    run.external_id = taken.made
    run.vendor_url = run.vendor_url or taken.url
    run.save(update_fields=["external_id", "vendor_url"])


def _note_at_vendor(run_id: int) -> None:
    """The vendor has the run that its client named, and says when it ends."""
    PushedRun.objects.filter(run=run_id).update(is_at_vendor=True, ends_at_vendor=True)


def _note_trouble(part: RelayedPart, error: VendorError) -> None:
    """Later again where the vendor did not take it, or takes it twice as once."""
    is_unclear = isinstance(error, UnclearError) and not _is_no(error)
    if is_unclear and not _is_repeatable(part):
        _settle(part, RelayState.UNCLEAR, error.sentence, error.answer)
        return
    part.tries += 1
    if part.tries >= MOST_TRIES:
        said = f"Given up after {part.tries} tries. {_said(error)}"
        _settle(part, RelayState.REFUSED, said, error.answer)
        return
    pause = min(FIRST_PAUSE * 2 ** min(part.tries - 1, 20), LONGEST_PAUSE)
    if isinstance(error, RetryableError) and error.retry_after_s:
        pause = max(pause, timedelta(seconds=error.retry_after_s))
    part.next_try_at = timezone.now() + pause
    _settle(part, RelayState.WAITING, _said(error), error.answer)


def _said(error: VendorError) -> str:
    """Without what is true of reading alone, or of what is not sent again by itself."""
    cause = error.cause if isinstance(error, UnclearError) else ""
    said = cause or error.sentence
    text = re.sub(r" The next sync (retries|goes on)\.", "", said)
    return text.replace("key with read access", "key that may write")


def _is_no(error: UnclearError) -> bool:
    """A server that says that it cannot answer now has done nothing."""
    return error.answer.startswith("HTTP 503")


def _settle(
    part: RelayedPart, state: RelayState, sentence: str, answer: str = ""
) -> None:
    part.state, part.sentence, part.answer = state, text_of(sentence), text_of(answer)
    part.claimed_until = None
    if state not in (RelayState.WAITING, RelayState.SENT):
        log.warning("%s of run %s: %s", part.act, part.run_id, sentence)
    # A person may have decided meanwhile to leave it out.
    RelayedPart.objects.filter(pk=part.pk, state=RelayState.WAITING).update(
        state=part.state,
        sentence=part.sentence,
        answer=part.answer,
        claimed_until=None,
        body=part.body,
        tries=part.tries,
        next_try_at=part.next_try_at,
        sent_at=part.sent_at,
    )
