"""When enough passes in a row prove that a flaky case was mended."""

from __future__ import annotations

from math import ceil, log

from ingest.series.posterior import DOUBT


def passes_needed(rate: float) -> int:
    """Passes in a row that a case with this flake rate, in (0, 1), would have with a
    chance of 5 % only: ceil(ln 0.05 / ln(1 − rate)).
    """
    return ceil(log(DOUBT) / log(1 - rate))
