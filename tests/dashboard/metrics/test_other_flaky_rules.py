"""Eight published rules on series drawn by hand, and how often they say flaky."""

from __future__ import annotations

from datetime import timedelta

import pytest

from dashboard.filters import Filters
from dashboard.metrics.other_flaky_rules import OURS, RULES, Opinion, other_flaky_rules
from dashboard.models import ProjectChoice
from dashboard.precomputed.flaky import rule_counts
from ingest.models import Case
from tests import factories

YES, NO = True, False


@pytest.mark.parametrize(
    ("rule", "outcomes", "is_flaky", "figure"),
    [
        ("reportportal", "", NO, None),
        ("reportportal", "F", NO, None),
        ("reportportal", "PPP", NO, 0),
        ("reportportal", "PPE", YES, 0.5),
        ("reportportal", "PF" + "F" * 30, NO, 0),  # the switch is not in the last 30
        ("allure", "FPF", YES, 1),
        ("allure", "FPPPE", YES, 1),
        ("allure", "FPPPPF", NO, 0),  # the failure is the sixth from the end
        ("allure", "FPFP", NO, 2),  # the latest passed
        ("allure", "PPFFF", NO, 0),
        ("codecov", "PPPP", NO, None),
        ("codecov", "PF", YES, 0),
        ("codecov", "F" + "P" * 29, YES, 29),
        ("codecov", "F" + "P" * 30, NO, 30),
        ("testomatio", "PF", YES, 0.5),
        ("testomatio", "PPFFF", YES, 0.4),
        ("testomatio", "PPPFF", YES, 0.6),
        ("testomatio", "PPF", NO, 2 / 3),
        ("testomatio", "F" * 100 + "P" * 50 + "F" * 50, YES, 0.5),
        ("testgrid", "PPPP", NO, 0),
        ("testgrid", "PFPP", YES, 0.25),
        ("testgrid", "PFFP", YES, 0.25),
        ("testgrid", "PFFFP", NO, 0),
        ("testgrid", "FFF", NO, None),
        ("testgrid", "FPFFFPEE", YES, 2 / 5),
        ("buildkite", "PPFFF", YES, 0.2),
        ("buildkite", "PFPFF", YES, 0.6),
        ("buildkite", "P" * 19 + "F", YES, 0.05),
        ("buildkite", "P" * 20 + "F", NO, 1 / 21),
        ("buildpulse", "F" * 9, NO, None),
        ("buildpulse", "PPPPPPPFFF", NO, 0.3),
        ("buildpulse", "PPPPPPFFFE", YES, 0.4),
        ("trunk", "P" * 9 + "F", YES, 0.1),
        ("trunk", "P" * 10 + "F", NO, 1 / 11),
        ("trunk", "PFFFF", YES, 0.8),
        ("trunk", "PFFFFF", NO, 5 / 6),
    ],
)
def test_a_rule_says_what_its_publisher_describes(rule, outcomes, is_flaky, figure):
    opinion = RULES[rule].says(outcomes)
    assert opinion.is_flaky is is_flaky
    assert opinion.figure == pytest.approx(figure)


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_every_rule_names_its_public_description(rule):
    assert rule.source.startswith("https://")
    assert rule.source in (rule.says.__doc__ or "")
    assert rule.label
    assert rule.says("") == Opinion(False, None)
    assert not rule.says("P" * 40).is_flaky


def said_of(name: str = "case 1") -> dict[str, Opinion]:
    case = Case.objects.get(name=name).pk
    return other_flaky_rules(Filters(), [case])[case]


@pytest.mark.django_db
def test_a_case_is_flaky_to_a_rule_if_any_of_its_series_is():
    project = factories.make_project()
    factories.make_history(project, "P" * 6, configuration="Chrome")
    factories.make_history(project, "PFPP", configuration="Firefox")
    said = said_of()
    assert said["trunk"] == Opinion(True, 0.25)
    # Flaky in none: the longest series speaks.
    assert said["testomatio"] == Opinion(False, 1.0)


@pytest.mark.django_db
def test_codecov_looks_at_the_default_branch_where_there_is_one():
    project = factories.make_project()
    factories.make_history(project, "PPP", branch="main")
    factories.make_history(project, "PFP", branch="dev")
    assert said_of()["codecov"].is_flaky
    ProjectChoice.objects.create(project=project, default_branch="main", by="ada")
    assert said_of()["codecov"] == Opinion(False, None)


@pytest.mark.django_db
def test_rules_are_counted_over_all_cases(django_assert_max_num_queries):
    project = factories.make_project()
    factories.make_history(project, "PPPPPPPPPP", case="stable")
    factories.make_history(project, "PPPPPPPPPF", case="broken")
    factories.make_history(project, "PFPFPPPPPP", case="flaky")
    with django_assert_max_num_queries(7):
        counts = rule_counts(Filters())
    assert list(counts) == [OURS, *RULES]
    assert counts == {
        OURS: 1,
        "reportportal": 2,
        "allure": 0,
        "codecov": 2,
        "testomatio": 0,
        "testgrid": 2,
        "buildkite": 2,
        "buildpulse": 0,
        "trunk": 2,
    }


@pytest.mark.django_db
def test_outages_are_left_out_of_second_opinions_too():
    project = factories.make_project()
    runs = factories.make_history(project, "PFP")
    type(runs[1]).objects.filter(pk=runs[1].pk).update(is_outage=True)
    assert not said_of()["trunk"].is_flaky


@pytest.mark.django_db
def test_a_case_whose_repeats_end_undecided_has_no_series_to_judge():
    run = factories.make_run(factories.make_project())
    factories.make_results(run, "PFS", cases=["a", "a", "a"])
    case = Case.objects.get(name="a").pk
    assert other_flaky_rules(Filters(), [case]) == {}


@pytest.mark.django_db
def test_rules_whose_publishers_speak_of_executions_see_every_attempt():
    project = factories.make_project()
    for back, attempts in enumerate(["P", "FP"] * 3):
        started_at = factories.NOW - timedelta(hours=back + 1)
        run = factories.make_run(project, started_at=started_at)
        factories.make_results(run, attempts, cases=["pays"] * len(attempts))
    case = Case.objects.get()
    said = other_flaky_rules(Filters(), [case.pk])[case.pk]
    # Nine attempts, of which three failed, each with a transition before and behind it
    # but the oldest, with which the series begins.
    assert said["trunk"] == Opinion(YES, 3 / 9)
    assert said["buildkite"] == Opinion(YES, 5 / 9)
    final_alone = {name for name, rule in RULES.items() if not rule.sees_attempts}
    assert final_alone == set(RULES) - {"trunk", "buildkite"}
    assert not any(said[name].is_flaky for name in final_alone)
    counts = rule_counts(Filters())
    assert (counts["trunk"], counts["buildkite"], counts["buildpulse"]) == (1, 1, 0)
