"""What an alert keeps: which tests are of one incident, and of what nothing is said any more."""

from __future__ import annotations

from datetime import timedelta

import pytest

from dashboard.digests import findings
from dashboard.digests.deliveries import send_waiting
from dashboard.models import Delivery, DeliveryState, Incident, Subscription, Team
from ingest.models import Connection, Project
from tests import clock, factories
from tests.dashboard.digests.parts import ago, fails, look

pytestmark = pytest.mark.django_db


def test_tests_that_fail_alike_later_are_of_another_incident(world, web, alarm):
    fails(world.shop, ["old one"])
    assert look(0, web) == [], "it failed before"
    fails(world.shop, ["pay", "ship", "refund"])
    (told,) = look(3, web)
    assert told.startswith("Newly failing (1) | 3 tests (pay, ship and refund) in Web")
    # Soon after, more are of the same; what fails on is it too, whatever it says now.
    fails(world.shop, ["late"])
    fails(world.shop, ["pay"], message="It is not attached", started_at=ago(minutes=4))
    assert look(6, web) == []
    first = Incident.objects.get(told_at__isnull=False)
    assert first.title.startswith("4 tests (pay, ship and 2 more) in Web shop")
    # A test that was mended and fails again hours later is news, and so are others.
    after = {"started_at": ago(hours=-1)}
    fails(world.shop, ["ship"], "P", **after)
    assert look(65, web) == []
    fails(world.shop, ["ship", "cart", "sign up"], started_at=ago(hours=-7))
    (told,) = look(7 * 60 + 3, web)
    assert told.startswith("Newly failing (1) | 3 tests (ship, cart and sign up) in")
    assert look(7 * 60 + 6, web) == []
    fails(world.shop, ["ship", "cart", "sign up"], "P", started_at=ago(hours=-8))
    assert look(8 * 60 + 3, web) == []
    (over,) = look(8 * 60 + 20, web)
    assert over.startswith("Over again (1) | 3 tests (ship, cart")


@pytest.fixture
def guild(world, alarm) -> Team:
    """Whose projects the owner of the alarm sees as its member alone."""
    made = Team.objects.create(name="guild")
    made.projects.add(world.shop)
    made.members.add(alarm.owner)
    return made


def test_nothing_is_said_of_what_its_owner_sees_no_more(world, web, alarm, guild):
    causes = ["failing", "milestone", "connection", "flaky"]
    Subscription.objects.update(causes=causes)
    own = factories.make_project(factories.make_connection("Hidden"), name="Hidden one")
    guild.projects.add(own)
    factories.make_milestone(own, "hidden v1", due_at=ago(days=2))
    look(0, web)
    later = {"last_error": "x", "last_success_at": ago(days=9)}
    Connection.objects.filter(pk=own.connection_id).update(**later)
    fails(own, ["hidden test"])
    fails(world.portal, ["open test"])
    for minutes in (3, 6, 14):
        look(minutes, web)
    said = str(web.got)
    assert "hidden test" in said
    assert "hidden v1" in said
    assert "Hidden: its last sync failed" in said
    guild.members.remove(alarm.owner)
    fails(world.portal, ["open test"], "P", started_at=ago(minutes=-15))
    web.got.clear()
    told = [look(minutes, web) for minutes in (17, 20)]
    assert told == [[], []]
    (over,) = [part for part in look(40, web) if part.startswith("Over again")]
    assert over.startswith("Over again (1) | open test in")
    left = Incident.objects.filter(resolved_at=None, told_at__isnull=False)
    assert not [one for one in left if own.pk in one.projects]


def test_a_message_waits_for_those_who_see_what_it_is_about(world, web, alarm, guild):
    look(0, web)
    web.answers = [500, 200]
    fails(world.portal, ["open test"])
    assert len(look(3, web)) == 1, "which was not taken"
    guild.members.remove(alarm.owner)
    assert len(look(5, web)) == 1, "it is not about what they do not see any more"
    guild.members.add(alarm.owner)
    web.answers = [500, 200]
    fails(world.shop, ["hidden test"])
    fails(world.core, ["other test"])
    assert "hidden test" in str(look(8, web))
    guild.members.remove(alarm.owner)
    web.got.clear()
    with clock.stopped(clock.now() + timedelta(minutes=9)):
        send_waiting()
    assert Delivery.objects.filter(state=DeliveryState.LEFT_OUT).count() == 1
    (told,) = look(11, web)
    assert told.startswith("Newly failing (1) | other test in"), "all the same"
    assert "hidden" not in str(web.got)


def test_without_results_a_rate_is_not_over_its_floor(world, web, alarm):
    floor = factories.make_project(name="Floor")
    run = factories.make_run(floor, started_at=ago(hours=1))
    factories.make_results(run, "F" * 30 + "PPP")
    Subscription.objects.update(
        causes=["floor"], floor=0.9, days=1, query=f"project={floor.pk}"
    )
    (told,) = look(0, web)
    assert told.startswith("Pass rate under its floor (1)")
    assert [look(hours * 60, web) for hours in (26, 27)] == [[], []]
    assert Incident.objects.filter(resolved_at=None, gone_since=None).count() == 1


def _finish(project: Project, *minutes: float) -> None:
    for ended in minutes:
        factories.make_run(
            project,
            name=f"ended {ended}",
            started_at=ago(minutes=90),
            finished_at=ago(minutes=ended),
        )


def test_of_many_runs_the_newest_are_told_and_the_others_counted_once(
    world, web, alarm, monkeypatch
):
    monkeypatch.setattr(findings, "MOST_RUNS", 3)
    query = f"project={world.core.pk}"
    Subscription.objects.update(causes=["run"], query=query)
    _finish(world.core, 11, 12, 13, 14, 15)
    assert look(0, web) == [], "they ended before"
    _finish(world.core, 20)
    (told,) = look(3, web)
    assert told.startswith("Runs finished (1) | Run ")
    assert "ended 20 in" in told
    _finish(world.core, 1, 2, 3, 4, 5)
    (told,) = look(6, web)
    title, *lines, more = told.split(" | ")
    assert title == "Runs finished (5)"
    assert [line.partition("ended ")[2][:1] for line in lines] == ["1", "2", "3"]
    assert more == "and 2 more"
    assert web.body["title"] == "Alarm: 5 new (runs finished)"
    assert look(9, web) == []
    _finish(world.core, 21, 22, 23, 24)
    (told,) = look(12, web)
    assert told.endswith(" | and 1 more"), "which waits for nothing"
    assert look(15, web) == [], "no run is told twice"
