"""Any JSON as the body of each call that takes one: done, or refused in JSON."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from hypothesis import HealthCheck, example, given
from hypothesis import settings as search
from hypothesis import strategies as st

from dashboard.api.access import PerCaller
from dashboard.models import ApiToken, Scope
from dashboard.readers import Role
from tests import factories
from tests.dashboard.page_reader import person
from tests.ingest.test_fuzzed_answers import VALUES

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_redis")]
KEYS = st.sampled_from(
    [
        "name",
        "path",
        "pinned",
        "expires_at",
        "runs",
        "project",
        "only",
        "milestone",
        "title",
    ]
)
HALF = "\ud800"


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> tuple[Client, list[tuple[str, str]]]:
    """Somebody who may do everything, and what takes a body. Without a key no tool is
    asked.
    """
    monkeypatch.setattr(PerCaller, "most", 1_000_000)
    user = person(role=Role.ADMIN)
    _, token = ApiToken.issue(user.pk, scopes=list(Scope))
    tool = factories.make_connection(vendor="testmo")
    run = factories.make_run(factories.make_project(tool))
    client = Client(headers={"Authorization": f"Bearer {token}"})
    client.raise_request_exception = False
    return client, [
        ("POST", "projects/"),
        ("POST", "shares/"),
        *(
            ("POST", f"connections/{tool.pk}/{what}/")
            for what in ("announce", "start", "test-cases")
        ),
        ("POST", f"runs/{run.pk}/rerun/"),
        ("POST", f"runs/{run.pk}/close/"),
        ("PATCH", f"runs/{run.pk}/"),
    ]


@search(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.dictionaries(KEYS, VALUES, max_size=4) | VALUES)
@example(body={"name": HALF, "path": HALF, "runs": [HALF], "only": HALF, HALF: 1})
@example(body={"name": "a\x00", "runs": ["\x00"], "expires_at": "\x00"})
def test_any_body_is_taken_or_refused(calls: Any, body: Any) -> None:
    client, asked = calls
    for method, path in asked:
        with transaction.atomic():
            answer = client.generic(
                method, f"/api/v1/{path}", json.dumps(body), "application/json"
            )
            transaction.set_rollback(True)
        assert answer.status_code < 500, (method, path)
        assert answer.headers["Content-Type"] == "application/json"
