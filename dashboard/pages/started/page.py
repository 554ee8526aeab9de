"""What the form of a start and the page of a started run print."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from dashboard.addresses import address
from dashboard.pages.started.form import FormField, form_fields
from dashboard.tools import tool_label
from dashboard.ui import links
from dashboard.ui.clock import Clock
from dashboard.ui.parts import Button, Fact, Link
from ingest.connections import starter_of
from ingest.models import Project, StartedRun
from ingest.models.started import StartKind, StartState
from ingest.origins import web_link
from ingest.starting import Starter, StartField

# What a state is called, and its mark.
WORDS = {
    StartState.ASKED: ("Asked", "run"),
    StartState.ACCEPTED: ("Waits for its run", "run"),
    StartState.RUNNING: ("Running", "run"),
    StartState.DONE: ("Ended", "pass"),
    StartState.REFUSED: ("Refused", "fail"),
    StartState.LOST: ("Nothing known", "stale"),
}


TITLES = {
    StartKind.START: "Started run",
    StartKind.RERUN: "Run again",
    StartKind.CASE: "Made test",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class StartPage:
    """`key` makes a form that is sent twice the same request. `problem` is why the tool
    did nothing, "" where nobody asked it yet. `other` leads to the other form: of a
    test in place of a run. `addresses` are those that the tool comes from, None where
    nobody asked; `addresses_href` asks, "" where the tool tells none.
    """

    project: Project
    title: str
    action: str
    verb: str
    tool: str
    tool_label: str
    other: Link | None
    addresses: tuple[str, ...] | None
    addresses_href: str
    fields: tuple[FormField, ...]
    key: str
    problem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StartedPage:
    """`live_href` is asked every 15 s until the run ended, "" then."""

    row: StartedRun
    title: str
    tool: str
    state: str
    glyph: str
    facts: tuple[Fact, ...]
    run_href: str
    again: Button | None
    vendor: Button | None
    live_href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """One of the two forms: its route, what it asks for, and what its button says."""

    route: str
    title: str
    verb: str


RUN = Asking(route="project-start", title="Start a run", verb="Start")
TEST = Asking(route="project-new-test", title="Make a test", verb="Make")


def start_page(
    project: Project,
    starter: type[Starter],
    asking: Asking,
    typed: Mapping[str, str],
    *,
    errors: Mapping[str, list[str]] | None = None,
    problem: str = "",
    addresses: tuple[str, ...] | None = None,
) -> StartPage:
    """`typed` is what stands in the form, `errors` by the field's name."""
    href = address(asking.route, project.pk)
    return StartPage(
        project=project,
        title=asking.title,
        action=href,
        verb=asking.verb,
        tool=starter.vendor,
        tool_label=starter.label,
        other=_other(project, starter, asking),
        fields=form_fields(fields_of(starter, asking), typed, errors or {}),
        key=uuid.uuid4().hex,
        problem=problem,
        addresses=addresses,
        addresses_href=f"{href}?addresses=1" if starter.tells_addresses else "",
    )


def fields_of(starter: type[Starter], asking: Asking) -> tuple[StartField, ...]:
    return starter.start_fields if asking is RUN else starter.case_fields


def _other(project: Project, starter: type[Starter], asking: Asking) -> Link | None:
    other = TEST if asking is RUN else RUN
    if not fields_of(starter, other):
        return None
    return Link(text=other.title, href=address(other.route, project.pk))


def started_page(row: StartedRun, clock: Clock) -> StartedPage:
    state, glyph = WORDS[StartState(row.state)]
    if row.kind == StartKind.CASE and row.state == StartState.DONE:
        state = "Made"
    vendor = row.connection.vendor
    url = web_link(row.vendor_url)
    text = f"Open in {tool_label(vendor)}"
    return StartedPage(
        row=row,
        title=TITLES[StartKind(row.kind)],
        tool=vendor,
        state=state,
        glyph=glyph,
        facts=_facts(row, clock),
        run_href=links.run(row.run_id) if row.run_id else "",
        again=_again(row),
        vendor=Button(text=text, href=url, icon="external") if url else None,
        live_href=address("started", row.pk) if row.is_under_way else "",
    )


def _again(row: StartedRun) -> Button | None:
    """Back to the form with what was asked for, once nothing comes of this one."""
    asking = {StartKind.START: RUN, StartKind.CASE: TEST}.get(StartKind(row.kind))
    if row.is_under_way or asking is None:
        return None
    return Button(text=asking.title, href=address(asking.route, row.project_id))


def _facts(row: StartedRun, clock: Clock) -> tuple[Fact, ...]:
    project = Link(text=row.project.name, href=links.project(row.project_id))
    at = clock.ago(row.asked_at)
    facts = [
        Fact(label="Project", text="", links=(project,)),
        Fact(label="Asked by", text=row.by),
        Fact(label="Asked", text=at, title=clock.timestamp(row.asked_at)),
    ]
    facts += _asked_for(row)
    if row.run_external_id:
        facts.append(Fact(label="Run there", text=row.run_external_id, is_code=True))
    elif row.handle:
        what = "Test" if row.kind == StartKind.CASE else "Job"
        facts.append(Fact(label=f"{what} there", text=row.handle, is_code=True))
    return tuple(facts)


def _asked_for(row: StartedRun) -> list[Fact]:
    """The values under the names that the form has for them."""
    if row.kind == StartKind.RERUN:
        what = "What failed" if row.values.get("only") == "failed" else "All of it"
        run = _plain(row.values.get("rerun", ""))
        return [
            Fact(label="Runs again", text=what),
            Fact(label="Run before", text=run, is_code=True),
        ]
    starter = starter_of(row.connection.vendor)
    asking = TEST if row.kind == StartKind.CASE else RUN
    fields = fields_of(starter, asking) if starter else ()
    labels = {field.name: field.label for field in fields}
    return [
        Fact(label=labels.get(name, name), text=_plain(value), is_code=True)
        for name, value in row.values.items()
    ]


def _plain(value: object) -> str:
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        value = ", ".join(value)
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 200 else f"{text[:199]}…"
