"""The only way out to a vendor: one client with the only retry, guard and redaction."""

from __future__ import annotations

from ingest.http.addresses import (
    PrivateAddressError,
    api_base,
    check_address,
    private_sentence,
)
from ingest.http.answers import redact, retry_after_s
from ingest.http.client import (
    LONGEST_PAUSE_S,
    ApiClient,
    MissingError,
    UnreachedError,
    UnsupportedError,
)
from ingest.http.limits import allowed, stopped_by
from ingest.http.paging import Page, follow
from ingest.http.reach import is_private

__all__ = [
    "LONGEST_PAUSE_S",
    "ApiClient",
    "MissingError",
    "Page",
    "PrivateAddressError",
    "UnreachedError",
    "UnsupportedError",
    "allowed",
    "api_base",
    "check_address",
    "follow",
    "is_private",
    "private_sentence",
    "redact",
    "retry_after_s",
    "stopped_by",
]
