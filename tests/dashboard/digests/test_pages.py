"""The pages of digests, alerts and channels."""

from __future__ import annotations

from datetime import time

import pytest
from django.test import Client
from selectolax.lexbor import LexborHTMLParser

from dashboard.digests.deliveries import work_on
from dashboard.models import (
    Act,
    ActKind,
    Channel,
    ChannelKind,
    DefaultScope,
    Delivery,
    DeliveryState,
    Subscription,
    Team,
)
from dashboard.readers import Role
from tests.dashboard.digests.parts import channel, delivery, digest
from tests.dashboard.digests.test_digests import words
from tests.dashboard.page_reader import logged_in, person

pytestmark = pytest.mark.django_db
HOOK = "https://hooks.slack.com/services/T0AB/B0CD/sEcReTsLaCk"


@pytest.fixture
def client_of_mara(world, mara) -> Client:
    return logged_in(mara)


def post(client: Client, path: str, **sent: object) -> str:
    """The text of the page that it leads to."""
    answer = client.post(path, sent, follow=True)
    assert answer.status_code in (200, 422), path
    html = answer.content.decode()
    assert "sEcReT" not in html
    return LexborHTMLParser(html).css_first("main").text()


def test_a_channel_is_made_shown_masked_and_deleted(client_of_mara):
    empty = client_of_mara.get("/digests/").content.decode()
    assert "Nothing is sent yet" in empty
    assert "No channel yet" in empty
    assert "Add a channel" in client_of_mara.get("/digests/new/").content.decode()
    wrong = post(
        client_of_mara, "/digests/channels/", kind="slack", name="", address="sEcReT"
    )
    assert "It does not look like https://hooks.slack.com/services/" in wrong
    assert "Give it a name" in wrong
    assert not Channel.objects.exists()
    made = post(
        client_of_mara, "/digests/channels/", kind="slack", name="#qa", address=HOOK
    )
    assert "#qa" in made
    assert "Slack, hooks.slack.com/…LaCk" in made
    kept = Channel.objects.get()
    assert kept.address == HOOK
    assert "sEcReT" not in str(Act.objects.values())
    post(client_of_mara, f"/digests/channels/{kept.pk}/delete/")
    assert not Channel.objects.exists()
    said = [(act.name, bool(act.before), bool(act.after)) for act in acts()]
    assert said == [("channel #qa", False, True), ("channel #qa", True, False)]


def acts() -> list[Act]:
    return list(Act.objects.filter(kind=ActKind.DIGEST).order_by("pk"))


DIGEST = {
    "name": "Morning",
    "zone": "Europe/Berlin",
    "every": "week",
    "weekday": "4",
    "at": "08:30",
    "only_if_changed": "1",
}


def test_a_digest_is_made_from_a_page_changed_paused_and_deleted(
    web, world, mara, client_of_mara
):
    to = channel(mara, ChannelKind.WEBHOOK, web.url)
    page = f"/standup/?project={world.shop.pk}&window=7d&view=tv"
    form = client_of_mara.get("/digests/new/", {"path": page}).content.decode()
    assert "Now: Web shop." in form
    made = post(client_of_mara, "/digests/new/", **DIGEST, channel=to.pk, filters=page)
    row = Subscription.objects.get()
    assert row.query == f"project={world.shop.pk}"
    assert (row.weekday, row.at, row.only_if_changed) == (4, time(8, 30), True)
    assert row.next_at.weekday() == 4
    for said in (
        "Every Friday at 08:30, Europe/Berlin, if something changed",
        "Web shop",
        "127.0.0.1",
        "Nothing was sent yet",
    ):
        assert said in made
    change = f"/digests/{row.pk}/change/"
    form = client_of_mara.get(change).content.decode()
    assert 'value="08:30"' in form
    post(
        client_of_mara, change, **{**DIGEST, "every": "day"}, channel=to.pk, filters=""
    )
    row.refresh_from_db()
    assert (row.every, row.query) == ("day", "")
    assert "paused" in post(client_of_mara, f"/digests/{row.pk}/pause/", to="off")
    row.refresh_from_db()
    assert row.next_at is None
    post(client_of_mara, f"/digests/{row.pk}/pause/", to="on")
    row.refresh_from_db()
    assert row.next_at is not None
    post(client_of_mara, f"/digests/{row.pk}/delete/")
    assert not Subscription.objects.exists()
    assert [bool(act.before) for act in acts()] == [False, True, True, True, True]


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ({"name": ""}, "Give it a name"),
        ({"channel": "987654"}, "Choose one of your channels"),
        ({"zone": "Berlin"}, "Choose a time zone"),
        ({"at": "25:00"}, "Enter a time of day"),
        ({"filters": "/standup/?project=987654"}, "987654"),
        ({"filters": "/standup/?colour=red"}, "colour"),
        ({"filters": "https://evil.example"}, "It is no address of a page"),
        ({"kind": "alert"}, "Choose what it is about"),
        ({"kind": "alert", "causes": "floor", "floor": "0"}, "Enter a pass rate"),
        ({"kind": "alert", "causes": "run"}, "Say which runs"),
        (
            {"kind": "alert", "causes": "flaky", "quiet_from": "22:00"},
            "Enter both times of day",
        ),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(sent, told, web, mara, client_of_mara):
    to = channel(mara, ChannelKind.WEBHOOK, web.url)
    kind = sent.pop("kind", "digest")
    values = {**DIGEST, "channel": to.pk, "filters": "", **sent}
    page = post(client_of_mara, f"/digests/new/?kind={kind}", **values)
    assert told in page
    assert not Subscription.objects.exists()


def test_the_preview_is_what_is_sent(web, world, mara, client_of_mara):
    row = digest(channel(mara, ChannelKind.WEBHOOK, web.url))
    # A reader's own start is no part of what others are sent.
    DefaultScope.objects.create(user=mara).projects.add(world.portal)
    shown = LexborHTMLParser(client_of_mara.get(f"/digests/{row.pk}/").content)
    looks = shown.css("#preview details")
    assert [look.css_first("summary").text().split()[0] for look in looks] == [
        "Webhook", "Slack", "Microsoft", "Discord", "E-mail"
    ]  # fmt: skip
    text = looks[0].css_first("pre").text()
    assert not Delivery.objects.exists()
    page = post(client_of_mara, f"/digests/{row.pk}/send/")
    assert "on its way" in page
    work_on(Delivery.objects.get().pk)
    body = web.body
    before, _, link = text.rpartition("/s/")
    assert link.strip() == "…"
    assert body["message"].startswith(before.partition("Sun ")[0][:200])
    assert words(text).partition("/s/")[0] == words(body["message"]).partition("/s/")[0]
    assert looks[0].css_first(".subject").text() == body["title"]
    history = post(client_of_mara, f"/digests/{row.pk}/pause/", to="on")
    assert "sent" in history
    assert body["title"] in history


def test_what_did_not_arrive_is_told_to_its_owner(web, mara, client_of_mara):
    web.answers = [404]
    row = digest(channel(mara, ChannelKind.WEBHOOK, web.url))
    failed = delivery(row, key="digest 2026-01-01")
    work_on(failed.pk)
    failed.refresh_from_db()
    assert failed.state == DeliveryState.GAVE_UP
    html = client_of_mara.get("/digests/").content.decode()
    assert "did not arrive" in html
    assert "127.0.0.1 has no such address any more (404)." in html
    assert "sEcReT" not in html
    history = client_of_mara.get(f"/digests/{row.pk}/").content.decode()
    assert "gave up" in history
    assert "no such address any more" in history
    assert "/s/" not in history.partition('id="history"')[2]


def test_each_sees_their_own_and_an_administrator_all(web, world, mara, client_of_mara):
    row = digest(channel(mara, ChannelKind.WEBHOOK, web.url))
    other, viewer = logged_in(person("otto")), logged_in(person("vera", Role.VIEWER))
    admin = logged_in(person("root", is_superuser=True))
    own = f"/digests/{row.pk}/"
    paths = {"/digests/": 200, own: 404, f"{own}change/": 404, "/digests/all/": 403}
    for path, status in paths.items():
        assert (path, other.get(path).status_code) == (path, status)
        assert (path, viewer.get(path).status_code) == (path, 403)
    for name in ("send", "pause", "delete", "change"):
        assert other.post(f"{own}{name}/").status_code == 404
        assert viewer.post(f"{own}{name}/").status_code == 403
    assert other.post(f"/digests/channels/{row.channel_id}/delete/").status_code == 404
    form = {**DIGEST, "channel": row.channel_id, "filters": ""}
    assert "No channel yet" in post(other, "/digests/new/", **form)
    listed = admin.get("/digests/all/").content.decode()
    assert "Morning" in listed
    assert "mara" in listed
    assert "sEcReT" not in listed
    # What the owner does not see is not in the preview of it either.
    Team.objects.create(name="others").projects.add(world.shop)
    shown = admin.get(own).content.decode()
    assert "Portal" in shown
    assert "new test" not in shown
    assert admin.post(f"{own}send/").status_code == 404
    assert "Owner" in shown
    post(admin, f"{own}pause/", to="off")
    row.refresh_from_db()
    assert row.paused_at
    assert admin.post(f"{own}pause/", {"to": "on"}).status_code == 404
