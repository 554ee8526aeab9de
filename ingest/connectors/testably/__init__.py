"""Testably, read over its documented REST API."""

from __future__ import annotations

from ingest.connectors.testably.connector import ConnectorForTestably
from ingest.connectors.testably.relaying import RelayOfTestably
from ingest.connectors.testably.starting import StarterOfTestably

__all__ = ["ConnectorForTestably", "RelayOfTestably", "StarterOfTestably"]
