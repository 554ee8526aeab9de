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


@shared_task
def send_digests_and_alerts() -> None:
    """What is due is begun, and what waits is sent."""
    # Most workers never send, and this loads what pages are made of.
    due = import_module("dashboard.digests.due")
    deliveries = import_module("dashboard.digests.deliveries")
    due.start_due()
    deliveries.send_waiting()


@shared_task
def send_delivery(delivery_id: int) -> None:
    """One that a person waits for; the others come with the beat."""
    import_module("dashboard.digests.deliveries").work_on(delivery_id)
