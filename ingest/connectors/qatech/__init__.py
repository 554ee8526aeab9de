"""QA.tech, read run by run."""

from __future__ import annotations

from ingest.connectors.qatech.connector import ConnectorForQatech

__all__ = ["ConnectorForQatech"]
