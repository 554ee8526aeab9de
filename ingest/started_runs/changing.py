"""A vendor's run is changed or closed at the vendor; the next sync reads it back."""

from __future__ import annotations

from collections.abc import Mapping

from ingest.connections import starter_for
from ingest.contract import VendorError
from ingest.models import Run
from ingest.starting import RefusedError, UnclearError


def change_run(run: Run, changes: Mapping[str, str | None]) -> None:
    """Give a run another `name` or `milestone` (the vendor's id, None for none).

    Raises RefusedError and UnclearError.
    """
    project = run.project
    starter = starter_for(project.connection)
    try:
        starter.change_run(project.external_id, run.external_id, changes)
    except VendorError as error:
        raise _told(error) from None


def close_run(run: Run) -> None:
    """Let nothing more come into a run. Raises RefusedError and UnclearError."""
    project = run.project
    starter = starter_for(project.connection)
    try:
        starter.close_run(project.external_id, run.external_id)
    except VendorError as error:
        raise _told(error) from None


def _told(error: VendorError) -> VendorError:
    """What was raised before anything was sent is a refusal too."""
    if isinstance(error, RefusedError | UnclearError):
        return error
    return RefusedError(error.sentence, answer=error.answer)
