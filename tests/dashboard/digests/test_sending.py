"""Messages that arrive at each kind of channel, or do not, and what is said of that."""

from __future__ import annotations

import logging
import threading
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection

from dashboard.digests.channels import WrongAddress, checked_address, shown_address
from dashboard.digests.deliveries import MOST_TRIES, send_waiting, work_on
from dashboard.digests.due import start_due
from dashboard.digests.message import Message, Part
from dashboard.digests.sending import send
from dashboard.models import ChannelKind, Delivery, DeliveryState
from ingest import posting
from tests import clock, factories
from tests.dashboard.digests import receivers
from tests.dashboard.digests.parts import PATHS, channel, delivery, digest
from tests.dashboard.page_reader import person
from tests.factories import NOW

pytestmark = pytest.mark.django_db
HOSTILE = (
    "<!channel> <@U123> <https://evil.example|log in> @everyone @here <@&42> "
    "<at>boss</at> [log in](https://evil.example) **b** <script>alert(1)</script> "
    "www.evil.example"
)
MESSAGE = Message.made(
    subject=f"Morning\r\nBcc: all@example.com {HOSTILE}",
    lead=("Worse than yesterday.",),
    parts=(Part(title=f"Newly failing (2) {HOSTILE}", lines=(HOSTILE, "pay & go")),),
    link="https://passline.example/s/token",
    link_text="Open it",
    level="bad",
)


@pytest.fixture
def owner(db) -> User:
    return person("rita")


def test_slack_gets_blocks_in_which_names_are_text(web, owner):
    assert send(channel(owner, ChannelKind.SLACK, web.url), MESSAGE).is_sent
    path, body = web.got[0]
    assert path == receivers.SLACK
    head, section = body["attachments"][0]["blocks"]
    assert head["text"]["type"] == "plain_text"
    assert section["text"]["verbatim"] is True
    text = section["text"]["text"]
    assert "<!channel>" not in text
    assert "&lt;!channel&gt; &lt;@U123&gt;" in text
    assert "pay &amp; go" in text
    assert text.count("<") == 1, "only our own link is one"
    assert text.endswith("<https://passline.example/s/token|Open it>")
    assert "https://evil" not in text
    assert "<!channel>" not in str(body)


def test_discord_calls_nobody(web, owner):
    assert send(channel(owner, ChannelKind.DISCORD, web.url), MESSAGE).is_sent
    path, body = web.got[0]
    assert path == receivers.DISCORD
    assert body["allowed_mentions"] == {"parse": []}
    text = body["content"]
    assert "@everyone" not in text
    assert "@here" not in text
    assert "](https://evil" not in text
    assert r"\*\*b\*\*" in text
    assert text.endswith("[Open it](<https://passline.example/s/token>)")
    assert len(text) <= 2_000


def test_teams_gets_a_card_without_mentions(web, owner):
    assert send(channel(owner, ChannelKind.TEAMS, web.url), MESSAGE).is_sent
    path, body = web.got[0]
    assert path == receivers.TEAMS, "to the letter, its signature too"
    card = body["attachments"][0]["content"]
    assert card["msteams"] == {"width": "full"}
    title, text = (block["text"] for block in card["body"])
    assert "<at>" not in title + text
    assert "](https://evil" not in title + text
    assert "[Open it](https://passline.example/s/token)" in text


def test_a_webhook_gets_the_parts_too(web, owner):
    assert send(channel(owner, ChannelKind.WEBHOOK, web.url), MESSAGE).is_sent
    path, body = web.got[0]
    assert path == receivers.WEBHOOK
    assert body["title"] == MESSAGE.subject
    assert body["link"] == MESSAGE.link
    assert body["level"] == "bad"
    assert body["parts"][0]["lines"][1] == "pay & go"


def test_a_mail_is_html_with_its_text_and_one_recipient(mail, owner):
    assert send(channel(owner, ChannelKind.EMAIL, "team@example.com"), MESSAGE).is_sent
    to, got = mail.got[0]
    assert to == "team@example.com"
    assert got["Bcc"] is None
    assert "Bcc: all@example.com" in got["Subject"], "a part of the one line"
    html = got.get_body(("html",)).get_content()
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    assert 'href="https://passline.example/s/token"' in html
    text = got.get_body(("plain",)).get_content()
    assert "Worse than yesterday." in text
    assert "https://passline.example/s/token" in text
    mail.refuses = True
    refused = send(channel(owner, ChannelKind.EMAIL, "team@example.com"), MESSAGE)
    assert not refused.is_sent
    assert "mail server did not take it" in refused.problem


def test_long_messages_are_cut_where_a_service_would_refuse_them(web, owner):
    long = Message.made(
        subject="Morning",
        parts=(Part(title="Newly failing", lines=("a long name " * 20,) * 40),),
        link="https://passline.example/s/token",
    )
    for kind in (ChannelKind.DISCORD, ChannelKind.SLACK):
        assert send(channel(owner, kind, web.url), long).is_sent
    discord, slack = (body for _, body in web.got)
    text = slack["attachments"][0]["blocks"][1]["text"]["text"]
    for said, most in ((discord["content"], 2_000), (text, 3_000)):
        assert len(said) <= most
        assert "…" in said
        assert "https://passline.example/s/token" in said


@pytest.mark.parametrize("kind", [*PATHS])
def test_what_goes_wrong_is_said_without_the_address(
    kind, web, owner, settings, monkeypatch, caplog
):
    monkeypatch.setattr(posting, "LIMIT_S", 0.1)
    caplog.set_level(logging.DEBUG)
    to = channel(owner, kind, web.url)
    told = {}
    for answer in (500, 404, 0.2, f"{web.url}/elsewhere", 429):
        web.answers = [answer]
        web.headers = {"Retry-After": "90"} if answer == 429 else {}
        told[answer] = send(to, MESSAGE)
    assert [path for path, _ in web.got] == [PATHS[kind]] * 5, "none was followed"
    assert "did not take it (500)" in told[500].problem
    assert "did not answer within" in told[0.2].problem
    assert "redirects elsewhere" in told[f"{web.url}/elsewhere"].problem
    assert told[429].retry_after_s == 90
    finals = [outcome.is_final for outcome in told.values()]
    assert finals == [False, True, False, True, False]
    settings.ALLOW_PRIVATE_VENDOR_URLS = False
    private = send(to, MESSAGE)
    assert "private network" in private.problem
    assert private.is_final
    assert len(web.got) == 5
    said = " ".join(one.problem for one in (*told.values(), private))
    assert "sEcReT" not in said + caplog.text
    assert not any(one.is_sent for one in (*told.values(), private))


CUT = {
    "not what it is packed as": b"Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\nhi",
    "short": b"Content-Length: 9\r\n\r\nhi",
    "no chunk": b"Transfer-Encoding: chunked\r\n\r\nZZZ\r\nxx",
    "stalled": b"Content-Length: 9\r\n\r\nhi",
}


@pytest.mark.parametrize("kind", [ChannelKind.SLACK, ChannelKind.WEBHOOK])
def test_a_receipt_holds_whatever_follows_it(kind, web, owner, monkeypatch):
    monkeypatch.setattr(posting, "LIMIT_S", 0.2)
    to = channel(owner, kind, web.url)
    for name, rest in CUT.items():
        web.stalls_s = 0.4 if name == "stalled" else 0
        web.answers = [b"HTTP/1.0 200 OK\r\n" + rest, b"HTTP/1.0 503 No\r\n" + rest]
        assert send(to, MESSAGE).is_sent, name
        assert "did not take it (503)" in send(to, MESSAGE).problem, name
    web.stalls_s, web.answers = 0, [b"\x00\x01garbage\r\n\r\n"]
    assert "broke off" in send(to, MESSAGE).problem
    assert len(web.got) == 2 * len(CUT) + 1


def test_an_answer_that_is_none_of_slacks_is_no_delivery(web, owner):
    web.answers = [204]
    outcome = send(channel(owner, ChannelKind.SLACK, web.url), MESSAGE)
    assert not outcome.is_sent
    assert outcome.is_final


GOOD = {
    ChannelKind.SLACK: "https://hooks.slack.com/services/T0AB/B0CD/xyz123",
    ChannelKind.DISCORD: "https://discord.com/api/webhooks/1234567890/abcdef-ghijkl_m",
    ChannelKind.TEAMS: "https://prod-1.westeurope.logic.azure.com:443/workflows/0a1b2c3d"
    "/triggers/manual/paths/invoke?api-version=2016-06-01&sv=1.0&sig=abc_DEF-12",
    ChannelKind.WEBHOOK: "https://example.com/hook?key=abc",
    ChannelKind.EMAIL: "team@example.com",
}
BAD = {
    ChannelKind.SLACK: ["https://hooks.slack.com.evil.example/services/T0AB/B0CD/xyz"]
    + ["http://hooks.slack.com/services/T0AB/B0CD/xyz", "slack://T0/B0/x", ""]
    + ["https://hooks.slack.com/services/T0AB/B0CD/xyz/../../x", "file:///etc/passwd"],
    ChannelKind.DISCORD: [
        "https://discord.com@evil.example/api/webhooks/12345/abcdefghij"
    ]
    + ["https://discord.com:8443/api/webhooks/12345/abcdefghijk"],
    ChannelKind.TEAMS: [GOOD[ChannelKind.TEAMS].partition("&sig")[0]]
    + [GOOD[ChannelKind.TEAMS].replace("azure.com", "azure.com.evil.example")],
    ChannelKind.WEBHOOK: ["http://example.com/", "file:///etc/passwd", "syslog://"]
    + ["https://a:b@example.com/", "https://example.com/a b", "https://example.com/#x"]
    + ["json://example.com/", "https://exa\nmple.com/", "//evil.example", "x" * 3_000],
    ChannelKind.EMAIL: ["a@b.example, c@d.example", "a@b.example\nBcc: c@d.example"]
    + ["Team <team@example.com>", "mailto:team@example.com?to=x", "nobody"],
}


@pytest.mark.parametrize("kind", [*ChannelKind])
def test_each_kind_takes_its_own_addresses_and_shows_no_key(kind, settings):
    settings.MAIL_IS_SENT = True
    address = checked_address(kind, f" {GOOD[kind]}\n")
    assert address == GOOD[kind]
    shown = shown_address(kind, address)
    for secret in ("xyz123", "abcdef-g", "0a1b2c3d", "abc_DEF", "key=", "team@"):
        assert secret not in shown
    for text in BAD[kind]:
        with pytest.raises(WrongAddress) as told:
            checked_address(kind, text)
        assert not text or text not in str(told.value)


def test_no_mail_is_promised_where_none_is_sent(settings):
    settings.MAIL_IS_SENT = False
    with pytest.raises(WrongAddress, match="EMAIL_URL is not set"):
        checked_address(ChannelKind.EMAIL, "team@example.com")


def test_one_that_failed_is_tried_again_after_pauses_that_double(web, owner):
    web.answers = [500, 500, 200]
    waits = delivery(
        digest(channel(owner, ChannelKind.WEBHOOK, web.url)), message=MESSAGE.stored()
    )
    pauses, now = [], clock.now()
    for _ in range(3):
        with clock.stopped(now):
            assert send_waiting() == 1
            assert not send_waiting(), "not before its time"
        waits.refresh_from_db()
        pauses.append((waits.next_try_at or now) - now)
        now = waits.next_try_at
    assert pauses == [timedelta(minutes=n) for n in (1, 2, 0)]
    assert (waits.state, waits.tries, waits.problem) == (DeliveryState.SENT, 3, "")
    assert len(web.got) == 3


def test_it_is_given_up_after_the_last_try(web, owner):
    web.answers = [500]
    waits = delivery(
        digest(channel(owner, ChannelKind.WEBHOOK, web.url)),
        message=MESSAGE.stored(),
        tries=MOST_TRIES - 1,
    )
    assert work_on(waits.pk)
    waits.refresh_from_db()
    assert waits.state == DeliveryState.GAVE_UP
    assert waits.tries == MOST_TRIES
    assert "500" in waits.problem
    assert not work_on(waits.pk)


def test_what_a_dead_worker_held_is_sent_by_another(web, owner):
    waits = delivery(
        digest(channel(owner, ChannelKind.WEBHOOK, web.url)),
        message=MESSAGE.stored(),
        held_until=NOW + timedelta(minutes=5),
    )
    assert not work_on(waits.pk), "the other one may still be at it"
    Delivery.objects.update(held_until=NOW - timedelta(seconds=1))
    assert work_on(waits.pk)
    waits.refresh_from_db()
    assert (waits.state, waits.tries) == (DeliveryState.SENT, 2)


@pytest.mark.django_db(transaction=True)
def test_two_workers_send_one(web):
    world = factories.make_project(name="Web shop")
    factories.make_history(world, "PPF", case="pay", every=timedelta(hours=2))
    daily = digest(channel(person("mara"), ChannelKind.WEBHOOK, web.url))
    both = threading.Barrier(2)

    def work() -> None:
        both.wait()
        start_due()
        send_waiting()
        connection.close()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(web.got) == 1
    assert Delivery.objects.get(subscription=daily).state == DeliveryState.SENT
