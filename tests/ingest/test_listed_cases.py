"""Tests that a tool lists: cases that never ran, as long as it lists them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction

from ingest.contract import CaseRecord, MilestoneRecord
from ingest.models import Case, CaseAlias, MilestoneCase, MilestoneMember, Project, Sync
from ingest.simulator.generator import build_world
from ingest.simulator.testably import SimulatedTestably
from ingest.simulator.testomatio import SimulatedTestomatio, words
from ingest.upsert import (
    ProjectStore,
    declare,
    mark_run_removed,
    store_listed_cases,
    store_milestone_cases,
    upsert_milestones,
)
from tests import clock
from tests.clock import now
from tests.ingest import small_world
from tests.ingest.records import a_batch, a_project, a_result
from tests.ingest.served import Served, served

pytestmark = pytest.mark.django_db(transaction=True)
HOUR = timedelta(hours=1)


def a_case(key: str, name: str = "", folder: str = "Cart") -> CaseRecord:
    name = name or f"{key} works"
    return CaseRecord(key=key, name=name, folder=folder, name_key=f"{folder} / {name}")


def listed(project: Project, *cases: CaseRecord, is_whole: bool = True) -> None:
    store_listed_cases(project, cases, now(), is_whole=is_whole)


def ran(project: Project, *keys: str, run: str = "1", **values: Any) -> None:
    batch = a_batch("", external_id=run)
    batch.results += [a_result(key, **values) for key in keys]
    with transaction.atomic():
        ProjectStore(project).store(batch)


def never_ran(project: Project) -> set[str]:
    """The keys of those that are counted."""
    cases = Case.objects.filter(project=project, gone_at=None)
    return set(cases.exclude(declared_at=None).values_list("key", flat=True))


def test_listed_tests_are_cases_that_never_ran_until_they_do():
    project = a_project()
    ran(project, "a")
    listed(project, a_case("a"), a_case("b"), a_case("c", folder=""))
    assert never_ran(project) == {"b", "c"}
    assert Case.objects.get(key="b").folder == "Cart"
    ran(project, "b", run="2")
    listed(project, a_case("a"), a_case("b"), a_case("c"))
    assert never_ran(project) == {"c"}
    assert Case.objects.count() == 3


def test_a_test_that_is_renamed_and_moved_before_it_ran_follows():
    project = a_project()
    listed(project, a_case("a"))
    listed(project, a_case("a", "pays", folder="Checkout"))
    case = Case.objects.get()
    assert (case.name, case.folder) == ("pays", "Checkout")


def test_what_a_whole_list_no_longer_holds_and_never_ran_is_gone():
    project = a_project()
    ran(project, "old")
    listed(project, a_case("a"), a_case("b"), a_case("old"))
    listed(project, a_case("a"))
    assert never_ran(project) == {"a"}
    # What ran has results, whatever a list says.
    assert Case.objects.get(key="old").gone_at is None
    listed(project, a_case("a"), a_case("b"))
    assert never_ran(project) == {"a", "b"}


def test_a_list_that_lacks_rows_removes_nothing():
    project = a_project()
    listed(project, a_case("a"), a_case("b"))
    listed(project, a_case("c"), is_whole=False)
    assert never_ran(project) == {"a", "b", "c"}


def test_tests_of_other_projects_and_of_imports_stay():
    other, project = a_project("Other"), a_project()
    listed(other, a_case("a"))
    with transaction.atomic():
        declare(project, [a_case("imported")], now())
    listed(project, a_case("b"))
    listed(project)
    assert never_ran(other) == {"a"}
    assert never_ran(project) == {"imported"}


def test_a_name_keyed_test_that_is_listed_with_its_id_is_one_case():
    project = a_project()
    ran(project, "Cart / pays", name="pays", folder="Cart")
    with transaction.atomic():
        declare(project, [replace(a_case("Cart / adds"), name_key="")], now())
    listed(project, a_case("T1", "pays"), a_case("T2", "adds"))
    assert set(Case.objects.values_list("key", flat=True)) == {"T1", "T2"}
    assert never_ran(project) == {"T2"}


def test_a_result_without_an_id_is_of_the_listed_test_of_its_name():
    project = a_project()
    listed(project, a_case("T1", "pays"))
    ran(project, "Cart / pays", name="pays", folder="Cart")
    case = Case.objects.get()
    assert (case.key, case.declared_at) == ("T1", None)


def test_two_listed_tests_of_one_name_are_not_told_apart_by_it():
    project = a_project()
    listed(project, a_case("T1", "pays"), a_case("T2", "pays"))
    assert not CaseAlias.objects.exists()
    ran(project, "Cart / pays", name="pays", folder="Cart")
    assert never_ran(project) == {"T1", "T2"}
    assert Case.objects.count() == 3


def test_a_test_that_is_gone_leaves_its_name_to_the_next():
    project = a_project()
    listed(project, a_case("T1", "pays"))
    listed(project, a_case("T2", "pays"))
    ran(project, "Cart / pays", name="pays", folder="Cart")
    assert Case.objects.get(key="T2").declared_at is None
    assert Case.objects.get(key="T1").gone_at is not None


def test_results_with_parameters_are_those_of_the_listed_test():
    project = a_project()
    listed(project, a_case("T1"), a_case("T2"))
    ran(project, "T1 [chrome]", listed_key="T1")
    assert never_ran(project) == {"T2"}
    listed(project, a_case("T1"), a_case("T2"))
    assert never_ran(project) == {"T2"}
    # In a project that is read for the first time runs come first.
    other = a_project("Other")
    ran(other, "T1 [chrome]", listed_key="T1")
    listed(other, a_case("T1"))
    assert never_ran(other) == set()


def test_a_test_that_lost_its_only_run_never_ran():
    project = a_project()
    listed(project, a_case("a"))
    ran(project, "a")
    with transaction.atomic():
        mark_run_removed(project.runs.get())
    assert never_ran(project) == set()
    listed(project, a_case("a"))
    assert never_ran(project) == {"a"}
    ran(project, "a", run="2")
    assert never_ran(project) == set()


def test_the_version_rises_when_something_changed_and_else_not():
    project = a_project()

    def version() -> int:
        return Project.objects.get(pk=project.pk).version

    listed(project, a_case("a"), a_case("b"))
    first = version()
    listed(project, a_case("a"), a_case("b"))
    assert version() == first > 0
    listed(project, a_case("a"))
    assert version() == first + 1


def test_many_tests_are_stored_in_blocks(django_assert_max_num_queries: Any):
    project = a_project()
    many = [a_case(f"t{n}") for n in range(5_000)]
    with django_assert_max_num_queries(45):
        listed(project, *many)
    assert len(never_ran(project)) == 5_000
    with django_assert_max_num_queries(30):
        listed(project, *many)


# Milestones


def a_member(project: Project) -> MilestoneMember:
    upsert_milestones(project, [MilestoneRecord(external_id="m1", name="v1")])
    return project.milestone_members.get()


def planned(member: MilestoneMember) -> set[str]:
    links = MilestoneCase.objects.filter(member=member, removed_at=None)
    return set(links.values_list("case__key", flat=True))


def test_a_milestone_holds_what_its_tool_assigned_to_it():
    project = a_project()
    member = a_member(project)
    ran(project, "a", "T1 [chrome]", "T1 [edge]")
    listed(project, a_case("b"), a_case("c"))
    store_milestone_cases(member, ["a", "b", "T1", "nobody's"], now(), is_whole=True)
    assert planned(member) == {"a", "b", "T1 [chrome]", "T1 [edge]"}
    store_milestone_cases(member, ["c"], now(), is_whole=False)
    assert planned(member) == {"a", "b", "c", "T1 [chrome]", "T1 [edge]"}
    store_milestone_cases(member, ["c"], now(), is_whole=True)
    assert planned(member) == {"c"}
    # What was is kept.
    assert MilestoneCase.objects.count() == 5
    store_milestone_cases(member, [], now(), is_whole=True)
    assert planned(member) == set()


# A sync


@pytest.fixture(params=["v2", "classic"])
def vendor(request: Any, settings: Any, clock: Any) -> Iterator[Served]:
    settings.ALLOW_PRIVATE_VENDOR_URLS = True
    settings.RECONCILE_HOURS = 24.0
    world = small_world.world(
        "testomatio", [small_world.run(1, ["passed", "failed"])], []
    )
    first = world.projects[0]
    first.milestones = [small_world.MILESTONE]
    first.planned = {small_world.MILESTONE.number: first.cases[:4]}
    with served(SimulatedTestomatio(world, relaxed=True)) as vendor:
        vendor.connection.settings = {"api": request.param}
        vendor.connection.save()
        yield vendor


def of_first(vendor: Served) -> Project:
    return Project.objects.get(name="Product 1")


def test_a_look_brings_the_tests_that_never_ran(vendor: Served):
    vendor.sync()
    project, world = of_first(vendor), vendor.simulator.projects[0]
    never = world.cases[2:]
    assert never_ran(project) == {words.test_id(world, case) for case in never}
    cases = Case.objects.filter(project=project)
    assert cases.count() == len(world.cases)
    assert set(cases.values_list("folder", flat=True)) == {"Shop / Cart"}
    assert set(cases.values_list("name", flat=True)) == {c.name for c in world.cases}


def test_a_plain_sync_leaves_the_list_of_tests_alone(vendor: Served):
    vendor.sync()
    world = vendor.simulator.projects[0]
    before = never_ran(of_first(vendor))
    del world.cases[-1]
    vendor.sync()
    assert never_ran(of_first(vendor)) == before
    vendor.sync(is_look=True)
    assert len(never_ran(of_first(vendor))) == len(before) - 1


def test_a_test_that_runs_later_is_the_same_case(vendor: Served):
    vendor.sync()
    project, world = of_first(vendor), vendor.simulator.projects[0]
    before = Case.objects.filter(project=project).count()
    vendor.simulator.clock = now
    world.runs.append(small_world.run(2, ["passed"] * 5, started_at=now() - HOUR))
    vendor.sync()
    assert len(never_ran(project)) == len(world.cases) - 5
    assert Case.objects.filter(project=project).count() == before


def test_a_milestone_holds_its_tests_where_the_tool_says_so(vendor: Served):
    vendor.sync()
    project, world = of_first(vendor), vendor.simulator.projects[0]
    members = list(project.milestone_members.all())
    if vendor.connection.settings["api"] == "classic":
        assert members == []
        return
    expected = {words.test_id(world, case) for case in world.cases[:4]}
    assert planned(members[0]) == expected
    vendor.simulator.queries = False
    vendor.sync(is_look=True)
    assert planned(members[0]) == expected


@pytest.mark.parametrize("status", [403, 404, 500])
def test_without_the_list_the_runs_are_read_and_nothing_is_removed(
    vendor: Served, status: int
):
    vendor.sync()
    project, world = of_first(vendor), vendor.simulator.projects[0]
    before = never_ran(project)
    # What the classic API tells of suites, runs need for their folders, too.
    number_of_runs = 1
    if vendor.connection.settings["api"] == "v2":
        # Within the time that a look reaches back.
        begun = now() - HOUR
        world.runs.append(small_world.run(2, ["passed"] * 2, started_at=begun))
        vendor.simulator.clock = now
        number_of_runs = 2
    vendor.simulator.faults.add(r"/tests\?|/suites/", f"status:{status}", times=1000)
    vendor.sync(is_look=True)
    assert never_ran(project) == before
    assert project.runs.count() == number_of_runs
    child = Sync.objects.filter(project=project).latest("pk")
    assert child.is_whole
    said = " ".join([*child.notes, child.error])
    assert "tests" in said
    project.refresh_from_db()
    assert project.looked_at == child.started_at


def test_testably_s_test_cases_never_ran_until_a_run_holds_them(
    settings: Any, clock: Any
):
    settings.ALLOW_PRIVATE_VENDOR_URLS = True
    run = small_world.run(1, ["passed", "failed"])
    world = small_world.world("testably", [run])
    with served(SimulatedTestably(world, relaxed=True)) as vendor:
        vendor.sync()
        project, never = of_first(vendor), world.projects[0].cases[2:]
        names = Case.objects.filter(project=project, declared_at__isnull=False)
        assert set(names.values_list("name", flat=True)) == {c.name for c in never}
        child = Sync.objects.get(project=project)
        assert (child.status, child.error) == ("ok", "")
        del world.projects[0].cases[-1]
        vendor.sync(is_look=True)
        assert len(never_ran(project)) == len(never) - 1


def test_the_demo_s_testomatio_has_tests_that_never_ran():
    world = build_world(3, clock.now(), runs=60, days=30)
    products = world.projects_of("testomatio")
    assert products
    for product in products:
        ran_ever = {r.case.number for run in product.runs for r in run.results}
        never = [c for c in product.cases if c.number not in ran_ever]
        assert len(never) >= 3
        open_ones = [m for m in product.milestones if m.completed_at is None]
        assert {m.number for m in open_ones} == set(product.planned)
        for cases in product.planned.values():
            assert {c.number for c in cases} & {c.number for c in never}
