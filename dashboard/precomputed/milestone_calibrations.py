"""What forecasts of open milestones learn from those that were completed before."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime, time

from dashboard.filters import Filters, selected_projects
from dashboard.metrics.milestones.calibration import (
    NEWEST,
    Calibration,
    EndedMilestone,
    calibration_on,
)
from dashboard.metrics.milestones.progress import Progress, projects_of
from ingest.contract import MilestoneState
from ingest.models import Milestone, MilestoneMember
from ingest.series import day_of

# Many milestones are completed while tests still fail, and teach nothing.
LOOKED_AT = 2 * NEWEST
ProgressOf = Callable[[Sequence[Milestone]], Mapping[int, Progress]]


def calibrations(
    milestones: Sequence[Milestone], filters: Filters, progress_of: ProgressOf
) -> dict[int, Calibration]:
    """By id, of the open ones, from what was completed in their projects until
    yesterday, as far as the filters choose these. So a day has one calibration.

    `progress_of` gives the progress of completed ones, over all of their runs.
    """
    open_ones = [m.pk for m in milestones if m.state != MilestoneState.COMPLETED]
    if not open_ones:
        return {}
    projects = projects_of(open_ones, selected_projects(filters))
    ended = _ended(frozenset().union(*projects.values()), filters, progress_of)
    today = day_of(filters.now)
    return {pk: calibration_on(today, projects[pk], ended) for pk in open_ones}


def _ended(
    projects: Collection[int], filters: Filters, progress_of: ProgressOf
) -> list[EndedMilestone]:
    """The newest that were completed in each of the projects."""
    ids = _completed(projects, filters)
    known = progress_of(list(Milestone.objects.filter(pk__in=ids)))
    parts = projects_of(known)
    return [
        EndedMilestone(
            milestone=pk,
            projects=parts[pk],
            completed_on=one.burn_up[-1].day,
            errors=one.errors,
        )
        for pk, one in known.items()
        if one.errors
    ]


def _completed(projects: Collection[int], filters: Filters) -> set[int]:
    midnight = datetime.combine(day_of(filters.now), time(), UTC)
    members = MilestoneMember.objects.filter(
        project__in=projects,
        milestone__state=MilestoneState.COMPLETED,
        completed_at__lt=midnight,
    ).order_by("-completed_at", "-pk")
    found: dict[int, list[int]] = {}
    for milestone, project in members.values_list("milestone_id", "project_id"):
        newest = found.setdefault(project, [])
        if len(newest) < LOOKED_AT:
            newest.append(milestone)
    return {milestone for newest in found.values() for milestone in newest}
