"""Milestones that people join and split."""

from __future__ import annotations

import pytest

from dashboard.filters import Filters
from dashboard.precomputed.milestones import progress
from ingest.models import Milestone, MilestoneMember
from tests import factories
from tests.dashboard.number_links import html_of
from tests.dashboard.page_reader import logged_in, person, text_of
from tests.dashboard.pages.milestones.parts import page_of, plain

pytestmark = pytest.mark.django_db


def test_a_reader_sees_no_form(client, release):
    factories.make_milestone(factories.make_project(), "Sprint 12")
    html = html_of(client, page_of(release))
    assert "Made of" in html
    assert 'method="post" action="/milestones/' not in html


def test_a_person_joins_another_milestone_to_this_one(release):
    sprint = factories.make_milestone(factories.make_project(), "Sprint 12")
    mara = logged_in(person())
    html = html_of(mara, page_of(release))
    assert f'<option value="{sprint.pk}">Sprint 12</option>' in html
    answer = mara.post(f"/milestones/{release.pk}/join/", {"other": sprint.pk})
    assert answer.url == f"/milestones/{release.pk}/"
    html = html_of(mara, answer.url)
    assert "Sprint 12 is part of v26.12 now." in html
    assert "3 milestones of 2 tools, 1 of them placed by a person" in plain(html)
    assert "placed by mara," in html
    assert not Milestone.objects.filter(pk=sprint.pk).exists()


def test_a_person_splits_a_part_off(release, other):
    member = MilestoneMember.objects.get(project=other)
    mara = logged_in(person())
    assert f'name="member" value="{member.pk}"' in html_of(mara, page_of(release))
    answer = mara.post(f"/milestones/{release.pk}/split/", {"member": member.pk})
    member.refresh_from_db()
    assert answer.url == f"/milestones/{member.milestone_id}/"
    assert member.milestone_id != release.pk
    said = plain(html_of(mara, answer.url))
    assert "v26.12 is a milestone of its own now." in said
    assert progress(member.milestone_id, Filters()).scope == 8


def test_what_cannot_be_done_is_said(release):
    mara = logged_in(person())
    mara.post(f"/milestones/{release.pk}/join/", {"other": release.pk})
    assert "A milestone cannot be joined to itself." in html_of(mara, page_of(release))
    for action, fields in (("join", {}), ("split", {"member": "x"})):
        answer = mara.post(f"/milestones/{release.pk}/{action}/", fields)
        assert answer.status_code == 404


def test_only_people_who_are_logged_in_join_and_split(client, release):
    person()
    sprint = factories.make_milestone(factories.make_project(), "Sprint 12")
    member = MilestoneMember.objects.filter(milestone=release).first()
    for action, fields in (
        ("join", {"other": sprint.pk}),
        ("split", {"member": member.pk}),
    ):
        answer = client.post(f"/milestones/{release.pk}/{action}/", fields)
        assert answer.url.startswith("/login/")
        assert client.get(f"/milestones/{release.pk}/{action}/").status_code == 405
    assert Milestone.objects.filter(pk=sprint.pk).exists()
    assert "Sprint 12" not in text_of(client.get(page_of(release)))
