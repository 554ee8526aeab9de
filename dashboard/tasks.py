"""Thin Celery tasks of the dashboard. None retries: the next beat comes soon."""

from __future__ import annotations

from celery import shared_task

from dashboard.metrics.milestones.beforehand import refresh_milestones
from dashboard.metrics.standard import refresh


@shared_task
def refresh_standard_figures() -> None:
    """Figures of the usual windows, of the projects that changed, and of milestones."""
    # A round of milestones ends soon; figures of a long history may take a while.
    refresh_milestones()
    refresh()
