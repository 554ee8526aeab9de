"""What a visitor of a share may open: the share's own rows, and nothing beside them."""

from __future__ import annotations

import pytest

from dashboard.sharing.routes import SHOWN
from ingest.models import Result
from ingest.models.results import ORDINALS
from tests.dashboard.page_reader import person, text_of
from tests.dashboard.shares.parts import leads_out, links_of, shared, visited
from tests.dashboard.world import World

pytestmark = pytest.mark.django_db


def pages(world: World) -> dict[str, str]:
    """A page of each route."""
    shop, run = world.shop.pk, world.newest.pk
    result = Result.objects.filter(run=run).earliest("ordinal")
    before = world.shop.runs.exclude(pk=run).latest("at").pk
    return {
        "overview": "/",
        "project": f"/projects/{shop}/",
        "project-tests": f"/projects/{shop}/tests/",
        "runs": f"/runs/?project={shop}",
        "run": f"/runs/{run}/",
        "results": "/results/?status=failed&window=30d",
        "result": f"/results/{run * ORDINALS + result.ordinal}/",
        "compare": f"/compare/?base={before}&head={run}",
        "failures": "/failures/",
        "flaky": "/flaky/?window=30d",
        "cases": "/cases/?view=failing",
        "case": f"/cases/{result.case_id}/",
        "milestones": "/milestones/",
        "milestone": f"/milestones/{world.release.pk}/",
        "standup": "/standup/",
        "sync": "/sync/",
        "search": "/search/?q=case",
    }


def test_each_page_can_be_shared_and_leads_nowhere_else(world: World) -> None:
    mara = person("mara")
    made = pages(world)
    assert {*made} == {*SHOWN}
    for route, path in made.items():
        root = shared(mara, path)
        page = visited(root)
        assert page.status_code == 200, route
        said = text_of(page)
        assert "Shared by Passline" in said, route
        assert "mara" not in said, route
        out = [href for href in links_of(page) if leads_out(href, root)]
        assert not out, (route, out)
        assert not page.cookies, route
        followed = {href for href in links_of(page) if href.startswith(root)}
        for href in sorted(followed)[:3]:
            assert visited(href).status_code == 200, (route, href)


def test_what_a_page_does_not_name_is_filled_in_or_refused(world: World) -> None:
    """Each address beside the share's own, with what becomes of it."""
    mara, shop, run = person(), world.shop.pk, world.newest.pk
    old = world.shop.runs.earliest("at").pk
    week = shared(mara, f"/cases/?project={shop}&window=7d")
    failed = shared(mara, "/results/?status=failed&status=error&window=7d")
    one = shared(mara, f"/runs/{run}/")
    fixed = shared(mara, "/flaky/?window=7d", pinned=True)
    answers = {
        f"{week}/cases/?window=3d": 200,
        f"{week}/cases/?sort=name&theme=dark": 200,
        f"{week}?sort=name": 200,
        f"{week}/cases/?utm_source=chat": 200,
        f"{week}/cases/?project={world.portal.pk}": 404,
        # A wider time is cut to the share's.
        f"{week}/cases/?window=90d": 200,
        f"{week}/cases/?since=2020-01-01&until=2020-02-01": 404,
        f"{week}/cases/?window=7d&window=90d": 404,
        f"{week}/cases/?window=soon": 404,
        f"{week}/cases/?q=a%00b": 404,
        f"{week}/cases/?as_of=2026-01-01": 404,
        # Tests of a milestone count whenever they ran.
        f"{week}/cases/?view=scope&milestone={world.release.pk}": 404,
        f"{week}/milestones/{world.release.pk}/": 404,
        f"{week}/runs/{run}/": 200,
        f"{week}/runs/{old}/": 404,
        f"{week}/standup/": 404,
        f"{week}/": 200,
        f"{failed}/results/": 200,
        f"{failed}/results/?status=failed": 200,
        f"{failed}/results/?status=passed": 404,
        f"{failed}/runs/{run}/": 404,
        f"{failed}/flaky/": 404,
        f"{one}/runs/{run}/?status=all": 200,
        f"{one}/runs/{run}/?base={old}": 404,
        f"{one}/runs/{old}/": 404,
        f"{one}/compare/?head={run}": 404,
        f"{one}/compare/?head={run}&base={old}": 404,
        f"{one}/runs/": 404,
        f"{fixed}/flaky/?window=7d": 200,
        f"{fixed}/flaky/?since=2020-01-01": 200,
    }
    found = {path: visited(path).status_code for path in answers}
    assert found == answers
    # What was filled in is what is shown.
    cut = text_of(visited(f"{week}/cases/?window=90d"))
    assert cut.count("data-row") == text_of(visited(week)).count("data-row")
