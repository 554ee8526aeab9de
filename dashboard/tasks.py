"""Thin Celery tasks of the dashboard. None retries: the next beat comes soon."""

from __future__ import annotations

from importlib import import_module

from celery import shared_task

# It listens to the tasks that follow what was started.
import_module("dashboard.annotations.started_runs")


@shared_task
def refresh_standard_figures() -> None:
    """Figures of the usual windows, of the projects that changed, and of milestones."""
    # The courier and the beat never compute, and these load numpy.
    milestones = import_module("dashboard.precomputed.precompute_milestones")
    figures = import_module("dashboard.precomputed.precompute")
    # A round of milestones ends soon; figures of a long history may take a while.
    milestones.precompute_milestones()
    figures.precompute()


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
