"""The vendors that a test of any of them runs over, each with what makes its worlds."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from types import ModuleType
from typing import Any, TypeAlias, TypeVar
from zlib import crc32

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

Function = TypeVar("Function", bound=Callable[..., Any])
Mark: TypeAlias = Callable[[Function], Function]


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


def of(*names: str) -> Mark:
    """For a test that takes `tool`: for some of these vendors, or of all."""
    return parametrised({name: TOOLS[name] for name in names or TOOLS})


def of_all() -> Mark:
    """The same for all vendors, and for Testmo's manual runs, which no list of tests
    that fail now counts.
    """
    return parametrised(TOOLS | MANUAL)


def parametrised(tools: dict[str, Tool]) -> Mark:
    """Two vendors for each test, other ones from test to test: all of them at once take
    minutes. With ALL_TOOLS=1 each test meets every vendor.
    """

    def mark(test: Function) -> Function:
        first = crc32(test.__name__.encode()) % len(tools)
        names = [*tools][first:] + [*tools][:first]
        chosen = names if os.environ.get("ALL_TOOLS") else names[:2]
        values = [tools[name] for name in chosen]
        return pytest.mark.parametrize("tool", values, ids=chosen)(test)

    return mark


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
