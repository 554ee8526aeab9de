"""What stands around one run: its threads, milestones and rejected rows."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from dashboard.lists.run_results import attempts_of_run
from ingest.models import Milestone, Run, Thread


def threads_of_run(run: Run) -> dict[int, Thread]:
    if not run.thread_count:
        return {}
    return {thread.pk: thread for thread in run.threads.order_by("pk")}


def milestones_of_run(run: Run) -> list[Milestone]:
    milestones = Milestone.objects.filter(
        members__runmilestone__run=run, members__runmilestone__removed_at__isnull=True
    )
    return list(milestones.distinct().order_by("name"))


def rejected_rows(run: Run) -> int:
    """Rows of it that could not be read."""
    return run.rejects.filter(resolved_at=None, is_stored=False).count()


def times_of_finals(run: Run, cases: Collection[int]) -> dict[int, datetime]:
    """When the final result of each case was executed."""
    finals = attempts_of_run(run).filter(case_id__in=cases, is_final=True)
    return dict(finals.values_list("case_id", "at"))
