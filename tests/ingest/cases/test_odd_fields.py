"""A bad side field costs itself, never the outcome that it stands beside."""

from __future__ import annotations

from typing import Any

import pytest

from tests.ingest.cases import tools
from tests.ingest.cases.conftest import Connect
from tests.ingest.cases.passline import counts
from tests.ingest.cases.tools import ROWS, TOOLS, Tool, read, with_rows

# Right for numbers that can be read by the vendor's unit, in its own unit.
NUMBERS: dict[str, tuple[Any, float | None]] = {
    "a comma for thousands": ("1,204.5", 1204.5),
    "a text": ("1204.5", 1204.5),
    "spaces": (" 1204.5 ", 1204.5),
    "an exponent": ("1.2045e3", 1204.5),
    "a unit": ("1204.5s", None),
    "a word": ("fast", None),
    "nothing": ("", None),
    "less than nothing": (-5, None),
    "a list": ([5], None),
    "an object": ({"ms": 5}, None),
    "true": (True, None),
    "many digits": (10**30, None),
    "a huge number": (1e300, None),
}
MS_IN_UNIT = {
    ("testmo", "elapsed"): 0.001,
    ("testably", "elapsed"): 1000.0,
    ("testomatio v2", "run_time"): 1.0,
    ("testomatio classic", "run_time"): 1.0,
    ("testifly", "duration"): 1.0,
}


@pytest.mark.parametrize(("name", "field"), MS_IN_UNIT)
def test_odd_durations_of_results(name: str, field: str, connected: Connect):
    values = {what: value for what, (value, _) in NUMBERS.items()}
    passline = read(connected, name, [with_rows(name, field, values)])
    found = {one["case"]["name"]: one for one in passline.results()}
    unit = MS_IN_UNIT[name, field]
    wrong = {
        what: found[what]["duration_ms"] if what in found else "lost"
        for what, (_, number) in NUMBERS.items()
        if what not in found or not is_read(found[what]["duration_ms"], number, unit)
    }
    assert not wrong, str(wrong)
    assert passline.run()["counts"]["failed"] == len(values)


def is_read(got_ms: int | None, number: float | None, unit: float) -> bool:
    """A number that means nothing is unknown; an exact reading is right too."""
    if got_ms is None:
        return True
    return number is not None and abs(got_ms - number * unit) <= 1


# Fields beside a run's outcome, each with values that nobody expects.
NOTHING = (None, "", [], {}, "x", 5, True)
RUN_FIELDS: dict[str, dict[str, tuple[Any, ...]]] = {
    "testmo": {
        "milestone_id": (99, "nine", []),
        "config_id": (77, "x"),
        "source_id": (77, None),
        "elapsed": ("1,204.5", -1, "x", 10**30, []),
        "tags": (None, "a,b", [1, None], {}),
        "fields": (None, "x", [None], [{"name": None}]),
        "links": (None, "x", [{"url": 5}]),
        "threads": (None, {}, "x", [None]),
        "thread_count": (None, "1", -1),
        "created_by": (None, "me"),
        "updated_at": (5, "x", []),
        "status6_count": (None, "x"),
    },
    "testably": {
        "milestone_id": ("nobody", 5, [], ""),
        "created_by": (None, {"id": 1}, 5),
        "pass_rate": ("50,0 %", -1, [], 1e300),
        "total": ("1", None, -1, "x"),
        "passed": (None, "0", "1,204"),
    },
    "testomatio v2": {
        "env": (None, "a,b", [1], {}, 5),
        "ci_build_url": (5, [], "javascript:alert(1)"),
        "rungroup_id": ([], {}, 5),
        "branch": (None, 5, []),
        "duration": ("1,204.5", -1, "x", 10**30, None),
        "tests_count": ("1", None, "x", -1),
        "passed": (None, "0", "x"),
        "is_archived": ("no", None, 5),
        "automated": (None, "yes"),
    },
    "testifly": {
        "statuses": (None, [], {}, "x", [None], [{"label": None, "count": "x"}]),
        "testsInProjectCount": ("24", None, -1),
        "projectId": (None, 5),
    },
}
RUN_FIELDS["testomatio classic"] = RUN_FIELDS["testomatio v2"]


@pytest.mark.parametrize("name", RUN_FIELDS)
def test_odd_fields_of_runs(name: str, connected: Connect):
    odd = [
        (f"{field} is {value!r}", field, value)
        for field, values in RUN_FIELDS[name].items()
        for value in values
    ]
    runs = [
        TOOLS[name].held.run(n, {"a": "failed"}, hours_ago=n, name=what)
        | {field: value}
        for n, (what, field, value) in enumerate(odd, 2)
    ]
    found = read(connected, name, runs).named()
    wrong = [
        (what, counts(found[what]) if what in found else "lost")
        for what, _, _ in odd
        if what not in found or counts(found[what]) != {"failed": 1}
    ]
    assert not wrong, str(wrong)


ROW_FIELDS: dict[str, dict[str, tuple[Any, ...]]] = {
    "testmo": {
        "name": ("", None, 5, "x" * 70_000, "a\nb", "a\0b", "\ud800"),
        "folder": (None, "", 5, [], "x" * 70_000, "\0"),
        "thread_id": (99, "x", []),
        "automation_case_id": (None, "x"),
        "repository_case_ids": (None, "x", [None]),
    },
    "testably": {
        "test_case_title": ("", None, 5, "x" * 70_000, "a\nb", "a\0b", "\ud800"),
        "note": (5, True, [], {"message": "x"}, "a\0b", "\ud800", ""),
        "tested_by": (5, [], None, {"id": 1}),
        "id": (None, 5, [], ""),
    },
    "testomatio v2": {
        "test_title": ("", None, 5, "x" * 70_000, "a\nb", "a\0b", "\ud800"),
        "message": (5, True, ["a"], {"message": "x"}, "a\0b", "\ud800", ""),
        "stack": (5, [], {}),
        "substatus": (5, [], {}),
        "example": (5, "chrome", {}, [], [None], [[1]], "", {"browser": "chrome"}),
        "suite_id": (None, 5, "unknown"),
    },
    "testifly": {
        "error": (5, True, ["a"], {"message": "x"}, "a\0b", "\ud800", "", None),
        "videoLink": (5, [], "javascript:alert(1)"),
        "timeline": (None, {}, "x", [None]),
        "hasVideo": ("no", None),
    },
}
ROW_FIELDS["testomatio classic"] = ROW_FIELDS["testomatio v2"]


@pytest.mark.parametrize("name", ROW_FIELDS)
def test_odd_fields_of_results(name: str, connected: Connect):
    """Each odd row has a run of its own beside a good one."""
    odd = [
        (f"{field} is {str(value)[:30]!r} {n}", field, value)
        for field, values in ROW_FIELDS[name].items()
        for n, value in enumerate(values)
    ]
    runs = []
    for n, (what, field, value) in enumerate(odd, 1):
        outcomes = {"good": "passed", "odd": "failed"}
        run = TOOLS[name].held.run(n, outcomes, hours_ago=n, name=what)
        run[ROWS.get(name, "rows")][1][field] = value
        runs.append(run)
    passline = read(connected, name, runs)
    found = passline.named()
    wrong = [
        (what, counts(found[what]) if what in found else "lost")
        for what, _, _ in odd
        if what not in found or counts(found[what]) != {"passed": 1, "failed": 1}
    ]
    assert not wrong, str(wrong)
    for path in ("/", "/runs/", "/results/", "/cases/", "/failures/", "/flaky/"):
        assert len(passline.page(path)) < 1_000_000, path


@tools.of("testably", "testomatio v2", "testomatio classic", "testifly")
def test_long_messages(tool: Tool, connected: Connect):
    """Kept whole, and out of the way; half of it in another alphabet."""
    text = "Ожидалось 3, получено 4\n" * 8_000 + "tile 17 of 'north' missing\n" * 8_000
    run = tool.held.run(1, {f"draws {n}": "failed" for n in range(3)})
    name = {"tests": "error"}.get(next((k for k in run if k == "tests"), ""), "message")
    rows = run.get("rows", run.get("tests"))
    for row in rows:
        row["note" if "note" in row else name] = text
    passline = connected(tool.serve(tool.held.world(run)))
    passline.synced()
    pk = passline.run()["id"]
    assert len(passline.page(f"/runs/{pk}/")) < 1_000_000
    for result in passline.results():
        assert len(result["message"]) < 17_000
        assert passline.single(f"results/{result['id']}/")["message"] == text
    assert len(passline.page("/failures/")) < 1_000_000
