"""CTRF, the Common Test Report Format in JSON, read test by test."""

from ingest.intake.ctrf.reports import read_report, tests_of
from ingest.intake.ctrf.results import read_results

__all__ = ["read_report", "read_results", "tests_of"]
