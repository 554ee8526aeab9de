"""The ways to start something at a tool, for those who may, where the tool offers it."""

from __future__ import annotations

import uuid

from dashboard.addresses import address, with_query
from dashboard.ui.parts import Button
from ingest.connections import starter_of
from ingest.models import Case, Run
from ingest.started_runs.vendor_runs import is_at_vendor


def start_button(vendor: str, project_id: int, *, may_write: bool) -> Button | None:
    """To the form of a start."""
    starter = starter_of(vendor)
    if starter is None or not starter.start_fields or not may_write:
        return None
    href = address("project-start", project_id)
    return Button(text="Start a run", href=href)


def start_test_button(vendor: str, case: Case, *, may_write: bool) -> Button | None:
    """To the form of a start that has this test in it already, where its tool has it."""
    starter = starter_of(vendor)
    if starter is None or not may_write or case.gone_at is not None:
        return None
    values = starter.values_of_test(case.key, case.folder, case.name)
    if not values:
        return None
    href = with_query(address("project-start", case.project_id), values.items())
    return Button(text="Run this test", href=href)


def rerun_button(vendor: str, run: Run, *, may_write: bool) -> Button | None:
    """Runs again what failed, or all of it where the tool does nothing less."""
    starter = starter_of(vendor)
    is_over = not run.is_open and run.removed_at is None
    if starter is None or not starter.reruns or not may_write or not is_over:
        return None
    only = "failed" if "failed" in starter.reruns else "all"
    if only == "failed" and not run.failed + run.error:
        return None
    if not is_at_vendor(run):
        return None
    return Button(
        text="Rerun failed" if only == "failed" else "Run again",
        href=address("run-rerun", run.pk),
        method="post",
        busy_text="Asking",
        # A click that is sent twice is the same request.
        fields=(("only", only), ("key", uuid.uuid4().hex)),
    )
