"""A run that is opened in Testmo's words: by names, or by the ids that Testmo gave."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils import timezone

from ingest.connectors.reading import BRANCH_FIELD, COMMIT_FIELD
from ingest.connectors.testmo.automation import field_of
from ingest.contract import RunRecord, RunStatus
from ingest.intake.errors import InvalidError
from ingest.intake.runs import open_run
from ingest.intake.testmo.bodies import NewRun
from ingest.models import Configuration, Project, Run
from ingest.models.connection import PUSH
from ingest.side_fields import SideFields
from ingest.upsert import milestone_named

FORMAT = "testmo"


def open_in(project: Project, wanted: NewRun) -> Run:
    """A new run of the project; raises InvalidError for ids that nobody knows."""
    configuration, configuration_id = _configuration(project, wanted)
    milestones = _milestones(project, wanted)
    said = {"fields": wanted.details.get("fields"), "tags": wanted.tags}
    side = SideFields(said)
    record = RunRecord(
        external_id="",
        name=wanted.name,
        status=RunStatus.RUNNING,
        source=wanted.source,
        configuration=configuration,
        configuration_id=configuration_id,
        milestones=milestones,
        branch=field_of(said, side, _setting(project, BRANCH_FIELD.name, "branch")),
        commit=field_of(said, side, _setting(project, COMMIT_FIELD.name, "commit")),
        started_at=timezone.now(),
    )
    return open_run(project, record, format=FORMAT, details=wanted.details)


def _setting(project: Project, name: str, without_vendor: str) -> str:
    """Which field tells it: as syncs of the project read it, or by its plain name."""
    if project.connection.vendor == PUSH:
        return without_vendor
    return str(project.connection.settings.get(name) or "")


def _configuration(project: Project, wanted: NewRun) -> tuple[str, str]:
    """Name and vendor's id."""
    if not wanted.config_id:
        return wanted.config, ""
    known = Configuration.objects.filter(
        project=project, external_id=wanted.config_id
    ).first()
    if known is None:
        raise _unknown("config_id", wanted.config_id, "configuration")
    return known.name, known.external_id


def _milestones(project: Project, wanted: NewRun) -> tuple[str, ...]:
    """The vendor's ids of the milestones: of the one that is named, else by tags."""
    if wanted.milestone_id:
        members = project.milestone_members.filter(removed_at=None)
        if not members.filter(external_id=wanted.milestone_id).exists():
            raise _unknown("milestone_id", wanted.milestone_id, "milestone")
        return (wanted.milestone_id,)
    if wanted.milestone:
        return (milestone_named(project, wanted.milestone).external_id,)
    return tuple(_tagged(project, wanted.tags)) if wanted.tags else ()


def _tagged(project: Project, tags: Iterable[str]) -> Iterable[str]:
    members = project.milestone_members.filter(removed_at=None).exclude(tags=[])
    wanted = set(tags)
    for external_id, automated in members.values_list("external_id", "tags"):
        if isinstance(automated, list) and wanted.intersection(map(str, automated)):
            yield external_id


def _unknown(key: str, value: str, what: str) -> InvalidError:
    said = f"{key} {value} is no {what} that this project knows."
    return InvalidError("The given data was invalid.", {key: [said]})
