"""QA.tech, read run by run."""

from __future__ import annotations

from ingest.connectors.qatech.connector import ConnectorForQatech
from ingest.connectors.qatech.starting import StarterOfQatech

__all__ = ["ConnectorForQatech", "StarterOfQatech"]
