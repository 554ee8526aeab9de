"""The connect page's context: for a first tool, a further one, or one to change."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from django.urls import reverse

from dashboard.pages.connect.discovery import Discovery, Line
from dashboard.pages.connect.form_state import FormState, secret_fields, secrets_of
from dashboard.pages.connect.inputs import FormField, inputs, more_inputs, project_input
from dashboard.pages.connect.problems import Problems
from dashboard.ui.lengths import Quote
from dashboard.ui.parts import EmptyState, Link, Pill, State, Tool
from dashboard.ui.text import numbers
from ingest.connections import Vendor, vendors
from ingest.models import Connection

READS_ONLY = (
    "Passline reads runs, threads and results. It writes to a tool only when a person "
    "starts or reruns something."
)
# What is read, and the key that it takes.
CARDS = {
    "testmo": (
        "Runs, threads, results, milestones and sources",
        "API key from your profile",
    ),
    "testomatio": ("Runs, results and plans of each project", "General API token"),
    "testably": ("Runs and results with their history", "API token"),
    "qatech": ("Journeys run by the AI agent, with its steps", "API key of a project"),
    "testifly": ("Executions and results over its REST API", "x-api-key value"),
}
STEPS = ("Tool", "Key and test", "First import")
NOT_TESTED = EmptyState(
    title="Not tested yet",
    text="The test reads a few lists with this key and writes nothing.",
    icon="plug",
)
WORDS = {"ok": ("pass", "passed"), "gap": ("stale", "gap"), "bad": ("fail", "failed")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One of the three steps; `state` done, now or later."""

    number: int
    text: str
    state: Literal["done", "now", "later"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCard:
    """A tool to choose; `gives` is what is read, `needs` the key that it takes."""

    tool: Tool
    gives: str
    needs: str
    checked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckLine:
    """A line of the test's result with the measured value at the right."""

    state: State
    text: str
    value: str
    is_gap: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """What the test found; without `lines`, `empty` says what a test will do."""

    pill: Pill | None = None
    lines: tuple[CheckLine, ...] = ()
    hint: str = ""
    empty: EmptyState | None = None
    answer: Quote = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Disconnect:
    """Deleting a connection asks for its name in the field `confirm`."""

    action: str
    name: str
    text: str
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectPage:
    """`action` takes the POST; its button `do` says test or start.

    `choose_action` is the GET address that shows another tool (`vendor=`). `projects`
    is a field of kind checks once a test has listed them. `more` are fields that have
    good values already, folded away unless `is_more_open`.
    """

    title: str
    text: str
    steps: tuple[Step, ...]
    cards: tuple[ToolCard, ...]
    choose_action: str
    action: str
    form_title: str
    fields: tuple[FormField, ...]
    check: CheckResult
    more: tuple[FormField, ...] = ()
    is_more_open: bool = False
    hidden: tuple[tuple[str, str], ...] = ()
    error: str = ""
    can_start: bool = False
    test_text: str = "Test connection"
    start_text: str = "Start import"
    projects: FormField | None = None
    sample_link: Link | None = None
    disconnect: Disconnect | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """Where a person stands: the draft, what was found and what is wrong.

    `error` is a sentence that belongs to no field. `can_start`: the values are those
    that a test passed with. `confirm_error`: the typed name was another.
    """

    draft: FormState
    vendor: Vendor
    row: Connection | None = None
    finding: Discovery | None = None
    problems: Problems = field(default_factory=dict)
    error: str = ""
    can_start: bool = False
    confirm_error: str = ""


def connect_page(attempt: Attempt) -> ConnectPage:
    draft, vendor, row = attempt.draft, attempt.vendor, attempt.row
    finding, problems = attempt.finding, _placed(attempt)
    projects = project_input(draft, vendor, row, finding, problems)
    more = more_inputs(draft, vendor, row, problems)
    is_passed = bool(finding and finding.has_passed and attempt.can_start)
    error = attempt.error
    if finding and finding.sentence and not finding.place:
        error = error or finding.sentence
    return ConnectPage(
        title=row.name if row else _title(),
        text=f"Change what {vendor.label} needs, test it, and save. Empty credentials "
        "stay as they are stored."
        if row
        else READS_ONLY,
        steps=() if row else _steps(is_passed),
        cards=() if row else _cards(vendor),
        choose_action=reverse("connect"),
        action=action_of(attempt),
        form_title=vendor.label,
        fields=inputs(draft, vendor, row, problems),
        more=more,
        is_more_open=any(field.error for field in more),
        check=check_result(finding, vendor),
        hidden=(("listed", "1"),) if projects else (),
        error=error,
        can_start=attempt.can_start,
        test_text="Test again" if finding else "Test connection",
        start_text="Save" if row else "Start import",
        projects=projects,
        sample_link=None
        if row
        else Link(
            text="Look around with sample data", href=action_of(attempt) + "&sample=1"
        ),
        disconnect=_disconnect(row, attempt.confirm_error) if row else None,
    )


def action_of(attempt: Attempt) -> str:
    key, value = (
        ("connection", str(attempt.row.pk))
        if attempt.row
        else ("vendor", attempt.vendor.name)
    )
    return f"{reverse('connect')}?{key}={value}"


def _title() -> str:
    is_first = not Connection.objects.exists()
    return "Connect your first tool" if is_first else "Connect a tool"


def _placed(attempt: Attempt) -> Problems:
    """The problems, with the test's sentence at the field that it is about."""
    finding, problems = attempt.finding, attempt.problems
    if finding is None or not finding.place:
        return problems
    place: str = finding.place
    if place == "secrets":
        used = secrets_of(attempt.draft, attempt.row)
        names = [field.name for field in secret_fields(attempt.vendor)]
        place = next((name for name in names if used.get(name)), names[0])
    return {place: finding.sentence} | problems


def _steps(is_passed: bool) -> tuple[Step, ...]:
    now = 3 if is_passed else 2
    return tuple(
        Step(
            number=number,
            text=text,
            state="done" if number < now else "now" if number == now else "later",
        )
        for number, text in enumerate(STEPS, start=1)
    )


def _cards(chosen: Vendor) -> tuple[ToolCard, ...]:
    return tuple(
        ToolCard(
            tool=Tool(vendor=vendor.name, label=vendor.label),
            gives=CARDS.get(vendor.name, ("Runs and results", ""))[0],
            needs=CARDS.get(vendor.name, ("", "API token"))[1],
            checked=vendor.name == chosen.name,
        )
        for vendor in vendors()
    )


def check_result(finding: Discovery | None, vendor: Vendor) -> CheckResult:
    if finding is None:
        return CheckResult(empty=NOT_TESTED)
    return CheckResult(
        pill=_pill(finding),
        lines=tuple(_check_line(line) for line in finding.lines),
        hint=_hint(finding, vendor),
        answer=finding.answer,
    )


def _pill(finding: Discovery) -> Pill:
    if not finding.has_passed:
        return Pill(glyph="fail", word="Does not work", tone="fail")
    gaps = f", {numbers.plural(finding.gap_count, 'gap')}" if finding.gap_count else ""
    return Pill(glyph="pass", word=f"Works{gaps}", tone="pass")


def _check_line(line: Line) -> CheckLine:
    glyph, word = WORDS[line.state]
    return CheckLine(
        state=State(glyph=glyph, word=word),
        text=line.text,
        value=line.value,
        is_gap=line.state == "gap",
    )


def _hint(finding: Discovery, vendor: Vendor) -> str:
    if not finding.has_passed:
        return "Nothing is stored until a test passes."
    gaps = [line.text.lower() for line in finding.lines if line.state == "gap"]
    if gaps:
        return (
            f"{vendor.label} leaves a gap: {', '.join(gaps)}. Everything else imports "
            "now."
        )
    return ""


def _disconnect(row: Connection, error: str) -> Disconnect:
    return Disconnect(
        action=reverse("disconnect", args=[row.pk]),
        name=row.name,
        text="This deletes the connection with its credentials, its projects and every "
        "run and result that was read through it. It cannot be undone. To stop syncs "
        "and keep the data, pause it on the Sync page.",
        error=error,
    )
