"""Default branches against the plain-Python twins: who counts, and who is judged."""

from __future__ import annotations

import pytest
from hypothesis import given

from dashboard.filters import Filters, with_what_counts
from dashboard.metrics.other_flaky_rules import other_flaky_rules
from dashboard.models import ProjectChoice
from dashboard.precomputed.failing import failing_cases
from dashboard.precomputed.flaky import flaky_cases
from tests.dashboard.metrics import histories, oracle
from tests.dashboard.metrics.oracle.opinions import opinions

pytestmark = pytest.mark.django_db
BRANCHES = {
    "project": [(0, 0, 1)],
    "branch": [("main", "main", "dev"), ("", "main", "dev")],
}


@histories.some(10)
@given(histories.long_histories(**BRANCHES), histories.wide_windows())
def test_a_project_counts_its_default_branch_and_others_count_all(history, window):
    with histories.stored(history) as projects:
        own = projects[0].pk
        ProjectChoice.objects.create(
            project=projects[0], default_branch="main", by="Ada"
        )
        asked = Filters(since=window[0], until=window[1])
        filters = with_what_counts(asked)
        found = oracle.executions(oracle.load(), *window)
        kept = [e for e in found if e.run.project != own or e.run.branch == "main"]
        assert [row.case for row in flaky_cases(filters)] == [
            row.case for row in oracle.flaky(kept, oracle.names())
        ]
        assert [row.case for row in failing_cases(filters)] == [
            row.case for row in oracle.failing(kept)
        ]
        # Over all branches, one of the rules still judges by the default branch.
        told = other_flaky_rules(asked, list(oracle.names()))
        assert {
            case: {name for name, opinion in of_case.items() if opinion.is_flaky}
            for case, of_case in told.items()
        } == opinions(found, {own: "main"})
