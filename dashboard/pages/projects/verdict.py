"""The sentence that opens a project's page."""

from __future__ import annotations

from dashboard.metrics.rates import pass_rate
from dashboard.pages.projects.page_data import PageData
from dashboard.ui import freshness, links
from dashboard.ui.activity.changes import newly_failing, rate_turn
from dashboard.ui.number_links import counted
from dashboard.ui.parts import Verdict
from dashboard.ui.text import verdicts
from dashboard.ui.text.verdicts import Failures


def project_verdict(project: PageData) -> Verdict | None:
    """None when the results did not load."""
    found = project.found
    if found.now is None or found.before is None:
        return None
    failures, newly = None, newly_failing(found)
    if found.failing is not None and newly is not None:
        number = sum(found.failing.now.values())
        failures = Failures(
            failing=counted("failing_now", number, links.failing(found.state.filters)),
            newly_failing=newly,
            folder=project.began_in,
        )
    days = [(day, found.by_day[day]) for day in found.days if day in found.by_day]
    return verdicts.project_verdict(
        pass_rate(found.counts).value,
        pass_rate(found.counts_before).value,
        turn=rate_turn(days, found.milestones or ()),
        failures=failures,
        stale=freshness.stale_tools(found.connections, found.state.filters.now),
    )
