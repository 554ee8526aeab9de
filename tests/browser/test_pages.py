"""Each page as a browser gets it: in both themes, narrow, zoomed, and by axe."""

from __future__ import annotations

import pytest

from tests.browser.pages import ALL, WITH_CHART
from tests.browser.visits import THEMES, WIDTHS

themes = pytest.mark.parametrize("theme", THEMES)
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


@pytest.mark.parametrize("width", WIDTHS)
@every_page
def test_nothing_sticks_out_of_a_page(visitor, sites, name, width):
    assert visitor.visit(name, sites.found.addresses[name]).outside[width] == []


@themes
@pytest.mark.parametrize("name", WITH_CHART)
def test_a_chart_has_bars_and_the_line(visitor, sites, name, theme):
    visit = visitor.visit(name, sites.found.addresses[name])
    assert visit.bars[theme] >= 10
    assert visit.lines[theme] >= 1
