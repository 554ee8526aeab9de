"""The registry of vendors: a dict, no discovery."""

from __future__ import annotations

from ingest.connectors.qatech import ConnectorForQatech, StarterOfQatech
from ingest.connectors.testably import ConnectorForTestably
from ingest.connectors.testifly import ConnectorForTestifly, StarterOfTestifly
from ingest.connectors.testmo import ConnectorForTestmo
from ingest.connectors.testomatio import ConnectorForTestomatio
from ingest.contract import Connector
from ingest.starting import Starter

CONNECTORS: dict[str, type[Connector]] = {
    "testmo": ConnectorForTestmo,
    "testomatio": ConnectorForTestomatio,
    "testably": ConnectorForTestably,
    "qatech": ConnectorForQatech,
    "testifly": ConnectorForTestifly,
}

# Those that can be asked to do something, beside being read.
STARTERS: dict[str, type[Starter]] = {
    starter.vendor: starter for starter in (StarterOfQatech, StarterOfTestifly)
}
