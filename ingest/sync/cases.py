"""A project's list of tests in a look: those that never ran, and what milestones hold."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import TypeVar

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from ingest.contract import (
    CaseReader,
    CaseRecord,
    Connector,
    IncompleteListError,
    MilestoneRecord,
    MilestoneState,
    PayloadError,
    Reject,
    VendorError,
)
from ingest.held import MB, Held
from ingest.http import UnsupportedError
from ingest.models import MilestoneMember, Project
from ingest.models.runs import NAMED_HERE
from ingest.recording import recording_time
from ingest.sync.outcome import Outcome
from ingest.sync.prefetch import prefetch
from ingest.upsert import store_listed_cases, store_milestone_cases

T = TypeVar("T")
MOST_CASES = 200_000
MOST_BYTES = 64 * MB
# Of one look; the others have their turn with the next ones.
MOST_MILESTONES = 100


def read_cases(
    project: Project, connector: Connector, outcome: Outcome, hold: Callable[[], None]
) -> None:
    """Bring the tests that never ran up to date; `hold` keeps the claim.

    Without them the runs are as whole as before: trouble with this list is told, and
    leaves the tests as they were.
    """
    if not connector.capabilities.cases or not isinstance(connector, CaseReader):
        return
    try:
        listed = connector.cases(project.external_id)
        records, is_whole = _listed(listed, _case, "The list of tests", outcome, hold)
    except VendorError as trouble:
        _tell(outcome, f"The list of tests could not be read. {trouble}", trouble)
        return
    now = timezone.now()
    store_listed_cases(project, records, now, is_whole=is_whole, hold=hold)
    _read_milestones(project, connector, outcome, hold)


def _read_milestones(
    project: Project, connector: CaseReader, outcome: Outcome, hold: Callable[[], None]
) -> None:
    for member in list(islice(_to_ask(project), MOST_MILESTONES)):
        record = MilestoneRecord(external_id=member.external_id, name=member.name)
        what = f"The tests of milestone {member.name[:80]}"
        try:
            keys = connector.milestone_cases(project.external_id, record)
            found, is_whole = _listed(keys, _key, what, outcome, hold)
        except UnsupportedError:
            return
        except VendorError as trouble:
            _tell(outcome, f"{what} could not be read. {trouble}", trouble)
            if not isinstance(trouble, PayloadError):
                return
            continue
        hold()
        with transaction.atomic():
            store_milestone_cases(member, found, recording_time(), is_whole=is_whole)


def _to_ask(project: Project) -> Iterator[MilestoneMember]:
    """Open milestones, the one first whose tests were read longest ago, and those that
    were completed before anybody asked.
    """
    members = project.milestone_members.filter(removed_at=None).exclude(
        external_id__startswith=NAMED_HERE
    )
    for member in members.order_by(F("cases_read_at").asc(nulls_first=True), "pk"):
        is_open = member.state == MilestoneState.OPEN
        if is_open or member.cases_read_at is None:
            yield member


def _listed(
    items: Iterator[T | Reject],
    texts: Callable[[T], tuple[str, ...]],
    what: str,
    outcome: Outcome,
    hold: Callable[[], None],
) -> tuple[list[T], bool]:
    """The rows, and whether they are all that the vendor states."""
    found: list[T] = []
    held = Held(what, most_rows=MOST_CASES, most_bytes=MOST_BYTES)
    is_whole = True
    try:
        for item in prefetch(items, hold):
            if isinstance(item, Reject):
                outcome.keep_reject(item)
                # What it is of may be here already.
                is_whole = False
            else:
                held.add(texts(item))
                found.append(item)
    except IncompleteListError as lack:
        outcome.notes.append(lack.sentence)
        is_whole = False
    return found, is_whole


def _case(record: CaseRecord) -> tuple[str, ...]:
    return record.key, record.name, record.folder, record.name_key


def _key(key: str) -> tuple[str, ...]:
    return (key,)


def _tell(outcome: Outcome, sentence: str, trouble: Exception) -> None:
    """A list that this vendor does not give as we know it is no trouble of this sync."""
    if isinstance(trouble, PayloadError):
        outcome.notes.append(sentence)
    else:
        outcome.note(sentence)
