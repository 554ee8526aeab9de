"""Thin Celery tasks of the dashboard. None retries: the next beat comes soon."""

from __future__ import annotations

from importlib import import_module

from celery import shared_task

from dashboard.precomputed.precompute import precompute
from dashboard.precomputed.precompute_milestones import precompute_milestones

# It listens to the tasks that follow what was started.
import_module("dashboard.annotations.started_runs")


@shared_task
def refresh_standard_figures() -> None:
    """Figures of the usual windows, of the projects that changed, and of milestones."""
    # A round of milestones ends soon; figures of a long history may take a while.
    precompute_milestones()
    precompute()
