"""The registry of vendors: a dict, no discovery."""

from __future__ import annotations

from ingest.connectors.qatech import ConnectorForQatech
from ingest.connectors.testably import ConnectorForTestably
from ingest.connectors.testifly import ConnectorForTestifly
from ingest.connectors.testmo import ConnectorForTestmo
from ingest.connectors.testomatio import ConnectorForTestomatio
from ingest.contract import Connector

CONNECTORS: dict[str, type[Connector]] = {
    "testmo": ConnectorForTestmo,
    "testomatio": ConnectorForTestomatio,
    "testably": ConnectorForTestably,
    "qatech": ConnectorForQatech,
    "testifly": ConnectorForTestifly,
}
