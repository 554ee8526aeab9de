"""Sample lists: runs, results, cases, milestones, rejects, syncs."""

from __future__ import annotations

from random import Random
from typing import Any

from dashboard.pages.cases.rows import CaseListPage, CaseListRow
from dashboard.pages.milestones.milestone_list import (
    MilestoneListPage,
    MilestoneListRow,
)
from dashboard.pages.runs.run_list import RunListPage
from dashboard.pages.sync.history import SyncLine
from dashboard.pages.sync.lists import RejectListPage, RejectRow, SyncListPage
from dashboard.ui.parts import (
    Button,
    Column,
    EmptyState,
    Link,
    Number,
    OutcomeBar,
    Pager,
    Pill,
    SearchBox,
    State,
)
from dashboard.ui.result_rows import ResultListPage, ResultRow
from dashboard.ui.run_rows import RunChange, RunRow
from dashboard.ui.text import times
from dashboard.ui.toggles import StatusToggle
from tests.browser.samples.parts import PROJECTS, TOOLS, columns, number, strip


def search(action: str, placeholder: str) -> SearchBox:
    return SearchBox(
        action=action, value="", placeholder=placeholder, hidden=(("window", "30d"),)
    )


PAGER = Pager(text="51–100 of 1,575", previous_href="?page=1", next_href="?page=3")


def run_columns() -> dict[str, Column]:
    return columns(
        name="Run",
        project="Project",
        source="Source",
        configuration="Configuration",
        milestone="Milestone",
        outcome="Outcome",
        before="vs run before",
        duration="Duration>",
        started="Started",
    )


def run_rows(count: int) -> tuple[RunRow, ...]:
    random = Random(5)
    rows = []
    for i in range(count):
        p = PROJECTS[i % len(PROJECTS)]
        bad = p.last["failed"] + p.last["error"]
        rows.append(
            RunRow(
                name=f"{p.name} nightly",
                href=f"/runs/{4187 - i}/",
                state=State(glyph="fail", word="failed")
                if i % 3
                else State(glyph="pass", word="passed"),
                tool=p.tool,
                project=Link(text=p.name, href=f"/projects/{p.id}/"),
                source="GitHub Actions",
                configuration="Chrome 155, staging-eu",
                milestones=(Link(text="v26.12 Winter release", href="/runs/"),),
                bar=OutcomeBar(counts=p.last),
                not_passed=number(bad, f"/runs/{4187 - i}/?status=failed", "failed"),
                total=number(sum(p.last.values()), "/runs/4187/?status=all", "total"),
                duration=times.duration(random.randint(60_000, 4_000_000)),
                started="18 Nov 22:04",
                started_title="18 Nov 2026, 22:04:00 UTC",
                detail="totals only" if i == 4 else "",
                number=f"#{4187 - i}",
                before=_changes(i),
                marks=("outage",) if i == 2 else (),
            )
        )
    return tuple(rows)


def _changes(place: int) -> tuple[RunChange, ...]:
    if place == 1:
        return (RunChange(number=Number(text="none new")),)
    href = "/runs/4187/?change=regression"
    return (
        RunChange(number=Number(text="+12 new", href=href), tone="bad"),
        RunChange(number=Number(text="2 fixed", href=href), tone="good"),
    )


def runs() -> RunListPage:
    return RunListPage(
        title="Runs",
        count="1,575",
        subtitle="21 Oct – 19 Nov",
        search=search("/runs/", "Run name"),
        columns=run_columns(),
        rows=run_rows(12),
        pager=PAGER,
    )


def results() -> ResultListPage:
    p = PROJECTS[0]
    rows = tuple(
        ResultRow(
            name=f"Pay with card {i}",
            href=f"/cases/{i}/",
            folder="Payments / Cards",
            state=State(glyph="fail", word="failed"),
            message="TimeoutError: locator did not resolve within 15000 ms",
            duration="1m 12s",
            run=Link(text="Checkout nightly #4187", href="/runs/4187/"),
            project=p.name,
            tool=p.tool,
            moment="02:14",
            moment_title="19 Nov 2026, 02:14:00 UTC",
            attempt="attempt 2" if i == 2 else "",
        )
        for i in range(8)
    )
    return ResultListPage(
        title="Results",
        count="20,511",
        counts_note="and 1,240 in 3 runs without rows",
        search=search("/results/", "Name, folder or key"),
        columns=columns(
            name="Test",
            run="Run",
            message="Message",
            duration="Duration>",
            moment="Time",
        ),
        rows=rows,
        pager=PAGER,
        toggles=(StatusToggle(glyph="fail", text="Failed", href="#", is_current=True),),
    )


def cases() -> CaseListPage:
    random = Random(9)
    rows = tuple(
        CaseListRow(
            name=f"Case {i} " + "with a long name " * (i % 4 * 3),
            href=f"/results/?case={i}",
            folder="Payments / Cards",
            tool=p.tool,
            project=Link(text=p.name, href=f"/projects/{p.id}/"),
            state=State(glyph="fail", word="failing"),
            results=number(30 + i, f"/results/?case={i}", "results"),
            strip=strip(random, 12 + i, failing=0.2),
            since="failing since 13 Nov",
            since_title="13 Nov 2026, 02:10:00 UTC",
            since_href="/runs/4100/",
            last_seen="02:14",
            last_seen_title="19 Nov 2026, 02:14:00 UTC",
        )
        for i, p in enumerate(PROJECTS)
    )
    return CaseListPage(
        title="Failing now",
        count="128",
        search=search("/cases/", "Name, folder or key"),
        columns=columns(
            name="Test",
            project="Project",
            strip="Last 20",
            results="Results>",
            since="Since^",
            last_seen="Last seen",
        ),
        rows=rows,
        pager=PAGER,
    )


def milestones() -> MilestoneListPage:
    return MilestoneListPage(
        title="Milestones",
        count="2",
        search=search("/milestones/", "Milestone"),
        columns=columns(
            name="Milestone",
            state="State",
            projects="Tools and projects",
            progress="Passed",
            outlook="Forecast",
            due="Due",
        ),
        rows=(
            MilestoneListRow(
                name="v26.12 Winter release",
                href="/milestones/1/",
                pill=Pill(glyph="stale", word="At risk", tone="flaky"),
                projects=(Link(text="Web Storefront", href="/projects/3/"),),
                tools=(TOOLS["testmo"], TOOLS["testomatio"]),
                outlook="Likely 3 to 8 days late.",
                bar=OutcomeBar(counts={"failed": 96, "untested": 532, "passed": 1512}),
                passed=number(
                    1512, "/cases/?milestone=1&status=passed&view=scope", "passed"
                ),
                scope=number(2140, "/cases/?milestone=1&view=scope", "scope"),
                share=Number(text="70.7%", metric="plan_pass_rate", value=0.7065),
                due="4 Dec",
            ),
            MilestoneListRow(
                name="v26.11",
                href="/milestones/2/",
                pill=Pill(glyph="fixed", word="Completed", tone="skip"),
                projects=(),
                tools=(TOOLS["testmo"],),
                outlook="None of its runs has results yet.",
            ),
        ),
    )


def nothing_matches() -> RunListPage:
    return RunListPage(
        title="Runs",
        count="0",
        search=search("/runs/", "Run name"),
        empty=EmptyState(
            title="No run matches these filters",
            text="Tool is Testmo and Milestone is v26.09.",
            icon="filter",
            button=Button(
                text="Clear Milestone", href="/runs/?tool=testmo", small=True
            ),
        ),
    )


def sync_lines() -> tuple[SyncLine, ...]:
    lines: list[tuple[str, str, State, str]] = [
        ("09:13", "testifly", State(glyph="fresh", word="212 written"), "38 s"),
        (
            "09:11",
            "testmo",
            State(glyph="fresh", word="96 written, 1 rejected"),
            "12 s",
        ),
        (
            "09:10",
            "qatech",
            State(glyph="failing", word="key refused (401)", bad=True),
            "0.3 s",
        ),
        ("09:06", "testably", State(glyph="fresh", word="18 written"), "4 s"),
        ("09:06", "testmo", State(glyph="fresh", word="140 written"), "14 s"),
    ]
    return tuple(
        SyncLine(
            started=started,
            started_title=f"19 Nov 2026, {started}:00 UTC",
            tool=TOOLS[vendor],
            name=TOOLS[vendor].label,
            href=f"/sync/#connection-{vendor}",
            state=state,
            duration=took,
            project="Mobile iOS",
            read="5,214",
            written="96",
            rejected="1",
            error="QA.tech refused the API key." if state.bad else "",
        )
        for started, vendor, state, took in lines
    )


def syncs() -> SyncListPage:
    return SyncListPage(
        title="Syncs",
        count="5",
        search=search("/sync/", "Connection"),
        rows=sync_lines(),
        pager=PAGER,
    )


def rejects() -> RejectListPage:
    payload: Any = '{"id": 17, "name": null, "elapsed": "<b>x</b>"}'
    row = RejectRow(
        tool=TOOLS["testomatio"],
        connection="Testomat.io",
        project="Mobile iOS",
        where="testruns page 3 row 4",
        reason="Result without a test name",
        payload=payload,
        moment="08:20",
        moment_title="19 Nov 2026, 08:20:00 UTC",
    )
    return RejectListPage(
        title="Rejected records",
        count="2",
        search=search("/sync/", "Reason"),
        rows=(row, row),
    )
