"""What a visitor of a share may open: the share's own rows, and nothing beside them."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from dashboard.models import Share
from dashboard.sharing.routes import SHOWN
from ingest.contract import Status
from ingest.models import Connection, Project, Result, ResultChange
from ingest.models.results import ORDINALS, STATUS_CODES
from tests.dashboard.page_reader import logged_in, person, text_of
from tests.dashboard.shares.parts import leads_out, links_of, shared, visited
from tests.dashboard.world import World
from tests.factories import NOW

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


def test_a_screen_asks_for_itself_below_the_token_and_says_what_it_is(
    world: World,
) -> None:
    root = shared(person(), "/standup/")
    screen = text_of(visited(f"{root}?view=tv"))
    asked = re.findall(r'data-refresh="([^"]*)"', screen)
    assert len(asked) == 1
    assert asked[0].startswith(f"{root}/")
    assert 'data-moment="' in text_of(visited(asked[0].replace("&amp;", "&")))
    assert "Shared by Passline" in screen
    assert "always current" in screen
    assert "until it is revoked" in screen


def test_a_pinned_share_shows_what_was_known_then(world: World) -> None:
    """A result is put right after two shares of it were made, one of them pinned."""
    for model in (Connection, Project):
        # They are always made now.
        model.objects.update(created_at=NOW)
    mara, run = person(), world.newest
    failed = STATUS_CODES[Status.FAILED]
    row = Result.objects.filter(run=run, status=failed, is_final=True).latest("at")
    paths = {
        "page": f"/results/{run.pk * ORDINALS + row.ordinal}/",
        "list": f"/results/?status=failed&project={world.shop.pk}",
    }
    pinned = {name: shared(mara, path, pinned=True) for name, path in paths.items()}
    current = {name: shared(mara, path) for name, path in paths.items()}
    assert Share.objects.filter(as_of__gt=NOW).count() == 2
    before = {root: told(root) for root in (*pinned.values(), *current.values())}
    put_right(row)
    for name, root in pinned.items():
        assert told(root) == before[root], name
    for name, root in current.items():
        assert told(root) != before[root], name


def told(root: str) -> bytes:
    """The page, with what it unfolds with."""
    page = visited(root)
    assert page.status_code == 200
    return bytes(page.content)


def put_right(row: Result) -> None:
    """As a later read of the tool does it: it had passed."""
    newest = Share.objects.filter(is_pinned=True).latest("as_of")
    later = newest.as_of + timedelta(seconds=1)
    names = ("at", "duration_ms", "thread_id", "attempt", "is_final")
    said = ("status", "raw_status")
    values: dict[str, Any] = {name: getattr(row, name) for name in (*names, *said)}
    ResultChange.objects.create(
        project_id=row.project_id,
        run_id=row.run_id,
        case_id=row.case_id,
        ordinal=row.ordinal,
        recorded_from=row.run.recorded_at,
        recorded_to=later,
        has_own_time=True,
        **values,
    )
    rows = Result.objects.filter(run_id=row.run_id, ordinal=row.ordinal)
    assert rows.update(status=STATUS_CODES[Status.PASSED]) == 1


def test_a_pinned_share_ends_with_what_is_kept(world: World, settings: Any) -> None:
    mara = person()
    root = shared(mara, "/runs/", pinned=True)
    at = NOW - timedelta(days=settings.RETENTION_DAYS)
    Share.objects.update(as_of=at + timedelta(hours=1))
    assert visited(root).status_code == 200
    assert "ended" not in text_of(logged_in(mara).get("/shares/"))
    Share.objects.update(as_of=at - timedelta(hours=1))
    assert visited(root).status_code == 404
    assert "ended" in text_of(logged_in(mara).get("/shares/"))
