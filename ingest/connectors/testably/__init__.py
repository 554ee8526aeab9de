"""Testably, read over its documented REST API."""

from __future__ import annotations

from ingest.connectors.testably.connector import ConnectorForTestably

__all__ = ["ConnectorForTestably"]
