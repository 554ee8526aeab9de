"""Tiny projects, and the test runners that run them and write files of results."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from dashboard.embedded import assets
from tests import clients

MODULES = clients.FOLDER / "node_modules"
PYTEST = """
import pytest

class TestCart:
    @pytest.mark.parametrize("n", [1, "a/b", "ü"])
    def test_adds(self, n, record_property):
        record_property("owner", "team-a")
        record_property("url:Trace", "https://t.example/1")
        print("added", n)

    def test_ships(self):
        assert {"a": 1} == {"a": 2}, "no stamp"

@pytest.mark.xfail(reason="known")
def test_known():
    assert False

@pytest.mark.xfail(strict=True)
def test_is_better():
    pass

@pytest.mark.skip(reason="later")
def test_waits():
    pass

@pytest.fixture
def broken():
    raise OSError("no disk")

@pytest.fixture
def untidy():
    yield
    raise OSError("left open")

def test_never_begins(broken):
    pass

def test_leaves_open(untidy):
    pass

def test_fails_and_leaves_open(untidy):
    assert False, "first"

def test_of_a_suite(record_testsuite_property):
    record_testsuite_property("environment", "staging")
"""
JEST = """
jest.retryTimes(2);
let tries = 0;
describe('Cart', () => {
  describe('checkout', () => {
    it('pays', () => {});
    it('is flaky', () => { tries += 1; expect(tries).toBe(2); });
    it('fails', () => { expect({a: 1}).toEqual({a: 2}); });
    it.each([[1, 2], [2, 3]])('adds %i to %i', (a, b) => { expect(b - a).toBe(1); });
  });
  it.skip('waits', () => {});
  it.todo('is written one day');
  it('says "<&>" \\u001b[31m', () => {});
});
"""
JEST_BROKEN = "require('./missing'); it('never runs', () => {});"
PLAYWRIGHT = """
const { test, expect } = require('@playwright/test');
test.describe('Cart', () => {
  test('pays @smoke', async ({}, info) => {
    info.annotations.push({ type: 'issue', description: 'https://i.example/7' });
    console.log('paid');
  });
  test('is flaky', async ({}, info) => {
    console.log('try', info.retry);
    await info.attach('note', { path: __filename });
    expect(info.retry).toBe(1);
  });
  test('fails in one project', async ({}, info) => {
    expect(info.project.name).toBe('web');
  });
  test.skip('waits', async () => {});
});
"""
MOCHA = """
const assert = require('assert');
let tries = 0;
describe('Cart', function () {
  this.retries(1);
  describe('checkout', () => {
    it('pays', () => {});
    it('is flaky', () => { tries += 1; assert.strictEqual(tries, 2); });
    it('fails', () => { assert.deepStrictEqual({ a: 1 }, { a: 2 }); });
  });
  it.skip('waits', () => {});
});
describe('Gift', () => {
  before(() => { throw new Error('no set-up'); });
  it('never runs', () => {});
});
"""
NODE = """
const { describe, it, test } = require('node:test');
const assert = require('node:assert');
describe('Cart', () => {
  describe('checkout', () => {
    it('pays', () => {});
    it('fails', () => { assert.strictEqual(1, 2); });
  });
  it.skip('waits', () => {});
});
describe('Gift', () => {
  describe('checkout', () => { it('pays', () => { throw new Error('no card'); }); });
});
test('alone', () => {});
"""


def run(folder: Path, *words: str, code: int, **environment: str) -> None:
    """A program in the folder; what it prints is shown where it ends otherwise."""
    done = subprocess.run(
        words,
        cwd=folder,
        env={"PATH": assets.search_path(), "HOME": str(folder), "TMPDIR": str(folder)}
        | {k: v for k, v in os.environ.items() if k.startswith(("LD_", "CLOCK_"))}
        | environment,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr


def run_client(folder: Path, program: str, *words: str, code: int) -> None:
    """One of the pinned npm packages, whose modules the folder's files may ask for."""
    path = str(clients.install() / program)
    link = folder / "node_modules"
    if not link.exists():
        link.symlink_to(MODULES)
    run(folder, path, *words, code=code)


def pytest_files(folder: Path) -> None:
    """junit.xml, and legacy.xml: the older family with all that was printed, and a name
    for the suite.
    """
    (folder / "test_shop.py").write_text(PYTEST)
    (folder / "test_broken.py").write_text("import nothing_here")
    plain = [sys.executable, "-m", "pytest", "-q", "--rootdir=."]
    plain += [f"-pno:{name}" for name in ("cacheprovider", "django", "randomly")]
    plain += ["--continue-on-collection-errors"]
    run(folder, *plain, "--junitxml=junit.xml", code=1)
    older = ["-ojunit_family=legacy", "-ojunit_logging=all", "-ojunit_suite_name=shop"]
    run(folder, *plain, "--junitxml=legacy.xml", *older, code=1)


def jest_files(folder: Path) -> None:
    """junit.xml and ctrf.json, of a file of tests and one that cannot be loaded."""
    (folder / "cart.test.js").write_text(JEST)
    (folder / "broken.test.js").write_text(JEST_BROKEN)
    (folder / "jest.config.js").write_text(
        """module.exports = { testEnvironment: 'node', watchman: false, reporters: [
        ['jest-junit', {reportTestSuiteErrors: 'true'}],
        ['jest-ctrf-json-reporter', {outputDir: '.', outputFile: 'ctrf.json'}]] };"""
    )
    run_client(folder, "jest", "--runInBand", "--no-cache", code=1)


def playwright_files(folder: Path) -> None:
    """junit.xml, retries.xml, which tells of each try, and ctrf.json, of two projects."""
    (folder / "cart.spec.js").write_text(PLAYWRIGHT)
    (folder / "playwright.config.js").write_text(
        """module.exports = { retries: 1, workers: 1,
        projects: [{ name: 'api' }, { name: 'web' }], reporter: [
        ['junit', { outputFile: 'junit.xml' }],
        ['junit', { outputFile: 'retries.xml', includeRetries: true }],
        ['playwright-ctrf-json-reporter', { outputDir: '.', outputFile: 'ctrf.json' }],
        ] };"""
    )
    run_client(folder, "playwright", "test", code=1)


def mocha_files(folder: Path) -> None:
    """junit.xml as of Cypress too, and swapped.xml with class and name the other way."""
    (folder / "cart.test.js").write_text(MOCHA)
    for name, more in {"junit": "", "swapped": SWAPPED}.items():
        told = f"mochaFile={name}.xml,includePending=true{more}"
        words = ["--reporter", "mocha-junit-reporter", "--reporter-options", told]
        run_client(folder, "mocha", *words, "cart.test.js", code=2)


SWAPPED = ",testCaseSwitchClassnameAndName=true,useFullSuiteTitle=true"


def node_files(folder: Path) -> None:
    """junit.xml by Node's own runner."""
    (folder / "cart.test.js").write_text(NODE)
    told = ["--test-reporter=junit", "--test-reporter-destination=junit.xml"]
    run(folder, "node", "--test", *told, "cart.test.js", code=1)
