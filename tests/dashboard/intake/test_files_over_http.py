"""Large files over a real web server, which lets nothing else be as large."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from django.db import connection

from dashboard.models import ApiToken, Scope
from ingest.intake.projects import create_project
from ingest.models import Result, Run
from tests.dashboard.page_reader import person
from tests.dashboard.slow_clients import WebServer
from tests.ingest.intake.reports import large_junit

pytestmark = pytest.mark.django_db(transaction=True)
PATH = "/api/v1/intake/junit/"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[WebServer]:
    name = connection.settings_dict["NAME"]
    made = WebServer(name, tmp_path)
    yield made
    made.process.terminate()
    made.process.wait()


def test_a_file_of_12_mb_arrives_as_body_and_as_form(server: WebServer):
    create_project("Shop")
    _, token = ApiToken.issue(person().pk, scopes=[Scope.INTAKE])
    headers = {"Authorization": f"Bearer {token}"}
    content = b"".join(large_junit(300, letters=400_000))
    assert len(content) > 11_000_000
    site = f"http://127.0.0.1:{server.port}"
    body = requests.post(
        f"{site}{PATH}",
        data=content,
        params={"project": "Shop", "run": "Body"},
        headers=headers | {"Content-Type": "application/xml"},
        timeout=120,
    )
    assert body.status_code == 201, body.text
    form = requests.post(
        f"{site}{PATH}",
        files={"file": ("out.xml", content)},
        data={"project": "Shop", "run": "Form"},
        headers=headers,
        timeout=120,
    )
    assert form.status_code == 201, form.text
    assert body.json()["results"] == form.json()["results"] == 300
    assert body.json()["url"].startswith(
        f"{site}{os.environ['FORCE_SCRIPT_NAME']}/runs/"
    )
    assert Run.objects.count() == 2
    assert Result.objects.count() == 600
    elsewhere = requests.post(f"{site}/login/", data=content[:9_000_000], timeout=60)
    assert elsewhere.status_code == 413
