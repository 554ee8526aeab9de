"""Whether flakiness goes by a run: what the rule judged and what a person said of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from dashboard.annotations.audit_log import acts_beside, newest_of
from dashboard.metrics.rates import decided_count
from dashboard.models import ActKind, RunJudgement, Verdict
from dashboard.readers import for_signed_in
from dashboard.ui.clock import Clock
from dashboard.ui.history import History, history_of
from dashboard.ui.text import numbers
from ingest.contract import RunKind
from ingest.models import Run

RULE = "rule"


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgementForm:
    """What a person may say of a run; `reason` labels a text field, "" shows none.
    `value` is what the field holds.
    """

    verdict: str
    text: str
    reason: str = ""
    is_reason_needed: bool = False
    value: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """Whether flakiness goes by the run. Without a `fact` there is nothing to say, and
    the form waits behind a button; `form` None is for readers. `expected_version` is the
    newest act that the form knows; `problem` says why what was sent was not taken.
    """

    fact: str = ""
    text: str = ""
    kind: Literal["warn", "info"] = "info"
    form: JudgementForm | None = None
    expected_version: int = 0
    problem: str = ""
    history: History = History()


PUT_BACK = JudgementForm(
    verdict=Verdict.KEPT, text="Put back", reason="Why it counts after all"
)
EXCLUDE = JudgementForm(
    verdict=Verdict.EXCLUDED,
    text="Exclude",
    reason="Why it is left out",
    is_reason_needed=True,
)
TAKE_BACK = JudgementForm(verdict=RULE, text="Take it back in")
LEAVE_TO_THE_RULE = JudgementForm(verdict=RULE, text="Leave it out again")
# Whose fact still wants to know who did it, and when.
EXCLUDED = Judgement(
    kind="warn",
    fact="excluded this run",
    text="It is left out of flakiness and stays in every rate.",
    form=TAKE_BACK,
)
KEPT = Judgement(
    fact="put this outage back",
    text="Flakiness goes by it, as every rate does.",
    form=LEAVE_TO_THE_RULE,
)


def judgement(run: Run, clock: Clock, *, may_write: bool) -> Judgement | None:
    """None of a run that flakiness never goes by, a manual one or one that is gone,
    unless it is an outage or somebody said something of it.
    """
    history = history_of(acts_beside(run), clock.now, clock.zone)
    if run.kind == RunKind.MANUAL or run.removed_at:
        if not (run.is_outage or history.lines):
            return None
        by_rule = _outage(run) if run.is_outage else Judgement()
        return replace(by_rule, form=None, history=history)
    current = _in_force(run, clock)
    return replace(
        current,
        form=current.form if may_write else None,
        expected_version=newest_of(run, ActKind.JUDGEMENT),
        history=history,
    )


def _in_force(run: Run, clock: Clock) -> Judgement:
    """What a person said last, else the rule."""
    word: RunJudgement | None = getattr(run, "judgement", None)
    is_excluded = word is not None and word.verdict == Verdict.EXCLUDED
    if not is_excluded and not run.is_outage:
        return Judgement(form=EXCLUDE)
    if word is None:
        return _outage(run)
    current = EXCLUDED if is_excluded else KEPT
    who, reason = (
        for_signed_in(word.by) or "Somebody",
        for_signed_in(word.reason.strip()),
    )
    if reason:
        reason = f"{reason} " if reason[-1] in ".!?" else f"{reason}. "
    return replace(
        current,
        fact=f"{who} {current.fact} {clock.ago(word.at)}.",
        text=f"{reason}{current.text}",
    )


def _outage(run: Run) -> Judgement:
    n = decided_count(run.counts)
    bad = numbers.percent((n - run.passed) / n)
    return Judgement(
        kind="warn",
        fact="This run counts as an outage.",
        text=f"{bad} of {numbers.plural(n, 'finished test')} did not pass. It is left out "
        "of flakiness and stays in every rate.",
        form=PUT_BACK,
    )
