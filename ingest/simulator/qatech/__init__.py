"""QA.tech, simulated from its published specifications and pages."""

from __future__ import annotations

from ingest.simulator.qatech.vendor import (
    ORGANISATION_KEY,
    READ_ONLY_KEY,
    SUSPENDED_KEY,
    SimulatedQaTech,
    project_key,
)

__all__ = [
    "ORGANISATION_KEY",
    "READ_ONLY_KEY",
    "SUSPENDED_KEY",
    "SimulatedQaTech",
    "project_key",
]
