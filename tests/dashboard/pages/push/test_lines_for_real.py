"""The lines of the page, run by a shell as a build does, against a real web server."""

from __future__ import annotations

import os
import shutil
import subprocess
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection

from dashboard.models import ApiToken, Scope
from dashboard.pages.push.snippets import SECRET, WAYS, Target
from ingest.intake.projects import create_project
from ingest.models import Run
from tests.dashboard.page_reader import person
from tests.dashboard.slow_clients import WebServer

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed"),
]
REPORT = """<testsuites><testsuite name="cart">
  <testcase classname="cart" name="adds" time="0.5"/>
  <testcase classname="cart" name="pays"><failure message="expected 3, got 4"/></testcase>
</testsuite></testsuites>"""
# What each kind of build sets.
SET = {
    "github": {
        "GITHUB_WORKFLOW": "Nightly",
        "GITHUB_RUN_NUMBER": "7",
        "GITHUB_REF_NAME": "main",
        "GITHUB_SHA": "8f3c21ec",
    },
    "gitlab": {
        "CI_JOB_NAME": "Nightly",
        "CI_PIPELINE_IID": "7",
        "CI_COMMIT_REF_NAME": "main",
        "CI_COMMIT_SHA": "8f3c21ec",
    },
    "jenkins": {
        "JOB_NAME": "Nightly",
        "BUILD_NUMBER": "7",
        "BRANCH_NAME": "main",
        "GIT_COMMIT": "8f3c21ec",
    },
}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[WebServer]:
    made = WebServer(connection.settings_dict["NAME"], tmp_path)
    yield made
    made.process.terminate()
    made.process.wait()


def command_in(lines: str, way: str) -> str:
    """What the shell is given, without what stands around it for the kind of build."""
    curl = lines[lines.rindex("\n", 0, lines.index("curl ")) + 1 :]
    shown, end, _ = curl.partition("/intake/junit/\n")
    command = textwrap.dedent(shown + end)
    # In Groovy's quotes a backslash is written twice.
    return command.replace("\\\\", "\\") if way == "jenkins" else command


def test_every_builds_lines_push_its_report(server: WebServer, tmp_path: Path):
    project = create_project("Shop")
    _, token = ApiToken.issue(person().pk, scopes=[Scope.INTAKE], projects=[project])
    (tmp_path / "junit.xml").write_text(REPORT)
    target = Target(project=project.pk, site=f"http://127.0.0.1:{server.port}")
    for way, values in SET.items():
        command = command_in(WAYS[way][1](target).lines, way)
        done = subprocess.run(
            ["sh", "-ec", command],
            cwd=tmp_path,
            env={"PATH": os.environ["PATH"], SECRET: token}
            | {k: v.replace("Nightly", way) for k, v in values.items()},
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, (way, done.stdout, done.stderr)
        run = Run.objects.get(name=f"{way} 7")
        assert (run.branch, run.commit) == ("main", "8f3c21ec")
        assert (run.passed, run.failed, run.is_open) == (1, 1, False)
