"""The connect page: for a first tool, a further one, or one to change."""

from __future__ import annotations

from dataclasses import dataclass

from dashboard.lists.connections import connection_names
from dashboard.pages.connect.attempt import Attempt
from dashboard.pages.connect.discovery import Discovery
from dashboard.pages.connect.form_state import secret_fields
from dashboard.pages.connect.inputs import FormField, inputs, more_inputs, project_input
from dashboard.pages.connect.problems import Problems
from ingest.connections import Vendor, vendors
from ingest.models import Connection

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


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCard:
    """A tool to choose; `gives` is what is read, `needs` the key that it takes."""

    vendor: str
    label: str
    gives: str
    needs: str
    checked: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectPage:
    """`row` is the connection to change, None for a new one, which has `cards` of tools.

    `action` takes the POST; its button `do` says test or start. `projects` is a field
    of kind checks once a test has listed them. `more` are fields that have good values
    already, folded away unless one of them is wrong.
    """

    title: str
    vendor: str
    row: Connection | None
    cards: tuple[ToolCard, ...]
    action: str
    fields: tuple[FormField, ...]
    more: tuple[FormField, ...]
    projects: FormField | None
    discovery: Discovery | None
    error: str
    can_start: bool
    confirm_error: str

    @property
    def is_more_open(self) -> bool:
        return any(field.error for field in self.more)

    @property
    def steps(self) -> tuple[tuple[str, str], ...]:
        """Each with "done", "now" or "later"."""
        is_passed = self.discovery and self.discovery.has_passed and self.can_start
        states = ("done", "done", "now") if is_passed else ("done", "now", "later")
        return tuple(zip(STEPS, states, strict=True))


def connect_page(attempt: Attempt) -> ConnectPage:
    row, discovery, problems = attempt.row, attempt.discovery, _placed(attempt)
    error = attempt.error
    if discovery and not discovery.place:
        error = error or discovery.sentence
    return ConnectPage(
        title=row.name if row else _title(),
        vendor=attempt.vendor.label,
        row=row,
        cards=() if row else _cards(attempt.vendor),
        action=attempt.href,
        fields=inputs(attempt, problems),
        more=more_inputs(attempt, problems),
        projects=project_input(attempt, problems),
        discovery=discovery,
        error=error,
        can_start=attempt.can_start,
        confirm_error=attempt.confirm_error,
    )


def _title() -> str:
    return "Connect a tool" if connection_names() else "Connect your first tool"


def _placed(attempt: Attempt) -> Problems:
    """The problems, with the test's sentence at the field that it is about."""
    discovery = attempt.discovery
    if discovery is None or not discovery.place:
        return attempt.problems
    place: str = discovery.place
    if place == "secrets":
        names = [field.name for field in secret_fields(attempt.vendor)]
        used = attempt.secrets
        place = next((name for name in names if used.get(name)), names[0])
    return {place: discovery.sentence} | attempt.problems


def _cards(chosen: Vendor) -> tuple[ToolCard, ...]:
    return tuple(
        ToolCard(
            vendor=vendor.name,
            label=vendor.label,
            gives=CARDS.get(vendor.name, ("Runs and results", ""))[0],
            needs=CARDS.get(vendor.name, ("", "API token"))[1],
            checked=vendor.name == chosen.name,
        )
        for vendor in vendors()
    )
