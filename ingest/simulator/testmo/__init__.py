"""Testmo, simulated from its published reference and its own clients' code."""

from __future__ import annotations

from ingest.simulator.testmo.instance import READ_ONLY_TOKEN, TOKEN
from ingest.simulator.testmo.vendor import SimulatedTestmo

__all__ = ["READ_ONLY_TOKEN", "TOKEN", "SimulatedTestmo"]
