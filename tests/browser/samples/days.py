"""Generated days and the chart over them."""

from __future__ import annotations

from datetime import timedelta
from random import Random

from dashboard.ui.activity.daily_chart import ChartCard
from dashboard.ui.charts.daily import DayOutcomes, daily_outcomes
from dashboard.ui.charts.parts import MilestoneMark
from dashboard.ui.parts import Number, Switch
from dashboard.ui.text import numbers, times
from tests.browser.samples.parts import DAYS, number


def days() -> list[DayOutcomes]:
    random = Random(11)
    found = []
    for i, day in enumerate(DAYS):
        share = 0.21 if day.weekday() > 4 else 1.0
        total = int((14_000 + random.randint(-300, 300)) * share)
        failed = int(
            total
            * (
                0.052
                + random.gauss(0, 0.003)
                + (0.012 if i in (11, 12) or i > 25 else 0)
            )
        )
        error, blocked, skipped = int(total * 0.007), int(total * 0.0025), total // 57
        found.append(
            DayOutcomes(
                day=day,
                failed=failed,
                error=error,
                blocked=blocked,
                skipped=skipped,
                passed=total - failed - error - blocked - skipped,
                href=f"/results/?since={day}&until={day + timedelta(days=1)}",
            )
        )
    return found


def daily(height: int = 372, *, key: str = "daily", view: str = "") -> ChartCard:
    rows = days()
    marks = [MilestoneMark(day=DAYS[23], text="v26.11 released", is_done=True)]
    return ChartCard(
        key=key,
        title="Daily outcomes",
        subtitle="336,982 results",
        label="Pass rate and results per day from 21 Oct to 19 Nov, 92.4% on the last day",
        chart=daily_outcomes(
            rows,
            only_not_passed=view == "not_passed",
            milestones=marks if key == "trend" else [],
        ),
        columns=("Day", "Pass rate", "Failed", "Error", "Blocked", "Skipped", "Passed"),
        rows=tuple(
            (
                Number(text=times.weekday(row.day), href=row.href),
                Number(text=numbers.percent(row.rate), value=row.rate),
                number(row.failed),
                number(row.error),
                number(row.blocked),
                number(row.skipped),
                number(row.passed),
            )
            for row in rows
        ),
        switches=(
            Switch(text="All", href="/", is_current=not view),
            Switch(text="Not passed", href="/?view=not_passed", is_current=bool(view)),
        ),
        height=height,
    )
