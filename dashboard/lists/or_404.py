"""The object that an address names, or the answer 404."""

from __future__ import annotations

from django.shortcuts import get_object_or_404

from dashboard.annotations.audit_log import with_newest
from dashboard.models import ActKind
from ingest.models import Connection, Project, Reject


def connection_or_404(connection_id: int) -> Connection:
    return get_object_or_404(Connection, pk=connection_id)


def project_or_404(project_id: int) -> Project:
    return get_object_or_404(Project, pk=project_id)


def project_with_acts_or_404(project_id: int) -> Project:
    """With its connection and the newest choice of a branch, in the same query."""
    projects = Project.objects.select_related("connection")
    newest = with_newest((ActKind.BRANCH,))
    return get_object_or_404(projects.annotate(**newest), pk=project_id)


def reject_or_404(reject_id: int) -> Reject:
    return get_object_or_404(Reject, pk=reject_id)
