"""Sample sync page: one connection of each state."""

from __future__ import annotations

from random import Random

from dashboard.pages.sync.connections import Backfill, ConnectionRow
from dashboard.pages.sync.page import SyncPage
from dashboard.pages.sync.rejected import RejectGroup, StatusChoice, UnknownStatus
from dashboard.pages.sync.totals import Reconciliation, ReconciliationRow
from dashboard.ui.parts import Button, Link, Note, State, Trend
from tests.browser.samples.lists import sync_lines
from tests.browser.samples.parts import TOOLS, number

LOST_KEY = Note(
    kind="bad",
    glyph="failing",
    fact="QA.tech refused the API key. Nothing has come in for 26 h.",
    text="Customer Portal and Onboarding Journeys are out of date. In QA.tech open "
    "Settings, API keys, create a new key and paste it here. Missed runs are fetched as "
    "soon as it works.",
    answer='HTTP 401\n{"error": "invalid api key"}',
    buttons=(
        Button(
            text="Enter new key",
            href="/connect/?connection=4",
            icon="key",
            primary=True,
        ),
    ),
)


def _hours(seed: int, top: int) -> Trend:
    random = Random(seed)
    values = (random.randint(top // 8, top) for _ in range(24))
    return Trend(kind="bars", values=tuple(float(v) for v in values))


def _post(text: str, busy: str = "") -> tuple[Button, ...]:
    href = "/sync/"
    return (Button(text=text, href=href, method="post", small=True, busy_text=busy),)


def _row(
    key: str,
    address: str,
    state: State,
    last: tuple[str, str],
    following: tuple[str, str],
    counts: tuple[int, int, int],
    button: str,
    *,
    name: str = "",
    backfill: Backfill | None = None,
) -> ConnectionRow:
    read, written, rejected = counts
    anchor = f"connection-{name or key}".replace(" ", "-")
    return ConnectionRow(
        anchor=anchor,
        tool=TOOLS[key],
        name=name or TOOLS[key].label,
        href="/connect/?connection=1",
        address=address,
        state=state,
        last=last,
        last_title="19 Nov 2026, 09:10:00 UTC",
        next=following,
        read=number(read, "/sync/?view=syncs" if read else "", "read"),
        written=number(written, "/sync/?view=syncs" if written else "", "written"),
        rejected=number(
            rejected, "/sync/?view=rejects" if rejected else "", "rejected"
        ),
        written_hourly=_hours(len(address), 40) if written else None,
        buttons=_post(button, "Syncing" if button == "Sync now" else ""),
        is_bad=state.bad,
        backfill=backfill,
    )


def connections() -> tuple[ConnectionRow, ...]:
    fresh = State(glyph="fresh", word="Fresh")
    backfill = Backfill(
        percent=61,
        done="124 of 203 days",
        rest=", back to 1 May. About 14 min left, new runs come first.",
    )
    return (
        _row(
            "testmo",
            "qa.testmo.net",
            fresh,
            ("4 min ago", "took 12 s"),
            ("in 56 s", "every 5 min"),
            (5214, 5183, 31),
            "Sync now",
        ),
        _row(
            "testomatio",
            "app.testomat.io",
            State(glyph="syncing", word="Backfill 61%"),
            ("2 min ago", "page 2,144"),
            ("after backfill", "then every 5 min"),
            (214_380, 214_366, 14),
            "Pause",
            backfill=backfill,
        ),
        _row(
            "testably",
            "api.testably.io",
            fresh,
            ("9 min ago", "took 4 s"),
            ("in 51 s", "every 10 min"),
            (1802, 1802, 0),
            "Sync now",
        ),
        _row(
            "qatech",
            "api.qa.tech",
            State(glyph="failing", word="Key refused", bad=True),
            ("26 h ago", "18 Nov 06:45"),
            ("tries again", "in 14 min"),
            (0, 0, 0),
            "Test",
        ),
        _row(
            "testifly",
            "api.testifly.dev",
            State(glyph="fresh", word="Fresh, slowed"),
            ("2 min ago", "took 38 s"),
            ("in 3 min", "limit 60 a minute"),
            (6940, 6940, 0),
            "Sync now",
        ),
        _row(
            "testmo",
            "archive.testmo.net",
            State(glyph="paused", word="Paused"),
            ("3 Oct", "by Mara Lind"),
            ("paused", "keeps its data"),
            (0, 0, 0),
            "Resume",
            name="Testmo archive 2025",
        ),
    )


def _unknown() -> UnknownStatus:
    choices = ("passed", "failed", "error", "skipped", "blocked", "untested")
    return UnknownStatus(
        key="1",
        tool=TOOLS["testmo"],
        title="Status “wontfix” is unknown",
        text="Choose what it counts as, then they are read again.",
        count=number(31, "/results/?status=unknown", "unknown"),
        action="/sync/map/",
        choices=tuple(StatusChoice(value=c, text=c.capitalize()) for c in choices),
        hidden=(("raw_status", "wontfix"),),
    )


def _reconciliation() -> Reconciliation:
    return Reconciliation(
        fact="1,572 of 1,575 runs agree with the tool's own totals.",
        text="3 differ; both numbers stay.",
        glyph="stale",
        rows=(
            ReconciliationRow(
                run=Link(text="Nightly #4102", href="/runs/4102/"),
                tool=TOOLS["testmo"],
                project="Web Storefront",
                vendor=number(364, metric="vendor_total"),
                ours=number(363, "/runs/4187/?status=all", "total"),
                difference=number(-1, metric="difference"),
                detail="failed 20, here 19",
            ),
        ),
        more=Link(text="All 3", href="/sync/?view=totals"),
    )


def sync() -> SyncPage:
    groups = (
        (
            "Result without a test name",
            "Runs 2198 and 2201. Fix in Testomat.io or ignore.",
            12,
        ),
        ("Duration below zero", "Clock of runner mac-07 is ahead by 41 s.", 2),
    )
    return SyncPage(
        subtitle="6 connections, 1 needs you",
        connections=connections(),
        syncs=sync_lines(),
        syncs_href="/sync/?view=syncs",
        rejects=tuple(
            RejectGroup(
                tool=TOOLS["testomatio"],
                title=title,
                text=text,
                count=number(count, "/sync/?view=rejects", "rejected"),
            )
            for title, text, count in groups
        ),
        unknown=(_unknown(),),
        rejected_total=number(45, "/sync/?view=rejects", "rejected"),
        reconciliation=_reconciliation(),
        notes=(LOST_KEY,),
        buttons=(
            Button(
                text="Sync all now",
                href="/sync/",
                method="post",
                icon="sync",
                busy_text="Syncing",
            ),
            Button(text="Add connection", href="/connect/", icon="plus", primary=True),
        ),
        poll_href="/sync/",
    )
