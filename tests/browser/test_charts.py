"""The charts as a person uses them: read out by keys, clicked, repainted."""

from __future__ import annotations

import csv
import re
import struct

import pytest
from playwright.sync_api import Page, expect

PLOT = "#plot-daily"
COLOUR_OF_A_TICK = (
    f"() => getComputedStyle(document.querySelector('{PLOT} .xtick text')).fill"
)


@pytest.fixture
def chart(page: Page) -> Page:
    """The overview, on which the chart is drawn."""
    page.goto("/")
    expect(page.locator(f"{PLOT} .bars .point").first).to_be_attached()
    return page


def read_out(page: Page) -> dict[str, str]:
    """What the legend says, by its key."""
    found: dict[str, str] = page.evaluate(
        """() => Object.fromEntries([...document.querySelectorAll(".readout [data-k]")]
             .map((item) => [item.dataset.k, item.textContent]))"""
    )
    return found


def test_the_arrow_keys_read_out_one_day_after_the_other(chart):
    chart.focus(PLOT)
    day = chart.locator(".readout [data-k=d]")
    expect(day).to_have_text("")
    chart.keyboard.press("End")
    expect(day).not_to_have_text("")
    last = day.inner_text()
    chart.keyboard.press("ArrowLeft")
    expect(day).not_to_have_text(last)
    before = day.inner_text()
    chart.keyboard.press("ArrowRight")
    expect(day).to_have_text(last)
    chart.keyboard.press("Home")
    expect(day).not_to_have_text(re.compile(f"^({last}|{before})$"))


def test_what_is_read_out_is_what_the_table_says(chart):
    chart.focus(PLOT)
    # Yesterday: of a day that has just begun there may be no results.
    day = chart.locator(".readout [data-k=d]")
    chart.keyboard.press("End")
    expect(day).not_to_have_text("")
    last = day.inner_text()
    chart.keyboard.press("ArrowLeft")
    expect(day).not_to_have_text(last)
    said = read_out(chart)
    chart.locator(".as-table summary").click()
    rows = [
        row.locator("td").all_inner_texts()
        for row in chart.locator(".as-table tbody tr").all()
    ]
    (cells,) = (row for row in rows if said["d"].endswith(row[0]))
    assert said["rate"] in cells
    assert {said["fail"], said["pass"]} <= set(cells)


def test_a_click_on_a_bar_opens_the_results_of_its_day(chart):
    bars = chart.locator(f"{PLOT} .barlayer .trace").last.locator(".point path")
    bar = bars.nth(bars.count() - 2)
    bar.hover(force=True)
    expect(chart.locator(".readout [data-k=d]")).not_to_have_text("")
    day = read_out(chart)["d"].split(" ", 1)[1]
    box = bar.bounding_box()
    assert box is not None
    chart.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    chart.wait_for_url("**/results/**")
    moments = chart.locator("#rows tbody td.f span")
    results = int(chart.locator("[data-count]").first.inner_text().replace(",", ""))
    assert moments.count() == min(results, 50)
    titles = {span.get_attribute("title") for span in moments.all()}
    assert [title for title in titles if not title.startswith(f"{day} ")] == []


def test_enter_opens_the_day_that_is_read_out(chart):
    chart.focus(PLOT)
    chart.keyboard.press("End")
    chart.keyboard.press("Enter")
    chart.wait_for_url(re.compile(r"/results/\?.*since="))


def test_a_new_theme_repaints_the_chart(chart):
    light = chart.evaluate(COLOUR_OF_A_TICK)
    chart.evaluate("() => { document.documentElement.dataset.theme = 'dark'; }")
    chart.wait_for_function(f"(light) => ({COLOUR_OF_A_TICK})() !== light", arg=light)


def test_not_passed_alone_leaves_the_passed_bars_out(chart):
    traces = chart.locator(f"{PLOT} .barlayer .trace")
    before = traces.count()
    chart.get_by_role("link", name="Not passed", exact=True).click()
    chart.wait_for_url("**view=not-passed**")
    expect(traces).to_have_count(before - 2)


def test_a_chart_is_drawn_again_after_a_change_of_the_time_range(chart):
    chart.get_by_role("link", name="7d", exact=True).click()
    chart.wait_for_url("**window=7d**")
    expect(chart.locator(f"{PLOT} .bars .point").first).to_be_attached()
    assert chart.locator(".js-plotly-plot").count() == 1
    assert 1 <= chart.locator(".as-table tbody tr").count() <= 7


def test_a_chart_is_saved_as_a_picture(chart):
    with chart.expect_download() as saving:
        chart.get_by_role("button", name="PNG").first.click()
    picture = saving.value.path().read_bytes()
    width, height = struct.unpack(">II", picture[16:24])
    box = chart.locator(PLOT).bounding_box()
    assert saving.value.suggested_filename == "passline-daily.png"
    assert picture[:8] == b"\x89PNG\r\n\x1a\n"
    assert (width, height) == (2 * round(box["width"]), 2 * round(box["height"]))


def test_a_chart_is_saved_as_the_rows_of_its_table(chart):
    with chart.expect_download() as saving:
        chart.get_by_role("button", name="CSV").first.click()
    first, *rows = csv.reader(saving.value.path().read_text().splitlines())
    assert first[0] == "Day"
    assert len(rows) == chart.locator(".as-table tbody tr").count()
    sums = [float(row[first.index("Passed")] or 0) for row in rows]
    assert sum(sums) > 0


def test_a_cell_that_a_spreadsheet_could_run_is_saved_with_an_apostrophe(chart):
    texts = ["＝1", "\u200b-1+2", "a=1", "-1.5", "“@x"]
    row = "() => document.querySelector('.as-table tbody tr')"
    said = chart.evaluate_handle(row)
    said.evaluate(
        "(row, texts) => row.replaceChildren(...texts.map((text) => {"
        "const box = document.createElement('td'); box.textContent = text; return box;"
        "}))",
        texts,
    )
    with chart.expect_download() as saving:
        chart.get_by_role("button", name="CSV").first.click()
    lines = saving.value.path().read_text(encoding="utf-8").splitlines()
    _, first, *_ = csv.reader(lines)
    assert first == ["'＝1", "'\u200b-1+2", "a=1", "-1.5", "'“@x"]
