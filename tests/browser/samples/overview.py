"""Sample overview and project page."""

from __future__ import annotations

from dataclasses import replace

from dashboard.pages.overview.page import OverviewPage
from dashboard.pages.overview.projects import (
    Multiples,
    ProjectRow,
    ProjectTable,
    SmallMultiple,
)
from dashboard.pages.projects.page import ProjectPage
from dashboard.pages.projects.ranked import FailingLine, FlakyLine, ListCard, SlowLine
from dashboard.pages.projects.recent import RecentRuns
from dashboard.ui.activity.kpis import Kpi
from dashboard.ui.freshness import FreshnessItem, FreshnessStrip
from dashboard.ui.parts import (
    Button,
    Crumb,
    Delta,
    EmptyState,
    Link,
    Number,
    OutcomeBar,
    SearchBox,
    State,
    Strip,
    Switch,
    Trend,
)
from dashboard.ui.svg.strips import StripCell
from dashboard.ui.text import deltas, numbers, verdicts
from tests.browser.samples.days import daily, days
from tests.browser.samples.lists import run_columns, run_rows
from tests.browser.samples.parts import PROJECTS, TOOLS, Sample, columns, number


def kpis() -> tuple[Kpi, ...]:
    rows = days()
    totals = tuple(float(row.total) for row in rows)
    failing = (84, 88, 86, 90, 92, 89, 91, 93, 97, 95, 94, 92, 96, 99, 97, 95, 92, 90)
    failing += (93, 95, 92, 94, 91, 97, 103, 110, 112, 115, 121, 128)
    return (
        Kpi(
            label="Pass rate",
            parts=numbers.percent_parts(0.9372),
            href="/results/?status=passed&status=failed&status=error",
            metric="pass_rate",
            value=0.93719,
            delta=deltas.rate_delta(0.937, 0.946),
            note="from 94.6%",
            trend=Trend(kind="line", values=tuple(row.rate for row in rows)),
        ),
        Kpi(
            label="Runs",
            parts=numbers.count_parts(1575),
            href="/runs/",
            metric="runs",
            value=1575,
            delta=deltas.share_delta(1575, 1514),
            note="from 1,514",
            trend=Trend(kind="bars", values=totals),
        ),
        Kpi(
            label="Results",
            parts=numbers.count_parts(336_982),
            href="/results/",
            metric="results",
            value=336_982,
            delta=deltas.share_delta(337, 318),
            note="336,982 rows",
            trend=Trend(kind="bars", values=totals),
        ),
        Kpi(
            label="Failing now",
            glyph="fail",
            parts=numbers.count_parts(128),
            href="/cases/?status=failing",
            metric="failing_now",
            value=128,
            delta=deltas.count_delta(128, 97),
            note="from 97",
            trend=Trend(
                kind="line",
                values=tuple(float(f) for f in failing),
                colour="fail",
                floor=60,
            ),
        ),
        Kpi(
            label="Not passed",
            glyph="fail",
            parts=numbers.count_parts(20_511),
            href="/results/?status=failed&status=error",
            metric="not_passed",
            value=20_511,
            delta=deltas.count_delta(20_511, 18_004),
            note="from 18,004",
            trend=Trend(
                kind="bars", values=tuple(float(r.failed + r.error) for r in rows)
            ),
        ),
        Kpi(
            label="Completion",
            parts=numbers.percent_parts(0.9785),
            href="/results/?status=untested&status=skipped&status=blocked",
            metric="completion",
            value=0.97852,
            is_stale=True,
            note="without QA.tech, 26 h old",
            trend=Trend(
                kind="line",
                values=tuple(r.decided / r.total for r in rows),
                floor=0.9,
            ),
        ),
    )


def freshness() -> FreshnessStrip:
    lines = [
        ("fresh", "fresh", "testmo", "4 min", False),
        ("syncing", "syncing", "testomatio", "backfill 61%", False),
        ("fresh", "fresh", "testably", "9 min", False),
        ("failing", "sync failing", "qatech", "26 h, key rejected", True),
        ("fresh", "fresh", "testifly", "2 min", False),
    ]
    return FreshnessStrip(
        items=tuple(
            FreshnessItem(
                glyph=glyph,
                word=word,
                tool=TOOLS[vendor],
                name=TOOLS[vendor].label,
                age=age,
                href=f"/sync/#connection-{vendor}",
                is_bad=bad,
            )
            for glyph, word, vendor, age, bad in lines
        ),
        poll_href="/",
    )


def multiples() -> Multiples:
    return Multiples(
        subtitle="same scale, 80–100%",
        floor=0.8,
        items=tuple(
            SmallMultiple(
                name=p.name,
                href=f"/projects/{p.id}/",
                tool=p.tool,
                rate=Number(
                    text=numbers.percent(p.rate), metric="pass_rate", value=p.rate
                ),
                delta=deltas.rate_delta(p.rate, p.before, unit=""),
                values=p.series(),
                before=p.before,
            )
            for p in sorted(PROJECTS, key=lambda p: p.rate - p.before)
        ),
    )


def _row(p: Sample) -> ProjectRow:
    bad = p.last["failed"] + p.last["error"]
    return ProjectRow(
        name=p.name,
        href=f"/projects/{p.id}/",
        tool=p.tool,
        last_run="18 Nov 06:45" if p.vendor == "qatech" else "07:44",
        last_run_title="19 Nov 2026, 07:44:02 UTC",
        last_run_href="/runs/4187/",
        rate=Number(text=numbers.percent(p.rate), metric="pass_rate", value=p.rate),
        delta=deltas.rate_delta(p.rate, p.before),
        trend=p.series(),
        bar=OutcomeBar(counts=p.last),
        not_passed=number(bad, "/results/?run=1&status=failed&status=error", "failed"),
        total=number(sum(p.last.values()), "/runs/4187/?status=all", "total"),
        failing=number(p.failing, f"/cases/?project={p.id}", "failing_now"),
        freshness=State(glyph="failing", word="26 h ago", bad=True)
        if p.vendor == "qatech"
        else State(glyph="fresh", word="4 min ago"),
    )


def table() -> ProjectTable:
    return ProjectTable(
        count="9",
        columns=columns(
            name="Project",
            last_run="Last run",
            rate="Pass rate>^",
            change="Change",
            failing="Failing now>",
            freshness="Freshness",
        ),
        rows=tuple(_row(p) for p in sorted(PROJECTS, key=lambda p: p.rate)),
        trend_text="30 days",
        floor=0.82,
        ceiling=0.99,
        search=SearchBox(action="/", value="", placeholder="Find a project"),
    )


def overview(*, view: str = "") -> OverviewPage:
    cause = verdicts.Cause(
        project="Checkout & Payments",
        href="/projects/1/",
        points=-4.1,
        failing=number(37, "/cases/?project=1", "failing_now"),
        newly_failing=number(12, "/cases/?project=1&since=1", "newly_failing"),
    )
    return OverviewPage(
        title="Overview",
        subtitle="21 Oct – 19 Nov, compared with the 30 days before",
        kpis=kpis(),
        verdict=verdicts.pass_rate_verdict(0.937, 0.946, cause=cause),
        freshness=freshness(),
        daily=daily(view=view),
        multiples=multiples(),
        projects=table(),
        buttons=(
            Button(
                text="Export CSV",
                href="/api/v1/metrics/pass-rate/?format=csv",
                icon="download",
                icon_only=True,
                hide_on_phone=True,
            ),
        ),
    )


def overview_empty() -> OverviewPage:
    return OverviewPage(
        title="Overview",
        subtitle="Nothing connected yet",
        empty=EmptyState(
            title="Connect your first tool",
            text="Numbers appear here a minute after the first import begins.",
            icon="plug",
            button=Button(text="Connect a tool", href="/connect/", primary=True),
        ),
    )


def project() -> ProjectPage:
    sample = PROJECTS[0]
    every = Number(text="214", metric="runs", value=214, href="/runs/?project=1")
    return ProjectPage(
        title=sample.name,
        tool=sample.tool,
        crumbs=(Crumb(text="Overview", href="/"),),
        kpis=kpis(),
        verdict=verdicts.pass_rate_verdict(0.951, 0.939),
        fresh=freshness().items[0],
        trend=daily(318, key="trend"),
        runs=RecentRuns(
            number=every,
            rows=run_rows(6),
            columns=run_columns(),
            footer="Showing 6 of 214",
            link=Link(text="All runs", href="/runs/?project=1"),
            switches=(
                (Switch(text="All", href="/projects/1/", is_current=True), ""),
                (Switch(text="Failed 4", href="/projects/1/?runs=failed"), "fail"),
            ),
        ),
        lists=(_most_flaky(), _slowest(), _longest()),
    )


def _most_flaky() -> ListCard:
    cells = tuple(StripCell(outcome=letter) for letter in "PPPPFPPEPPPPPFPPSPPPPPPF")
    score = Number(text="18", metric="flake_rate", value=0.18)
    line = FlakyLine(
        name="Pay with saved card after 3-D Secure challenge",
        href="/cases/1/",
        strip=Strip(cells=cells, slots=24),
        score=score,
        estimate=18,
        low=12,
        high=26,
    )
    return ListCard(
        title="Most flaky",
        glyph="flaky",
        number=Number(text="14", metric="flaky", value=14, href="/flaky/?project=1"),
        flaky=(line, replace(line, low=3, high=44)),
        link=Link(text="All 14", href="/flaky/?project=1"),
    )


def _slowest() -> ListCard:
    line = SlowLine(
        name="Full order with three payment methods",
        href="/cases/2/",
        folder="Payments / Split",
        median=Number(text="2m 48s", metric="p50_ms", value=168_000),
        p95=Number(text="3m 20s", metric="p95_ms", value=200_000),
        width="100%",
        delta=Delta(text="41%", arrow="up", tone="bad"),
    )
    return ListCard(
        title="Slowest tests",
        icon="clock",
        sub="median, 95th beside it",
        slow=(line, replace(line, width="54%", delta=None)),
        link=Link(text="All tests by duration", href="/cases/?view=slow"),
    )


def _longest() -> ListCard:
    line = FailingLine(
        name="Klarna invoice shows Norwegian VAT",
        href="/cases/3/",
        folder="Payments / Klarna",
        age="31 days",
        since_title="since 19 Oct 2026, 02:10:04 UTC",
        streak=Number(text="62 runs", metric="streak", value=62, href="/results/"),
    )
    return ListCard(
        title="Failing longest",
        glyph="fail",
        sub="failing now",
        failing=(line,),
        link=Link(text="All 37", href="/cases/?view=failing"),
    )
