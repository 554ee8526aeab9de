"""Every template prints its context whole, escaped and with a door for each number."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from django.template import Context

from dashboard.ui.icons import ICONS
from tests.browser import preview

PAGES = sorted(preview.pages())


class Page(HTMLParser):
    """Tags that are open too long, ids, doors and scripts of a page."""

    VOID = frozenset(
        ["meta", "link", "input", "img", "br", "hr", "col", "path", "rect", "circle"]
    )

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.doors: list[dict[str, str | None]] = []
        self.inline_scripts = 0
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        if tag not in self.VOID:
            self.open.append(tag)
        if "id" in found:
            self.ids.append(found["id"])
        if "data-metric" in found:
            self.doors.append(found)
        is_data = found.get("type") == "application/json"
        self.inline_scripts += tag == "script" and "src" not in found and not is_data

    def handle_endtag(self, tag):
        if tag not in self.VOID:
            assert self.open.pop() == tag


@pytest.mark.parametrize("name", PAGES)
def test_a_page_prints_its_whole_context_as_balanced_html(name):
    page = Page(preview.render(name))
    assert page.open == []


@pytest.mark.parametrize("name", PAGES)
def test_no_page_repeats_an_id_or_carries_a_script_of_its_own(name):
    html = preview.render(name)
    page = Page(html)
    assert sorted(page.ids) == sorted(set(page.ids))
    assert page.inline_scripts == 0
    assert not re.search(r'\son\w+="', html)


def test_a_missing_variable_stops_the_preview():
    template = preview.engine().from_string("{{ page.no_such_field }}")
    with pytest.raises(preview.MissingVariable, match="no_such_field"):
        template.render(Context({"page": object()}))


def test_numbers_carry_their_api_name_and_unrounded_value():
    page = Page(preview.render("overview"))
    rates = [d["data-value"] for d in page.doors if d["data-metric"] == "pass_rate"]
    assert "0.93719" in rates
    assert {"runs", "results", "failing_now", "not_passed", "completion"} <= {
        door["data-metric"] for door in page.doors
    }


def test_a_vendors_text_is_never_markup():
    html = preview.render("run")
    assert "<script>alert" not in html
    assert "&lt;script&gt;alert" in html


def test_a_chosen_theme_is_on_the_first_tag_and_the_systems_is_not():
    template = preview.engine().get_template("base.html")
    shell = preview.pages()["overview"][1]()["shell"]
    plain = template.render(Context({"shell": shell, "csrf_token": "x"}))
    assert '<html lang="en">' in plain
    from tests.browser.samples import shell as sample

    dark = sample("overview", theme="dark")
    html = template.render(Context({"shell": dark, "csrf_token": "x"}))
    assert '<html lang="en" data-theme="dark">' in html


def test_every_chart_has_its_rows_as_a_table():
    html = preview.render("overview")
    assert html.count('class="chart"') == html.count("View as table") == 1
    rows = html[html.index("View as table") :]
    assert rows.count("<tr>") >= 31


def test_a_secret_is_never_printed_back():
    html = preview.render("connect")
    secret = re.search(r"<input[^>]*type=\"password\"[^>]*>", html)
    assert secret is not None
    assert "value=" not in secret[0]


def test_every_icon_that_a_template_names_is_drawn():
    used = set()
    for path in (preview.ROOT / "templates").rglob("*.html"):
        used |= set(re.findall(r'{% icon "([\w-]+)"', path.read_text()))
    assert used
    assert used <= ICONS
