"""Every number that stands for rows leads to exactly as many."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.numbers import Reader, doors, without_door

# Each page that shows data, and how many metrics have a door there at least.
PAGES = {
    "overview": 9,
    "project": 9,
    "project-settings": 2,
    "project-tests": 1,
    "runs": 4,
    "run": 8,
    "run-open": 2,
    "run-counts": 1,
    "results": 1,
    "failures": 5,
    "flaky": 6,
    "flaky-narrowed": 2,
    "flaky-others": 6,
    "cases": 2,
    "cases-slow": 2,
    "cases-turned": 2,
    "case": 5,
    "milestones": 3,
    "milestone": 8,
    "compare": 8,
    "search": 2,
    "standup": 5,
    "sync": 5,
    "sync-history": 1,
    "sync-rejects": 1,
    "sync-unknown": 1,
}
every_page = pytest.mark.parametrize("name", PAGES)


@pytest.fixture(scope="module")
def reader(sites) -> Reader:
    return Reader(sites.full)


@pytest.fixture
def address(sites, name: str) -> str:
    """The panel of other rules is a part of a page that comes later."""
    if name == "flaky-others":
        return f"{sites.found.addresses['flaky']}&view=others"
    return sites.found.addresses[name]


@every_page
def test_each_number_leads_to_as_many_rows_as_it_says(reader, name, address):
    found = doors(reader.page(address))
    assert len({number.metric for number in found}) >= PAGES[name]
    # What failures say is known of rows alone.
    assert reader.untrue(found, rows_alone=name == "failures") == []


@every_page
def test_a_number_without_a_door_is_zero_or_has_no_rows(reader, name, address):
    assert without_door(reader.page(address)) == []


@pytest.mark.parametrize("query", ["tool=testmo&window=7d", "milestone={milestone}"])
def test_each_number_of_a_filtered_overview_leads_to_its_rows(sites, reader, query):
    milestone = re.findall(r"\d+", sites.found.addresses["milestone"])[0]
    found = doors(reader.page("/?" + query.format(milestone=milestone)))
    assert len({number.metric for number in found}) >= 5
    assert reader.untrue(found) == []


def test_each_rejected_record_and_unknown_status_is_listed(sites, reader):
    page = reader.page(sites.found.addresses["sync"])
    found = [n for n in page.numbers if n.href and n.metric in ("rejected", "unknown")]
    assert {number.metric for number in found} == {"rejected", "unknown"}
    assert reader.untrue(found) == []


def test_a_number_is_clicked_and_its_list_says_the_same(sites, page):
    for name, metric in (("compare", "still_passing"), ("milestones", "scope")):
        page.goto(sites.found.addresses[name])
        number = page.locator(f"main a[data-metric={metric}]").first
        value = int(number.get_attribute("data-value"))
        number.click()
        expect(page.locator("#rows [data-count]")).to_have_text(f"{value:,}")


def test_the_same_filters_give_the_same_number_on_two_pages(sites, page):
    page.goto("/?tool=testmo")
    failing = page.locator(".kpi [data-metric=failing_now]").get_attribute("data-value")
    page.goto("/?tool=testmo&view=not-passed&sort=name")
    rows = page.locator("#projects tbody [data-metric=failing_now]").all()
    assert sum(int(row.get_attribute("data-value")) for row in rows) == int(failing)


def test_the_status_toggles_of_a_run_add_up(sites, page):
    page.goto(sites.found.addresses["run"] + "?status=failed")
    card = page.locator("#results")
    toggle = card.locator(".seg a")
    failed, passed = (toggle.filter(has_text=word) for word in (r"Failed", r"Passed"))
    counts = [int(re.sub(r"\D", "", one.inner_text())) for one in (failed, passed)]
    subtitle = card.locator(".card-h .sub")
    expect(subtitle).to_have_text(re.compile(f"^{counts[0]:,} of "))
    passed.click()
    expect(subtitle).to_have_text(re.compile(f"^{sum(counts):,} of "))
    expect(passed).to_have_attribute("aria-current", "true")
    expect(failed).to_have_attribute("aria-current", "true")
    failed.click()
    expect(subtitle).to_have_text(re.compile(f"^{counts[1]:,} of "))
    page.reload()
    expect(subtitle).to_have_text(re.compile(f"^{counts[1]:,} of "))


def test_the_search_in_a_run_narrows_its_table(sites, page):
    page.goto(sites.found.addresses["run"])
    name = page.locator("#results a.nm").first.inner_text()
    page.locator("#search-q").fill(name)
    page.wait_for_url("**q=**")
    expect(page.locator("#results tbody tr").first).to_contain_text(name)
    expect(page.locator("#search-q")).to_be_focused()
    names = page.locator("#results a.nm").all_inner_texts()
    assert set(names) == {name}
