"""What the tests of flaky tests share: histories drawn as letters."""

from __future__ import annotations

from ingest.models import Project
from tests import factories
from tests.dashboard.world import ago


def draw(project: Project, histories: dict[str, str]) -> None:
    """A run a day, the last one an hour ago, with a letter for each case."""
    for back in range(max(map(len, histories.values()))):
        letters = {
            name: text[-1 - back]
            for name, text in histories.items()
            if back < len(text)
        }
        run = factories.make_run(project, started_at=ago(days=back, hours=1))
        factories.make_results(run, "".join(letters.values()), cases=[*letters])


def outage(project: Project, **values) -> None:
    run = factories.make_run(project, started_at=ago(days=2), is_outage=True, **values)
    factories.make_results(run, "F" * 30)
