"""Rows become the figure that the design describes."""

from __future__ import annotations

import json
import re
from datetime import date, timedelta

from dashboard.ui.charts.daily import DayOutcomes, daily_outcomes, rate_range
from dashboard.ui.charts.parts import MilestoneMark
from tests.services import ROOT

FIRST = date(2026, 11, 1)
TOKENS = ROOT / "static" / "css" / "tokens.css"


def days(*passed_failed: tuple[int, int]) -> list[DayOutcomes]:
    return [
        DayOutcomes(
            day=FIRST + timedelta(days=i), passed=p, failed=f, href=f"/results/?d={i}"
        )
        for i, (p, f) in enumerate(passed_failed)
    ]


def named(figure, name):
    return next(trace for trace in figure["data"] if trace.get("name") == name)


def test_failed_stands_at_the_axis_and_passed_on_top():
    row = DayOutcomes(day=FIRST, passed=5, failed=4, error=3, blocked=2, skipped=1)
    figure = daily_outcomes([row])
    bars = [trace["name"] for trace in figure["data"] if trace["type"] == "bar"]
    assert bars == ["Failed", "Error", "Blocked", "Skipped", "Passed"]


def test_an_outcome_that_never_happens_has_no_bar():
    figure = daily_outcomes(days((9, 1)))
    assert [t["name"] for t in figure["data"] if t["type"] == "bar"] == [
        "Failed",
        "Passed",
    ]


def test_a_day_without_results_is_a_gap_and_not_zero():
    figure = daily_outcomes(days((9, 1), (0, 0), (8, 2)))
    assert named(figure, "Passed")["y"] == [9, None, 8]
    assert named(figure, "Pass rate")["y"] == [90.0, None, 80.0]
    assert figure["days"][1]["rate"] == "no results"
    assert figure["days"][1]["pass"] == ""


def test_the_pass_rate_is_of_decided_results_only():
    row = DayOutcomes(day=FIRST, passed=3, failed=1, blocked=50, skipped=50)
    assert row.rate == 0.75
    assert named(daily_outcomes([row]), "Pass rate")["y"] == [75.0]


def test_a_day_between_gaps_keeps_a_dot_because_a_line_would_not_show_it():
    figure = daily_outcomes(days((9, 1), (0, 0), (8, 2), (0, 0), (7, 3)))
    dots = figure["data"][-1]
    assert dots["x"] == ["2026-11-01", "2026-11-03", "2026-11-05"]


def test_not_passed_only_drops_the_tall_bars_so_that_small_counts_fill_the_pane():
    row = DayOutcomes(day=FIRST, passed=500, failed=4, error=3, blocked=2, skipped=10)
    figure = daily_outcomes([row], only_not_passed=True)
    bars = [trace["name"] for trace in figure["data"] if trace["type"] == "bar"]
    assert bars == ["Failed", "Error", "Blocked"]
    assert named(figure, "Pass rate")["y"] == [100 * 500 / 507]


def test_each_day_reads_out_its_values_and_opens_its_results():
    figure = daily_outcomes(days((1200, 34)))
    assert figure["days"] == [
        {
            "d": "Sun 1 Nov",
            "rate": "97.2%",
            "href": "/results/?d=0",
            "fail": "34",
            "err": "0",
            "block": "0",
            "skip": "0",
            "pass": "1,200",
        }
    ]


def test_the_x_range_is_fixed_so_that_the_end_label_cannot_stretch_it():
    layout = daily_outcomes(days((9, 1), (9, 1)))["layout"]
    assert layout["xaxis"]["range"] == ["2026-10-31 09:00", "2026-11-02 15:00"]


def test_no_bar_stands_above_the_last_tick():
    rows = days((2399, 14), (7, 1))
    axis = daily_outcomes(rows)["layout"]["yaxis"]
    assert axis["tickvals"] == [0, 1000, 2000, 3000]
    assert axis["range"] == [0, 3000]
    alone = daily_outcomes(rows, only_not_passed=True)["layout"]["yaxis"]
    assert alone["tickvals"] == [0, 5, 10, 15]


def test_the_rate_axis_has_air_and_never_passes_its_ends():
    assert rate_range([0.924, 0.958]) == (91, 97, 2)
    assert rate_range([0.70, 0.95]) == (69, 96, 5)
    assert rate_range([0.0, 1.0]) == (0, 100, 20)
    assert rate_range([None]) == (99, 100, 2)


def test_the_last_day_with_a_rate_is_named_at_its_point():
    layout = daily_outcomes(days((9, 1), (0, 0)))["layout"]
    label = layout["annotations"][2]
    assert (label["text"], label["x"]) == ("<b>90.0%</b>", "2026-11-01")


def test_milestones_outside_the_window_are_not_drawn_and_names_are_no_markup():
    marks = [
        MilestoneMark(day=FIRST, text="<b>v1</b>", is_done=False),
        MilestoneMark(day=FIRST + timedelta(days=90), text="v2", is_done=True),
    ]
    layout = daily_outcomes(days((9, 1)), milestones=marks)["layout"]
    assert [shape["line"]["dash"] for shape in layout["shapes"]] == ["dash"]
    assert "<" not in layout["annotations"][-1]["text"]


def test_every_colour_is_a_token_of_the_style_sheet():
    row = DayOutcomes(day=FIRST, passed=5, failed=4, error=3, blocked=2, skipped=1)
    mark = MilestoneMark(day=FIRST, text="v1", is_done=True)
    found = set(
        re.findall(
            r'"var\((--[\w-]+)\)"', json.dumps(daily_outcomes([row], milestones=[mark]))
        )
    )
    defined = set(re.findall(r"^\s+(--[\w-]+):", TOKENS.read_text(), re.MULTILINE))
    assert found
    assert found <= defined


def test_no_day_gives_an_empty_figure():
    assert daily_outcomes([]) == {"data": [], "layout": {}, "days": []}
