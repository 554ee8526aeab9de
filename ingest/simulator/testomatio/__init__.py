"""Testomat.io, simulated from its published pages and its own clients' code."""

from __future__ import annotations

from ingest.simulator.testomatio.access import (
    EMAIL,
    PASSWORD,
    PROJECT_TOKENS,
    READ_ONLY_TOKEN,
    TOKEN,
    project_token,
)
from ingest.simulator.testomatio.vendor import SimulatedTestomatio

__all__ = [
    "EMAIL",
    "PASSWORD",
    "PROJECT_TOKENS",
    "READ_ONLY_TOKEN",
    "TOKEN",
    "SimulatedTestomatio",
    "project_token",
]
