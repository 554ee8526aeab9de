"""Runs that a person leaves out of numbers, and found outages that count after all."""

from __future__ import annotations

from dashboard.advisory_lock import advisory_lock
from dashboard.annotations.audit_log import NOTHING, Said, record
from dashboard.annotations.versions import raise_versions
from dashboard.models import ActKind, RunJudgement, Verdict
from ingest.contract import RunKind
from ingest.models import Run

LONGEST_REASON = 500


class CannotJudge(Exception):
    """What a person said of a run cannot be; the sentence says why."""


def exclude(
    run: Run,
    *,
    reason: str,
    by: str,
    from_every_number: bool = False,
    expected_version: int | None = None,
) -> None:
    """Leave the run out of flakiness, or out of every number.

    Raises:
        CannotJudge: there is no reason, it is too long, or the run is out anyway.
        ChangedMeanwhile: somebody said something else of it after that act.
    """
    if not reason:
        raise CannotJudge("Say why, for those who wonder later.")
    verdict = Verdict.UNCOUNTED if from_every_number else Verdict.EXCLUDED
    _say(run, verdict, reason, by, expected_version)


def put_back(
    run: Run, *, reason: str, by: str, expected_version: int | None = None
) -> None:
    """Let a run count although it looks like an outage.

    Raises:
        CannotJudge: it does not look like one, or the reason is too long.
        ChangedMeanwhile: somebody said something else of it after that act.
    """
    if not run.is_outage:
        raise CannotJudge("This run is no outage and counts already.")
    _say(run, Verdict.KEPT, reason, by, expected_version)


def leave_to_the_rule(
    run: Run, *, by: str, expected_version: int | None = None
) -> None:
    """Take back what a person said of the run.

    Raises:
        ChangedMeanwhile: somebody said something else of it after that act.
    """
    with advisory_lock(_turn(run)):
        judgement = RunJudgement.objects.filter(run=run).first()
        if judgement is None:
            return
        before = _judgement_said(judgement)
        record(
            ActKind.JUDGEMENT,
            run,
            before,
            NOTHING,
            by=by,
            expected_version=expected_version,
        )
        judgement.delete()
        raise_versions([run.project_id])


def _say(
    run: Run, verdict: Verdict, reason: str, by: str, expected_version: int | None
) -> None:
    if "\0" in reason or len(reason) > LONGEST_REASON:
        raise CannotJudge(f"The reason may have {LONGEST_REASON} letters at most.")
    if run.removed_at:
        raise CannotJudge("Removed runs are left out of every number anyway.")
    if run.kind == RunKind.MANUAL and verdict != Verdict.UNCOUNTED:
        raise CannotJudge("Manual runs are left out of flakiness anyway.")
    with advisory_lock(_turn(run)):
        judgement = RunJudgement.objects.filter(run=run).first()
        before = _judgement_said(judgement)
        after = {"verdict": str(verdict), "reason": reason}
        if before == after:
            return
        record(
            ActKind.JUDGEMENT,
            run,
            before,
            after,
            by=by,
            expected_version=expected_version,
        )
        said = after | {"by": by}
        RunJudgement.objects.update_or_create(run=run, defaults=said)
        raise_versions([run.project_id])


def _turn(run: Run) -> str:
    return f"judgement of run {run.pk}"


def _judgement_said(judgement: RunJudgement | None) -> Said:
    if judgement is None:
        return NOTHING
    return {"verdict": judgement.verdict, "reason": judgement.reason}
