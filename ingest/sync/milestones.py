"""A project's milestones in a sync: listed whole, and those that are gone taken out."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator

from ingest.contract import (
    Connector,
    IncompleteListError,
    MilestoneRecord,
    PayloadError,
    Reject,
    RetryableError,
)
from ingest.held import MB, Held
from ingest.http import UnsupportedError
from ingest.models import MilestoneMember, Project
from ingest.models.runs import NAMED_HERE
from ingest.sync.outcome import Outcome
from ingest.sync.prefetch import prefetch
from ingest.upsert import mark_milestones_removed, upsert_milestones


def read_milestones(
    project: Project, connector: Connector, outcome: Outcome, hold: Callable[[], None]
) -> None:
    """Bring the project's milestones up to date; `hold` keeps the claim on it."""
    if not connector.capabilities.milestones:
        return
    try:
        records, is_whole = _listed(project, connector, outcome, hold)
    except UnsupportedError as lack:
        outcome.notes.append(lack.sentence)
        return
    upsert_milestones(project, records)
    if is_whole:
        listed = {record.external_id for record in records}
        _ask_for_unlisted(project, connector, outcome, hold, listed)


def _listed(
    project: Project, connector: Connector, outcome: Outcome, hold: Callable[[], None]
) -> tuple[list[MilestoneRecord], bool]:
    """The milestones, and whether they are all that the vendor states."""
    records: list[MilestoneRecord] = []
    held = Held("The list of milestones", most_rows=50_000, most_bytes=16 * MB)
    try:
        for item in prefetch(connector.milestones(project.external_id), hold):
            if isinstance(item, Reject):
                outcome.keep_reject(item)
            else:
                held.add((item.external_id, item.name, item.url, *item.tags))
                records.append(item)
    except IncompleteListError as lack:
        outcome.note_lack(lack)
        return records, False
    return records, True


def _ask_for_unlisted(
    project: Project,
    connector: Connector,
    outcome: Outcome,
    hold: Callable[[], None],
    listed: Container[str],
) -> None:
    """Milestones that are no longer listed, by id: archived ones may still exist.

    Of those that were only named in what was pushed to us the vendor knows nothing.
    """
    stored = project.milestone_members.filter(removed_at=None)
    stored = stored.exclude(external_id__startswith=NAMED_HERE)
    missing = [one for one in stored if one.external_id not in listed]
    if not missing:
        return
    answers = _asked(project, connector, outcome, missing)
    gone, records = [], []
    for member, record in prefetch(answers, hold):
        if record is None:
            gone.append(member)
        elif isinstance(record, MilestoneRecord):
            records.append(record)
    upsert_milestones(project, records)
    mark_milestones_removed(gone)


def _asked(
    project: Project,
    connector: Connector,
    outcome: Outcome,
    members: list[MilestoneMember],
) -> Iterator[tuple[MilestoneMember, MilestoneRecord | Reject | None]]:
    for member in members:
        try:
            answer = connector.milestone(project.external_id, member.external_id)
        except (PayloadError, RetryableError) as trouble:
            outcome.note(f"Milestone {member.name[:80]}: {trouble}")
        else:
            yield member, answer
