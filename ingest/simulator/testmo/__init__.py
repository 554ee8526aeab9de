"""Testmo, simulated from its published reference and its own clients' code."""

from __future__ import annotations

from ingest.simulator.testmo.instance import TOKEN
from ingest.simulator.testmo.vendor import SimulatedTestmo

__all__ = ["TOKEN", "SimulatedTestmo"]
