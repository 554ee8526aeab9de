"""What the page of one result is made of, each part asked for once and failing alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from dashboard.annotations.notes_and_mutes import CaseRemarks, remarks_of
from dashboard.lists.attached import Evidence, evidence_from
from dashboard.lists.one_result import (
    AlikeFailures,
    alike_failures,
    attempts_beside,
    neighbours,
    outcomes_until,
)
from dashboard.lists.results import Text, whole_text
from dashboard.metrics.strips import Cell
from dashboard.ui.clock import Clock
from dashboard.ui.filter_bar import tool
from dashboard.ui.notes_and_mutes import readable
from dashboard.ui.panels import load_or_none, part
from dashboard.ui.parts import Tool
from ingest.contract import Status
from ingest.models import STATUS_OF_CODE, Case, Result, Run


@dataclass(frozen=True, kw_only=True)
class ResultData:
    """`result` comes from lists.one_result.result_of."""

    result: Result
    clock: Clock

    @property
    def run(self) -> Run:
        return self.result.run

    @property
    def case(self) -> Case:
        return self.result.case

    @property
    def tool(self) -> Tool:
        return tool(self.run.project.connection.vendor)

    @property
    def status(self) -> Status:
        return STATUS_OF_CODE[self.result.status]

    @property
    def remarks(self) -> CaseRemarks:
        return readable(remarks_of(self.case, self.clock.now))

    @cached_property
    def text(self) -> Text:
        return whole_text(self.result)

    @cached_property
    def evidence(self) -> Evidence:
        return evidence_from(self.text.details)

    @cached_property
    def attempts(self) -> Sequence[Result]:
        found = load_or_none("attempts", lambda: attempts_beside(self.result))
        return found or [self.result]

    @cached_property
    def neighbours(self) -> tuple[Result | None, Result | None]:
        """The results before and after it in its series."""
        found = load_or_none("neighbours", lambda: neighbours(self.result))
        return found or (None, None)

    @part("outcomes")
    def outcomes(self) -> Sequence[Cell]:
        return outcomes_until(self.result, max(one.at for one in self.attempts))

    @part("same failure")
    def alike(self) -> AlikeFailures | None:
        return alike_failures(self.result, self.text)
