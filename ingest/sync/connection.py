"""A connection's sync: the parent that finds the projects, and their children."""

from __future__ import annotations

from collections.abc import Container
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from ingest import looks
from ingest.connections import connector_for, remember
from ingest.contract import (
    Connector,
    IncompleteListError,
    ProjectRecord,
    Reject,
    VendorError,
)
from ingest.held import MB, Held
from ingest.http import allowed
from ingest.logged import logged_with
from ingest.models import Connection, Project, Sync, SyncStatus, Trigger
from ingest.models.connection import PUSH
from ingest.sync.closing import (
    UNFINISHED,
    close_child,
    close_parent,
    close_parent_if_done,
    closed_whatever_happens,
    save,
)
from ingest.sync.database_clock import database_now
from ingest.sync.project import sync_project
from ingest.upsert.rejects import check_rejects, store_project_reject

# Less than LEASE, after which a parent without children is taken to be dead.
DISCOVERY_LIMIT_S = 240.0


def request_sync(
    connection: Connection,
    trigger: Trigger,
    *,
    since: datetime | None = None,
    is_full: bool = False,
    is_look: bool = False,
) -> Sync | None:
    """Open a parent sync; None while one of this connection is under way, and where
    there is no vendor.
    """
    now = timezone.now()
    with transaction.atomic():
        # The lock makes two requests at one moment see each other.
        locked = Connection.objects.select_for_update().get(pk=connection.pk)
        if locked.vendor == PUSH or locked.syncs.filter(status__in=UNFINISHED).exists():
            return None
        begun = database_now()
        locked.next_sync_at = begun + timedelta(minutes=locked.interval_minutes)
        locked.last_attempt_at = begun
        locked.save(update_fields=["next_sync_at", "last_attempt_at"])
        return Sync.objects.create(
            connection=locked,
            trigger=trigger,
            requested_at=now,
            is_full=is_full,
            is_look=is_look,
            window_since=since,
        )


def discover(parent: Sync) -> list[Sync]:
    """Ask the vendor for its projects and open a child sync for each.

    A vendor's error closes the parent with its sentence and gives no children.
    """
    claimed = Sync.objects.filter(pk=parent.pk, status=SyncStatus.QUEUED).update(
        status=SyncStatus.RUNNING, started_at=timezone.now()
    )
    if not claimed:
        return []
    parent.refresh_from_db()
    children: list[Sync] = []
    with logged_with(sync_id=parent.pk), closed_whatever_happens(parent):
        try:
            children = _children_of(parent)
        except VendorError as error:
            close_parent(parent, SyncStatus.FAILED, error)
    return children


def _children_of(parent: Sync) -> list[Sync]:
    connector = connector_for(parent.connection)
    projects = _upsert_projects(parent, connector)
    save(parent, "rejected", "is_whole", "error")
    remember(parent.connection, connector)
    if not projects:
        status = SyncStatus.PARTIAL if parent.rejected else SyncStatus.OK
        close_parent(parent, status, None)
    return [_open_child(parent, project) for project in projects]


def _upsert_projects(parent: Sync, connector: Connector) -> list[Project]:
    """The connection's projects, stored; those chosen by a person if any were.

    One that the vendor no longer lists is among them until the vendor denies it.
    """
    connection = parent.connection
    listed = {record.external_id: record for record in _listed(parent, connector)}
    if connection.project_ids:
        wanted = list(connection.project_ids)
        return [_upsert_project(connection, one, listed.get(one)) for one in wanted]
    projects = [
        _upsert_project(connection, one, record) for one, record in listed.items()
    ]
    return projects + (_unlisted(connection, listed) if parent.is_whole else [])


def _upsert_project(
    connection: Connection, external_id: str, record: ProjectRecord | None
) -> Project:
    name = record.name if record else external_id
    if name == external_id and len(connection.project_ids) == 1:
        # The vendor tells no names: the one project is called as its connection.
        name = connection.name
    values: dict[str, object] = {
        "name": name,
        "vendor_url": record.url if record else "",
        "is_listed": True,
        "removed_at": None,
    }
    project, _ = Project.objects.get_or_create(
        connection=connection, external_id=external_id, defaults=values
    )
    if project.removed_at is not None:
        # It is back: all that was marked as removed with it is read anew.
        values |= {"looked_at": None, "look_tried_at": None}
    if any(getattr(project, key) != value for key, value in values.items()):
        for key, value in values.items():
            setattr(project, key, value)
        project.save(update_fields=list(values))
    return project


def _unlisted(connection: Connection, listed: Container[str]) -> list[Project]:
    stored = connection.projects.filter(removed_at=None)
    missing = [one for one in stored if one.external_id not in listed]
    for project in missing:
        project.is_listed = False
        project.save(update_fields=["is_listed"])
    return missing


def _listed(parent: Sync, connector: Connector) -> list[ProjectRecord]:
    records = []
    held = Held("The list of projects", most_rows=20_000, most_bytes=16 * MB)
    # No claim is held yet, and a parent without children is given up after a while.
    with allowed(limit_s=DISCOVERY_LIMIT_S):
        try:
            for item in connector.projects():
                if isinstance(item, ProjectRecord):
                    held.add((item.external_id, item.name, item.url))
                    records.append(item)
                else:
                    _keep_reject(parent, item)
        except IncompleteListError as lack:
            parent.is_whole, parent.error = False, lack.sentence
    return records


def _keep_reject(parent: Sync, item: Reject) -> None:
    parent.rejected += 1
    check_rejects(parent.rejected, item)
    store_project_reject(parent.connection, None, item, parent.pk, timezone.now())


def _open_child(parent: Sync, project: Project) -> Sync:
    now, is_first = timezone.now(), project.synced_from is None
    is_asked = parent.is_look or parent.is_full or is_first
    is_look = not parent.window_since and (is_asked or looks.is_due(project, now))
    return Sync.objects.create(
        connection=parent.connection,
        project=project,
        parent=parent,
        trigger=parent.trigger,
        requested_at=now,
        is_full=parent.is_full,
        is_look=is_look,
        is_backfill=is_first,
        window_since=_window_since(parent, project, is_look=is_look),
    )


def _window_since(parent: Sync, project: Project, *, is_look: bool) -> datetime | None:
    """Where a project's window begins: asked for, the retained one's begin, or so long
    ago that no recent change is missed.
    """
    if parent.window_since:
        return parent.window_since
    now = timezone.now()
    if project.synced_from and not parent.is_full:
        recent = min(project.synced_from - looks.OVERLAP, now - looks.RECENT)
        return looks.begins_at(parent.connection, now) if is_look else recent
    days = parent.connection.backfill_days
    return now - timedelta(days=days) if days else None


def carry_out(child: Sync) -> None:
    """Sync one project, with a connector of its own, and close what is done.

    A broker may hand the same child out twice; it is carried out once.
    """
    started_at = timezone.now()
    taken = Sync.objects.filter(pk=child.pk, status=SyncStatus.QUEUED).update(
        status=SyncStatus.RUNNING, started_at=started_at
    )
    if not taken:
        return
    child.refresh_from_db()
    about = {"sync_id": child.parent_id, "project_sync_id": child.pk}
    with logged_with(**about), closed_whatever_happens(child):
        try:
            connector = connector_for(child.connection)
        except VendorError as error:
            close_child(child, SyncStatus.FAILED, error.sentence, error.answer)
        else:
            sync_project(child, connector)
            remember(child.connection, connector)
        if child.parent:
            close_parent_if_done(child.parent)
