"""Each page as a browser gets it: in both themes, narrow, zoomed, and by axe."""

from __future__ import annotations

import pytest

from tests.browser.geometry import hidden_below, leaving, lengthen
from tests.browser.pages import ALL, WITH_CHART
from tests.browser.visits import THEMES, settle

themes = pytest.mark.parametrize("theme", THEMES)
PRINTED = (
    "overview",
    "run",
    "results",
    "result",
    "flaky",
    "case",
    "milestone",
    "standup",
    "sync",
)
every_page = pytest.mark.parametrize("name", ALL)


@every_page
def test_a_page_opens_without_a_complaint_of_the_browser(visitor, sites, name):
    visit = visitor.visit(name, sites.found.addresses[name])
    assert visit.status == (404 if name == "not-found" else 200)
    assert visit.complaints == []


@themes
@every_page
def test_axe_finds_no_serious_fault(visitor, sites, name, theme):
    assert visitor.visit(name, sites.found.addresses[name]).faults[theme] == []


@themes
@every_page
def test_nothing_leaves_its_card_or_the_screen(visitor, sites, name, theme):
    assert visitor.visit(name, sites.found.addresses[name]).leaving[theme] == {}


@pytest.mark.parametrize(
    "name", [*PRINTED, "project", "project-tests", "runs", "milestones", "search"]
)
def test_names_of_two_hundred_letters_leave_nothing(sites, page, name):
    page.goto(sites.found.addresses[name])
    page.wait_for_load_state("networkidle")
    lengthen(page)
    found = {}
    for width in (390, 1024, 1280, 1440):
        page.set_viewport_size({"width": width, "height": 844})
        settle(page)
        found[width] = leaving(page, width)
    assert found == dict.fromkeys(found, [])


@pytest.mark.parametrize("name", PRINTED)
def test_nothing_is_cut_off_on_paper(sites, page, name):
    """A4 and Letter lying down, without their margins."""
    page.set_viewport_size({"width": 1046, "height": 718})
    page.goto(sites.found.addresses[name])
    page.evaluate("() => dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    found = {}
    for width in (1046, 980):
        page.set_viewport_size({"width": width, "height": 718})
        settle(page)
        found[width] = leaving(page, width) + hidden_below(page)
    page.emulate_media(media="screen")
    assert found == {1046: [], 980: []}


@themes
@pytest.mark.parametrize("name", WITH_CHART)
def test_a_chart_has_bars_and_the_line(visitor, sites, name, theme):
    visit = visitor.visit(name, sites.found.addresses[name])
    assert visit.bars[theme] >= 10
    assert visit.lines[theme] >= 1
