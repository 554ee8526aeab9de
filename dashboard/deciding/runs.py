"""Runs that a person leaves out of flakiness, and found outages that count after all."""

from __future__ import annotations

from django.db import transaction

from dashboard.deciding.versions import raise_versions
from dashboard.models import RunJudgement, Verdict
from ingest.contract import RunKind
from ingest.models import Run

LONGEST_REASON = 500


class CannotJudge(Exception):
    """What a person said of a run cannot be; the sentence says why."""


@transaction.atomic
def exclude(run: Run, *, reason: str, by: str) -> None:
    """Leave the run out of flakiness, not out of rates.

    Raises:
        CannotJudge: there is no reason, it is too long, or the run is out anyway.
    """
    if not reason:
        raise CannotJudge("Say why, for those who wonder later.")
    _say(run, Verdict.EXCLUDED, reason, by)


@transaction.atomic
def put_back(run: Run, *, reason: str, by: str) -> None:
    """Let a run count although it looks like an outage.

    Raises:
        CannotJudge: it does not look like one, or the reason is too long.
    """
    if not run.is_outage:
        raise CannotJudge("This run is no outage and counts already.")
    _say(run, Verdict.KEPT, reason, by)


@transaction.atomic
def leave_to_the_rule(run: Run) -> None:
    """Take back what a person said of the run."""
    RunJudgement.objects.filter(run=run).delete()
    raise_versions([run.project_id])


def _say(run: Run, verdict: Verdict, reason: str, by: str) -> None:
    if "\0" in reason or len(reason) > LONGEST_REASON:
        raise CannotJudge(f"The reason may have {LONGEST_REASON} letters at most.")
    if run.kind == RunKind.MANUAL or run.removed_at:
        raise CannotJudge("Manual and removed runs are left out of flakiness anyway.")
    said = {"verdict": verdict, "reason": reason, "by": by}
    RunJudgement.objects.update_or_create(run=run, defaults=said)
    raise_versions([run.project_id])
