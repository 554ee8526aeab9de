"""Broken runs, runs open for ever, totals that lie: nobody starves, nothing is lost in
silence.
"""

from __future__ import annotations

import pytest

from tests.ingest.cases.conftest import Connect
from tests.ingest.cases.inputs import phases
from tests.ingest.cases.passline import Passline, is_said
from tests.ingest.cases.server import Row
from tests.ingest.cases.testably import ServedTestably
from tests.ingest.cases.testmo import ServedTestmo


def test_three_broken_neighbours(connected: Connect):
    broken = [rf"/automation/runs/{pk}/tests" for pk in (4, 5, 6)]
    (world,) = phases("three-broken-neighbours", "testmo")
    passline = connected(ServedTestmo(world, broken=broken))
    for _ in range(2):
        (said,) = passline.sync()
        assert said["status"] == "partial", (said, [*passline.runs()])
        assert is_said(said, ["Nightly 4", "Nightly 5", "Nightly 6"]), said["error"]
        read = {pk for pk, run in passline.runs().items() if run["detail"] == "rows"}
        assert read == {"1", "2", "3", "7"}
        assert len(passline.results()) == 4


def test_open_for_ever(connected: Connect):
    (world,) = phases("open-for-ever", "testably")
    vendor = ServedTestably(world)
    passline = connected(vendor)
    asked = []
    for _ in range(4):
        passline.synced()
        asked.append(vendor.counted())
    assert asked[1] <= 5, asked
    assert sum(asked[2:]) / 2 <= 6, asked
    assert [run["status"] for run in passline.runs().values()] == ["running"] * 3


@pytest.mark.parametrize("total", ["page", "size"])
def test_total_is_page_size(total: str, connected: Connect):
    (world,) = phases("total-is-page-size", "testably")
    passline = connected(ServedTestably(world, per_page=5, total=total))
    for _ in range(2):
        (said,) = passline.sync()
        assert all_or_said(passline, said, 8), (said, len(passline.runs()))


def all_or_said(passline: Passline, said: Row, count: int) -> bool:
    """Whether all runs are there, or the sync says that they are not."""
    if len(passline.runs()) == count:
        return True
    return said["status"] == "partial" and len(said["error"].split()) > 2
