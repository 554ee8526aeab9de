"""Testomat.io's three APIs on one host, put together."""

from __future__ import annotations

from ingest.simulator.testomatio.control import Control
from ingest.simulator.testomatio.reporter import Reporter


class SimulatedTestomatio(Control, Reporter):
    """The v2 routes are looked at first: classic slugs may be any word."""
