"""Schemathesis asks for everything that the schema describes, rightly and wrongly."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import hypothesis
import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import load_all_checks
from schemathesis.core.failures import FailureGroup

from dashboard.api.access import PerCaller
from dashboard.models import ApiToken, Scope
from ingest.models import Case, Sync
from tests import factories
from tests.dashboard.page_reader import person
from tests.dashboard.shared import stored_once
from tests.dashboard.world import make_world

pytestmark = [pytest.mark.usefixtures("world")]
# Of each operation and mode: right, and wrong on purpose.
EXAMPLES = 3
load_all_checks()
checks = schemathesis.checks.CHECKS
LEFT_OUT = [
    # An id or a name that is well formed and means nothing here is a 400 that names it:
    # the schema cannot tell which there are.
    checks.get_one("positive_data_acceptance"),
    # They need several calls that know of each other, and nothing here is deleted.
    checks.get_one("use_after_free"),
    checks.get_one("ensure_resource_availability"),
]
# Each asks once more; that it is so no matter what is asked is seen in one mode.
ASKED_AGAIN = [checks.get_one("ignored_auth"), checks.get_one("unsupported_method")]


def make() -> dict[str, Any]:
    """A filled installation, a token that may do all, and ids that paths may name.

    Testably takes no start, no change and no new test, so that nobody is asked.
    """
    made = make_world()
    testably = factories.make_connection("Testably", vendor="testably")
    project = factories.make_project(testably)
    run = factories.make_run(project, milestones=[factories.make_milestone(project)])
    factories.make_results(run, "PF", message="expected 1")
    factories.make_thread(run)
    factories.make_sync(testably, project=project)
    _, token = ApiToken.issue(person().pk, scopes=list(Scope), expires_at=None)
    return {
        "token": token,
        "run": run.pk,
        "connection": testably.pk,
        "project": made.shop.pk,
        "milestone": made.release.pk,
        "case": Case.objects.filter(project=project).first().pk,
        "sync": Sync.objects.first().pk,
        "result": run.pk * 2**20,
    }


@pytest.fixture(scope="module")
def stored(request, django_db_setup, django_db_blocker) -> Iterator[dict[str, Any]]:
    with stored_once(request, django_db_blocker, make) as ids:
        yield ids


@pytest.fixture
def world(stored, db, empty_redis, monkeypatch) -> Iterator[dict[str, Any]]:
    monkeypatch.setattr(PerCaller, "most", 10**9)
    # The rows are those of a transaction, which ends with its connection.
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield stored
    for signal in signals:
        signal.connect(close_old_connections)


def described(world: dict[str, Any]) -> Any:
    """The schema as it is answered; half of the ids in paths are those of something."""
    schema = schemathesis.openapi.from_wsgi(
        "/api/v1/schema/", get_wsgi_application(), headers=bearer(world)
    )

    @schema.hook
    def map_path_parameters(context: Any, path_parameters: Any) -> Any:
        number = (path_parameters or {}).get("id")
        if isinstance(number, int) and number % 2:
            kind = context.operation.path.split("/")[3].removesuffix("s")
            return {"id": world.get(kind, number)}
        return path_parameters

    return schema


def bearer(world: dict[str, Any]) -> dict[str, str]:
    # The client of this library reads nothing that is compressed.
    token = world["token"]
    return {"Authorization": f"Bearer {token}", "Accept-Encoding": "identity"}


def faults_of(operation: Any, mode: GenerationMode, world: dict[str, Any]) -> list[str]:
    is_right = mode is GenerationMode.POSITIVE
    left_out = LEFT_OUT if is_right else [*LEFT_OUT, *ASKED_AGAIN]

    @hypothesis.seed(1)
    @hypothesis.settings(
        max_examples=EXAMPLES,
        database=None,
        deadline=None,
        phases=[hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(operation.as_strategy(generation_mode=mode))
    def ask(case: Any) -> None:
        case.call_and_validate(headers=bearer(world), excluded_checks=left_out)

    try:
        ask()
    except Unsatisfiable:
        # Nothing about it can be wrong: it takes neither a parameter nor a body.
        return []
    except FailureGroup as found:
        told = [f"{failure.title}: {failure.message}" for failure in found.exceptions]
        return [f"{operation.label}: {said}" for said in told]
    return []


def test_what_is_answered_is_what_is_described(world):
    schema = described(world)
    operations = [found.ok() for found in schema.get_all_operations()]
    assert len(operations) > 30
    faults = [
        fault
        for operation in operations
        for mode in GenerationMode
        for fault in faults_of(operation, mode, world)
    ]
    assert faults == [], "\n\n".join(faults)
