"""What numbers go by a run: what the rule judged and what a person said of it."""

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
class Scope:
    """What a run may be excluded from, as a choice of a form."""

    verdict: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgementForm:
    """What a person may say of a run; `reason` labels a text field, "" shows none.
    `value` is what the field holds. `scopes` are choices of what `verdict` is then.
    """

    verdict: str
    text: str
    reason: str = ""
    is_reason_needed: bool = False
    value: str = ""
    scopes: tuple[Scope, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What goes by the run. Without a `fact` there is nothing to say. `form` stands
    beside the fact, `exclude` waits behind a button; readers have neither.
    `expected_version` is the newest act that the forms know; `problem` says why what was
    sent was not taken.
    """

    fact: str = ""
    text: str = ""
    kind: Literal["warn", "info"] = "info"
    form: JudgementForm | None = None
    exclude: JudgementForm | None = None
    expected_version: int = 0
    problem: str = ""
    history: History = History()


PUT_BACK = JudgementForm(
    verdict=Verdict.KEPT, text="Put back", reason="Why it counts after all"
)
_EVERYWHERE = Scope(
    verdict=Verdict.UNCOUNTED, text="From every number. Its own page keeps it."
)
EXCLUDE = JudgementForm(
    verdict=Verdict.EXCLUDED,
    text="Exclude",
    reason="Why it is left out",
    is_reason_needed=True,
    scopes=(
        Scope(verdict=Verdict.EXCLUDED, text="From flakiness. Rates keep it."),
        _EVERYWHERE,
    ),
)
# Of what is out of flakiness already.
EXCLUDE_EVERYWHERE = replace(EXCLUDE, verdict=Verdict.UNCOUNTED, scopes=(_EVERYWHERE,))
TAKE_BACK = JudgementForm(verdict=RULE, text="Take it back in")
LEAVE_TO_THE_RULE = JudgementForm(verdict=RULE, text="Leave it out again")
# Whose fact still wants to know who did it, and when.
EXCLUDED = Judgement(
    kind="warn",
    fact="excluded this run",
    text="It is left out of flakiness and stays in every rate.",
    form=TAKE_BACK,
    exclude=EXCLUDE_EVERYWHERE,
)
UNCOUNTED = Judgement(
    kind="warn",
    fact="excluded this run from every number",
    text="It counts nowhere; its page and comparisons that name it show it.",
    form=TAKE_BACK,
)
KEPT = Judgement(
    fact="put this outage back",
    text="Flakiness goes by it, as every rate does.",
    form=LEAVE_TO_THE_RULE,
    exclude=EXCLUDE_EVERYWHERE,
)
_SAID = {
    Verdict.EXCLUDED: EXCLUDED,
    Verdict.UNCOUNTED: UNCOUNTED,
    Verdict.KEPT: KEPT,
}


def judgement(run: Run, clock: Clock, *, may_write: bool) -> Judgement | None:
    """None of a run that is gone, unless it is an outage or somebody said something of
    it, and of one of which nothing is said to readers.
    """
    history = history_of(acts_beside(run), clock.now, clock.zone)
    if run.removed_at:
        if not (run.is_outage or history.lines):
            return None
        by_rule = _outage(run) if run.is_outage else Judgement()
        return replace(by_rule, form=None, exclude=None, history=history)
    current = _in_force(run, clock)
    if not may_write:
        current = replace(current, form=None, exclude=None)
    return replace(
        current,
        expected_version=newest_of(run, ActKind.JUDGEMENT),
        history=history,
    )


def _in_force(run: Run, clock: Clock) -> Judgement:
    """What a person said last, else the rule, which knows of no manual run."""
    word: RunJudgement | None = getattr(run, "judgement", None)
    if word is None or (word.verdict == Verdict.KEPT and not run.is_outage):
        if run.kind == RunKind.MANUAL:
            return _by_hand(run)
        return _outage(run) if run.is_outage else Judgement(exclude=EXCLUDE)
    current = _SAID[Verdict(word.verdict)]
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


def sent_again(
    current: Judgement, verdict: str, reason: str, problem: str
) -> Judgement:
    """The same with the form as it was sent, which counts when it is sent again."""
    current = replace(current, problem=problem)
    if verdict in (Verdict.EXCLUDED, Verdict.UNCOUNTED):
        sent = replace(EXCLUDE, verdict=verdict, value=reason)
        return replace(current, form=None, exclude=sent)
    form = PUT_BACK if verdict == Verdict.KEPT else current.form
    return replace(current, form=replace(form, value=reason) if form else None)


def _by_hand(run: Run) -> Judgement:
    """Of a manual run, by which flakiness never goes."""
    if run.is_outage:
        return replace(_outage(run), form=None)
    return Judgement(exclude=EXCLUDE_EVERYWHERE)


def _outage(run: Run) -> Judgement:
    n = decided_count(run.counts)
    bad = numbers.percent((n - run.passed) / n)
    return Judgement(
        kind="warn",
        fact="This run counts as an outage.",
        text=f"{bad} of {numbers.plural(n, 'finished test')} did not pass. It is left out "
        "of flakiness and stays in every rate.",
        form=PUT_BACK,
        exclude=EXCLUDE_EVERYWHERE,
    )
