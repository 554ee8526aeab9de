"""The examples of the schema are answers of a small installation, as they are today.

After a change of what is answered, record them anew:

    RECORD=1 python -m pytest tests/dashboard/api/test_examples.py
"""

from __future__ import annotations

import json
import os
from datetime import timedelta
from typing import Any

import jsonschema
import pytest
from django.test import Client

from dashboard.api.examples import FILE, examples
from dashboard.models import ApiToken, Scope
from tests import clock, factories
from tests.dashboard.page_reader import person

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_redis")]
SITE = "https://passline.example"
SUITE = '<testsuite name="cart"><testcase classname="cart" name="adds" time="0.2"/></testsuite>'
METRICS = {
    "summary": "read_summary",
    "pass-rate": "read_pass_rates",
    "failing": "list_failing_cases",
    "flaky": "list_flaky_cases",
    "slow": "list_slow_cases",
    "failures": "list_failures",
    "standup": "read_standup",
    "reconciliation": "list_reconciliation",
}
# They ask a tool, of which the tests of starting have one on the wire.
# A share's answer holds a token.
WITHOUT = {
    *("start_run", "rerun_run", "change_run", "close_run", "create_test_case"),
    *("list_shares", "create_share", "delete_share"),
}


def make() -> dict[str, int]:
    connection = factories.make_connection("Testmo")
    project = factories.make_project(connection, name="Web shop")
    due_at = clock.now() + timedelta(days=37)
    milestone = factories.make_milestone(project, "v27.1", due_at=due_at)
    values: dict[str, Any] = {"source": "frontend", "configuration": "Chrome"}
    values |= {"branch": "main", "milestones": [milestone]}
    factories.make_history(project, "PPFPPPFP", case="pays by card", **values)
    factories.make_history(project, "PPPPPFF", case="ships abroad", **values)
    base = factories.make_run(project, name="Nightly", commit="8f3c21e", **values)
    factories.make_results(base, "PP", cases=["pays by card", "logs in"])
    head = factories.make_run(
        project,
        name="Nightly",
        commit="a91b07d",
        vendor_counts={"passed": 1, "failed": 1},
        **values,
    )
    results = factories.make_results(
        head, "FP", cases=["pays by card", "logs in"], message="expected 3, found 2"
    )
    factories.make_thread(head, "lane 1")
    sync = factories.make_sync(connection, project=project)
    return {
        "connection": connection.pk,
        "project": project.pk,
        "milestone": milestone.pk,
        "base": base.pk,
        "run": head.pk,
        "case": results[0].case_id,
        "result": head.pk * 2**20,
        "sync": sync.pk,
    }


def asked(ids: dict[str, int]) -> dict[str, str]:
    """The path of each reading operation."""
    found = {}
    for kind in ("connection", "project", "milestone", "run", "case", "result", "sync"):
        found[f"list_{kind}s"] = f"{kind}s/?limit=1"
        found[f"read_{kind}"] = f"{kind}s/{ids[kind]}/"
    for metric, name in METRICS.items():
        found[name] = f"metrics/{metric}/"
        if metric != "reconciliation":
            told = f"explain_{metric.replace('-', '_')}"
            found[told] = f"metrics/{metric}/explain/"
    both = f"?base={ids['base']}&head={ids['run']}"
    return found | {
        "list_threads_of_run": f"runs/{ids['run']}/threads/",
        "list_results_of_run": f"runs/{ids['run']}/results/?limit=1",
        "list_results_of_case": f"cases/{ids['case']}/results/?limit=1",
        "compare_runs": f"metrics/compare/{both}",
        "explain_comparison": f"metrics/compare/explain/{both}",
        "explain_reconciliation": "metrics/reconciliation/explain/",
        "read_milestone_progress": f"milestones/{ids['milestone']}/progress/",
        "explain_milestone_progress": f"milestones/{ids['milestone']}/progress/explain/",
    }


def recorded(client: Client, ids: dict[str, int]) -> dict[str, Any]:
    found = {
        name: told(client.get(f"/api/v1/{path}")) for name, path in asked(ids).items()
    }
    posted = {
        "create_project": ("projects/", {"name": "Mobile app"}),
        "start_sync": (f"connections/{ids['connection']}/sync/", None),
        "announce_runs": (
            f"connections/{ids['connection']}/announce/",
            {"runs": ["17"]},
        ),
    }
    for name, (path, body) in posted.items():
        kind = "application/json"
        answer = client.post(f"/api/v1/{path}", body or "", content_type=kind)
        found[name] = told(answer) | ({"request": body} if body else {})
    project = ids["project"]
    for form, kind, body in (
        ("junit", "application/xml", SUITE),
        (
            "ctrf",
            "application/json",
            json.dumps(
                {
                    "results": {
                        "tool": {"name": "jest"},
                        "summary": {},
                        "tests": [{"name": "adds", "status": "passed", "duration": 7}],
                    }
                }
            ),
        ),
    ):
        path = f"/api/v1/intake/{form}/?project={project}&run={form}"
        found[f"send_{form}"] = told(client.post(path, body, content_type=kind))
    return found


def told(answer: Any) -> dict[str, Any]:
    assert answer.status_code in (200, 201, 202), (answer.status_code, answer.content)
    text = answer.content.decode().replace("http://testserver", SITE)
    return {"status": answer.status_code, "body": json.loads(text)}


def shape(value: Any) -> Any:
    """Names and kinds; of a list those of its first item."""
    if isinstance(value, dict):
        return {name: shape(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [shape(inner) for inner in value[:1]]
    return "number" if type(value) in (int, float) else type(value).__name__


def test_examples_are_what_is_answered():
    _, token = ApiToken.issue(person().pk, scopes=list(Scope), expires_at=None)
    client = Client(headers={"Authorization": f"Bearer {token}"})
    with clock.stopped():
        schema = client.get("/api/v1/schema/").json()
        operations = {
            operation["operationId"]: operation
            for path in schema["paths"].values()
            for operation in path.values()
        }
        now = recorded(client, make())
    if os.environ.get("RECORD"):
        FILE.write_text(json.dumps(now, indent=1, ensure_ascii=False) + "\n")
        examples.cache_clear()
    assert {n: shape(one) for n, one in examples().items()} == {
        n: shape(one) for n, one in now.items()
    }
    binary = {name for name in operations if name.startswith("export_")}
    assert operations.keys() - WITHOUT - binary == now.keys()
    for name, one in examples().items():
        said = operations[name]["responses"][str(one["status"])]["content"]
        described = said["application/json"]
        assert described["example"] == one["body"]
        whole = described["schema"] | {"components": schema["components"]}
        jsonschema.validate(one["body"], whole)
