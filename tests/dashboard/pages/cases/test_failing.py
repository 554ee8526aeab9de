"""The lists of tests that fail now, and that failed when last run."""

from __future__ import annotations

from datetime import timedelta
from unittest.mock import patch

import pytest
from django.db import OperationalError

from ingest.models import Case
from tests import factories
from tests.dashboard.number_links import count_of, html_of, rows_of
from tests.factories import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_redis")]


@pytest.fixture(autouse=True)
def _public(settings):
    settings.PUBLIC_READ = True


def test_a_failing_test_names_its_series_and_shows_that_one(client):
    project = factories.make_project()
    hour = timedelta(hours=1)
    factories.make_history(project, "PPPPPP", every=hour, configuration="Chrome")
    told = {"configuration": "Firefox", "branch": "dev"}
    factories.make_history(project, "FFF", every=hour, **told)
    html = html_of(client, "/cases/?view=failing")
    assert count_of(html) == 1
    assert ">Firefox, dev</small>" in html
    assert 'aria-label="last 3: 3 not passed"' in html


def test_tests_that_failed_when_last_run_are_a_list_of_their_own(client):
    project = factories.make_project()
    old = NOW - timedelta(days=12)
    factories.make_history(project, "PF", until=old, branch="dev")
    factories.make_history(project, "P", case="case 2")
    assert rows_of(html_of(client, "/cases/?view=failing")) == 0
    html = html_of(client, "/cases/?view=retired")
    assert count_of(html) == 1
    assert ">case 1</a>" in html
    assert ">dev</small>" in html
    assert "/api/v1/metrics/failing/?retired=1&amp;format=csv" in html
    assert 'href="/cases/?view=retired"' in html_of(client, "/cases/?view=failing")
    case = html_of(client, f"/cases/{Case.objects.get(name='case 1').pk}/")
    assert "Failed when last run, 1 run in a row." in case
    assert "Nobody runs it in dev any more." in case
    assert "Passes now" not in case


def test_rows_that_do_not_load_are_said_to(client):
    factories.make_results(factories.make_run(), "F")
    with patch(
        "dashboard.pages.cases.ranked.strips", side_effect=OperationalError("too long")
    ):
        html = html_of(client, "/cases/?view=failing")
    assert "This table did not load" in html
    assert "No test fails" not in html
