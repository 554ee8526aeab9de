"""The stand-up for a screen on a wall: what it says, and which addresses it holds."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest

from ingest.models import Connection
from tests.dashboard.number_links import html_of
from tests.dashboard.pages.standup.parts import broken, sentence
from tests.factories import NOW

pytestmark = pytest.mark.django_db


def test_it_says_what_the_page_says_without_anything_to_press(client, project):
    broken(project, "pays by card", "no frame")
    query = f"project={project.pk}&window=3d"
    page, tv = (html_of(client, f"/standup/?{query}{v}") for v in ("", "&view=tv"))
    assert sentence(tv) == sentence(page)
    assert not re.search("<(button|form|input|details|dialog|nav)", tv)
    href = unescape(re.search('data-refresh="([^"]*)"', tv)[1])
    assert href == f"/standup/?{query}&view=tv"
    assert f'href="{href}"' in unescape(page)


def test_old_data_is_said_above_all_else(client, project):
    assert "tv-alarm" not in html_of(client, "/standup/?view=tv")
    late = NOW - timedelta(hours=26)
    Connection.objects.update(last_success_at=late)
    html = html_of(client, "/standup/?view=tv")
    assert "Old data: Testmo, 26 h old." in html
    Connection.objects.update(last_success_at=NOW - timedelta(hours=1), last_error="x")
    failed = "Old data: Testmo, last sync failed, 60 min old."
    assert failed in html_of(client, "/standup/?view=tv")
    Connection.objects.update(last_success_at=None)
    assert "Old data: Testmo, never synced." in html_of(client, "/standup/?view=tv")


def test_a_fixed_time_asks_for_nothing(client, project):
    html = html_of(client, "/standup/?since=2026-11-17&until=2026-11-18&view=tv")
    assert "data-refresh" not in html
    assert "This time is fixed" in html


def test_a_screen_without_any_tool_says_so(client, db):
    assert "data-tv" in html_of(client, "/standup/?view=tv")


def test_another_view_is_left_out_and_told(client, project):
    html = html_of(client, "/standup/?view=cinema")
    assert "view was left out." in html
    assert "data-tv" not in html
