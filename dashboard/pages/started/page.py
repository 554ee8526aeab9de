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
from ingest.models import Project, StartedRun
from ingest.models.started import StartKind, StartState
from ingest.origins import web_link
from ingest.starting import Starter

# What a state is called, and its mark.
WORDS = {
    StartState.ASKED: ("Asked", "run"),
    StartState.ACCEPTED: ("Waits for its run", "run"),
    StartState.RUNNING: ("Running", "run"),
    StartState.DONE: ("Ended", "pass"),
    StartState.REFUSED: ("Refused", "fail"),
    StartState.LOST: ("Nothing known", "stale"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class StartPage:
    """`key` makes a form that is sent twice the same request. `problem` is why the tool
    started nothing, "" where nobody asked it yet.
    """

    project: Project
    tool: str
    tool_label: str
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


def start_page(
    project: Project,
    starter: type[Starter],
    typed: Mapping[str, str],
    *,
    errors: Mapping[str, list[str]] | None = None,
    key: str = "",
    problem: str = "",
) -> StartPage:
    return StartPage(
        project=project,
        tool=starter.vendor,
        tool_label=starter.label,
        fields=form_fields(starter.start_fields, typed, errors or {}),
        key=key or new_key(),
        problem=problem,
    )


def new_key() -> str:
    return uuid.uuid4().hex


def started_page(row: StartedRun, clock: Clock) -> StartedPage:
    state, glyph = WORDS[StartState(row.state)]
    vendor = row.connection.vendor
    url = web_link(row.vendor_url)
    text = f"Open in {tool_label(vendor)}"
    return StartedPage(
        row=row,
        title="Run again" if row.kind == StartKind.RERUN else "Started run",
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
    if row.is_under_way or row.kind != StartKind.START:
        return None
    return Button(text="Start another", href=address("project-start", row.project_id))


def _facts(row: StartedRun, clock: Clock) -> tuple[Fact, ...]:
    project = Link(text=row.project.name, href=links.project(row.project_id))
    at = clock.ago(row.asked_at)
    facts = [
        Fact(label="Project", text="", links=(project,)),
        Fact(label="Asked by", text=row.by),
        Fact(label="Asked", text=at, title=clock.timestamp(row.asked_at)),
    ]
    facts += [
        Fact(label=name, text=_plain(value), is_code=True)
        for name, value in row.values.items()
    ]
    if row.run_external_id:
        facts.append(Fact(label="Run there", text=row.run_external_id, is_code=True))
    elif row.handle:
        facts.append(Fact(label="Job there", text=row.handle, is_code=True))
    return tuple(facts)


def _plain(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 200 else f"{text[:199]}…"
