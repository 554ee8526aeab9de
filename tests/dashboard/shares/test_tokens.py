"""Tokens of shares: who may open what, until when, and what everybody else is told."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from dashboard.models import Share, Team, set_role, token_hash
from dashboard.readers import Role
from dashboard.throttle import LINK_TRIES
from tests import clock, factories
from tests.dashboard.page_reader import logged_in, person, text_of
from tests.dashboard.shares.parts import shared, visited
from tests.dashboard.world import World

pytestmark = pytest.mark.django_db
HEADERS = {
    "X-Robots-Tag": "noindex",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "private, no-store",
}


def test_a_token_is_256_bits_and_only_its_hash_is_kept(world: World) -> None:
    token = shared(person(), "/flaky/").rpartition("/")[2]
    share = Share.objects.get()
    assert len(token) == 43
    assert share.token_hash == token_hash(token)
    assert token not in str(vars(share))


def test_whatever_opens_nothing_is_answered_alike(world: World) -> None:
    mara = person("mara")
    token = shared(mara, "/flaky/").rpartition("/")[2]
    gone = {
        "expired": shared(mara, "/runs/").rpartition("/")[2],
        "revoked": shared(mara, "/runs/").rpartition("/")[2],
        "truncated": token[:-1],
        "forged": f"{token[:-1]}{'A' if token[-1] != 'A' else 'B'}",
        "longer": f"{token}A",
        "unknown": "x" * 43,
        "hash": token_hash(token),
    }
    past = clock.now() - timedelta(seconds=1)
    for name, change in (("expired", "expires_at"), ("revoked", "revoked_at")):
        wanted = Share.objects.filter(token_hash=token_hash(gone[name]))
        assert wanted.update(**{change: past}) == 1
    answers = {
        (name, rest): visited(f"/s/{text}{rest}")
        for name, text in gone.items()
        for rest in ("", "/", "/flaky/", "/og.png")
    }
    # What a good token does not open says no more than a bad one.
    for rest in ("/sync/rejects/", "/admin/", "/api/v1/runs/", "/nothing/", "/login/"):
        answers["good", rest] = visited(f"/s/{token}{rest}")
    assert {answer.status_code for answer in answers.values()} == {404}
    assert len({answer.content for answer in answers.values()}) == 1
    for answer in answers.values():
        assert {name: answer.headers[name] for name in HEADERS} == HEADERS
        assert not answer.cookies


def test_too_many_wrong_tokens_have_to_wait_and_a_right_one_has_not(
    world: World,
) -> None:
    root = shared(person(), "/runs/")
    wrong = [visited(f"/s/wrong{number}") for number in range(LINK_TRIES + 1)]
    assert [answer.status_code for answer in wrong] == [404] * LINK_TRIES + [429]
    assert 0 < int(wrong[-1].headers["Retry-After"]) <= 600
    assert visited(root).status_code == 200
    elsewhere = Client(REMOTE_ADDR="203.0.113.9")
    assert elsewhere.get("/s/wrong").status_code == 404


def test_a_page_of_a_share_is_kept_from_engines_caches_and_referrers(
    world: World,
) -> None:
    page = visited(shared(person(), "/flaky/"))
    assert {name: page.headers[name] for name in HEADERS} == HEADERS
    assert '<meta name="robots" content="noindex">' in text_of(page)
    assert not page.cookies


def test_a_visitor_is_a_stranger_whoever_is_signed_in(world: World) -> None:
    mara = person("mara", is_superuser=True)
    root = shared(mara, f"/runs/?project={world.portal.pk}")
    mine, theirs = logged_in(mara).get(root), visited(root)
    assert mine.content == theirs.content
    said = text_of(theirs)
    assert "mara" not in said
    assert "Web shop" not in said
    assert "Log out" not in said
    assert world.portal.connection.base_url not in said


def test_only_reading_is_possible(world: World) -> None:
    root = shared(person(), f"/runs/{world.newest.pk}/")
    assert Client().post(root).status_code == 405
    judged = Client().post(f"{root}/runs/{world.newest.pk}/judge/", {"verdict": "kept"})
    assert judged.status_code == 405
    assert "<form" not in text_of(visited(root)).partition("<main")[2]


def test_a_share_ends_with_the_access_of_its_owner(world: World) -> None:
    """Each change is undone again, and the link holds again."""
    mara = person("mara")
    root = shared(mara, "/runs/")
    others = Team.objects.create(name="Others")

    def is_open() -> bool:
        return bool(visited(root).status_code == 200)

    mara.is_active = False
    mara.save()
    assert not is_open()
    mara.is_active = True
    mara.save()
    assert is_open()
    set_role(mara, Role.VIEWER)
    assert not is_open()
    set_role(mara, Role.EDITOR)
    others.projects.set([world.shop])
    page = text_of(visited(root))
    assert "Portal" in page
    assert "Web shop" not in page
    others.projects.set([world.shop, world.portal, world.core])
    assert not is_open()
    assert "closed" in text_of(logged_in(mara).get("/shares/"))
    others.members.add(mara)
    assert is_open()
    mara.delete()
    assert not is_open()


def test_projects_are_frozen_when_a_share_is_made(world: World) -> None:
    """A project that comes later is none of it, nor is one by another address."""
    root = shared(person(), "/runs/")
    later = factories.make_project(world.shop.connection, name="Later")
    run = factories.make_run(later)
    factories.make_results(run, "PF")
    said = text_of(visited(root))
    assert "Web shop" in said
    assert "Later" not in said
    assert visited(f"{root}/runs/{run.pk}/").status_code == 404
    assert visited(f"{root}/runs/?project={later.pk}").status_code == 404


def test_the_last_use_is_noted_once_a_minute(world: World) -> None:
    root = shared(person(), "/runs/")
    assert Share.objects.get().last_used_at is None
    visited(f"{root}/og.png")
    assert Share.objects.get().last_used_at is None
    visited(root)
    first = Share.objects.get().last_used_at
    assert first is not None
    with clock.stopped(clock.now() + timedelta(seconds=59)):
        visited(root)
    assert Share.objects.get().last_used_at == first
    with clock.stopped(clock.now() + timedelta(seconds=61)):
        visited(root)
    assert Share.objects.get().last_used_at > first
