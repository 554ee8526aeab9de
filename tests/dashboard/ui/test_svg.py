"""The marks drawn on the server keep the grammar of shapes."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import pytest

from dashboard.ui.icons import ICONS, icon
from dashboard.ui.svg.glyphs import GLYPHS, glyph
from dashboard.ui.svg.intervals import interval
from dashboard.ui.svg.lines import small_multiple, spark_bars, sparkline
from dashboard.ui.svg.outcome_bars import outcome_bar
from dashboard.ui.svg.outcomes import OUTCOMES, by_status, grouped
from dashboard.ui.svg.strips import StripCell
from dashboard.ui.svg.strips import strip as strip_svg
from dashboard.ui.svg.thread_timeline import Lane, LaneItem, ticks
from dashboard.ui.svg.thread_timeline import lane as lane_svg


def numbers(pattern: str, markup: str) -> list[float]:
    return [float(found) for found in re.findall(pattern, markup)]


@pytest.mark.parametrize("name", sorted(GLYPHS))
def test_every_glyph_is_well_formed_and_speaks_its_word(name):
    svg = ET.fromstring(glyph(name, 15, "a & b"))
    assert svg.get("aria-label") == "a & b"
    assert len(svg) > 0


@pytest.mark.parametrize("name", sorted(ICONS))
def test_every_icon_is_well_formed_and_hidden_from_readers(name):
    svg = ET.fromstring(icon(name))
    assert svg.get("aria-hidden") == "true"


def test_the_shapes_of_outcomes_differ_without_their_colours():
    bare = {
        outcome.css: re.sub(r"var\(--\w+\)", "", glyph(outcome.css))
        for outcome in OUTCOMES
    }
    bare["retry"] = re.sub(r"var\(--\w+\)", "", glyph("retry"))
    assert len(set(bare.values())) == len(bare)


def test_a_bar_begins_with_what_needs_a_person_and_passed_takes_the_rest():
    bar = outcome_bar({"passed": 286, "failed": 27, "error": 2, "skipped": 12})
    assert re.findall(r'<i class="(\w+)"', bar) == ["fail", "err", "skip", "pass"]
    assert numbers(r"width:([\d.]+)%", bar) == [8.26, 0.61, 3.67]
    assert 'aria-label="27 failed, 2 error, 12 skipped, 286 passed"' in bar


def test_untested_running_and_unknown_are_one_unfinished_part():
    bar = outcome_bar({"untested": 1, "running": 2, "unknown": 1, "passed": 4})
    assert 'aria-label="4 not finished, 4 passed"' in bar
    assert numbers(r"width:([\d.]+)%", bar) == [50.0]


def test_a_bar_without_results_says_so():
    assert 'aria-label="no results"' in outcome_bar({})


def test_a_strip_keeps_its_width_however_few_runs_there_are():
    short = ET.fromstring(strip_svg([StripCell(outcome="P")], slots=20))
    full = ET.fromstring(strip_svg([StripCell(outcome="F")] * 40, slots=20))
    assert short.get("width") == full.get("width") == "118"
    assert len(short) == 20
    assert full.get("aria-label") == "last 20: 20 not passed"


def test_heights_tell_outcomes_apart_in_a_strip():
    tall = {}
    for letter in "PFBSU":
        cell = strip_svg([StripCell(outcome=letter)], slots=1, height=18)
        tall[letter] = max(numbers(r'height="([\d.]+)" rx', cell))
    assert tall["F"] == 18
    assert tall["F"] > tall["B"] > tall["P"] > tall["S"] > tall["U"]


def test_a_pass_on_retry_has_a_red_cap_above_a_gap_over_the_low_bar():
    cell = strip_svg([StripCell(outcome="R")], slots=1, height=100)
    drawn = re.findall(r'y="([\d.]+)" width="4" height="([\d.]+)".*?--(\w+)', cell)
    assert drawn == [("37", "22", "fail"), ("62", "38", "pass")]
    few = strip_svg([StripCell(outcome=letter) for letter in "PRRF"])
    assert 'aria-label="last 4: 1 not passed, 2 passed on retry"' in few


def test_an_error_is_split_by_a_gap():
    cell = strip_svg([StripCell(outcome="E")], slots=1, height=100)
    assert numbers(r'<rect x="0" y="([\d.]+)"', cell) == [0, 58]


def test_a_cell_is_a_door_and_its_title_cannot_break_out():
    cell = StripCell(outcome="F", href='/results/?q="<b>', title="<script>")
    strip = strip_svg([cell], slots=1)
    assert "<script>" not in strip
    assert ET.fromstring(strip).find("a").get("href") == '/results/?q="<b>'


def test_a_sparkline_runs_through_days_without_a_value():
    line = sparkline([1.0, 2.0, None, 3.0], width=30, height=10)
    assert numbers(r"[ML]([\d.]+) ", line) == [0, 10, 30]
    assert "h0" in sparkline([None, 2.0, None])


def test_a_flat_series_is_a_line_in_the_middle_and_no_values_are_no_line():
    flat = sparkline([5.0, 5.0], width=10, height=30)
    assert numbers(r"[ML][\d.]+ ([\d.]+)", flat) == [15.0, 15.0]
    assert "<path" not in sparkline([None, None])


def test_values_outside_the_common_scale_stay_inside_the_picture():
    line = sparkline([-1.0, 9.0], width=10, height=30, floor=0.0, ceiling=1.0)
    assert numbers(r"[ML][\d.]+ ([\d.]+)", line) == [28.5, 1.5]


def test_only_the_last_bar_is_dark_and_the_tallest_fills_the_height():
    bars = spark_bars([1.0, 4.0, 2.0], height=20)
    pale, dark = re.findall(r'<path d="([^"]+)"', bars)
    assert pale.count("M") == 2
    assert dark.count("M") == 1
    assert "v-20.0" in pale
    assert spark_bars([]).startswith("<svg")


def test_small_multiples_share_a_grid_that_a_low_project_widens():
    three = small_multiple([0.9], before=0.91, floor=0.8)
    six = small_multiple([0.9], before=None, floor=0.5)
    assert three.count("H120") == 3 + 1
    assert six.count("H120") == 6


def test_an_unsure_interval_is_hollow_and_says_few_runs():
    sure, unsure = (
        interval(0.43, 0.39, 0.47, label="43"),
        interval(0.16, 0.07, 0.39, label="16"),
    )
    assert "few runs" not in sure
    assert "few runs" in unsure
    assert 'fill="none"' in unsure
    assert "stroke-dasharray" in unsure


def test_an_interval_is_clipped_at_fifty_per_cent():
    mark = interval(0.80, 0.71, 0.89, label="80, <90")
    assert 'aria-label="80, &lt;90"' in mark
    assert max(numbers(r' x="([\d.]+)"', mark)) <= 87


def lane(*items: LaneItem) -> str:
    return lane_svg(Lane(name="thread 1", items=items, setup_ms=5), wall_ms=100)


def item(status: str, start: int, length: int, **more: str) -> LaneItem:
    return LaneItem(status=status, start_ms=start, duration_ms=length, **more)


def test_a_lane_places_results_on_the_clock_and_leaves_idle_time_empty():
    svg = lane(item("passed", 0, 10), item("passed", 50, 10))
    block = re.search(r'class="ps" d="([^"]+)"', svg)
    assert block is not None
    assert numbers(r"M([\d.]+) ", block[1]) == [0.0, 500.0]
    assert numbers(r"M[\d.]+ 9h([\d.]+)", block[1]) == [99.1, 99.1]


def test_a_failure_of_a_moment_is_still_wide_enough_to_see():
    svg = lane(item("failed", 0, 0, title="pay <now>"))
    assert 'class="fa" x="0.0" y="3" width="3.0"' in svg
    assert "<title>pay &lt;now&gt;</title>" in svg
    assert 'aria-label="thread 1: 1 results, 1 not passed"' in svg


def test_an_error_is_split_in_a_lane_too():
    assert lane(item("error", 0, 10)).count('class="er"') == 2


def test_the_axis_has_round_steps_and_at_most_seven_places():
    assert ticks(1_122_000) == tuple(range(0, 1_122_000, 180_000))
    for wall_ms in (1, 900, 59_000, 3_700_000, 90_000_000):
        assert 1 <= len(ticks(wall_ms)) <= 8


def test_a_status_nobody_mapped_is_drawn_as_unfinished():
    assert by_status("wontfix").css == "run"
    assert grouped({"wontfix": 2})["unfinished"] == 2
