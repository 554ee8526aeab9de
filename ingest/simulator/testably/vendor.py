"""Testably's documented API and its upload from pipelines, put together."""

from __future__ import annotations

from ingest.simulator.testably.runs import Runs
from ingest.simulator.testably.uploads import Uploads


class SimulatedTestably(Runs, Uploads):
    """One Testably; its switches are described at `Reading`."""
