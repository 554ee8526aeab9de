"""Two projects of two tools with a milestone over both."""

from __future__ import annotations

import pytest
from django.core.cache import cache

from ingest.models import MilestoneMember
from tests import factories
from tests.dashboard.releases import executed, growing, noon


@pytest.fixture(autouse=True)
def _open(settings):
    settings.PUBLIC_READ = True
    cache.clear()


@pytest.fixture
def project():
    return factories.make_project(
        factories.make_connection("Testmo", vendor="testmo"), name="Web shop"
    )


@pytest.fixture
def other():
    return factories.make_project(
        factories.make_connection("QA.tech", vendor="qatech"), name="Portal"
    )


@pytest.fixture
def milestone(project):
    milestone = factories.make_milestone(project, "v26.12", due_at=noon(-1))
    MilestoneMember.objects.update(due_at=noon(-1))
    return milestone


@pytest.fixture
def release(project, other, milestone):
    """Late: in two tools, with growth, failures and every outcome."""
    factories.make_milestone(other, "v26.12")
    growing(project, milestone, passed_a_day=3)
    executed(
        other,
        milestone,
        "PFEBSU?R",
        days_ago=4,
        cases=[f"portal {n}" for n in "abcdefgh"],
    )
    executed(project, milestone, "FFP", days_ago=2, cases=["new 1", "new 2", "case 0"])
    return milestone
