"""Testomat.io: two reading APIs behind one connector."""

from __future__ import annotations

from ingest.connectors.testomatio.connector import ConnectorForTestomatio
from ingest.connectors.testomatio.relaying import RelayOfTestomatio
from ingest.connectors.testomatio.starting import StarterOfTestomatio

__all__ = ["ConnectorForTestomatio", "RelayOfTestomatio", "StarterOfTestomatio"]
