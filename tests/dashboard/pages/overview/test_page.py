"""The overview as a page: sentence, table, filters, chart."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dashboard.filters import Filters
from dashboard.precomputed.summary import summary
from tests import factories
from tests.dashboard.number_links import count_of, doors, html_of, without_rows
from tests.dashboard.world import ago

pytestmark = pytest.mark.django_db


def test_the_verdict_blames_the_project_behind_the_drop_and_links_to_it(client, world):
    html = html_of(client, "/")
    sentence = re.search(r'<p class="verdict">.*?</p>', html, re.DOTALL)[0]
    assert "Pass rate fell" in sentence
    assert f'href="/projects/{world.shop.pk}/"' in sentence
    began = next(d for d in doors(sentence) if d.metric == "newly_failing")
    assert count_of(html_of(client, began.href)) == began.value


def test_the_project_table_stands_worst_first_until_another_order_is_asked(
    client, world
):
    def names(query: str) -> list[str]:
        table = html_of(client, f"/{query}").partition('id="projects"')[2]
        return re.findall(
            r'class="nm trunc" href="/projects/\d+/[^"]*" title="([^"]*)"', table
        )

    assert names("")[0] == "Web shop"
    assert names("?sort=-rate")[-1] == "Web shop"
    assert names("?sort=name") == ["Core", "Portal", "Web shop"]


def test_finding_a_project_narrows_the_table_and_no_figure(client, world):
    html = html_of(client, "/?find=port")
    table = html.partition('id="projects"')[2]
    assert "Portal" in table
    assert "Web shop" not in table
    runs = next(door for door in doors(html) if door.metric == "runs")
    assert runs.value == summary(Filters()).now.runs


def test_a_filter_narrows_every_figure_and_stays_in_every_door(client, world):
    found = doors(html_of(client, f"/?project={world.portal.pk}"))
    assert found
    for door in found:
        pairs = parse_qsl(urlsplit(door.href).query)
        in_path = door.href.startswith("/runs/") and "?" not in door.href[6:7]
        assert ("project", str(world.portal.pk)) in pairs or in_path, door


def test_the_filter_bar_offers_every_choice_with_its_runs(client, world):
    html = html_of(client, "/?tool=testmo")
    bar = re.search(r'id="filters".*?<div class="seg"', html, re.DOTALL)[0]
    names = set(re.findall(r'type="checkbox" name="(\w+)"', bar))
    assert names == {"project", "tool", "source", "configuration", "milestone"}
    release = bar.partition(f'name="milestone" value="{world.release.pk}"')[2]
    assert re.search(r'class="cnt num">(\d+)<', release)[1] == "10"
    assert re.search(r'value="testmo"[^>]*checked', bar)


def test_the_default_window_is_left_out_of_every_address(client, world):
    html = html_of(client, "/?window=30d&tool=testmo")
    links = re.findall(r'href="(/\?[^"]*)"', html)
    assert links
    assert not any("window=30d" in link for link in links)


def test_htmx_pushes_the_canonical_address(client, world):
    response = client.get(
        "/?window=30d&source=&tool=testmo",
        headers={"HX-Request": "true", "HX-Target": "content"},
    )
    assert response.headers["HX-Push-Url"] == "/?tool=testmo"
    same = client.get("/?tool=testmo", headers={"HX-Request": "true"})
    assert "HX-Push-Url" not in same.headers


def test_the_live_freshness_is_answered_alone_and_moves_no_address(client, world):
    response = client.get(
        "/?window=30d", headers={"HX-Request": "true", "HX-Target": "freshness"}
    )
    html = response.content.decode()
    assert html.strip().startswith('<section class="card fresh" id="freshness"')
    assert "HX-Push-Url" not in response.headers


def test_what_is_not_known_is_left_out_with_a_note(client, world):
    html = html_of(client, "/?tool=jenkins&colour=blue&window=30d")
    assert "tool was left out. There is no tool “jenkins”." in html
    assert "colour was left out." in html
    assert doors(html) == doors(html_of(client, "/"))


def test_a_day_of_the_chart_leads_to_that_days_results(client, world):
    html = html_of(client, "/")
    rows = json.loads(re.search(r'id="rows-daily"[^>]*>(.*?)</script>', html)[1])
    day = ago(days=5).date()
    shown = next(d for d in rows["days"] if d["href"].find(f"since={day}") > 0)
    assert f"until={day + timedelta(days=1)}" in shown["href"]
    assert without_rows(html_of(client, shown["href"])) == (111, 1)


def test_the_chart_has_its_rows_as_a_table(client, world):
    html = html_of(client, "/")
    assert html.count('class="chart"') == html.count("View as table") == 1
    drawn = json.loads(re.search(r'id="rows-daily"[^>]*>(.*?)</script>', html)[1])
    days = [day for day in drawn["days"] if day["rate"] != "no results"]
    table = html.partition("View as table")[2].partition("</table>")[0]
    assert table.count("<tr>") == 1 + len(days) > 10


def test_not_passed_is_a_view_of_its_own_address(client, world):
    def drawn(query: str) -> set[str]:
        html = html_of(client, f"/{query}")
        rows = json.loads(re.search(r'id="rows-daily"[^>]*>(.*?)</script>', html)[1])
        return {trace.get("name") for trace in rows["data"]}

    assert "Passed" in drawn("")
    assert "Passed" not in drawn("?view=not-passed")


def test_a_milestone_in_the_window_is_marked_on_the_chart(client, world):
    world.release.members.update(due_at=ago(days=3))
    assert "v26.11 due" in html_of(client, "/")
    assert "v26.11 due" not in html_of(client, "/?window=1d")


def test_a_project_that_another_address_chose_is_where_the_chip_leads(client, world):
    other = client.get(
        f"/projects/{world.shop.pk}/?project={world.portal.pk}&window=7d"
    )
    assert other.headers["Location"] == f"/projects/{world.portal.pk}/?window=7d"
    both = client.get(
        f"/projects/{world.shop.pk}/?project={world.shop.pk}&project={world.core.pk}"
    )
    assert both.headers["Location"] == (
        f"/?project={world.shop.pk}&project={world.core.pk}"
    )


def test_a_project_that_does_not_exist_is_not_found(client, world):
    assert client.get("/projects/999999/").status_code == 404


@pytest.mark.parametrize("path", ["/", "/projects/{shop}/"])
def test_the_number_of_queries_does_not_grow_with_the_rows(client, world, path):
    path = path.format(shop=world.shop.pk)
    html_of(client, path)
    cache.clear()
    with CaptureQueriesContext(connection) as few:
        html_of(client, path)
    for number in range(50):
        run = factories.make_run(
            world.shop, started_at=ago(hours=number + 4), configuration=f"C{number % 5}"
        )
        factories.make_results(run, "PFPP")
    cache.clear()
    with CaptureQueriesContext(connection) as many:
        html_of(client, path)
    assert len(many) <= len(few) <= 67
    with CaptureQueriesContext(connection) as again:
        html_of(client, path)
    assert len(again) <= 25


def test_names_of_vendors_are_never_markup(client, world):
    type(world.shop).objects.filter(pk=world.shop.pk).update(name="<b>shop</b>")
    html = html_of(client, "/")
    assert "&lt;b&gt;shop&lt;/b&gt;" in html
    assert "<b>shop</b>" not in html
