"""Sample connect page: tested with one gap, and before any test."""

from __future__ import annotations

from dashboard.pages.connect.inputs import FormField
from dashboard.pages.connect.page import (
    CheckLine,
    CheckResult,
    ConnectPage,
    Disconnect,
    Step,
    ToolCard,
)
from dashboard.ui.parts import EmptyState, FieldOption, Link, Pill, State
from tests.browser.samples.parts import TOOLS

CARDS = (
    (
        "testmo",
        "Runs, threads, results, milestones and sources",
        "API key from your profile",
    ),
    ("testomatio", "Runs, results and plans of each project", "General API token"),
    ("testably", "Runs and results with their history", "API token"),
    ("qatech", "Journeys run by the AI agent, with its steps", "API key of a project"),
    ("testifly", "Executions and results over its REST API", "x-api-key value"),
)
STEPS = (
    Step(number=1, text="Tool", state="done"),
    Step(number=2, text="Key and test", state="now"),
    Step(number=3, text="First import", state="later"),
)


def _fields(*, kept: str, error: str = "") -> tuple[FormField, ...]:
    reach = (
        ("30", "30 days"),
        ("90", "90 days"),
        ("365", "1 year"),
        ("0", "Everything"),
    )
    return (
        FormField(
            name="base_url",
            label="Address",
            kind="url",
            value="https://qa.testmo.net",
            help="The address you open Testmo at.",
            required=True,
            error=error,
        ),
        FormField(
            name="token",
            label="API key",
            kind="secret",
            help="In Testmo: your profile, API access, Add API key. "
            "Read access is enough.",
            kept=kept,
            required=True,
        ),
        FormField(
            name="reach",
            label="How far back",
            kind="segment",
            options=tuple(
                FieldOption(value=v, text=t, checked=v == "90") for v, t in reach
            ),
            help="Newest first, so the dashboard fills within a minute.",
        ),
    )


def _cards() -> tuple[ToolCard, ...]:
    return tuple(
        ToolCard(tool=TOOLS[v], gives=gives, needs=needs, checked=v == "testmo")
        for v, gives, needs in CARDS
    )


def connect() -> ConnectPage:
    ok = State(glyph="pass", word="passed")
    lines = [
        ("Address answers", "142 ms"),
        ("Key accepted", "read access"),
        ("Projects found", "2"),
        ("Runs in the last 90 days", "1,804"),
        ("Threads readable", "yes"),
    ]
    return ConnectPage(
        title="Connect your first tool",
        text="Passline reads runs, threads and results. It writes to a tool only when "
        "a person starts or reruns something.",
        steps=STEPS,
        cards=_cards(),
        choose_action="/connect/",
        action="/connect/",
        form_title="Testmo",
        fields=_fields(kept="ends in 3f9a"),
        check=CheckResult(
            pill=Pill(glyph="pass", word="Works, 1 gap", tone="pass"),
            lines=(
                *(CheckLine(state=ok, text=text, value=value) for text, value in lines),
                CheckLine(
                    state=State(glyph="stale", word="gap"),
                    text="Milestones readable",
                    value="key may not see them",
                    is_gap=True,
                ),
            ),
            hint="Milestones will be missing until the key's user can see them. "
            "Everything else imports now, about 4 minutes for 90 days.",
        ),
        can_start=True,
        test_text="Test again",
        sample_link=Link(
            text="Look around with sample data", href="/connect/?sample=1"
        ),
    )


def connect_empty() -> ConnectPage:
    """A connection being changed: a wrong address, two projects, and the way out."""
    return ConnectPage(
        title="Testmo",
        text="Change the key or the address; test before you save.",
        steps=(),
        cards=(),
        choose_action="/connect/",
        action="/connect/",
        form_title="Testmo",
        fields=_fields(kept="", error="qa.testmo.nett does not resolve."),
        error="The address could not be reached.",
        check=CheckResult(
            empty=EmptyState(
                title="Not tested yet",
                text="The test reads one page of each list and writes nothing.",
                icon="plug",
            ),
            answer="getaddrinfo: no such host",
        ),
        projects=FormField(
            name="project",
            label="Projects",
            kind="checks",
            options=(
                FieldOption(value="1", text="Web Storefront", checked=True),
                FieldOption(value="2", text="Checkout & Payments"),
            ),
        ),
        disconnect=Disconnect(
            action="/connect/1/delete/",
            name="Testmo",
            text="Its runs and results stay until you delete the project.",
            error="That is not its name.",
        ),
    )
