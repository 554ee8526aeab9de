"""Alerts: each cause told once, its end after it, nothing in quiet hours or of muted tests."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.test import Client

from dashboard.models import (
    Delivery,
    Incident,
    Mute,
    Subscription,
    Team,
)
from ingest.models import Case, Connection
from tests import clock, factories
from tests.dashboard.digests.parts import NO_SUCH, ago, fails, look
from tests.dashboard.page_reader import logged_in

pytestmark = pytest.mark.django_db


def test_a_cause_is_told_once_with_all_of_its_tests_and_then_its_end(world, web, alarm):
    assert look(0, web) == [], "what failed before is no news"
    many = [f"pay {number}" for number in range(12)]
    fails(world.shop, [*many, "hushed"])
    hushed = Case.objects.get(name="hushed")
    Mute.objects.create(case=hushed, by="rita", until=ago(days=-9), reason="x")
    (told,) = look(3, web)
    assert told.startswith(
        "Newly failing (1) | 12 tests (pay 0, pay 1 and 10 more) in Web"
    )
    assert NO_SUCH in told
    assert "hushed" not in str(web.body)
    assert "12 tests" in web.body["title"]
    assert web.body["level"] == "bad"
    # More of the same is no other alert.
    fails(world.shop, ["pay 99"])
    assert look(6, web) == []
    link = Client().get(urlsplit(web.body["link"]).path)
    assert link.status_code == 200
    assert "pay 3" in link.content.decode()
    # It passes, and fails once more before that is told.
    fails(world.shop, [*many, "pay 99"], "P", finished_at=ago(minutes=-1))
    later = [look(minutes, web) for minutes in (8, 12, 20)]
    assert later == [[], [], []]
    (over,) = look(24, web)
    assert over.startswith("Over again (1) | 13 tests (pay 0, pay 1 and 11 more)")
    assert web.body["level"] == "good"
    assert look(27, web) == []


def test_what_comes_back_at_once_is_told_no_second_time(world, web, alarm):
    look(0, web)
    Incident.objects.create(
        subscription=alarm,
        key="failing x",
        title="x",
        opened_at=ago(hours=2),
        told_at=ago(hours=2),
        resolved_at=ago(hours=1),
        end_told_at=ago(hours=1),
    )
    fails(world.shop, ["pay"])
    key = "failing x"
    look(3, web)
    known = Incident.objects.get(resolved_at=None, told_at__isnull=False)
    assert len(web.got) == 1
    Incident.objects.filter(key="failing x").update(key=known.key)
    known.delete()
    assert look(6, web) == [], f"{key}: told two hours ago"
    assert Incident.objects.filter(resolved_at=None, told_at=None).exists()
    Incident.objects.exclude(told_at=None).update(told_at=ago(hours=7))
    assert len(look(9, web)) == 1, "it still is so"


def test_the_floor_is_told_by_the_interval_and_not_by_the_point(world, web, alarm):
    reader = logged_in(alarm.owner)
    rate = reader.get("/api/v1/metrics/summary/?window=7d").json()["pass_rate"]
    assert rate["value"] < rate["high"]
    between = (rate["value"] + rate["high"]) / 2
    Subscription.objects.update(causes=["floor"], floor=between)
    assert look(0, web) == [], "the point is under it, its interval is not"
    Subscription.objects.update(floor=(rate["high"] + 1) / 2)
    (told,) = look(3, web)
    assert "Pass rate of 7 days under" in told
    assert "with 95 % certainty between" in told
    assert look(6, web) == []
    assert Client().get(urlsplit(web.body["link"]).path).status_code == 200
    Subscription.objects.update(floor=between)
    assert look(9, web) == []
    (over,) = look(30, web)
    assert over.startswith("Over again (1) | Pass rate of 7 days under")


def test_quiet_hours_hold_back_and_then_send_one(world, web, alarm):
    look(0, web)
    now = clock.now()
    Subscription.objects.update(
        quiet_from=(now - timedelta(hours=1)).time(),
        quiet_until=(now + timedelta(minutes=30)).time(),
    )
    fails(world.shop, ["pay"])
    fails(world.portal, ["search"])
    fails(world.portal, ["brief"], branch="short")
    assert [look(minutes, web) for minutes in (3, 6, 9)] == [[], [], []]
    assert not Delivery.objects.exists()
    fails(world.portal, ["brief"], "P", branch="short", finished_at=ago(minutes=-1))
    assert look(12, web) == []
    (told,) = look(33, web)
    assert told.startswith("Newly failing (2)")
    assert "brief" not in told, "it came and went"
    assert len(web.got) == 1


def test_a_tool_is_told_once_it_lasts_and_not_when_it_flaps(world, web, alarm):
    Subscription.objects.update(causes=["connection"])
    tool = Connection.objects.filter(pk=world.shop.connection_id)

    def at(minutes: float, error: str) -> list[str]:
        moment = clock.now() + timedelta(minutes=minutes)
        Connection.objects.update(last_success_at=moment, looked_at=moment)
        tool.update(last_error=error)
        return look(minutes, web)

    assert at(0, "") == []
    assert [at(n, "sEcReT of a tool") for n in (3, 6)] == [[], []]
    assert at(9, "") == [], "it mended itself"
    assert [at(n, "sEcReT of a tool") for n in (12, 18)] == [[], []]
    (told,) = at(24, "sEcReT of a tool")
    assert "Testmo: its last sync failed" in told
    assert "sEcReT" not in str(web.body)
    assert web.body["link"].endswith(f"/sync/?connection={tool.get().pk}")
    assert [at(n, "") for n in (27, 36)] == [[], []]
    (over,) = at(45, "")
    assert over.startswith("Over again (1) | Testmo")
    assert [at(n, "again") for n in (50, 70, 90)] == [[], [], []], "told an hour ago"


def test_milestones_runs_and_flaky_tests_are_told(world, web, alarm):
    Subscription.objects.update(causes=["flaky", "milestone", "run"])
    (told,) = look(0, web)
    assert told.startswith("Milestones (1) | v26.11: 3 days overdue")
    page = Client().get(urlsplit(web.body["link"]).path)
    assert page.status_code == 200
    assert "v26.11" in page.content.decode()
    for hours in range(2, 20, 2):
        run = factories.make_run(world.shop, started_at=ago(hours=hours))
        factories.make_results(run, "FP", cases=["shaky", "shaky"])
    done = factories.make_run(
        world.shop,
        name="nightly <!channel>",
        started_at=ago(minutes=30),
        finished_at=ago(minutes=5),
    )
    factories.make_results(done, "PPPF")
    flaky, runs = look(3, web)
    assert flaky.startswith("Newly flaky (1) | shaky in Web shop, score")
    assert runs.startswith("Runs finished (1) | Run ")
    assert "finished: 75.0% of 4 passed" in runs
    assert len(web.got) == 2, "both in one"
    assert look(6, web) == [], "a run has no end"


def test_it_tells_what_its_owner_sees(world, web, alarm):
    Subscription.objects.update(causes=["failing", "milestone", "floor"], floor=1)
    look(0, web)
    Team.objects.create(name="others").projects.add(world.shop)
    fails(world.shop, ["pay"])
    web.got.clear()
    assert look(3, web) == []
    alarm.owner.is_active = False
    alarm.owner.save()
    look(6, web)
    alarm.refresh_from_db()
    assert alarm.stopped == "Its owner was switched off."
    assert web.got == []


def test_the_preview_tells_of_all_that_is_so(world, web, alarm):
    shown = logged_in(alarm.owner).get(f"/digests/{alarm.pk}/").content.decode()
    assert "new test in Web shop: Expected 3 rows, found 2" in shown
    assert "Send now" not in shown
    assert not Incident.objects.exists()
    Subscription.objects.update(causes=["run"], query=f"project={world.core.pk}")
    quiet = logged_in(alarm.owner).get(f"/digests/{alarm.pk}/").content.decode()
    assert "Nothing of what it is about is so now." in quiet
