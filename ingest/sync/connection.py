"""A connection's sync: the parent that finds the projects and sums their syncs up."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone

from ingest.connections import connector_for, remember
from ingest.contract import ConfigError, Connector, ProjectRecord, VendorError
from ingest.models import Connection, Project, Sync, SyncStatus, Trigger
from ingest.sync.project import OVERLAP, sync_project
from ingest.upsert.rejects import store_project_reject

UNFINISHED = (SyncStatus.QUEUED, SyncStatus.RUNNING)
# What only a person can mend is not asked every five minutes.
WAIT_FOR_PERSON = timedelta(minutes=15)
SUMMED = (
    "runs_read",
    "runs_written",
    "results_read",
    "results_written",
    "rejected",
    "unknown_statuses",
)


def request_sync(
    connection: Connection,
    trigger: Trigger,
    *,
    since: datetime | None = None,
    is_full: bool = False,
) -> Sync | None:
    """Open a parent sync; None while one of this connection is under way."""
    now = timezone.now()
    with transaction.atomic():
        # The lock makes two requests at one moment see each other.
        locked = Connection.objects.select_for_update().get(pk=connection.pk)
        if locked.syncs.filter(status__in=UNFINISHED).exists():
            return None
        locked.next_sync_at = now + timedelta(minutes=locked.interval_minutes)
        locked.last_attempt_at = now
        locked.save(update_fields=["next_sync_at", "last_attempt_at"])
        return Sync.objects.create(
            connection=locked,
            trigger=trigger,
            requested_at=now,
            is_full=is_full,
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
    connection = parent.connection
    try:
        connector = connector_for(connection)
        projects = _upsert_projects(parent, connector)
    except VendorError as error:
        _close(parent, SyncStatus.FAILED, error)
        return []
    remember(connection, connector)
    if not projects:
        _close(parent, SyncStatus.OK, None)
        return []
    return [_open_child(parent, project) for project in projects]


def _upsert_projects(parent: Sync, connector: Connector) -> list[Project]:
    """The connection's projects, stored; those chosen by a person if any were."""
    connection = parent.connection
    chosen = list(connection.project_ids)
    listed = {record.external_id: record for record in _listed(parent, connector)}
    projects = []
    for external_id in chosen or listed:
        record = listed.get(external_id)
        name = record.name if record else external_id
        if name == external_id and len(chosen) == 1:
            # The vendor tells no names: the one project is called as its connection.
            name = connection.name
        url = record.url if record else ""
        project, _ = Project.objects.get_or_create(
            connection=connection, external_id=external_id, defaults={"name": name}
        )
        if (project.name, project.vendor_url) != (name, url):
            project.name, project.vendor_url = name, url
            project.save(update_fields=["name", "vendor_url"])
        projects.append(project)
    return projects


def _listed(parent: Sync, connector: Connector) -> list[ProjectRecord]:
    records = []
    for item in connector.projects():
        if isinstance(item, ProjectRecord):
            records.append(item)
        else:
            parent.rejected += 1
            store_project_reject(
                parent.connection, None, item, parent.pk, timezone.now()
            )
    return records


def _open_child(parent: Sync, project: Project) -> Sync:
    is_first = project.synced_from is None
    return Sync.objects.create(
        connection=parent.connection,
        project=project,
        parent=parent,
        trigger=parent.trigger,
        requested_at=timezone.now(),
        is_full=parent.is_full,
        is_backfill=is_first,
        window_since=_window_since(parent, project),
    )


def _window_since(parent: Sync, project: Project) -> datetime | None:
    """Where a project's window begins: asked for, the last success, or the backfill."""
    if parent.window_since:
        return parent.window_since
    if project.synced_from and not parent.is_full:
        return project.synced_from - OVERLAP
    days = parent.connection.backfill_days
    return timezone.now() - timedelta(days=days) if days else None


def carry_out(child: Sync) -> None:
    """Sync one project, with a connector of its own, and close what is done."""
    connection = child.connection
    try:
        connector = connector_for(connection)
    except VendorError as error:
        child.status, child.error = SyncStatus.FAILED, error.sentence
        child.finished_at = timezone.now()
        child.save()
    else:
        sync_project(child, connector)
        remember(connection, connector)
    if child.parent:
        close_parent_if_done(child.parent)


def close_parent_if_done(parent: Sync) -> None:
    """Sum a parent up once all its children have ended."""
    with transaction.atomic():
        parent = Sync.objects.select_for_update().get(pk=parent.pk)
        children = list(parent.children.all())
        is_open = any(child.status in UNFINISHED for child in children)
        if parent.status not in UNFINISHED or is_open or not children:
            return
        sums = parent.children.aggregate(**{name: Sum(name) for name in SUMMED})
        for name in SUMMED:
            setattr(parent, name, (sums[name] or 0) + getattr(parent, name))
        statuses = {child.status for child in children}
        failed = [child for child in children if child.status == SyncStatus.FAILED]
        worst = next((child for child in [*failed, *children] if child.error), None)
        status = SyncStatus.PARTIAL
        if statuses == {SyncStatus.OK}:
            status = SyncStatus.OK
        elif statuses == {SyncStatus.FAILED}:
            status = SyncStatus.FAILED
        parent.answer = worst.answer if worst else ""
        parent.error = _summary(worst, len(children))
        _finish(parent, status)


def _summary(worst: Sync | None, children: int) -> str:
    if worst is None:
        return ""
    name = worst.project.name if worst.project and children > 1 else ""
    return f"{name}: {worst.error}" if name else worst.error


def _close(parent: Sync, status: SyncStatus, error: VendorError | None) -> None:
    parent.error = error.sentence if error else ""
    parent.answer = error.answer if error else ""
    delay = WAIT_FOR_PERSON if isinstance(error, ConfigError) else timedelta()
    retry_after_s = getattr(error, "retry_after_s", None) or 0
    delay = max(delay, timedelta(seconds=retry_after_s))
    _finish(parent, status, delay)


def _finish(parent: Sync, status: SyncStatus, delay: timedelta = timedelta()) -> None:
    now = timezone.now()
    parent.status, parent.finished_at = status, now
    parent.save()
    connection = Connection.objects.get(pk=parent.connection_id)
    is_success = status == SyncStatus.OK or not parent.error
    connection.last_error = "" if is_success else parent.error
    connection.last_answer = "" if is_success else parent.answer
    if is_success:
        connection.last_success_at, connection.failing_since = now, None
    else:
        connection.failing_since = connection.failing_since or now
    interval = timedelta(minutes=connection.interval_minutes)
    if connection.next_sync_at:
        connection.next_sync_at = max(connection.next_sync_at, now + delay)
    elif delay:
        connection.next_sync_at = now + max(delay, interval)
    connection.save(
        update_fields=[
            "last_error",
            "last_answer",
            "last_success_at",
            "failing_since",
            "next_sync_at",
        ]
    )


def sync_in_foreground(
    connections: Iterable[Connection],
    *,
    since: datetime | None = None,
    is_full: bool = False,
    on_child: Callable[[Sync], None] = lambda child: None,
) -> list[Sync]:
    """Sync connections here and now, without worker or broker; gives the parents.

    A connection whose sync is under way elsewhere gets a failed Sync that says so.
    """
    parents = []
    for connection in connections:
        parent = request_sync(connection, Trigger.COMMAND, since=since, is_full=is_full)
        if parent is None:
            parents.append(_refused(connection))
            continue
        for child in discover(parent):
            on_child(child)
            carry_out(child)
        parent.refresh_from_db()
        parents.append(parent)
    return parents


def _refused(connection: Connection) -> Sync:
    now = timezone.now()
    return Sync.objects.create(
        connection=connection,
        trigger=Trigger.COMMAND,
        status=SyncStatus.FAILED,
        requested_at=now,
        started_at=now,
        finished_at=now,
        error="Another sync of this connection is under way. Try again when it ends.",
    )
