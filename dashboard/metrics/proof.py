"""How far it is proven that a flaky case was mended."""

from __future__ import annotations

from dashboard.metrics.histories import CaseHistory
from ingest.series.proof import Proof, proof_of


def proof_of_fix(history: CaseHistory) -> Proof | None:
    """The passes in a row since the case's last event, against those that a case as
    flaky as before would have with a chance of 5 % only. None without any event.
    """
    return proof_of(history.series, history.mixed, history.commits)
