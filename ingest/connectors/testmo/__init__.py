"""Testmo: automation and manual runs, threads, milestones over its API v1."""

from __future__ import annotations

from ingest.connectors.testmo.connector import ConnectorForTestmo

__all__ = ["ConnectorForTestmo"]
