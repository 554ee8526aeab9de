"""The lines of docs/ci.md, run by a shell: of each section in their order."""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from shlex import quote

import pytest
from django.contrib.auth.models import User
from django.db import connection

from dashboard.models import ApiToken, Scope
from ingest.intake.projects import create_project
from ingest.models import Case, Project, Result, Run
from tests import clients
from tests.dashboard.intake.builds import REPORT, Site, run_in_shell
from tests.dashboard.page_reader import person
from tests.ingest.intake.reports import ctrf_report, ctrf_test
from tests.ingest.manage import on_test_database
from tests.services import ROOT

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("empty_redis"),
    pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed"),
]
TEXT = (ROOT / "docs/ci.md").read_text()
BLOCK = re.compile(r"(?:^ {4}.*\n)+", re.MULTILINE)
# `python manage.py` as on the machine of the site, whose settings are not the build's.
MANAGE = f"""python() {{
  ( shift; . "$HOME/settings"; exec {quote(sys.executable)} {quote(str(ROOT))}/manage.py "$@" )
}}"""
MOCHA = """const assert = require('assert');
describe('Cart', () => { it('adds @smoke', () => {}); it('pays', () => {}); });"""


def blocks(heading: str) -> list[str]:
    _, found, rest = TEXT.partition(f"\n## {heading}\n")
    assert found, f"docs/ci.md has no section {heading}"
    return BLOCK.findall(rest.partition("\n## ")[0])


@pytest.fixture(scope="module")
def started(
    django_db_setup: None, redis_server: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    site = Site(tmp_path_factory.mktemp("docs"))
    yield site
    site.stop()


@pytest.fixture
def site(transactional_db: None, started: Site) -> Site:
    """With a user, and 7 as the number of the project that is made next."""
    person("mara")
    with connection.cursor() as cursor:
        table = Project._meta.db_table
        cursor.execute(
            "SELECT setval(pg_get_serial_sequence(%s, 'id'), 7, false)", [table]
        )
    return started


class Machine:
    """A folder of a build with reports in it, beside which `manage.py` is run."""

    def __init__(self, site: Site, folder: Path) -> None:
        self.site, self.folder = site, folder
        self.token = ""
        for name in ("junit.xml", "results/a.xml", "build/b.xml"):
            file = folder / name
            file.parent.mkdir(exist_ok=True)
            file.write_text(REPORT)
        report = ctrf_report(ctrf_test("adds"), ctrf_test("pays", "failed"))
        (folder / "ctrf.json").write_text(json.dumps(report))
        settings = (f"export {k}={quote(v)}\n" for k, v in on_test_database().items())
        (folder / "settings").write_text("".join(settings))
        (folder / "tests").mkdir()
        (folder / "tests" / "cart.test.js").write_text(MOCHA)

    def run(self, *lines: str) -> str:
        """These blocks by one shell; their addresses are the site's, their token the one
        that was made.
        """
        text = "".join(lines)
        host = "passline.example.com"
        text = text.replace(
            f"https://testomatio.{host}", f"http://{self.site.testomatio_host}"
        )
        text = text.replace(
            f"--instance https://{host}", f"--instance https://{self.site.testmo_host}"
        )
        text = text.replace(f"https://{host}", self.site.address)
        assert host not in text
        text = text.replace("passline_…", self.token)
        assert "…" not in text
        return run_in_shell(
            self.site,
            self.folder,
            ["sh", "-ec"],
            f"{MANAGE}\n{text}",
            BRANCH="main",
            COMMIT="8f3c21ec",
            BUILD_NUMBER="17",
            PASSLINE_TOKEN=self.token,
            TESTMO_TOKEN=self.token,
            TESTOMATIO=self.token,
        )

    def is_set_up(self) -> None:
        """As by the first lines of Testmo's section, which its test runs."""
        project = create_project("Shop")
        user = User.objects.get(username="mara")
        _, self.token = ApiToken.issue(
            user.pk, scopes=[Scope.INTAKE], projects=[project]
        )


@pytest.fixture
def machine(site: Site, tmp_path: Path) -> Machine:
    return Machine(site, tmp_path)


def told_of(run: Run) -> tuple[str, str, str, int, int, bool]:
    return (run.name, run.branch, run.commit, run.passed, run.failed, run.is_open)


def test_testmos_client(machine: Machine):
    made, submit, field, parallel = blocks("Testmo CLI")
    printed = machine.run(made)
    (machine.token,) = re.findall(r"^passline_\S+", printed, re.MULTILINE)
    machine.run(submit)
    first = Run.objects.get()
    assert told_of(first) == ("Nightly", "", "", 1, 1, False)
    assert (first.project.name, first.project_id) == ("Shop", 7)
    machine.run(field, parallel)
    second = Run.objects.exclude(pk=first.pk).get()
    assert told_of(second) == ("Nightly", "main", "", 1, 1, False)
    assert second.source == first.source
    assert Case.objects.count() == 2
    # Both ways in, the same call with resources.
    again = submit.rstrip() + " --resources resources.json\n"
    machine.run(again)
    assert Run.objects.latest("pk").branch == "main"


def test_files_by_curl_and_on_the_machine_itself(machine: Machine):
    form, body, command = blocks("JUnit XML and CTRF by curl")
    machine.is_set_up()
    answer = json.loads(machine.run(form))
    run = Run.objects.get(pk=answer["run"])
    assert told_of(run) == ("Nightly", "main", "8f3c21ec", 1, 1, False)
    assert answer["status"] == "failed"
    answer = json.loads(machine.run(body))
    assert told_of(Run.objects.get(pk=answer["run"]))[3:] == (1, 1, False)
    assert Run.objects.count() == 2
    # Of the same build as the first.
    (machine.folder / "build/b.xml").write_text(REPORT.replace("cart", "gift"))
    assert f"/runs/{run.pk}/" in machine.run(command)
    run.refresh_from_db()
    assert (run.thread_count, run.passed) == (2, 2)


def test_testomatios_clients(machine: Machine):
    made, address, live, chosen, declared = blocks("Testomat.io reporter")
    assert made == blocks("Testmo CLI")[0]
    machine.is_set_up()
    machine.run(address)
    assert told_of(Run.objects.get())[3:] == (1, 1, False)
    export = address.splitlines(keepends=True)[0]
    machine.run(export, live)
    assert told_of(Run.objects.latest("pk"))[3:] == (2, 0, False)
    printed = machine.run(export, chosen)
    assert ("adds @smoke" in printed, "pays" in printed) == (True, False), printed
    assert told_of(Run.objects.latest("pk"))[3:] == (1, 0, False)
    (machine.folder / "tests" / "more.test.js").write_text(
        "describe('Gift', () => { it('wraps', () => {}); });"
    )
    machine.run(export, declared)
    never_run = Case.objects.filter(declared_at__isnull=False)
    assert [case.name for case in never_run] == ["wraps"]


def test_testablys_upload(machine: Machine):
    machine.is_set_up()
    machine.run(*blocks("Testably reporters"))
    run = Run.objects.get()
    assert (run.passed, run.failed, run.is_open) == (1, 0, True)
    assert Result.objects.get().case.key == "TC-1"


def test_npx_fetches_what_its_vendor_published():
    assert clients.strangers_in(TEXT) == set()
