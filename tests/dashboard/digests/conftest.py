"""Receivers of each kind, and somebody who sends."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.contrib.auth.models import User

from dashboard.models import ChannelKind, Subscription
from tests.dashboard.digests import receivers
from tests.dashboard.digests.parts import channel
from tests.dashboard.page_reader import person
from tests.factories import NOW


@pytest.fixture(scope="module")
def _servers() -> Iterator[tuple[receivers.Web, receivers.Mail]]:
    with receivers.web() as web, receivers.mail() as mail:
        yield web, mail


@pytest.fixture
def web(_servers, settings) -> receivers.Web:
    settings.ALLOW_PRIVATE_VENDOR_URLS = True
    web = _servers[0]
    web.answers, web.headers, web.stalls_s = [200], {}, 0
    web.got.clear()
    return web


@pytest.fixture
def mail(_servers, settings) -> receivers.Mail:
    mail = _servers[1]
    mail.got.clear()
    mail.refuses = False
    settings.MAIL_IS_SENT = True
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", mail.port
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    return mail


@pytest.fixture
def mara(world) -> User:
    return person("mara")


@pytest.fixture
def alarm(world, web, mara) -> Subscription:
    to = channel(mara, ChannelKind.WEBHOOK, web.url)
    return Subscription.objects.create(
        owner=mara,
        channel=to,
        kind=Subscription.ALERT,
        name="Alarm",
        zone="UTC",
        causes=["failing"],
        next_at=NOW,
        created_at=NOW - timedelta(hours=1),
    )
