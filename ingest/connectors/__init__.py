"""The registry of vendors: a dict, no discovery."""

from __future__ import annotations

from ingest.connectors.qatech import ConnectorForQatech, StarterOfQatech
from ingest.connectors.testably import ConnectorForTestably, StarterOfTestably
from ingest.connectors.testifly import ConnectorForTestifly, StarterOfTestifly
from ingest.connectors.testmo import ConnectorForTestmo, StarterOfTestmo
from ingest.connectors.testomatio import ConnectorForTestomatio, StarterOfTestomatio
from ingest.contract import Connector
from ingest.starting import Starter

CONNECTORS: dict[str, type[Connector]] = {
    "testmo": ConnectorForTestmo,
    "testomatio": ConnectorForTestomatio,
    "testably": ConnectorForTestably,
    "qatech": ConnectorForQatech,
    "testifly": ConnectorForTestifly,
}

# The same vendors, asked to do something.
STARTERS: dict[str, type[Starter]] = {
    starter.vendor: starter
    for starter in (
        StarterOfTestmo,
        StarterOfTestomatio,
        StarterOfTestably,
        StarterOfQatech,
        StarterOfTestifly,
    )
}
