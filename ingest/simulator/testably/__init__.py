"""Testably, simulated from its published pages and code."""

from __future__ import annotations

from ingest.simulator.testably.reading import STRANGER_TOKEN, TOKEN
from ingest.simulator.testably.vendor import SimulatedTestably

__all__ = ["STRANGER_TOKEN", "TOKEN", "SimulatedTestably"]
