"""The registry of vendors: a dict, no discovery."""

from __future__ import annotations

from ingest.connectors.qatech import QatechConnector
from ingest.connectors.testably import TestablyConnector
from ingest.connectors.testifly import TestiflyConnector
from ingest.connectors.testmo import TestmoConnector
from ingest.connectors.testomatio import TestomatioConnector
from ingest.contract import Connector

CONNECTORS: dict[str, type[Connector]] = {
    "testmo": TestmoConnector,
    "testomatio": TestomatioConnector,
    "testably": TestablyConnector,
    "qatech": QatechConnector,
    "testifly": TestiflyConnector,
}
