"""What stops a page in tests: a variable that is not there, HTML that needs repairs."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.template import engines
from django.test import RequestFactory

from dashboard.ui.icons import ICONS
from tests.markup import UnsoundPage, faults, only_sound_pages
from tests.services import ROOT
from tests.settings import MissingVariable


@pytest.mark.parametrize(
    "template",
    [
        "{{ page.no_such_field }}",
        "{{ page.no_such_field|default:'–' }}",
        "{% with one=page.no_such_field %}{% endwith %}",
        "{% include 'ui/_mark.html' with mark=page.no_such_field %}",
    ],
)
def test_a_missing_variable_stops_a_page(template):
    with pytest.raises(MissingVariable, match="no_such_field"):
        engines.all()[0].from_string(template).render({"page": object()})


def test_every_template_of_ours_is_read_by_the_engine_that_stops():
    folder = ROOT / "templates"
    for path in folder.rglob("*.html"):
        template = engines.all()[0].get_template(str(path.relative_to(folder)))
        assert template.origin.name == str(path)


@pytest.mark.parametrize(
    ("html", "fault"),
    [
        ("<ul><li>one</ul>", "line 1: </ul> ends ul li"),
        ("<p>one</p></p>", "line 1: </p> ends nothing"),
        ("\n<section><p>one</p>", "<section> has no end"),
        ("<div/>", "line 1: <div/> does not end itself"),
        ('<i id="a"></i><b id="a"></b>', 'id="a" 2 times'),
        ('<i class="a" class="b"></i>', "an attribute twice"),
        ("<script>go()</script>", "a script of its own"),
        ('<script type="module">go()</script>', "a script of its own"),
        ('<a href="/" onclick="go()">go</a>', "a script of its own in <a "),
        ('<a href="javascript:go()">go</a>', "a script of its own in <a "),
        ('<input type="password" value="word">', "a secret is printed back"),
    ],
)
def test_html_that_a_browser_repairs_or_must_not_get_is_a_fault(html, fault):
    (found,) = faults(html)
    assert fault in found


def test_html_that_needs_no_repair_has_no_fault():
    assert not faults(
        '<!doctype html><p id="a">5 &lt; 6<br><input type="password"></p>'
        '<svg><path d="M0 0"/></svg><script src="/a.js"></script>'
        '<script type="application/json">{"p": "<b>"}</script>'
    )


@pytest.mark.parametrize("path", ["/", "/runs/?page=2"])
def test_a_page_with_a_fault_is_no_answer(path):
    answer = only_sound_pages(lambda request: HttpResponse("<p>one"))
    with pytest.raises(UnsoundPage, match=rf"{re.escape(path)}: <p> has no end"):
        answer(RequestFactory().get(path))


@pytest.mark.django_db
def test_djangos_own_pages_may_print_what_is_not_there(client):
    client.force_login(User.objects.create_superuser("mara"))
    assert client.get("/admin/ingest/connection/").status_code == 200


def test_every_icon_that_a_template_names_is_drawn():
    used = set()
    for path in (ROOT / "templates").rglob("*.html"):
        used |= set(re.findall(r'{% icon "([\w-]+)"', path.read_text()))
    assert used
    assert used <= ICONS
