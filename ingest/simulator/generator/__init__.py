"""A believable year of testing in ten invented products, the same for the same seed."""

from __future__ import annotations

from ingest.simulator.generator.year import build_world

__all__ = ["build_world"]
