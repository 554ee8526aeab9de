"""Generated contexts for every template, in the size and shape of real pages."""

from __future__ import annotations

from tests.browser.samples.connect import connect, connect_empty
from tests.browser.samples.lists import cases, milestones, rejects, results, runs, syncs
from tests.browser.samples.overview import overview, overview_empty, project
from tests.browser.samples.parts import filter_bar, shell
from tests.browser.samples.run import run, run_counts_only
from tests.browser.samples.sync import sync

__all__ = [
    "cases",
    "connect",
    "connect_empty",
    "filter_bar",
    "milestones",
    "overview",
    "overview_empty",
    "project",
    "rejects",
    "results",
    "run",
    "run_counts_only",
    "runs",
    "shell",
    "sync",
    "syncs",
]
