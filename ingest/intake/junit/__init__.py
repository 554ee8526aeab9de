"""JUnit XML in the dialects of its many writers, read element by element."""

from ingest.intake.junit.heads import read_report
from ingest.intake.junit.results import read_results

__all__ = ["read_report", "read_results"]
