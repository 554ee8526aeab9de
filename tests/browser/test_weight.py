"""What travels over the wire when somebody opens a page, and again, and what moves meanwhile."""

from __future__ import annotations

import json

import pytest

from tests.browser import steadiness
from tests.browser.visits import ARTIFACTS, new_context, settle
from tests.browser.weights import Scale

FIRST_VISIT_BYTES, REPEAT_VISIT_BYTES = 500_000, 40_000
# A share of the screen by how far it moved: a line of text that moves is more.
MOST_SHIFT = 0.01


@pytest.mark.parametrize("page_name", ["overview", "run"])
def test_a_visit_is_light_and_steady_and_the_next_one_lighter(
    browser, sites, capsys, page_name
):
    context = new_context(browser, sites.full)
    page = context.new_page()
    scale = Scale(context.new_cdp_session(page))
    steadiness.watch(page)
    weighed, moved = [], []
    for _ in range(2):
        page.goto(sites.found.addresses[page_name], wait_until="networkidle")
        settle(page)
        weighed.append(scale.take())
        moved += steadiness.taken(page)["shifts"]
    context.close()
    first, repeat = (sum(one.values()) for one in weighed)
    ARTIFACTS.mkdir(parents=True, exist_ok=True)
    told = json.dumps([dict(one.most_common()) for one in weighed], indent=2)
    (ARTIFACTS / f"bytes-{page_name}.json").write_text(told)
    with capsys.disabled():
        print(f"\n{page_name}: {first:,} bytes at first, {repeat:,} again")  # noqa: T201
    assert 10_000 < first < FIRST_VISIT_BYTES
    # A page that has not changed is not sent again.
    assert 100 < repeat < REPEAT_VISIT_BYTES
    assert sum(shift["value"] for shift in moved) < MOST_SHIFT, moved
