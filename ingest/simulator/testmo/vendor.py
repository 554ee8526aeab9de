"""The whole of Testmo's read API, put together."""

from __future__ import annotations

from ingest.simulator.testmo.automation import Automation
from ingest.simulator.testmo.manual import Manual
from ingest.simulator.testmo.planning import Planning


class SimulatedTestmo(Planning, Automation, Manual):
    """One Testmo instance; its switches are described at `Instance`."""
