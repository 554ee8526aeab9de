"""How the tests are shared out when several processes run them."""

from __future__ import annotations

import os
from typing import Any

import pytest
from xdist.scheduler import LoadFileScheduling

BROWSER = "tests/browser"
# Begun first, so that no process is left with a long one when the others have ended.
LONGEST = (
    BROWSER,
    "tests/dashboard/embedded/test_serve.py",
    "tests/ingest/test_sync.py",
    "tests/faults/test_killed_workers.py",
    "tests/ingest/test_disasters.py",
    "tests/dashboard/test_under_a_path.py",
    "tests/dashboard/intake/test_relay_clients.py",
    "tests/dashboard/pages/overview/test_numbers.py",
    "tests/ingest/test_lists_during_a_sync.py",
    "tests/dashboard/mcp/test_server.py",
    "tests/dashboard/pages/test_kept_questions.py",
    "tests/dashboard/intake/test_relay_trouble.py",
    "tests/dashboard/intake/test_relay.py",
    "tests/dashboard/rights/test_every_address.py",
    "tests/dashboard/test_no_pickle.py",
    "tests/dashboard/pages/test_long_texts.py",
    "tests/dashboard/intake/test_ci_docs.py",
    "tests/ingest/test_memory.py",
    "tests/dashboard/intake/test_reporters.py",
    "tests/dashboard/pages/push/test_lines_for_real.py",
    "tests/dashboard/pages/test_hostile_queries.py",
    "tests/dashboard/test_slow_clients.py",
    "tests/dashboard/pages/standup/test_cards.py",
    "tests/dashboard/pages/test_lists.py",
    "tests/dashboard/pages/test_strangers.py",
    "tests/dashboard/api/test_lists.py",
    "tests/dashboard/metrics/test_flaky_oracle.py",
    "tests/dashboard/precomputed/test_figures.py",
    "tests/ingest/cases/test_odd_times.py",
    "tests/dashboard/intake/test_testmo.py",
    "tests/ingest/cases/test_broken_runs.py",
)


def unit(nodeid: str) -> str:
    """What must not be divided: a file, or all that needs one browser and its sites."""
    file = nodeid.partition("::")[0]
    return BROWSER if file.startswith(f"{BROWSER}/") else file


class Sharing(LoadFileScheduling):
    """Gives out whole units, in the order in which they were collected."""

    def __init__(self, config: pytest.Config, log: Any) -> None:
        config.option.loadscopereorder = False
        super().__init__(config, log)

    def _split_scope(self, nodeid: str) -> str:
        return unit(nodeid)


def order(items: list[pytest.Item]) -> None:
    """Long ones first in a process that shares the tests with others."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        ranks = {name: rank for rank, name in enumerate(LONGEST)}
        items.sort(key=lambda item: ranks.get(unit(item.nodeid), len(ranks)))
