"""Testmo's milestones, and which of them a run's tags stand for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from ingest.connectors.reading import part, record
from ingest.connectors.testmo.api import Api
from ingest.contract import (
    IncompleteListError,
    MilestoneRecord,
    MilestoneState,
    Reject,
)
from ingest.http import MissingError
from ingest.parse import (
    Row,
    identifier,
)
from ingest.side_fields import SideFields


class Milestones:
    """The milestones of each project, remembered for the tags of its runs."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._by_tag: dict[str, dict[str, list[str]]] = {}

    def read(self, project: str) -> Iterator[MilestoneRecord | Reject]:
        """All milestones, oldest first, so that most parents precede their children."""
        path = f"/projects/{part(project)}/milestones"
        order = {"sort": "milestones:created_at", "order": "asc"}
        by_tag: dict[str, list[str]] = {}
        try:
            for number, (row, _) in enumerate(self._api.rows(path, order), start=1):
                found = record(row, f"{path[1:]} row {number}", parse_milestone)
                if isinstance(found, MilestoneRecord):
                    for tag in found.tags:
                        by_tag.setdefault(tag, []).append(found.external_id)
                yield found
        except IncompleteListError:
            # A list that lacks rows would lack them again for the tags of each run.
            self._by_tag[project] = by_tag
            raise
        self._by_tag[project] = by_tag

    def one(self, milestone_id: str) -> MilestoneRecord | Reject | None:
        path = f"/milestones/{part(milestone_id)}"
        try:
            row, _ = self._api.single(path)
        except MissingError:
            return None
        return record(row, path[1:], parse_milestone)

    def of_run(self, project: str, side: SideFields) -> tuple[str, ...]:
        """The milestone of an automation run: its own, else the one its tags name.

        A tag that several milestones carry names none of them.
        """
        own, tags = side.identifier("milestone_id"), side.texts("tags")
        if own or not tags:
            return (own,) if own else ()
        if project not in self._by_tag:
            with suppress(IncompleteListError):
                for _ in self.read(project):
                    pass
        by_tag = self._by_tag[project]
        named = {found for tag in tags for found in by_tag.get(tag, ())}
        return tuple(named) if len(named) == 1 else ()


def parse_milestone(row: Row) -> MilestoneRecord:
    side = SideFields(row)
    has_end = row.get("completed_at") is not None
    is_completed = side.flag("is_completed", default=has_end)
    return MilestoneRecord(
        external_id=identifier(row, "id"),
        name=side.name("name"),
        state=MilestoneState.COMPLETED if is_completed else MilestoneState.OPEN,
        starts_at=side.plan("start_date") or side.plan("started_at"),
        due_at=side.plan("due_date"),
        completed_at=side.moment("completed_at"),
        parent_external_id=side.identifier("parent_id"),
        tags=side.texts("automation_tags"),
        oddity=side.oddity,
    )
