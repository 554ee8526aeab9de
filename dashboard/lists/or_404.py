"""The object that an address names, or the answer 404."""

from __future__ import annotations

from functools import cache

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404

from dashboard.annotations.audit_log import (
    ABOUT_CASE,
    ABOUT_RUN,
    with_acts,
    with_newest,
)
from dashboard.annotations.notes_and_mutes import WITH_REMARKS
from dashboard.models import ActKind, Invitation, Team
from ingest.models import Case, Connection, Milestone, Project, Reject, Run, StartedRun


def connection_or_404(connection_id: int) -> Connection:
    return get_object_or_404(Connection, pk=connection_id)


def project_or_404(project_id: int) -> Project:
    return get_object_or_404(Project, pk=project_id)


def project_with_acts_or_404(project_id: int) -> Project:
    """With its connection and the newest choice of a branch, in the same query."""
    return get_object_or_404(_projects_with_acts(), pk=project_id)


@cache
def _projects_with_acts() -> QuerySet[Project]:
    # To make one of these takes as long as to ask for its row.
    projects = Project.objects.select_related("connection")
    return projects.annotate(**with_newest((ActKind.BRANCH,)))


def reject_or_404(reject_id: int) -> Reject:
    return get_object_or_404(Reject, pk=reject_id)


def person_or_404(person_id: int) -> User:
    return get_object_or_404(User, pk=person_id)


def team_or_404(team_id: int) -> Team:
    return get_object_or_404(Team, pk=team_id)


def invitation_or_404(invitation_id: int) -> Invitation:
    return get_object_or_404(Invitation, pk=invitation_id)


def case_or_404(case_id: int) -> Case:
    return get_object_or_404(Case, pk=case_id)


def case_with_remarks_or_404(case_id: int) -> Case:
    """With what people said of it, in the same query."""
    return get_object_or_404(_cases_with_remarks(), pk=case_id)


@cache
def _cases_with_remarks() -> QuerySet[Case]:
    cases = Case.objects.select_related(*WITH_REMARKS, "project__connection")
    acts = with_acts(ABOUT_CASE) | with_newest((ActKind.NOTE, ActKind.MUTE))
    return cases.annotate(**acts)


def run_or_404(run_id: int) -> Run:
    """Those too that are gone at their vendor."""
    return get_object_or_404(Run, pk=run_id)


def run_with_acts_or_404(run_id: int) -> Run:
    """With all that its page names and what people said of it, in the same query."""
    return get_object_or_404(_runs_with_acts(), pk=run_id)


@cache
def _runs_with_acts() -> QuerySet[Run]:
    runs = Run.objects.select_related(
        "project__connection", "source", "configuration", "judgement", "pushed"
    )
    acts = with_acts(ABOUT_RUN) | with_newest((ActKind.JUDGEMENT,))
    return runs.annotate(**acts)


def started_run_or_404(started_id: int) -> StartedRun:
    rows = StartedRun.objects.select_related("project", "connection")
    return get_object_or_404(rows, pk=started_id)


def milestone_or_404(milestone_id: int) -> Milestone:
    return get_object_or_404(Milestone, pk=milestone_id)
