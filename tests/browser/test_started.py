"""Runs started by people at tools: asked for once, followed until their report is there."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from celery import Celery
from playwright.sync_api import Page, expect

from ingest.connectors import STARTERS
from ingest.simulator.listener import running
from ingest.simulator.qatech import SimulatedQaTech
from ingest.simulator.server import Simulator
from ingest.simulator.testifly import SimulatedTestifly, case_id
from ingest.starting import StartField
from tests import clock
from tests.browser.sites import Site
from tests.browser.tools import move
from tests.browser.visits import new_context
from tests.ingest import small_world
from tests.ingest.served import OUTCOMES
from tests.services import ROOT

# The case whose number makes it fail, see FAILS_EVERY of the simulators, is among them.
CASES = 12


@dataclass
class Tool:
    """A simulated tool of these tests alone, connected to a site and read once."""

    simulator: Any
    site: Site
    connection: int = 0

    @property
    def fields(self) -> tuple[StartField, ...]:
        return STARTERS[self.simulator.vendor].start_fields

    def manage(self, *words: str) -> str:
        done = subprocess.run(
            [sys.executable, "manage.py", *words],
            cwd=ROOT,
            env=self.site.environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def pass_time(self, **time: float) -> None:
        now = self.simulator.now() + timedelta(**time)
        self.simulator.clock = lambda: now

    def follow(self) -> None:
        """Let the site's worker look after started runs, as the beat does."""
        with Celery(broker=self.site.redis_url, set_as_current=False) as beat:
            beat.send_task("ingest.tasks.follow_started_runs", queue="passline")


@contextmanager
def connected(
    site: Site, make: type[Simulator], name: str, **switches: Any
) -> Iterator[Tool]:
    now = clock.START
    # Its milestone is one for all tests, and is moved with it.
    world = deepcopy(small_world.world(make.vendor, [small_world.run(1, OUTCOMES)]))
    move(world, by=now - small_world.NOW)
    simulator = make(world, clock=lambda: now, **switches)
    with running(simulator) as url, pytest.MonkeyPatch.context() as patch:
        told = simulator.connections(url)[0]
        patch.setenv("TOOL_KEY", told["secrets"]["token"])
        tool = Tool(simulator, site)
        options = [
            f"--setting={key}={value}" for key, value in told["settings"].items()
        ]
        projects = [f"--project={one}" for one in told["projects"]]
        made = tool.manage(
            "connect",
            make.vendor,
            f"--name={name}",
            f"--base-url={told['base_url']}",
            "--secret=token=TOOL_KEY",
            "--interval=1440",
            *options,
            *projects,
        )
        tool.connection = int(made)
        tool.manage("sync", name)
        yield tool


@pytest.fixture(scope="module")
def qatech(sites) -> Iterator[Tool]:
    with connected(sites.worked, SimulatedQaTech, "QA lab") as tool:
        yield tool


@pytest.fixture(scope="module")
def testifly(sites) -> Iterator[Tool]:
    switches = {"agents_connect": False}
    with connected(sites.worked, SimulatedTestifly, "Fly lab", **switches) as tool:
        yield tool


@pytest.fixture
def plain_page(browser, sites) -> Iterator[Page]:
    """A person without scripts, in the site in which tests change things."""
    context = new_context(browser, sites.worked, java_script_enabled=False)
    yield context.new_page()
    context.close()


@pytest.fixture
def stranger(browser, sites) -> Iterator[Page]:
    """Somebody who may read because PUBLIC_READ is on, and is not logged in."""
    context = new_context(browser, sites.worked, anonymous=True)
    yield context.new_page()
    context.close()


def project_of(page: Page, tool: Tool) -> str:
    """The path of the tool's project."""
    rows = page.request.get("/api/v1/projects/?limit=200").json()["results"]
    found = [row for row in rows if row["connection"] == tool.connection]
    return f"/projects/{found[0]['id']}/"


def until(page: Page, tool: Tool, text: str) -> None:
    """Follow the started run until its page says this."""
    part = page.locator("#started")
    for _ in range(120):
        if text in part.inner_text():
            return
        tool.follow()
        page.wait_for_timeout(500)
        # What polls the part every 15 s is pressed here by hand.
        page.evaluate("() => htmx.trigger('#started', 'poll')")
        page.wait_for_timeout(200)
    expect(part).to_contain_text(text)


def started_in(tool: Tool) -> int:
    """How many runs the tool was asked to start."""
    return len(tool.simulator.started.of(tool.simulator.projects[0]))


def test_a_run_is_started_once_and_followed_until_its_report_is_there(
    qatech, working_page
):
    page, before = working_page, started_in(qatech)
    page.goto(project_of(page, qatech))
    page.get_by_role("link", name="Start a run").click()
    page.wait_for_url("**/start/")
    for field in qatech.fields:
        expect(page.locator(f"#f-{field.name}")).to_be_visible()
    page.get_by_role("button", name="Start").dblclick()
    page.wait_for_url("**/started/*/")
    started = page.url
    expect(page.locator("#started")).to_contain_text("Waits for its run")
    assert started_in(qatech) == before + 1
    # Neither the answer asked for again nor the way back and forth starts another one.
    page.reload()
    page.go_back()
    page.wait_for_url("**/start/")
    expect(page.get_by_role("button", name="Start")).to_be_enabled()
    page.go_forward()
    page.wait_for_url(started)
    assert started_in(qatech) == before + 1
    qatech.pass_time(hours=2)
    until(page, qatech, "Ended")
    assert page.locator("[data-live]").count() == 0
    page.get_by_role("link", name="Open the run").click()
    page.wait_for_url("**/runs/*/")
    assert _results(page) == CASES


def _results(page: Page) -> int:
    """Of the run whose page is open."""
    run = page.url.split("/")[4]
    return int(page.request.get(f"/api/v1/runs/{run}/results/").json()["count"])


def _imported(page: Page, tool: Tool) -> str:
    return f"/runs/{_listed(page, tool, 'runs')[-1]['id']}/"


def _listed(page: Page, tool: Tool, what: str) -> list[Any]:
    project = project_of(page, tool).split("/")[2]
    rows: list[Any] = page.request.get(f"/api/v1/{what}/?project={project}").json()[
        "results"
    ]
    return rows


def test_what_failed_is_run_again_from_a_runs_page(qatech, working_page):
    page, before = working_page, started_in(qatech)
    page.goto(_imported(page, qatech))
    page.get_by_role("button", name="Rerun failed").dblclick()
    page.wait_for_url("**/started/*/")
    expect(page.get_by_role("heading", name="Run again")).to_be_visible()
    assert started_in(qatech) == before + 1
    qatech.pass_time(hours=2)
    until(page, qatech, "Ended")
    page.get_by_role("link", name="Open the run").click()
    page.wait_for_url("**/runs/*/")
    # Failed, an error, and skipped because something failed: the tool counts all three.
    assert _results(page) == 3


def _case(page: Page, tool: Tool) -> str:
    cases = _listed(page, tool, "cases")
    one = next(case["id"] for case in cases if case["name"] == "Case 2")
    return f"/cases/{one}/"


def test_a_phone_offers_all_of_it(qatech, working_page):
    page = working_page
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(project_of(page, qatech))
    expect(page.get_by_role("link", name="Start a run")).to_be_visible()
    page.goto(_imported(page, qatech))
    expect(page.get_by_role("button", name="Rerun failed")).to_be_visible()
    page.goto(_case(page, qatech))
    expect(page.get_by_role("link", name="Run this test")).to_be_visible()


def test_one_test_is_run_from_its_page(qatech, working_page):
    page, before = working_page, started_in(qatech)
    page.goto(_case(page, qatech))
    page.get_by_role("link", name="Run this test").click()
    page.wait_for_url("**/start/?testCaseIds=*")
    expect(page.locator("#f-testCaseIds")).not_to_have_value("")
    page.get_by_role("button", name="Start").click()
    page.wait_for_url("**/started/*/")
    assert started_in(qatech) == before + 1
    run = qatech.simulator.started.of(qatech.simulator.projects[0])[-1]
    assert [row.case.name for row in run.results] == ["Case 2"]


def test_a_refusal_is_told_in_the_tools_words_and_what_was_typed_stays(
    qatech, working_page
):
    page, before = working_page, started_in(qatech)
    page.goto(f"{project_of(page, qatech)}start/")
    page.locator("#f-testPlanShortId").fill("pln_of_nobody")
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_role("alert")).to_contain_text("Test plan not found.")
    expect(page.locator("#f-testPlanShortId")).to_have_value("pln_of_nobody")
    page.locator("#f-environment").fill("env_1")
    page.get_by_role("button", name="Start").click()
    problem = page.locator(".field.wrong")
    expect(problem).to_contain_text("It needs applicationShortId.")
    expect(page.locator("#f-testPlanShortId")).to_have_value("pln_of_nobody")
    # The answer to a form asked for again is the same refusal.
    page.reload()
    expect(problem).to_be_visible()
    assert started_in(qatech) == before
    page.locator("#f-environment").fill("")
    page.locator("#f-testPlanShortId").fill("")
    page.get_by_role("button", name="Start").click()
    page.wait_for_url("**/started/*/")
    assert started_in(qatech) == before + 1


def test_a_run_is_started_without_scripts_and_a_double_click_starts_it_once(
    qatech, plain_page
):
    page, before = plain_page, started_in(qatech)
    page.goto(project_of(page, qatech))
    page.get_by_role("link", name="Start a run").click()
    page.get_by_role("button", name="Start").dblclick()
    page.wait_for_url("**/started/*/")
    assert started_in(qatech) == before + 1
    qatech.pass_time(hours=2)
    for _ in range(120):
        if "Ended" in page.locator("#started").inner_text():
            break
        qatech.follow()
        page.wait_for_timeout(500)
        page.reload()
    expect(page.locator("#started")).to_contain_text("Ended")


def test_a_job_that_waits_for_its_agent_says_what_to_do(testifly, working_page):
    page, simulator = working_page, testifly.simulator
    page.goto(project_of(page, testifly))
    page.get_by_role("link", name="Start a run").click()
    page.get_by_role("button", name="Start").click()
    expect(page.locator(".field.wrong")).to_contain_text("Name exactly one of")
    project = simulator.projects[0]
    page.locator("#f-testId").fill(case_id(project, project.cases[0]))
    page.locator("#f-agentName").fill("lab")
    page.get_by_role("button", name="Start").click()
    page.wait_for_url("**/started/*/")
    testifly.pass_time(minutes=20)
    until(page, testifly, "Testifly waits for an agent to connect: start the agent")
    expect(page.locator("#started")).to_contain_text("Waits for its run")


def test_who_may_only_read_can_start_nothing(qatech, working_page, stranger):
    page, before = stranger, started_in(qatech)
    project, run = project_of(page, qatech), _imported(page, qatech)
    page.goto(project)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert page.get_by_text("Start a run").count() == 0
    page.goto(run)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert page.get_by_text("Rerun failed").count() == 0
    page.goto(f"{project}start/")
    page.wait_for_url("**/login/**")
    for path in (f"{project}start/", f"{run}rerun/"):
        answer = page.request.post(path, form={"only": "failed"})
        assert answer.status == 403
    working_page.goto(project)
    expect(working_page.get_by_role("link", name="Start a run")).to_be_visible()
    assert started_in(qatech) == before
