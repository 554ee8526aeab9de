"""Testmo: automation and manual runs, threads, milestones over its API v1."""

from __future__ import annotations

from ingest.connectors.testmo.connector import ConnectorForTestmo
from ingest.connectors.testmo.relaying import RelayOfTestmo
from ingest.connectors.testmo.starting import StarterOfTestmo

__all__ = ["ConnectorForTestmo", "RelayOfTestmo", "StarterOfTestmo"]
