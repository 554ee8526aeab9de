"""Testifly, simulated from its published page about executions."""

from __future__ import annotations

from ingest.simulator.testifly.vendor import (
    SimulatedTestifly,
    case_id,
    folder_id,
    project_id,
    project_key,
)

__all__ = ["SimulatedTestifly", "case_id", "folder_id", "project_id", "project_key"]
