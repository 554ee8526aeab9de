"""Sample run page: eight threads, one of them slow, against the run before."""

from __future__ import annotations

from random import Random

from dashboard.pages.runs.against import Against, AgainstCase, AgainstGroup, AgainstTab
from dashboard.pages.runs.judgement import Judgement, JudgementForm
from dashboard.pages.runs.page import RunPage
from dashboard.pages.runs.results_card import ResultsCard
from dashboard.pages.runs.threads import ThreadLane, ThreadsCard
from dashboard.ui.parts import (
    Button,
    Crumb,
    Delta,
    EmptyState,
    Fact,
    Link,
    OutcomeBar,
    Pager,
    Piece,
    Pill,
    SearchBox,
)
from dashboard.ui.run_head import OutcomeCount
from dashboard.ui.svg.outcomes import OUTCOMES
from dashboard.ui.svg.thread_timeline import Lane, laid_out
from dashboard.ui.text import runs, times
from dashboard.ui.toggles import StatusToggle
from tests.browser.samples.parts import PROJECTS, TOOLS, columns, number
from tests.browser.samples.result_rows import result_rows

COUNTS = {"failed": 27, "error": 2, "blocked": 2, "skipped": 12, "passed": 286}
NO_RUN_BEFORE = EmptyState(
    title="No run to compare with",
    text="This is the first run of this source and configuration.",
    icon="runs",
)


def lanes() -> tuple[ThreadLane, ...]:
    random = Random(3)
    found = []
    for i in range(1, 9):
        slow, results = i == 4, []
        failed = 13 if slow else random.randint(1, 3)
        for k in range(40):
            status = "passed"
            if k % max(40 // failed, 1) == 2:
                status = "error" if i == 2 and k < 10 else "failed"
            elif k == 22:
                status = "skipped" if i % 2 else "blocked"
            length = random.expovariate(1 / 17_000) + 2_000
            if status == "failed":
                length *= 1.8 if slow else 1.2
            results.append((status, int(length), f"case {k}, {status}", ""))
        items = laid_out(results, start_ms=18_000)
        end = items[-1].start_ms + items[-1].duration_ms
        found.append((i, items, end, failed))
    last = max(end for _, _, end, _ in found)
    return tuple(
        ThreadLane(
            name=f"thread {i}",
            runner=number(len(items), metric="results"),
            href=f"/runs/4187/?thread={i}",
            lane=Lane(name=f"thread {i}", items=items, setup_ms=15_000),
            end=times.clock(end),
            not_passed=number(failed, f"/runs/4187/?thread={i}&status=failed"),
            is_last=end == last,
        )
        for i, items, end, failed in found
    )


def threads() -> ThreadsCard:
    drawn = lanes()
    ends = [(lane.name, _end(lane)) for lane in drawn]
    slowest = max(drawn, key=_end)
    wall = max(end for _, end in ends)
    return ThreadsCard(
        subtitle=f"8 lanes, wall clock {times.duration(wall)}",
        wall_ms=int(wall * 1.02),
        lanes=drawn,
        balance=runs.balance(ends, [i.duration_ms for i in slowest.lane.items]),
    )


def _end(lane: ThreadLane) -> int:
    last = lane.lane.items[-1]
    return last.start_ms + last.duration_ms


def against() -> Against:
    frame = "frame[name='threeds'] did not attach"
    names = (
        "Pay with saved card after 3-D Secure challenge",
        "Pay with new card, 3-D Secure frictionless",
        "3-D Secure declined shows retry",
    )
    fixed = (
        ("Refund partial order updates ledger", "failed 9 days"),
        ("Saved address keeps floor number", "failed 3 days"),
    )
    return Against(
        run=Link(text="#4181", href="/runs/4181/"),
        subtitle="18 Nov, same configuration",
        tabs=(
            AgainstTab(
                glyph="fail",
                word="newly failing",
                number=number(12, "/runs/4187/?view=regression", "regression"),
                is_current=True,
            ),
            AgainstTab(
                glyph="fixed",
                word="fixed",
                number=number(2, "/runs/4187/?view=fixed", "fixed"),
            ),
            AgainstTab(
                glyph="still",
                word="still failing",
                number=number(17, "/runs/4187/?view=still_failing", "still_failing"),
            ),
        ),
        groups=(
            AgainstGroup(
                text=frame,
                count=number(11, "/runs/4187/?change=regression", "regression"),
                tone="fail",
                cases=tuple(
                    AgainstCase(
                        case=1,
                        glyph="fail",
                        word="failed",
                        name=name,
                        href="#",
                        note="thread 4",
                    )
                    for name in names
                ),
                more=Link(text="8 more with this message", href="/runs/4187/?q=frame"),
            ),
            AgainstGroup(
                text="net::ERR_CONNECTION_RESET",
                count=number(1, "/runs/4187/?change=regression", "regression"),
                tone="err",
                cases=(
                    AgainstCase(
                        case=1,
                        glyph="err",
                        word="error",
                        name="PayPal sandbox login",
                        href="#",
                        note="thread 2",
                    ),
                ),
            ),
            AgainstGroup(
                text="Fixed",
                count=number(2, "/runs/4187/?change=fixed", "fixed"),
                is_code=False,
                cases=tuple(
                    AgainstCase(
                        case=1,
                        glyph="fixed",
                        word="fixed",
                        name=name,
                        href="#",
                        note=note,
                    )
                    for name, note in fixed
                ),
            ),
        ),
        footer=(Piece(text="17 still failing"),),
        footer_link=Link(text="Compare side by side", href="/compare/"),
    )


def toggles() -> tuple[StatusToggle, ...]:
    shown = [o for o in OUTCOMES if COUNTS.get(o.key)]
    return (
        StatusToggle(glyph="", text="All 329", href="/runs/4187/?status=all"),
        *(
            StatusToggle(
                glyph=o.css,
                text=f"{o.word} {COUNTS[o.key]}",
                href=f"/runs/4187/?status={o.key}",
                is_current=o.key in ("failed", "error"),
            )
            for o in shown
        ),
    )


def facts() -> tuple[Fact, ...]:
    return (
        Fact(label="Tool", text="Testmo", tool=TOOLS["testmo"]),
        Fact(label="Source", text="GitHub Actions, nightly.yml", icon="source"),
        Fact(label="Configuration", text="Chrome 155, staging-eu"),
        Fact(
            label="Milestone",
            text="",
            links=(Link(text="v26.12 Winter release", href="/milestones/3/"),),
        ),
        Fact(label="Commit", text="main @ 8f3c21e", icon="branch", is_code=True),
        Fact(label="Started", text="19 Nov 2026, 02:10"),
        Fact(
            label="Duration",
            text="18m 42s",
            delta=Delta(text="3m 05s", arrow="up", tone="bad"),
        ),
        Fact(label="Threads", text="8"),
    )


def run() -> RunPage:
    shown = [o for o in OUTCOMES if COUNTS.get(o.key)]
    return RunPage(
        judgement=Judgement(
            kind="warn",
            fact="mara excluded this run 2 h ago.",
            text="Disk was full. It is left out of flakiness.",
            form=JudgementForm(verdict="rule", text="Take it back in", reason="Why"),
            action="/runs/4187/judge/",
        ),
        name="Checkout nightly",
        number="#4187",
        crumbs=(
            Crumb(text=PROJECTS[0].name, href="/projects/1/"),
            Crumb(text="Runs", href="/runs/?project=1"),
        ),
        pill=Pill(glyph="fail", word="Failed", tone="fail"),
        facts=facts(),
        bar=OutcomeBar(counts=COUNTS),
        counts=tuple(
            OutcomeCount(
                glyph=o.css,
                word=o.word,
                number=number(COUNTS[o.key], f"/runs/4187/?status={o.key}", o.key),
            )
            for o in shown
        ),
        summary=runs.run_summary(
            286, 315, before=0.94, before_run=Piece(text="#4181", href="/runs/4181/")
        ),
        threads=threads(),
        against=against(),
        against_empty=NO_RUN_BEFORE,
        results=ResultsCard(
            subtitle="29 of 329",
            columns=columns(
                name="Test",
                thread="Thread",
                message="Message",
                strip="Last 20 runs",
                duration="Duration>",
                change="Change>",
            ),
            rows=result_rows(),
            toggles=toggles(),
            search=SearchBox(
                action="/runs/4187/", value="", placeholder="Name, folder or message"
            ),
            pager=Pager(text="1–6 of 29", next_href="?page=2"),
        ),
        previous_href="/runs/4181/",
        previous_title="Run before, #4181",
        buttons=(
            Button(text="Open in Testmo", href="https://example.com/", icon="external"),
        ),
        live_href="/runs/4187/",
    )


def run_counts_only() -> RunPage:
    """A run whose tool gives totals but no rows."""
    page = run()
    nothing = EmptyState(
        title="Testmo gives totals only for this run",
        text="Its rows cannot be read; the counts above are the tool's own.",
        icon="info",
    )
    return RunPage(
        name=page.name,
        number="#4188",
        crumbs=page.crumbs,
        pill=Pill(glyph="run", word="Running", tone="run"),
        facts=page.facts[:4],
        bar=OutcomeBar(counts={"running": 40, "passed": 200}),
        counts=page.counts[:1],
        threads=ThreadsCard(subtitle="", wall_ms=0, lanes=(), empty=nothing),
        against_empty=NO_RUN_BEFORE,
        results=ResultsCard(
            subtitle="none",
            columns={},
            rows=(),
            toggles=(),
            search=page.results.search,
            empty=nothing,
        ),
    )
