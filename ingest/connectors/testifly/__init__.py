"""Testifly, read through the jobs of the last month."""

from __future__ import annotations

from ingest.connectors.testifly.connector import ConnectorForTestifly
from ingest.connectors.testifly.starting import StarterOfTestifly

__all__ = ["ConnectorForTestifly", "StarterOfTestifly"]
