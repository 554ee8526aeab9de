"""Testably, read over its documented REST API."""

from __future__ import annotations

from ingest.connectors.testably.connector import TestablyConnector

__all__ = ["TestablyConnector"]
