"""The whole of Testmo's API, put together."""

from __future__ import annotations

from ingest.simulator.testmo.automation import Automation
from ingest.simulator.testmo.manual import Manual
from ingest.simulator.testmo.planning import Planning
from ingest.simulator.testmo.submission import Submission


class SimulatedTestmo(Planning, Automation, Manual, Submission):
    """One Testmo instance; its switches are described at `Instance`."""
