"""A connection that is deleted leaves what others had in common with it in order."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from dashboard.annotations import connections, milestones, same_tests
from dashboard.models import Act, CaseGroup, GroupedCase
from ingest.models import Connection, Milestone, Project
from tests import factories
from tests.dashboard.page_reader import logged_in, person, text_of

pytestmark = pytest.mark.django_db
EARLY, LATE = datetime(2026, 12, 1, tzinfo=UTC), datetime(2026, 12, 24, tzinfo=UTC)


@pytest.fixture
def tools():
    """Three projects, each of a connection of its own."""
    return [
        factories.make_project(factories.make_connection(name=name), name=f"of {name}")
        for name in ("Testmo", "Testably", "Testifly")
    ]


@pytest.fixture
def cases(tools):
    return [factories.make_case(project, "Pay by card") for project in tools]


def disconnect(project: Project) -> None:
    row = project.connection
    answer = logged_in(person(is_superuser=True)).post(
        f"/connect/{row.pk}/delete/", {"confirm": row.name}
    )
    assert answer.status_code == 302
    assert not Connection.objects.filter(pk=row.pk).exists()


def version(project: Project) -> int:
    return Project.objects.get(pk=project.pk).version


def test_a_test_whose_only_twin_goes_is_linked_no_more_and_keeps_why(tools, cases):
    same_tests.link(cases[0], cases[1], by="joris")
    before = version(tools[0])
    disconnect(tools[1])
    assert not CaseGroup.objects.exists()
    assert version(tools[0]) == before + 1
    act = Act.objects.latest("pk")
    assert (act.by, act.about) == ("mara", cases[0].pk)
    twin = {"case": cases[1].pk, "name": "Pay by card", "project": "of Testably"}
    assert act.before == {"with": [twin]}
    assert act.after == {"because": "Testably was disconnected"}
    page = text_of(logged_in(person("eve")).get(f"/cases/{cases[0].pk}/"))
    assert "unlinked it from “Pay by card” (of Testably)" in page
    assert "(Testably was disconnected)" in page


def test_who_disconnects_what_has_just_gone_is_told_of_no_failure(tools):
    row = tools[1].connection
    disconnect(tools[1])
    connections.disconnect(row, by="joris")
    assert not Act.objects.exclude(kind="connection").exists()


def test_a_group_of_three_stays_a_group_of_two(tools, cases):
    same_tests.link(cases[0], cases[1], by="joris")
    same_tests.link(cases[0], cases[2], by="joris")
    disconnect(tools[1])
    assert {one.case_id for one in GroupedCase.objects.all()} == {
        cases[0].pk,
        cases[2].pk,
    }
    of_mara = Act.objects.filter(by="mara", kind="same").order_by("about")
    assert [act.about for act in of_mara] == [cases[0].pk, cases[2].pk]
    assert [one["case"] for one in of_mara[0].after["with"]] == [cases[2].pk]


def test_groups_of_others_stay_as_they_are(tools, cases):
    same_tests.link(cases[0], cases[2], by="joris")
    before = version(tools[0])
    disconnect(tools[1])
    assert GroupedCase.objects.count() == 2
    assert version(tools[0]) == before
    assert not Act.objects.filter(by="mara", kind="same").exists()


def test_a_joined_milestone_goes_by_the_parts_that_are_left(tools):
    kept, gone = (
        factories.make_milestone(project, name)
        for project, name in zip(tools, ("v2", "v2 RC"), strict=False)
    )
    kept.members.update(due_at=LATE, state="completed")
    gone.members.update(due_at=EARLY, state="open")
    milestones.join(gone.pk, kept.pk, by="joris")
    kept.refresh_from_db()
    assert (kept.due_at, kept.state) == (EARLY, "open")
    before = version(tools[0])
    disconnect(tools[1])
    kept.refresh_from_db()
    assert (kept.due_at, kept.state) == (LATE, "completed")
    assert version(tools[0]) == before + 1
    lone = factories.make_milestone(tools[2], "alone")
    disconnect_of_joris = logged_in(person("joris", is_superuser=True))
    row = tools[2].connection
    disconnect_of_joris.post(f"/connect/{row.pk}/delete/", {"confirm": row.name})
    assert not Milestone.objects.filter(pk=lone.pk).exists()
    assert Milestone.objects.filter(pk=kept.pk).exists()
