"""Times in other forms are read or unknown; none is in the future, and no outcome goes
with a bad one.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime
from typing import Any

import pytest

from tests import clock
from tests.ingest.cases import tools
from tests.ingest.cases.conftest import Connect
from tests.ingest.cases.passline import counts
from tests.ingest.cases.server import Row
from tests.ingest.cases.tools import TOOLS, Tool, read, with_rows

AT = clock.START - timedelta(hours=30)
EPOCH_S = int(AT.timestamp())
KOLKATA = AT.astimezone(timezone(timedelta(hours=5, minutes=30)))
# Other ways to write AT. Right: this time, or unknown.
FORMS = {
    "epoch seconds": EPOCH_S,
    "epoch seconds as text": str(EPOCH_S),
    "epoch seconds with a fraction": EPOCH_S + 0.0,
    "epoch milliseconds": EPOCH_S * 1000,
    "epoch milliseconds as text": str(EPOCH_S * 1000),
    "a space and +0000": f"{AT:%Y-%m-%d %H:%M:%S} +0000",
    "+00": f"{AT:%Y-%m-%dT%H:%M:%S}+00",
    "+0000": f"{AT:%Y-%m-%dT%H:%M:%S}+0000",
    "a small z": f"{AT:%Y-%m-%dt%H:%M:%S}z",
    "UTC": f"{AT:%Y-%m-%d %H:%M:%S} UTC",
    "no zone": f"{AT:%Y-%m-%d %H:%M:%S}",
    "another zone": KOLKATA.isoformat(),
    "another zone and a space": f"{KOLKATA:%Y-%m-%d %H:%M:%S %z}",
    "nanoseconds": f"{AT:%Y-%m-%dT%H:%M:%S}.000000000Z",
    "a comma": f"{AT:%Y-%m-%dT%H:%M:%S},000Z",
    "as in mails": format_datetime(AT),
}
# No time at which anything was executed. Right: unknown.
NO_TIMES = {
    "decades ahead": "2099-01-01T00:00:00.000Z",
    "decades ahead in milliseconds": 4_102_444_800_000,
    "the last day": "9999-12-31T23:59:59Z",
    "after the last day": "10000-01-01T00:00:00Z",
    "Go's zero": "0001-01-01T00:00:00Z",
    "MySQL's zero": "0000-00-00 00:00:00",
    "the epoch": "1970-01-01T00:00:00.000Z",
    "zero": 0,
    "minus one": -1,
    "nothing": "",
    "a dash": "-",
    "a word": "yesterday",
    "the 30th of February": "2026-02-30T00:00:00Z",
    "a list": [2026, 11, 28],
    "an object": {"$date": "2026-11-28"},
    "true": True,
    "many digits": 10**30,
    "a huge number": 1e300,
}
ROW_TIMES = [("testmo", "created_at"), ("testably", "tested_at")]
ROW_TIMES += [("testifly", "startTime")]
RUN_TIMES = [
    ("testmo", "created_at"),
    ("testmo", "completed_at"),
    ("testably", "created_at"),
    ("testably", "updated_at"),
    ("testably", "closed_at"),
    ("testomatio v2", "created_at"),
    ("testomatio v2", "launched_at"),
    ("testomatio v2", "finished_at"),
    ("testomatio classic", "created_at"),
    ("testomatio classic", "launched_at"),
    ("testomatio classic", "finished_at"),
    ("testifly", "startTime"),
]


def is_past(text: str | None) -> bool:
    return text is None or datetime.fromisoformat(text) <= clock.now()


@pytest.mark.parametrize(("name", "field"), ROW_TIMES)
def test_odd_times_of_results(name: str, field: str, connected: Connect):
    values = {**FORMS, **NO_TIMES}
    passline = read(connected, name, [with_rows(name, field, values)])
    found = {one["case"]["name"]: one for one in passline.results()}
    start = passline.run()["started_at"]
    at = f"{AT:%Y-%m-%dT%H:%M:%SZ}"
    wrong = {
        what: found[what]["executed_at"] if what in found else "lost"
        for what in values
        if what not in found
        or found[what]["executed_at"]
        not in ({None, start, at} if what in FORMS else {None, start})
    }
    assert not wrong, str(wrong)
    assert passline.run()["counts"]["failed"] == len(values)
    assert len(passline.failing()) == len(values)


@pytest.mark.parametrize(("name", "field"), RUN_TIMES)
def test_odd_times_of_runs(name: str, field: str, connected: Connect):
    values = {**FORMS, **NO_TIMES}
    runs = [
        TOOLS[name].held.run(n, {f"of run {n}": "failed"}, hours_ago=30, name=what)
        | {field: value}
        for n, (what, value) in enumerate(values.items(), 1)
    ]
    passline = read(connected, name, runs)
    found = passline.named()
    wrong = {
        what: (found[what]["started_at"], found[what]["finished_at"])
        if what in found
        else "lost"
        for what in values
        if what not in found or not is_sound(found[what])
    }
    assert not wrong, str(wrong)
    assert len(passline.failing("?limit=1000")) == len(values)


def is_sound(run: Row) -> bool:
    """It has its outcome, and took place within a day of AT, as far as is known."""
    day = timedelta(days=1.5)
    times = [run["started_at"], run["finished_at"]]
    known = [datetime.fromisoformat(one) for one in times if one]
    return (
        counts(run) == {"failed": 1}
        and all(abs(one - AT) < day and one <= clock.now() for one in known)
        and 0 <= (run["duration_ms"] or 0) <= 2 * day.total_seconds() * 1000
    )


DUES = {
    **{what: value for what, value in FORMS.items() if "zone" not in what},
    "a day": f"{AT:%Y-%m-%d}",
}


@tools.of("testmo", "testably")
def test_odd_due_dates(tool: Tool, connected: Connect):
    """Right: that day, or no due date; the milestone and its runs are there."""
    values: dict[str, Any] = {**DUES, **NO_TIMES}
    milestones = [
        tool.held.milestone(n, what, due_date=value)
        for n, (what, value) in enumerate(values.items(), 1)
    ]
    runs = [
        tool.held.run(n, {"a": "passed"}, milestone=n)
        for n in range(1, len(values) + 1)
    ]
    passline = connected(tool.serve(tool.held.world(*runs, milestones=milestones)))
    passline.sync()
    found = passline.milestones()
    assert {*values} <= {*found}, str({*values} - {*found})
    wrong = {
        what: found[what]["due_at"]
        for what in values
        if not is_due(found[what]["due_at"], what)
    }
    assert not wrong, str(wrong)
    assert all(passline.progress(what) == {"passed": 1} for what in ("a day", "zero"))


# A milestone may well be due in decades, or have been due long ago.
FREE = ("decades ahead", "decades ahead in milliseconds", "the last day", "the epoch")


def is_due(due_at: str | None, what: str) -> bool:
    if due_at is None or what in FREE:
        return True
    day = datetime.fromisoformat(due_at).astimezone(UTC).date()
    return what in DUES and day == AT.astimezone(UTC).date()


LATER = [
    ("testmo", "rows", "created_at"),
    ("testably", "rows", "tested_at"),
    ("testifly", "tests", "startTime"),
    ("testmo", "", "completed_at"),
    ("testably", "", "closed_at"),
    ("testomatio v2", "", "finished_at"),
    ("testomatio classic", "", "finished_at"),
]


@pytest.mark.parametrize("hours", [2, 14, 24 * 40, 24 * 365 * 60])
@pytest.mark.parametrize(("name", "part", "field"), LATER)
def test_a_clock_ahead_does_not_hide_what_came_after_it(
    name: str, part: str, field: str, hours: float, connected: Connect
):
    """An agent in the wrong zone, or with a dead battery, failed yesterday; today the
    test passed.
    """
    held = TOOLS[name].held
    ahead = f"{clock.START + timedelta(hours=hours):%Y-%m-%dT%H:%M:%S}Z"
    first = held.run(1, {"pays": "failed"}, hours_ago=30)
    (first[part][0] if part else first)[field] = ahead
    second = held.run(2, {"pays": "passed"}, hours_ago=3)
    passline = read(connected, name, [first, second])
    assert sorted(passline.named()) == ["Run 1", "Run 2"]
    (latest,) = passline.results("?latest=1")
    assert latest["status"] == "passed"
    assert passline.failing() == []
    for run in passline.named().values():
        assert is_past(run["started_at"])
        assert is_past(run["finished_at"])
        assert (run["duration_ms"] or 0) < 40 * 3_600_000
    assert all(is_past(result["executed_at"]) for result in passline.results())
