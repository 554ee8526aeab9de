"""The lines of the page, run as builds run them, against a real web server.

Page, project, token and lines are those that a person sees there: the text is taken out
of the page, read by what its kind of build reads it with, and given to a shell.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml
from django.conf import settings
from selectolax.lexbor import LexborHTMLParser

from dashboard.pages.push.snippets import SECRET, WAYS, Target
from ingest.models import Result, Run
from tests import clients
from tests.dashboard.intake.builds import REPORT, Site, run_in_shell
from tests.dashboard.page_reader import logged_in, person

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("empty_redis"),
    pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed"),
]
OTHER_PART = REPORT.replace("cart", "gift")
COMMIT = "8f3c21ec"


class PushPage(Site):
    """The page as a person sees it in a browser."""

    def sign_in(self) -> None:
        self._page = f"{self.address}/connect/push/"
        self._browser = requests.Session()
        cookies = logged_in(person()).cookies
        name = settings.SESSION_COOKIE_NAME
        self._browser.cookies.set(name, cookies[name].value)

    def page(self, **query: str) -> LexborHTMLParser:
        answer = self._browser.get(self._page, params=query, timeout=240)
        answer.raise_for_status()
        return LexborHTMLParser(answer.text)

    def post(self, query: dict[str, str], **fields: str) -> requests.Response:
        form = self.page(**query).css_first("input[name=csrfmiddlewaretoken]")
        fields["csrfmiddlewaretoken"] = form.attributes["value"] or ""
        answer = self._browser.post(
            self._page, fields, params=query, headers={"Referer": self._page}
        )
        answer.raise_for_status()
        return answer


@pytest.fixture(scope="module")
def started(
    django_db_setup: None, redis_server: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[PushPage]:
    site = PushPage(tmp_path_factory.mktemp("lines"))
    yield site
    site.stop()


@pytest.fixture
def site(transactional_db: None, started: PushPage) -> PushPage:
    started.sign_in()
    return started


class Build:
    """A folder with a report, and what the machine of a build sets."""

    def __init__(self, site: PushPage, folder: Path) -> None:
        self.site, self.folder = site, folder
        made = site.post({}, do="project", name="Shop")
        self.project = made.url.rpartition("project=")[2]
        answer = site.post({"project": self.project}, do="token")
        self.token = LexborHTMLParser(answer.text).css_first("#token-text").text()
        (folder / "junit.xml").write_text(REPORT)

    def lines(self, way: str) -> str:
        page = self.site.page(project=self.project, how=way)
        assert page.css_first("#lines .note") is None
        return str(page.css_first("#snippet").text())

    def run(self, shell: list[str], command: str, **environment: str) -> None:
        run_in_shell(self.site, self.folder, shell, command, **environment)

    def arrived(self) -> str:
        page = self.site.page(project=self.project)
        return " ".join(page.css_first("#arrived").text().split())


@pytest.fixture
def build(site: PushPage, tmp_path: Path) -> Build:
    return Build(site, tmp_path)


def on_github(build: Build, **told: str) -> None:
    """A step of a job: its expressions are put in, then bash runs it."""
    job = yaml.safe_load(f"    steps:\n{build.lines('github')}")
    (step,) = job["steps"]
    assert (step["if"], set(step)) == ("always()", {"name", "if", "env", "run"})
    secrets = {f"${{{{ secrets.{SECRET} }}}}": build.token}
    environment = {name: secrets[text] for name, text in step["env"].items()}
    build.run(["bash", "-e", "-c"], step["run"], **environment, **told)


def on_gitlab(build: Build, **told: str) -> None:
    """What belongs into a job; masked variables are in the environment."""
    job = yaml.safe_load(f"test:\n  script: make test\n{build.lines('gitlab')}")["test"]
    assert set(job) == {"script", "after_script"}
    script = "\n".join(job["after_script"])
    build.run(["sh", "-e", "-c"], script, **{SECRET: build.token}, **told)


def on_jenkins(build: Build, **told: str) -> None:
    """A block of a Jenkinsfile: a credential as a variable around a step of a shell."""
    lines = build.lines("jenkins")
    assert lines.count("{") - lines.count("${") == lines.count("}") - lines.count("${")
    bound = r"string\(credentialsId: 'passline', variable: '(\w+)'\)"
    (variable,) = re.findall(rf"withCredentials\(\[{bound}\]\) \{{", lines)
    (literal,) = re.findall(r"sh \'\'\'(.*?)\'\'\'", lines, re.DOTALL)
    # Groovy's quotes know a backslash by two.
    assert not re.search(r"(?<!\\)\\(?!\\)", literal)
    script = literal.replace("\\\\", "\\")
    build.run(["sh", "-xe", "-c"], script, **{variable: build.token}, **told)


# The second is a branch that git takes, and that curl reads otherwise than as a value.
PUSH, PULL = "main", "<faster;type=cart"
BUILDS: list[tuple[Callable[..., None], str, dict[str, str]]] = [
    (on_github, PUSH, {"GITHUB_REF_NAME": "main", "GITHUB_HEAD_REF": ""}),
    (on_github, PULL, {"GITHUB_REF_NAME": "7/merge", "GITHUB_HEAD_REF": PULL}),
    (on_gitlab, PUSH, {"CI_COMMIT_REF_NAME": "main"}),
    (on_jenkins, PUSH, {"BRANCH_NAME": "main", "GIT_BRANCH": "main"}),
    (on_jenkins, PULL, {"BRANCH_NAME": "PR-7", "CHANGE_BRANCH": PULL}),
    (on_jenkins, PUSH, {"GIT_BRANCH": "origin/main"}),
]
ALWAYS = {
    "GITHUB_WORKFLOW": "Nightly",
    "GITHUB_RUN_NUMBER": "17",
    "GITHUB_SHA": COMMIT,
    "CI_JOB_NAME": "Nightly",
    "CI_PIPELINE_IID": "17",
    "CI_COMMIT_SHA": COMMIT,
    "JOB_NAME": "Nightly",
    "BUILD_NUMBER": "17",
    "GIT_COMMIT": COMMIT,
}


def told_of(run: Run) -> tuple[Any, ...]:
    return (run.name, run.branch, run.commit, run.passed, run.failed, run.is_open)


@pytest.mark.parametrize(("go", "branch", "told"), BUILDS)
def test_a_build_pushes_its_report(
    build: Build, go: Callable[..., None], branch: str, told: dict[str, str]
):
    assert "Waiting" in build.arrived()
    go(build, **ALWAYS, **told)
    run = Run.objects.get()
    assert told_of(run) == ("Nightly 17", branch, COMMIT, 1, 1, False)
    assert str(run.project_id) == build.project
    assert "Nightly 17 2 results" in build.arrived()


def test_parts_of_a_job_of_gitlab_are_parts_of_one_run(build: Build):
    for number, report in enumerate((REPORT, OTHER_PART), 1):
        (build.folder / "junit.xml").write_text(report)
        told = ALWAYS | {"CI_JOB_NAME": f"unit tests {number}/2"}
        on_gitlab(build, **told, CI_COMMIT_REF_NAME="main")
    run = Run.objects.get()
    assert told_of(run) == ("unit tests 17", "main", COMMIT, 2, 2, False)
    assert run.thread_count == 2


@pytest.mark.skipif(not shutil.which("git"), reason="git is not installed")
def test_the_lines_for_any_shell(build: Build):
    commit = "-c user.name=mara -c user.email=mara@shop.example commit -q"
    build.run(["sh", "-ec"], f"git init -q; git {commit} --allow-empty -m first")
    build.run(["sh", "-ec"], build.lines("curl"), **{SECRET: build.token})
    run = Run.objects.get()
    assert told_of(run) == ("Nightly", "main", run.commit, 1, 1, False)
    assert re.fullmatch("[0-9a-f]{40}", run.commit)


def test_the_lines_for_testmos_client(build: Build):
    build.run(["sh", "-ec"], build.lines("testmo"), **{SECRET: build.token})
    run = Run.objects.get()
    assert told_of(run) == ("Nightly", "", "", 1, 1, False)
    assert run.source.name == "backend"
    assert Result.objects.filter(case__name="pays").count() == 1
    assert "2 results" in build.arrived()


def test_the_lines_for_testomatios_client(build: Build):
    build.run(["sh", "-ec"], build.lines("testomatio"), **{SECRET: build.token})
    run = Run.objects.get()
    assert (run.passed, run.failed, run.is_open) == (1, 1, False)
    assert "2 results" in build.arrived()


def test_each_way_is_run_here_and_fetches_what_its_vendor_published():
    target = Target(project=7, site="https://passline.example")
    for way, (_, snippet) in WAYS.items():
        assert clients.strangers_in(snippet(target).lines) == set(), way
    run = {"github", "gitlab", "jenkins", "curl", "testmo", "testomatio"}
    assert set(WAYS) == run
