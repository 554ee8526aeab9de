"""Fixtures that every test of ingest may ask for."""

from __future__ import annotations

from tests.ingest.wire import clock, wire

__all__ = ["clock", "wire"]
