"""The vendors that a test of any of them runs over, each with what makes its worlds."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from types import ModuleType
from typing import Any

import pytest

from tests.ingest.cases.conftest import Connect
from tests.ingest.cases.held import (
    testably,
    testifly,
    testmo,
    testmo_manual,
    testomatio,
)
from tests.ingest.cases.passline import Passline
from tests.ingest.cases.server import Row, Vendor
from tests.ingest.cases.testably import ServedTestably
from tests.ingest.cases.testifly import ServedTestifly
from tests.ingest.cases.testmo import ServedTestmo
from tests.ingest.cases.testomatio import ServedTestomatio


@dataclass(frozen=True)
class Tool:
    """serve: a vendor that holds these worlds; held: the functions that make them."""

    serve: Callable[..., Vendor]
    held: ModuleType


TOOLS = {
    "testmo": Tool(ServedTestmo, testmo),
    "testably": Tool(ServedTestably, testably),
    "testomatio v2": Tool(partial(ServedTestomatio, api="v2"), testomatio),
    "testomatio classic": Tool(partial(ServedTestomatio, api="classic"), testomatio),
    "testifly": Tool(ServedTestifly, testifly),
}
MANUAL = {"testmo manual": Tool(ServedTestmo, testmo_manual)}


def of(*names: str) -> pytest.MarkDecorator:
    """For a test that takes `tool`: once for each of these vendors, or for all."""
    return parametrised({name: TOOLS[name] for name in names or TOOLS})


def of_all() -> pytest.MarkDecorator:
    """The same for all vendors, and for Testmo's manual runs, which no list of tests
    that fail now counts.
    """
    return parametrised(TOOLS | MANUAL)


def parametrised(chosen: dict[str, Tool]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("tool", chosen.values(), ids=[*chosen])


# The name of a run's rows where it is not "rows".
ROWS = {"testifly": "tests"}


def with_rows(name: str, field: str, values: dict[str, Any]) -> Row:
    """A run of failed rows, each called after the odd value that it has."""
    run = TOOLS[name].held.run(1, dict.fromkeys(values, "failed"), hours_ago=30)
    rows = run[ROWS.get(name, "rows")]
    for row, value in zip(rows, values.values(), strict=True):
        row[field] = value
    return dict(run)


def read(connected: Connect, name: str, runs: Iterable[Row]) -> Passline:
    """Passline after one sync with a vendor that holds these runs."""
    tool = TOOLS[name]
    passline = connected(tool.serve(tool.held.world(*runs)))
    passline.sync()
    return passline
