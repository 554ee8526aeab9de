"""Which runs a vendor can be asked about."""

from __future__ import annotations

from ingest.models import PushedRun, Run
from ingest.starting import RefusedError, Starter


def is_at_vendor(run: Run) -> bool:
    """Whether the vendor knows the run, which one that was only pushed here it does not."""
    return not PushedRun.objects.filter(run=run, is_at_vendor=False).exists()


def refuse_unknown(run: Run, starter: Starter) -> None:
    """Raise RefusedError for a run that means nothing to the vendor."""
    if not is_at_vendor(run):
        raise RefusedError(
            f"This run was pushed to Passline, and {starter.label} has it not."
        )
