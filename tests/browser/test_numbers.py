"""Every dotted number leads to as many rows as it says."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Page, expect

# The count behind an address, the rows that its page shows, and what has no rows.
TARGETS = """
async (addresses) => {
  const found = {};
  const number = (text) => Number(text.replaceAll(",", ""));
  for (const address of addresses) {
    const answer = await fetch(address);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const head = page.querySelector("#rows, #results");
    const text = head?.querySelector(".card-h .sub")?.textContent ?? "";
    found[address] = {
      status: answer.status,
      count: number(text.match(/[\\d,]+/)?.[0] ?? "-1"),
      without: number(text.match(/and ([\\d,]+)\\s+in/)?.[1] ?? "0"),
      rows: head?.querySelectorAll("tbody tr, .reject-rows > li").length ?? 0,
    };
  }
  return found;
}
"""
NUMBERS = """
() => [...document.querySelectorAll("main .n[data-metric]")].map((number) => ({
  metric: number.dataset.metric,
  value: Number(number.dataset.value),
  text: number.textContent,
  title: number.closest("[title]")?.title ?? "",
  href: number.closest("a").getAttribute("href"),
}))
"""
PAGE_SIZE = 50
# Of these the title says how many rows they are made of.
MADE_OF_ROWS = ("pass_rate", "plan_pass_rate", "time_lost_ms", "median_run_ms")


@dataclass(frozen=True)
class Dotted:
    metric: str
    value: float
    text: str
    title: str
    href: str

    @property
    def rows(self) -> int:
        """How many rows it promises: a rate those that it is the rate of."""
        if self.metric in MADE_OF_ROWS:
            of = re.search(r"of ([\d,]+) ", self.title)
            assert of, f"{self} does not say of what"
            return int(of[1].replace(",", ""))
        return round(self.value)


def dotted(page: Page) -> list[Dotted]:
    return [Dotted(**found) for found in page.evaluate(NUMBERS)]


def untrue(page: Page, numbers: list[Dotted]) -> list[str]:
    """What the target of each number says instead."""
    targets = page.evaluate(TARGETS, sorted({number.href for number in numbers}))
    return [
        f"{number.metric} {number.text} at {number.href}: {targets[number.href]}"
        for number in numbers
        if not is_true(number, targets[number.href])
    ]


def is_true(number: Dotted, target: dict[str, Any]) -> bool:
    shown = target["rows"] == min(target["count"], PAGE_SIZE)
    promised = target["count"] + target["without"] == number.rows
    return target["status"] == 200 and promised and shown


@pytest.mark.parametrize(
    ("name", "at_least"),
    [("overview", 60), ("project", 20), ("run", 12), ("run-open", 1)],
)
def test_each_number_leads_to_as_many_rows_as_it_says(sites, page, name, at_least):
    page.goto(sites.found.addresses[name])
    numbers = dotted(page)
    assert len(numbers) >= at_least
    assert untrue(page, numbers) == []


@pytest.mark.parametrize("query", ["tool=testmo&window=7d", "milestone={milestone}"])
def test_each_number_of_a_filtered_overview_leads_to_its_rows(sites, page, query):
    milestone = re.findall(r"\d+", sites.found.addresses["milestone"])[0]
    page.goto("/?" + query.format(milestone=milestone))
    numbers = dotted(page)
    assert len(numbers) >= 10
    assert untrue(page, numbers) == []


def test_each_rejected_record_and_unknown_status_is_listed(sites, page):
    page.goto(sites.found.addresses["sync"])
    numbers = [n for n in dotted(page) if n.metric in ("rejected", "unknown")]
    assert {number.metric for number in numbers} == {"rejected", "unknown"}
    assert untrue(page, numbers) == []


def test_every_number_without_rows_is_no_link(sites, page):
    page.goto("/")
    zeros = page.locator("main [data-value='0']")
    assert zeros.count() >= 5
    assert page.locator("main a.n[data-value='0']").count() == 0


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
