"""Nothing that a person says is lost: each act is kept, and never changed."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from dashboard.annotations import milestones, notes, projects, runs, same_tests
from dashboard.annotations.audit_log import note
from dashboard.models import (
    Act,
    ActKind,
    CaseGroup,
    CaseNote,
    ConfigurationChoice,
    GroupedCase,
    MilestonePlacement,
    Mute,
    OtherCase,
    ProjectChoice,
    RunJudgement,
)
from dashboard.readers import Reader, Role
from dashboard.reading.scope import for_reader
from ingest.models import Case, Configuration, Project, Run
from tests import clock, factories

pytestmark = pytest.mark.django_db
LATER = clock.START.replace(hour=0, minute=0) + timedelta(days=5)
Kept = list[tuple[str, str, dict[str, object], dict[str, object]]]


@pytest.fixture
def shop():
    return factories.make_project(name="Shop")


@pytest.fixture
def case(shop):
    return factories.make_case(shop, "Pay by card")


def kept(*kinds: ActKind) -> Kept:
    rows = Act.objects.order_by("pk")
    rows = rows.filter(kind__in=kinds) if kinds else rows
    return [(act.by, act.name, act.before, act.after) for act in rows]


def mute(case: Case, reason: str = "sandbox is down", by: str = "mara") -> None:
    notes.mute(case, until=LATER, reason=reason, by=by)


def test_a_note_is_kept_when_it_is_written_changed_and_emptied(case):
    for by, text in (("mara", "Ask Jo"), ("ada", "Ask Ben"), ("joris", "")):
        notes.write_note(case, owner="", issue_url="", text=text, by=by)
    assert kept() == [
        ("mara", "Pay by card", {}, {"text": "Ask Jo"}),
        ("ada", "Pay by card", {"text": "Ask Jo"}, {"text": "Ask Ben"}),
        ("joris", "Pay by card", {"text": "Ask Ben"}, {}),
    ]
    act = Act.objects.earliest("pk")
    assert (act.project_id, act.kind, act.about) == (case.project_id, "note", case.pk)
    assert clock.now() - act.at < timedelta(minutes=1)


def test_a_mute_is_kept_when_it_is_changed_and_ended(case):
    mute(case)
    mute(case, reason="still down", by="ada")
    notes.unmute(case, by="joris")
    until = LATER.isoformat()
    assert [(by, after) for by, _, _, after in kept()] == [
        ("mara", {"until": until, "reason": "sandbox is down"}),
        ("ada", {"until": until, "reason": "still down"}),
        ("joris", {}),
    ]
    assert kept()[2][2] == {"until": until, "reason": "still down"}


def test_the_end_of_a_mute_that_is_over_is_nobodys_act(case):
    notes.mute(case, until=clock.now(), reason="x", by="mara")
    notes.unmute(case, by="joris")
    assert [by for by, *_ in kept()] == ["mara"]


def test_what_was_said_of_a_run_is_kept_when_it_is_taken_back(shop):
    run = factories.make_run(shop, name="nightly")
    runs.exclude(run, reason="Disk was full", by="mara")
    runs.leave_to_the_rule(run, by="joris")
    said = {"verdict": "excluded", "reason": "Disk was full"}
    assert kept() == [("mara", "nightly", {}, said), ("joris", "nightly", said, {})]


def test_the_branch_and_the_alias_before_are_kept(shop):
    for branch in ("main", "next"):
        factories.make_run(shop, branch=branch, configuration=f"Chrome on {branch}")
    for by, branch in (("mara", "main"), ("ada", "next"), ("joris", "")):
        projects.choose_default_branch(shop, branch, by=by)
    projects.choose_alias(shop, "Chrome on main", "Chrome on next", by="mara")
    projects.choose_alias(shop, "Chrome on main", "", by="ada")
    assert kept(ActKind.BRANCH) == [
        ("mara", "Shop", {}, {"branch": "main"}),
        ("ada", "Shop", {"branch": "main"}, {"branch": "next"}),
        ("joris", "Shop", {"branch": "next"}, {}),
    ]
    assert kept(ActKind.ALIAS) == [
        ("mara", "Chrome on main", {}, {"counts_as": "Chrome on next"}),
        ("ada", "Chrome on main", {"counts_as": "Chrome on next"}, {}),
    ]
    about = Configuration.objects.get(name="Chrome on main").pk
    assert set(Act.objects.filter(kind="alias").values_list("about", flat=True)) == {
        about
    }


def test_each_linked_test_keeps_who_linked_and_unlinked_it(case):
    other = factories.make_case(factories.make_project(name="iOS"), "By card")
    same_tests.link(case, other, by="mara")
    same_tests.unlink(other, case, by="joris")
    its = {"with": [{"case": other.pk, "name": "By card", "project": "iOS"}]}
    of_other = {"with": [{"case": case.pk, "name": "Pay by card", "project": "Shop"}]}
    assert sorted(kept(), key=lambda one: one[:2]) == [
        ("joris", "By card", of_other, {}),
        ("joris", "Pay by card", its, {}),
        ("mara", "By card", {}, of_other),
        ("mara", "Pay by card", {}, its),
    ]
    assert set(Act.objects.values_list("project", "about")) == {
        (case.project_id, case.pk),
        (other.project_id, other.pk),
    }


def test_what_told_tests_apart_is_kept_when_it_is_taken_back(case):
    other = factories.make_case(factories.make_project(name="iOS"), "By card")
    third = factories.make_case(factories.make_project(name="Web"), "Card")
    same_tests.tell_apart(other, case, by="mara")
    same_tests.ask_again(case, other, by="joris")
    same_tests.tell_apart(other, case, by="ada")
    same_tests.link(case, third, by="ada")
    same_tests.link(third, other, by="eve")
    apart = {"case": other.pk, "name": "By card", "project": "iOS"}
    of_case = Act.objects.filter(kind=ActKind.APART, about=case.pk).order_by("pk")
    assert [(act.by, act.before, act.after) for act in of_case] == [
        ("mara", {}, apart),
        ("joris", apart, {}),
        ("ada", {}, apart),
        ("eve", apart, {}),
    ]


def test_telling_linked_tests_apart_is_kept_as_both_acts_of_one_person(case):
    other = factories.make_case(factories.make_project(name="iOS"), "By card")
    same_tests.link(case, other, by="mara")
    same_tests.tell_apart(case, other, by="joris")
    of_case = Act.objects.filter(about=case.pk).order_by("pk")
    assert [(act.by, act.kind) for act in of_case] == [
        ("mara", "same"),
        ("joris", "same"),
        ("joris", "apart"),
    ]


def test_a_milestone_joined_and_split_keeps_whence_it_came(shop):
    one = factories.make_milestone(shop, "v2.0")
    other = factories.make_milestone(shop, "v2.0 RC")
    member = other.members.get()
    milestones.join(other.pk, one.pk, by="mara")
    new = milestones.split(one.pk, member.pk, by="joris")
    of_one = {"milestone": one.pk, "name": "v2.0"}
    assert kept() == [
        ("mara", "v2.0 RC", {"milestone": other.pk, "name": "v2.0 RC"}, of_one),
        ("joris", "v2.0 RC", of_one, {"milestone": new.pk, "name": "v2.0 RC"}),
    ]


def _say_all(case: Case, run: Run, other: Case, apart: Case) -> None:
    notes.write_note(case, owner="Ada", issue_url="", text="", by="mara")
    mute(case)
    runs.exclude(run, reason="Disk was full", by="mara")
    projects.choose_default_branch(run.project, "main", by="mara")
    projects.choose_alias(run.project, "A", "B", by="mara")
    same_tests.link(case, other, by="mara")
    same_tests.tell_apart(case, apart, by="mara")


def test_an_act_that_changes_nothing_writes_nothing(shop, case):
    run = factories.make_run(shop, branch="main", configuration="A")
    factories.make_run(shop, configuration="B")
    other, apart = (
        factories.make_case(factories.make_project(), name) for name in ("x", "y")
    )
    _say_all(case, run, other, apart)
    said, version = kept(), Project.objects.get(pk=shop.pk).version
    _say_all(case, run, other, apart)
    runs.leave_to_the_rule(factories.make_run(shop), by="joris")
    notes.unmute(other, by="joris")
    same_tests.unlink(apart, by="joris")
    same_tests.ask_again(other, apart, by="joris")
    assert kept() == said
    assert Project.objects.get(pk=shop.pk).version == version


def test_what_is_refused_is_no_act(shop, case):
    with pytest.raises(same_tests.CannotLink):
        same_tests.link(case, factories.make_case(shop, "twin"), by="mara")
    with pytest.raises(projects.CannotChoose):
        projects.choose_default_branch(shop, "mian", by="mara")
    assert kept() == []


def committed(change: Callable[[], object]) -> None:
    """As at the end of a transaction, where the database looks at what was deleted."""
    with transaction.atomic():
        change()
        connection.check_constraints()


@pytest.mark.parametrize(
    "change",
    [
        lambda: Act.objects.update(by="eve"),
        lambda: Act.objects.all().delete(),
        lambda: Act.objects.latest("pk").save(),
    ],
    ids=["update", "delete", "save"],
)
def test_the_database_refuses_to_change_or_to_delete_an_act(
    case, change: Callable[[], object]
):
    mute(case)
    with pytest.raises(IntegrityError, match="An act is"):
        committed(change)
    assert kept()[0][0] == "mara"


def test_acts_go_with_their_project_and_with_nothing_less(case):
    other = factories.make_case(factories.make_project(name="iOS"), "By card")
    same_tests.link(case, other, by="mara")
    other.project.delete()
    connection.check_constraints()
    assert [name for _, name, *_ in kept()] == ["Pay by card"]
    case.delete()
    connection.check_constraints()
    assert [name for _, name, *_ in kept()] == ["Pay by card"]


def test_what_was_said_before_acts_were_kept_becomes_acts_of_then(shop, case):
    then = clock.now() - timedelta(days=9)
    run = factories.make_run(shop, name="nightly", configuration="A")
    b = Configuration.objects.create(project=shop, name="B")
    a = Configuration.objects.get(name="A")
    Configuration.objects.filter(pk=a.pk).update(alias_of=b)
    twin = factories.make_case(factories.make_project(name="iOS"), "By card")
    apart = factories.make_case(twin.project, "Card")
    group, said = CaseGroup.objects.create(), {"by": "mara"}
    member = factories.make_milestone(shop, "v2").members.get()
    lone = factories.make_case(shop, "Alone")
    rows = [
        ProjectChoice.objects.create(project=shop, default_branch="main", **said),
        ProjectChoice.objects.create(project=twin.project, **said),
        ConfigurationChoice.objects.create(configuration=a, **said),
        ConfigurationChoice.objects.create(configuration=b, **said),
        RunJudgement.objects.create(run=run, verdict="kept", reason="r", **said),
        CaseNote.objects.create(case=case, owner="Ada", **said),
        Mute.objects.create(case=case, until=LATER, reason="x", **said),
        GroupedCase.objects.create(group=group, case=case, **said),
        GroupedCase.objects.create(group=group, case=twin, **said),
        GroupedCase.objects.create(group=CaseGroup.objects.create(), case=lone, **said),
        OtherCase.objects.create(first=case, second=apart, **said),
        MilestonePlacement.objects.create(member=member, **said),
    ]
    for row in rows:
        type(row).objects.update(at=then)
    earlier = importlib.import_module("dashboard.migrations.0008_earlier_acts")
    with connection.cursor() as cursor:
        cursor.execute(earlier.KEEP)
        # As after `migrate dashboard 0007`, which leaves all acts.
        cursor.execute(earlier.KEEP)
    assert set(Act.objects.values_list("at", "by")) == {(then, "mara")}
    told = {"case": apart.pk, "name": "Card", "project": "iOS"}
    of_twin = {"with": [{"case": twin.pk, "name": "By card", "project": "iOS"}]}
    until = {"until": LATER.isoformat(), "reason": "x"}
    place = {"milestone": member.milestone_id, "name": "v2"}
    expected = [
        ("alias", a.pk, {"counts_as": "B"}),
        ("apart", case.pk, told),
        ("branch", shop.pk, {"branch": "main"}),
        ("judgement", run.pk, {"verdict": "kept", "reason": "r"}),
        ("mute", case.pk, until),
        ("note", case.pk, {"owner": "Ada"}),
        ("same", case.pk, of_twin),
        ("split", member.pk, place),
    ]
    of_shop = Act.objects.filter(project=shop, before={})
    assert sorted(of_shop.values_list("kind", "about", "after")) == expected
    assert Act.objects.exclude(project=shop).count() == 2
    notes.unmute(case, by="joris")
    assert Act.objects.latest("pk").before == until


def test_what_is_of_no_project_is_kept_by_whoever_sees_some_projects_only():
    hidden, seen_one = factories.make_project(), factories.make_project()
    who = Reader(user_id=1, role=Role.EDITOR, projects=frozenset({seen_one.pk}))
    with for_reader(who):
        note(ActKind.TEAM, by="ma\0ra", name="x" * 300, after={"projects": [hidden.pk]})
        note(ActKind.TEAM, by="mara", name="Web", before={"a": 1}, after={"a": 1})
        assert Act.objects.count() == 0
    act = Act.objects.get()
    assert (act.by, act.name, act.project_id) == ("mara", "x" * 200, None)
    with pytest.raises(IntegrityError), transaction.atomic():
        Act.objects.update(by="eve")
    with transaction.atomic():
        Act.objects.all().delete()
        with pytest.raises(IntegrityError), connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        transaction.set_rollback(True)
