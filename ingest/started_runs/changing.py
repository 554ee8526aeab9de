"""What is done at a vendor at once: runs changed and closed, its addresses read."""

from __future__ import annotations

from collections.abc import Mapping

from ingest.connections import starter_for
from ingest.contract import VendorError
from ingest.http import allowed
from ingest.models import Connection, Run
from ingest.started_runs.vendor_runs import refuse_unknown
from ingest.starting import RefusedError, UnclearError

# A person waits for it, and a web process with them.
READ_LIMIT_S = 20.0


def change_run(run: Run, changes: Mapping[str, str | None]) -> None:
    """Give a run another `name` or `milestone` (the vendor's id, None for none).

    Raises RefusedError and UnclearError.
    """
    project = run.project
    starter = starter_for(project.connection)
    refuse_unknown(run, starter)
    try:
        starter.change_run(project.external_id, run.external_id, changes)
    except VendorError as error:
        raise _told(error) from None


def close_run(run: Run) -> None:
    """Let nothing more come into a run. Raises RefusedError and UnclearError."""
    project = run.project
    starter = starter_for(project.connection)
    refuse_unknown(run, starter)
    try:
        starter.close_run(project.external_id, run.external_id)
    except VendorError as error:
        raise _told(error) from None


def outbound_ips(connection: Connection) -> tuple[str, ...]:
    """The addresses from which a vendor reaches what it tests; raises VendorError."""
    starter = starter_for(connection)
    with allowed(limit_s=READ_LIMIT_S):
        return tuple(starter.outbound_ips())


def _told(error: VendorError) -> VendorError:
    """What was raised before anything was sent is a refusal too."""
    if isinstance(error, RefusedError | UnclearError):
        return error
    return RefusedError(error.sentence, answer=error.answer)
