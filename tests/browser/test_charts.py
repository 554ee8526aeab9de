"""The charts as a person uses them: read out by keys, clicked, repainted."""

from __future__ import annotations

import csv
import re
import struct
from datetime import date, timedelta
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.browser.visits import new_context, settle

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


# Where a day begins or stands, and the middle of what is drawn, on the screen.
PLACE_OF = """
(box, day) => {
  const { xaxis: axis, _size: size } = box._fullLayout;
  const frame = box.getBoundingClientRect();
  return [frame.left + axis._offset + axis.d2p(day), frame.top + size.t + size.h * 0.7];
}
"""


def drag(page: Page, chart: str, first: str, last: str, *, down_px: float = 0) -> None:
    plot = page.locator(chart)
    plot.scroll_into_view_if_needed()
    (x, y), (to_x, _) = (plot.evaluate(PLACE_OF, day) for day in (first, last))
    page.mouse.move(x + 3, y)
    page.mouse.down()
    page.mouse.move(to_x + 3, y + down_px, steps=4)
    page.mouse.up()


@pytest.mark.parametrize(
    ("name", "plot"),
    [
        ("overview", PLOT),
        ("project", PLOT),
        ("case", "#plot-executions"),
        ("milestone", "#plot-burn-up"),
    ],
)
def test_a_drag_over_a_chart_makes_its_days_the_time_range_of_the_page(
    sites, page, name, plot
):
    page.goto(sites.found.addresses[name])
    expect(page.locator(f"{plot} .draglayer .drag").first).to_be_attached()
    path = urlsplit(page.url).path
    start, end = page.locator(plot).evaluate(
        "(box) => box._fullLayout.xaxis.range.map((day) => day.slice(0, 10))"
    )
    day, until = date.fromisoformat(start), date.fromisoformat(end)
    first, last = day + (until - day) / 3, day + (until - day) / 2
    assert first < last
    drag(page, plot, first.isoformat(), last.isoformat())
    after = last + timedelta(days=1)
    page.wait_for_url(lambda address: f"since={first}&until={after}" in address)
    assert urlsplit(page.url).path == path
    expect(page.locator("#pick-window")).to_have_class(re.compile(r"\bon\b"))


def test_a_drag_up_or_down_is_no_click(chart):
    day = chart.locator(PLOT).evaluate("(box) => box.data[0].x.at(-2)")
    address = chart.url
    drag(chart, PLOT, day, day, down_px=-40)
    # A click on the same bar leads to its day, so that one before it would have.
    chart.locator(PLOT).evaluate("() => new Promise((done) => setTimeout(done, 100))")
    assert chart.url == address
    expect(chart.locator(f"{PLOT} .range")).to_have_count(0)


@pytest.mark.parametrize("name", ["overview", "project", "case", "milestone"])
def test_a_chart_fits_on_paper_and_is_light_there(sites, page, name):
    page.set_viewport_size({"width": 1920, "height": 1080})
    page.emulate_media(color_scheme="dark")
    page.goto(sites.found.addresses[name])
    drawn = page.locator(".chart .main-svg").first
    expect(drawn).to_be_attached()
    wide = drawn.bounding_box()["width"]
    page.evaluate("() => dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    assert drawn.bounding_box()["width"] <= 900
    # A4 lying down, without its margins.
    page.set_viewport_size({"width": 1046, "height": 718})
    settle(page)
    assert drawn.bounding_box()["width"] <= 900
    ink = page.locator(".chart .xtick text").first
    assert ink.evaluate("(text) => getComputedStyle(text).fill") == "rgb(95, 105, 120)"
    page.emulate_media(media="screen", color_scheme="dark")
    page.evaluate("() => dispatchEvent(new Event('afterprint'))")
    page.set_viewport_size({"width": 1920, "height": 1080})
    settle(page)
    assert drawn.bounding_box()["width"] == wide
    assert ink.evaluate("(text) => getComputedStyle(text).fill") != "rgb(95, 105, 120)"


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
    # Seven days reach into eight.
    assert 1 <= chart.locator(".as-table tbody tr").count() <= 8


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
    first, *rows = csv.reader(saving.value.path().read_text("utf-8-sig").splitlines())
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
    lines = saving.value.path().read_text("utf-8-sig").splitlines()
    _, first, *_ = csv.reader(lines)
    assert first == ["'＝1", "'\u200b-1+2", "a=1", "-1.5", "'“@x"]


@pytest.mark.parametrize(
    ("name", "chart"),
    [("overview", "daily"), ("case", "executions"), ("milestone", "burn-up")],
)
def test_without_scripts_a_charts_table_stands_in_its_place(
    browser, sites, name, chart
):
    context = new_context(browser, sites.full, java_script_enabled=False)
    page = context.new_page()
    page.goto(sites.found.addresses[name])
    expect(page.locator(f"#plot-{chart}")).to_be_hidden()
    expect(page.locator(f"#table-{chart} tbody tr").first).to_be_visible()
    expect(page.locator(".chart-foot .save").first).to_be_hidden()
    context.close()
