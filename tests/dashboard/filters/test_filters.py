"""One object holds the state of every page and API call, parsed once."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from dashboard.filters import (
    Accepts,
    FilterError,
    Filters,
    lenient,
    parse,
    result_conditions,
    run_conditions,
    strict,
)
from dashboard.lists.facets import facets
from dashboard.models import ProjectChoice
from dashboard.precomputed.cached import Metric, cached
from dashboard.precomputed.failing import failing_now
from dashboard.tools import TOOLS
from dashboard.ui.filter_bar import Offered, filter_bar
from dashboard.ui.url_state import read_state
from ingest.connectors import CONNECTORS
from ingest.models import Result, Run
from tests import factories

NOW = datetime(2026, 11, 19, 9, 30, tzinfo=UTC)
ACCEPTS = Accepts(sorts=("name", "-name"))


def parsed(query: str, accepts: Accepts = ACCEPTS) -> Filters:
    found = parse(QueryDict(query), accepts, now=NOW)
    assert found.problems == ()
    return found.filters


def problems(query: str, accepts: Accepts = ACCEPTS) -> dict[str, str]:
    found = parse(QueryDict(query), accepts, now=NOW)
    return {problem.name: problem.sentence for problem in found.problems}


words = st.text(st.characters(exclude_characters="\0", codec="utf-8"), min_size=1)
ids = st.integers(1, 2**63 - 1)
SPAN = (datetime(1970, 1, 2), datetime(2100, 1, 1))  # noqa: DTZ001, as hypothesis wants
times = st.datetimes(*SPAN).map(lambda moment: moment.replace(tzinfo=UTC))


def several(values):
    return st.frozensets(values, max_size=3).map(lambda found: tuple(sorted(found)))


@st.composite
def any_filters(draw):
    spans = st.just({}) | st.integers(1, 900).map(lambda days: {"window_days": days})
    two = st.tuples(times, times).map(sorted)
    spans |= two.map(lambda pair: {"since": pair[0], "until": pair[1]})
    return Filters(
        project=draw(several(ids)),
        connection=draw(several(words)),
        tool=draw(several(words)),
        source=draw(several(words)),
        configuration=draw(several(words)),
        milestone=draw(several(ids)),
        branch=draw(several(words)),
        case=draw(several(ids)),
        status=draw(several(st.sampled_from(["passed", "failed"]))),
        q=draw(st.just("") | words),
        latest=draw(st.booleans()),
        final=draw(st.booleans()),
        default_branch=draw(st.sampled_from([None, True, False])),
        sort=draw(st.sampled_from(["", "-name"])),
        **draw(spans),
    )


@given(any_filters())
def test_filters_come_back_from_their_own_query_string(filters):
    assert parsed(filters.to_query()) == filters


@given(st.text())
def test_no_query_string_breaks_the_parser(text):
    parse(QueryDict(text), ACCEPTS, now=NOW)


def test_the_order_of_parameters_and_values_does_not_matter():
    one = parsed("status=failed&project=7&project=3&window=14d")
    other = parsed("window=14d&project=3&project=7&project=3&status=failed")
    assert one == other
    assert one.to_query() == "project=3&project=7&status=failed&window=14d"


def test_defaults_are_left_out():
    assert parsed("latest=0&q=").to_query() == ""


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("porject=3", "porject"),
        ("project=abc", "project"),
        ("project=0", "project"),
        ("project=-1", "project"),
        ("project=9223372036854775808", "project"),
        ("project=000000000000000000019223372036854775808", "project"),
        ("project=٣", "project"),
        ("project=", "project"),
        ("status=wontfix", "status"),
        ("window=30", "window"),
        ("window=0d", "window"),
        ("window=99999d", "window"),
        ("window=7d&since=2026-11-01", "window"),
        ("since=yesterday", "since"),
        ("since=2026-13-01", "since"),
        ("since=0001-01-01T00:00:00%2B14:00", "since"),
        ("since=2026-11-02&until=2026-11-01", "since"),
        ("since=2026-12-01", "since"),
        ("latest=yes", "latest"),
        ("default_branch=main", "default_branch"),
        ("sort=age", "sort"),
        ("sort=name&sort=-name", "sort"),
        ("q=a&q=b", "q"),
        ("q=%00", "q"),
        ("branch=a%00b", "branch"),
        ("as_of=", "as_of"),
        ("as_of=yesterday", "as_of"),
        ("as_of=2199-01-01", "as_of"),
        ("as_of=1990-01-01", "as_of"),
        ("as_of=2026-11-01&as_of=2026-11-01", "as_of"),
        ("as_of=2026-11-01&until=2026-11-02", "as_of"),
        ("as_of=2026-11-01&since=2026-11-02", "since"),
    ],
)
def test_a_parameter_that_cannot_be_read_is_named(query, name):
    assert list(problems(query)) == [name]


def test_what_an_endpoint_does_not_take_is_refused_with_the_reason():
    accepts = Accepts(refused={"status": "It applies to lists only."})
    assert problems("status=failed", accepts) == {"status": "It applies to lists only."}
    assert "sort" in problems("sort=name", accepts)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-17", datetime(2026, 11, 17, tzinfo=UTC)),
        ("2026-11-17T06:45:00Z", datetime(2026, 11, 17, 6, 45, tzinfo=UTC)),
        ("2026-11-17T06:45", datetime(2026, 11, 17, 6, 45, tzinfo=UTC)),
        ("2026-11-17T06:45:00+02:00", datetime(2026, 11, 17, 4, 45, tzinfo=UTC)),
        ("2026-11-17T06:45:00%2B02:00", datetime(2026, 11, 17, 4, 45, tzinfo=UTC)),
    ],
)
def test_times_are_read_as_utc(text, moment):
    assert parsed(f"since={text}").since == moment


def test_a_metric_looks_at_thirty_days_and_a_list_at_everything():
    filters = parsed("")
    assert filters.window().since == NOW - timedelta(days=30)
    assert filters.window().until == NOW
    assert filters.list_window() is None
    assert filters.explicit().to_query() == "window=30d"


def test_the_previous_window_ends_where_this_one_begins():
    window = parsed("since=2026-11-10&until=2026-11-17").window()
    assert window.previous.since == datetime(2026, 11, 3, tzinfo=UTC)
    assert window.previous.until == window.since


@pytest.mark.parametrize("text", ["0001-01-02", "1969-12-31", "9999-12-31T12:00Z"])
def test_a_time_near_the_ends_of_the_calendar_is_refused(text):
    with pytest.raises(FilterError, match="between 1970 and 2199"):
        strict(QueryDict(f"until={text}"), Accepts())


def test_a_window_that_began_before_the_calendar_begins_with_it():
    window = parsed("since=1970-01-02&until=2199-12-31").window()
    assert window.previous.since == datetime(1740, 1, 4, tzinfo=UTC)


def test_pinned_filters_keep_their_window():
    pinned = parsed("window=7d").pinned()
    assert pinned.to_query() == (
        "since=2026-11-12T09%3A30%3A00Z&until=2026-11-19T09%3A30%3A00Z"
    )


@pytest.mark.django_db
@pytest.mark.parametrize(
    "query",
    [
        "project=999999",
        "connection=nobody",
        "connection=999999",
        "tool=jira",
        "source=nowhere",
        "configuration=IE 6",
        "milestone=999999",
        "branch=gone",
        "case=999999",
    ],
)
def test_a_value_that_nothing_here_has_is_an_error_for_the_api_and_a_note_for_pages(
    query,
):
    name, _, value = query.partition("=")
    with pytest.raises(FilterError) as raised:
        strict(QueryDict(query), ACCEPTS)
    assert [problem.name for problem in raised.value.problems] == [name]
    assert value in str(raised.value)
    found = lenient(QueryDict(query), ACCEPTS)
    assert found.filters.to_query() == ""
    assert [problem.name for problem in found.problems] == [name]


@pytest.mark.django_db
def test_values_that_exist_are_kept():
    connection = factories.make_connection("Testmo")
    project = factories.make_project(connection)
    milestone = factories.make_milestone(project)
    run = factories.make_run(
        project, source="backend", configuration="Chrome", branch="main"
    )
    (result,) = factories.make_results(run, "P")
    query = (
        f"project={project.pk}&connection={connection.pk}&connection=Testmo"
        f"&tool=testmo&source=backend&configuration=Chrome&milestone={milestone.pk}"
        f"&branch=main&case={result.case_id}"
    )
    assert strict(QueryDict(query), ACCEPTS).to_query() == query


@pytest.mark.django_db
def test_pages_leave_out_empty_fields_without_a_word():
    found = lenient(QueryDict("project=&q=&since=&window=7d"), ACCEPTS)
    assert found.problems == ()
    assert found.filters.to_query() == "window=7d"


def test_every_connector_is_a_tool_under_its_own_name():
    assert {v: c.label for v, c in CONNECTORS.items()} | {"push": "Pushed"} == TOOLS


@pytest.fixture
def branches(db):
    """A project judged by main, with runs elsewhere too, and one that is not judged."""
    shop, portal = factories.make_project(), factories.make_project()
    for project in (shop, portal):
        for branch, letters in (("main", "PPF"), ("pull/7", "FPFF"), ("", "EE")):
            run = factories.make_run(project, branch=branch)
            factories.make_results(run, letters)
    ProjectChoice.objects.create(project=shop, default_branch="main", by="mara")
    return shop, portal


METRIC = Accepts(sorts=("name", "-name"), is_metric=True)


def chosen_branches(filters: Filters) -> set[tuple[int, str]]:
    runs = set(
        Run.objects.filter(run_conditions(filters)).values_list("project_id", "branch")
    )
    of_results = Result.objects.filter(result_conditions(filters)).values_list(
        "run__project_id", "run__branch"
    )
    assert set(of_results) == runs
    return runs


def test_a_metric_keeps_to_the_default_branch_of_each_project_that_has_one(branches):
    shop, portal = branches
    everything = {(portal.pk, name) for name in ("main", "pull/7", "")}
    found = chosen_branches(strict(QueryDict(""), METRIC))
    assert found == everything | {(shop.pk, "main")}
    one = strict(QueryDict(f"project={shop.pk}"), METRIC)
    assert chosen_branches(one) == {(shop.pk, "main")}
    other = strict(QueryDict(f"project={portal.pk}"), METRIC)
    assert chosen_branches(other) == everything


def test_two_projects_are_each_judged_by_their_own_branch(branches):
    shop, portal = branches
    ProjectChoice.objects.create(project=portal, default_branch="pull/7", by="mara")
    both = f"project={shop.pk}&project={portal.pk}"
    expected = {(shop.pk, "main"), (portal.pk, "pull/7")}
    assert chosen_branches(strict(QueryDict(""), METRIC)) == expected
    assert chosen_branches(strict(QueryDict(both), METRIC)) == expected


def test_a_metric_counts_every_branch_when_told_so_or_the_chosen_one(branches):
    shop, portal = branches
    both = {(p.pk, name) for p in branches for name in ("main", "pull/7", "")}
    assert chosen_branches(strict(QueryDict("default_branch=0"), METRIC)) == both
    for query in ("branch=pull/7", "branch=pull/7&default_branch=1"):
        found = chosen_branches(strict(QueryDict(query), METRIC))
        assert found == {(shop.pk, "pull/7"), (portal.pk, "pull/7")}


def test_a_list_holds_every_branch_unless_told_to_keep_to_the_default_one(branches):
    shop, portal = branches
    both = {(p.pk, name) for p in branches for name in ("main", "pull/7", "")}
    assert chosen_branches(strict(QueryDict(""), ACCEPTS)) == both
    assert chosen_branches(strict(QueryDict("default_branch=0"), ACCEPTS)) == both
    kept = chosen_branches(strict(QueryDict("default_branch=1"), ACCEPTS))
    assert kept == both - {(shop.pk, "pull/7"), (shop.pk, "")}


def test_links_from_a_metric_to_a_list_say_the_default_branch_where_one_counts(
    branches,
):
    shop, portal = branches
    assert strict(QueryDict(""), METRIC).explicit().to_query() == (
        "window=30d&default_branch=1"
    )
    without = f"project={portal.pk}"
    assert strict(QueryDict(without), METRIC).explicit().to_query() == (
        f"{without}&window=30d"
    )
    assert strict(QueryDict("branch=main"), METRIC).explicit().to_query() == (
        "branch=main&window=30d"
    )


@pytest.mark.parametrize(
    ("query", "accepts", "own"),
    [
        ("default_branch=1", METRIC, ""),
        ("default_branch=0", METRIC, "default_branch=0"),
        ("default_branch=1", ACCEPTS, "default_branch=1"),
        ("default_branch=0", ACCEPTS, ""),
        ("default_branch=0&branch=main", METRIC, "branch=main"),
        ("default_branch=1&branch=main", ACCEPTS, "branch=main"),
    ],
)
def test_what_is_done_anyway_is_left_out_of_an_address(branches, query, accepts, own):
    assert strict(QueryDict(query), accepts).to_query() == own


def test_default_branches_are_compared_within_the_runs_alone(branches):
    filters = strict(QueryDict(""), METRIC)
    sql = str(Result.objects.filter(result_conditions(filters)).query)
    assert "projectchoice" not in sql
    # The other one is of the few runs that a person excluded.
    assert sql.count("SELECT") == 2
    assert sql.count("JOIN") == 1


def test_choices_count_runs_of_the_default_branch_and_branches_all_of_theirs(branches):
    shop, portal = branches
    found = facets(strict(QueryDict(""), METRIC), None)
    assert found.runs["project"] == {shop.pk: 1, portal.pk: 3}
    assert found.runs["branch"] == {"main": 2, "pull/7": 2}
    assert found.without == {"default_branch": 6}
    every = facets(strict(QueryDict("default_branch=0"), METRIC), None)
    assert every.runs["project"] == {shop.pk: 3, portal.pk: 3}
    assert every.without == {}
    one = facets(strict(QueryDict("branch=pull/7"), METRIC), None)
    assert one.runs["project"] == {shop.pk: 1, portal.pk: 1}
    assert one.without == {"branch": 6}


def test_a_figure_kept_for_one_default_branch_is_not_given_for_another(branches):
    shop, _ = branches
    choice = ProjectChoice.objects.get(project=shop)

    def failing() -> int:
        filters = strict(QueryDict(f"project={shop.pk}"), METRIC)
        metric = Metric(name="default-branch", kind=int, compute=failing_now)
        return cached(metric, filters)

    assert failing() == 1
    choice.default_branch = "pull/7"
    choice.save()
    assert failing() == 3
    choice.default_branch = ""
    choice.save()
    assert failing() == 4


@pytest.mark.django_db
def test_what_another_program_remembered_is_computed_anew(settings):
    asked = Filters(now=NOW)
    old = Metric(name="program", kind=str, compute=lambda _: "old")
    new = replace(old, compute=lambda _: "new")
    assert cached(old, asked) == "old"
    assert cached(new, asked) == "old"
    settings.VERSION = f"{settings.VERSION}.1"
    assert cached(new, asked) == "new"


def test_the_branch_chip_offers_the_default_branch_each_branch_and_all(branches):
    def chip(query: str, *, is_metric: bool = True):
        state = read_state(
            "/", QueryDict(query), Accepts(), has_default_window=is_metric
        )
        offered = Offered(
            projects={}, milestones={}, cases={}, choices=facets(state.filters, None)
        )
        bar = filter_bar(state, offered)
        return next(chip for chip in bar.filters if chip.name == "branch")

    found = chip("")
    assert (found.summary, found.is_active) == ("main", False)
    assert [option.text for option in found.options] == ["main", "pull/7"]
    assert [(way.text, way.href, way.count, way.is_current) for way in found.ways] == [
        ("Default branch: main", "/", "4", True),
        ("All branches", "/?default_branch=0", "6", False),
    ]
    every = chip("default_branch=0")
    assert (every.summary, every.clear_href) == ("All branches", "/")
    assert [way.is_current for way in every.ways] == [False, True]
    one = chip("branch=pull/7")
    assert (one.summary, one.clear_href) == ("pull/7", "/")
    assert not any(way.is_current for way in one.ways)
    listed = chip("", is_metric=False)
    assert [way.href for way in listed.ways] == ["/?default_branch=1", "/"]
    assert [way.is_current for way in listed.ways] == [False, True]
    assert listed.summary == "Any"


def test_without_any_default_branch_the_chip_offers_branches_alone(db):
    factories.make_run(branch="main")
    state = read_state("/", QueryDict(""), Accepts(), has_default_window=True)
    offered = Offered(
        projects={}, milestones={}, cases={}, choices=facets(state.filters, None)
    )
    (chip,) = (c for c in filter_bar(state, offered).filters if c.name == "branch")
    assert (chip.summary, chip.ways) == ("Any", ())
