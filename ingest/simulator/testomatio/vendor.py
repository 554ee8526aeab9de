"""Both of Testomat.io's read APIs on one host, put together."""

from __future__ import annotations

from ingest.simulator.testomatio.classic import Classic
from ingest.simulator.testomatio.public import Public


class SimulatedTestomatio(Public, Classic):
    """The v2 routes are looked at first: classic slugs may be any word."""
