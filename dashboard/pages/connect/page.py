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
CARD = ("Runs and results", "API token")
STEPS = ("Tool", "Key and test", "First import")


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectPage:
    """`row` is the connection to change, None for a new one, which has `cards` of tools
    with what each gives and needs.

    `action` takes the POST; its button `do` says test or start. `projects` is a field
    of kind checks once a test has listed them. `more` are fields that have good values
    already, folded away unless one of them is wrong.
    """

    title: str
    vendor: Vendor
    row: Connection | None
    cards: tuple[tuple[Vendor, tuple[str, str]], ...]
    action: str
    fields: tuple[FormField, ...]
    more: tuple[FormField, ...]
    projects: FormField | None
    problems: Problems
    discovery: Discovery | None
    error: str
    can_start: bool
    confirm_error: str

    @property
    def is_more_open(self) -> bool:
        return any(field.name in self.problems for field in self.more)

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
        title=row.name if row else _title_of_new(),
        vendor=attempt.vendor,
        row=row,
        cards=() if row else _cards(),
        action=attempt.href,
        fields=inputs(attempt),
        more=more_inputs(attempt),
        projects=project_input(attempt),
        problems=problems,
        discovery=discovery,
        error=error,
        can_start=attempt.can_start,
        confirm_error=attempt.confirm_error,
    )


def _title_of_new() -> str:
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


def _cards() -> tuple[tuple[Vendor, tuple[str, str]], ...]:
    return tuple((vendor, CARDS.get(vendor.name, CARD)) for vendor in vendors())
