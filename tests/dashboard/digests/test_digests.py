"""Digests: when they go out, what they say, in whose name."""

from __future__ import annotations

from datetime import datetime, timedelta
from urllib.parse import urlsplit

import pytest
from cryptography.fernet import Fernet
from django.db import connection
from django.db.models import F
from django.test import Client
from selectolax.lexbor import LexborHTMLParser

from dashboard.digests.deliveries import send_waiting, work_on
from dashboard.digests.due import send_now, start_due
from dashboard.digests.schedule import begins, newest_slot
from dashboard.models import (
    Channel,
    ChannelKind,
    Delivery,
    DeliveryState,
    Mute,
    Share,
    Subscription,
    Team,
    set_role,
)
from dashboard.readers import Role
from ingest.housekeeping import house_is_kept
from ingest.models import Case
from tests import clock, factories
from tests.dashboard.digests import receivers
from tests.dashboard.digests.parts import ago, channel, delivery, digest
from tests.dashboard.page_reader import logged_in, person
from tests.factories import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def morning(web, mara) -> Subscription:
    return digest(channel(mara, ChannelKind.WEBHOOK, web.url))


def round_of_the_beat(at: datetime | None = None) -> None:
    with clock.stopped(at or clock.now()):
        start_due()
        send_waiting()


def sent(web: receivers.Web) -> dict[str, str]:
    """The newest message, its parts by their titles without numbers."""
    return {
        part["title"].rpartition(" (")[0]: " | ".join([part["title"], *part["lines"]])
        for part in web.body["parts"]
    }


def test_numbers_are_those_of_the_page_behind_its_link(world, web, morning):
    round_of_the_beat()
    assert Delivery.objects.get().state == DeliveryState.SENT
    share = Share.objects.get()
    path = urlsplit(web.body["link"]).path
    # Somebody without an account, after everything has changed.
    run = factories.make_run(
        world.shop, started_at=ago(minutes=9), recorded_at=ago(hours=-1)
    )
    factories.make_results(run, "FFFF", cases=["a", "b", "c", "d"])
    page = Client().get(path)
    assert page.status_code == 200
    text = words(page.content.decode())
    assert len(web.body["lead"]) == 2
    for line in web.body["lead"]:
        assert words(line) in text
    # Somebody with one, at the same moment.
    moment = {"as_of": share.as_of, "since": share.since, "until": share.until}
    query = {name: at.isoformat() for name, at in moment.items()}
    own = logged_in(person("vera")).get("/standup/", {**query, "format": "md"})
    for part in web.body["parts"]:
        assert f"### {part['title']}" in own.content.decode()
    assert sent(web)["Newly failing"].startswith("Newly failing (2) | 1 × new test")
    # Those of the present are others.
    now = logged_in(person("otto")).get("/standup/", {"format": "md"})
    assert "### Newly failing (6)" in now.content.decode()


def words(html: str) -> str:
    """Its text without any space."""
    return "".join((LexborHTMLParser(html).text() or "").split())


def test_a_day_is_told_once_however_late(world, web, morning):
    # The beat was away for four days, and comes five hours late.
    morning.at = (NOW - timedelta(hours=5)).time()
    morning.next_at = newest_slot(morning, NOW - timedelta(days=4))
    morning.covered_until = newest_slot(morning, NOW - timedelta(days=5))
    morning.save()
    covered = morning.covered_until
    round_of_the_beat()
    round_of_the_beat()
    assert len(web.got) == 1
    morning.refresh_from_db()
    slot = NOW - timedelta(hours=5)
    assert morning.next_at == slot + timedelta(days=1)
    delivery = Delivery.objects.get()
    assert delivery.key == f"digest {slot.date()}"
    # It tells of all the time that nobody was told of, and the next one goes on there.
    assert delivery.since_at == covered
    assert morning.covered_until == Share.objects.get().until
    assert begins(morning, slot + timedelta(days=1)) == morning.covered_until
    # Whoever moves it to a later hour is not told the same day again.
    Subscription.objects.update(next_at=NOW)
    round_of_the_beat()
    assert len(web.got) == 1


def test_what_did_not_arrive_is_told_by_the_next_one(world, web, morning):
    covered = ago(days=2)
    Subscription.objects.update(covered_until=covered)
    web.answers = [404, 200]
    round_of_the_beat()
    morning.refresh_from_db()
    assert Delivery.objects.get().state == DeliveryState.GAVE_UP
    assert morning.covered_until == covered
    Delivery.objects.update(key="yesterday")
    Subscription.objects.update(next_at=NOW)
    round_of_the_beat()
    assert Delivery.objects.first().since_at == covered
    morning.refresh_from_db()
    assert morning.covered_until == Share.objects.first().until
    # A click tells of the last day, once a minute, and moves nothing.
    assert send_now(morning) == send_now(morning)
    assert Delivery.objects.first().since_at == clock.now() - timedelta(days=1)


def test_only_what_changed_is_sent(world, web, morning):
    def next_day() -> None:
        Delivery.objects.filter(key__startswith="digest").update(key=F("pk"))
        Subscription.objects.update(only_if_changed=True, next_at=NOW)
        round_of_the_beat()

    next_day()
    next_day()
    assert len(web.got) == 1
    left_out = Delivery.objects.first()
    assert left_out.state == DeliveryState.LEFT_OUT
    assert "Nothing changed" in left_out.problem
    assert Share.objects.count() == 1, "no link that nobody was given"
    run = factories.make_run(world.portal, started_at=ago(minutes=5))
    factories.make_results(run, "F", cases=["log in"])
    mute = Mute.objects.create(
        case=Case.objects.get(name="log in"), by="rita", until=ago(days=-9), reason="x"
    )
    next_day()
    assert len(web.got) == 1, "what is muted is no change"
    morning.refresh_from_db()
    work_on(send_now(morning).pk)
    assert len(web.got) == 2, "a click sends whatever there is"
    mute.delete()
    next_day()
    assert len(web.got) == 3
    assert "log in" in sent(web)["Newly failing"]


def test_muted_tests_are_counted_and_not_named(world, web, morning):
    case = Case.objects.get(name="new test")
    Mute.objects.create(case=case, by="rita", until=ago(days=-9), reason="hush")
    round_of_the_beat()
    failing = sent(web)["Newly failing"]
    assert failing.startswith("Newly failing (2) | 1 × log out")
    assert failing.endswith(" | and 1 more, 1 of them muted")
    assert "new test" not in str(web.body)
    assert "hush" not in str(web.body)


def test_it_tells_what_its_owner_sees_when_it_is_sent(world, web, morning):
    round_of_the_beat()
    assert "Web shop" in str(web.body)
    team = Team.objects.create(name="others")
    team.projects.add(world.shop)
    Delivery.objects.update(key="yesterday")
    Subscription.objects.update(next_at=NOW)
    round_of_the_beat()
    assert len(web.got) == 2
    assert "Web shop" not in str(web.body)
    assert "new test" not in str(web.body)
    assert Share.objects.first().projects == sorted([world.portal.pk, world.core.pk])
    # Nor does an older link tell of it any more.
    old = urlsplit(web.got[0][1]["link"]).path
    assert b"Web shop" not in Client().get(old).content


def test_what_waits_and_what_was_sent_hide_what_is_hidden(world, web, morning, mara):
    web.answers = [200, 500]
    round_of_the_beat()
    again = send_now(morning)
    work_on(again.pk)
    told = web.body["title"]
    Team.objects.create(name="others").projects.add(world.shop)
    Delivery.objects.filter(pk=again.pk).update(next_try_at=NOW)
    work_on(again.pk)
    again.refresh_from_db()
    assert again.state == DeliveryState.LEFT_OUT
    assert "may not see all of it any more" in again.problem
    assert len(web.got) == 2
    history = logged_in(mara).get(f"/digests/{morning.pk}/").content.decode()
    history = history.partition('id="history"')[2]
    assert told not in history
    assert history.count("that are gone or that you may not see any more") >= 2
    admin = logged_in(person("root", is_superuser=True))
    assert told in admin.get(f"/digests/{morning.pk}/").content.decode()


def test_one_that_cannot_be_read_keeps_no_other_back(world, web, morning, caplog):
    broken = digest(morning.channel, name="Broken", zone="Atlantis/Capital")
    delivery(broken, next_try_at=ago(days=1))
    alarm = {"kind": "alert", "zone": "UTC", "causes": ["run"]}
    Subscription.objects.filter(pk=broken.pk).update(next_at=ago(days=1))
    Subscription.objects.create(
        owner=morning.owner, channel=morning.channel, **alarm, next_at=ago(hours=1)
    )
    round_of_the_beat()
    assert [body["title"].partition(":")[0] for _, body in web.got] == ["Morning"]
    delivered = Delivery.objects.get(subscription=broken)
    assert (delivered.state, delivered.tries) == (DeliveryState.WAITING, 1)
    assert "the log says how" in delivered.problem
    assert "Atlantis" in caplog.text


def test_links_begin_where_the_settings_say_else_where_its_owner_was(
    world, web, morning, settings
):
    Subscription.objects.update(site="http://qa.example:8080")
    settings.ALLOWED_HOSTS = ["qa.example", "passline.example"]
    round_of_the_beat()
    assert web.body["link"].startswith("http://qa.example:8080/s/")
    settings.CSRF_TRUSTED_ORIGINS = ["https://passline.example"]
    morning.refresh_from_db()
    work_on(send_now(morning).pk)
    assert web.body["link"].startswith("https://passline.example/s/")


@pytest.mark.parametrize("what", ["switched off", "viewer", "project"])
def test_it_stops_where_its_owner_may_not_and_says_so(what, world, web, morning, mara):
    if what == "switched off":
        mara.is_active = False
        mara.save()
    elif what == "viewer":
        set_role(mara, Role.VIEWER)
    else:
        Subscription.objects.update(query=f"project={world.shop.pk}")
        Team.objects.create(name="others").projects.add(world.shop)
    round_of_the_beat()
    assert web.got == []
    morning.refresh_from_db()
    assert morning.stopped
    assert morning.next_at is None
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.problem) == (
        DeliveryState.LEFT_OUT,
        morning.stopped,
    )
    assert not Share.objects.exists()


def test_keys_are_kept_encrypted_and_no_longer_than_needed(world, web, morning):
    web.answers = [500, 200]
    round_of_the_beat()
    delivery = Delivery.objects.get()
    token = web.body["link"].rpartition("/")[2]
    assert delivery.link.endswith(token)
    assert token not in str(vars(delivery)) + str(delivery.message)
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM dashboard_channel, dashboard_delivery")
        rows = str(cursor.fetchall())
    assert "sEcReT" not in rows
    assert token not in rows
    round_of_the_beat(delivery.next_try_at)
    assert web.got[0] == web.got[1], "the same text and link"
    assert Share.objects.count() == 1
    assert Delivery.objects.get().sealed_link == ""


def test_the_house_forgets_old_messages_and_rotates_keys(world, morning, settings):
    old, new = (delivery(morning, key=key) for key in ("old", "new"))
    Delivery.objects.filter(pk=old.pk).update(created_at=ago(days=91))
    before, settings.CREDENTIALS_KEYS = (
        settings.CREDENTIALS_KEYS,
        [
            Fernet.generate_key().decode(),
            *settings.CREDENTIALS_KEYS,
        ],
    )
    house_is_kept.send(None)
    assert list(Delivery.objects.all()) == [new]
    settings.CREDENTIALS_KEYS = settings.CREDENTIALS_KEYS[:1]
    assert Channel.objects.get().address.endswith(receivers.WEBHOOK)
    settings.CREDENTIALS_KEYS = before
