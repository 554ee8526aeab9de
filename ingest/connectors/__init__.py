"""The registry of vendors: a dict, no discovery."""

from __future__ import annotations

from ingest.connectors.qatech import ConnectorForQatech, StarterOfQatech
from ingest.connectors.testably import (
    ConnectorForTestably,
    RelayOfTestably,
    StarterOfTestably,
)
from ingest.connectors.testifly import ConnectorForTestifly, StarterOfTestifly
from ingest.connectors.testmo import ConnectorForTestmo, RelayOfTestmo, StarterOfTestmo
from ingest.connectors.testomatio import (
    ConnectorForTestomatio,
    RelayOfTestomatio,
    StarterOfTestomatio,
)
from ingest.contract import Connector
from ingest.relaying import Relay
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

# Those that are handed what was pushed here.
RELAYS: dict[str, type[Relay]] = {
    relay.vendor: relay for relay in (RelayOfTestmo, RelayOfTestomatio, RelayOfTestably)
}
