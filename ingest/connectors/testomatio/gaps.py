"""What API v2 leaves out at times, taken from the classic API where the key can."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeAlias, TypeVar

from ingest.connectors.reading import gathered
from ingest.connectors.testomatio.access import LABEL
from ingest.connectors.testomatio.classic import Classic
from ingest.connectors.testomatio.names import flat, flat_or_empty, test_id_of, uid
from ingest.contract import (
    ConfigError,
    IncompleteListError,
    PayloadError,
    VendorError,
)
from ingest.http import MissingError
from ingest.parse import Row

Found = TypeVar("Found")
Examples: TypeAlias = tuple[dict[str, str], IncompleteListError | None]
NO_EXAMPLES: Examples = {}, None

ENDED = frozenset({"passed", "failed", "terminated", "finished"})


def is_incomplete(run: Row) -> bool:
    """Whether a flat run lacks its status, its start, or its end though it ended.

    v2 named no status and no time in 2026-03, and some answers of later ones name no
    end, while the classic API always does.
    """
    has_start = run.get("launched_at") or run.get("created_at")
    has_end = run.get("finished_at") or run.get("duration")
    return not (
        run.get("status")
        and has_start
        and (has_end or str(run.get("status")) not in ENDED)
    )


class Gaps:
    """Fills them; a project token cannot log in, then the gaps stay and are noted."""

    def __init__(self, classic: Classic, note: Callable[[str], None]) -> None:
        self._classic = classic
        self._note = note
        self._is_refused = False

    def completed(self, project: str, run: Row) -> Row:
        """A flat run with what the classic API knows beyond it."""
        if not is_incomplete(run):
            return run
        asked = uid(run.get("id"))
        known = self._asked(lambda: self._classic.run(project, asked), None)
        if not isinstance(known, dict):
            return run
        told = {name: value for name, value in run.items() if value not in (None, "")}
        return flat(known) | told

    def examples(self, project: str, run_id: str, testruns: Iterable[Any]) -> Examples:
        """The parameters' values by testrun id, and what to raise behind the run's rows
        where some are lacking.

        v2 sends one row for each example and names none. Nothing in its rows tells a
        test without parameters from one example alone or from the same run twice, and a
        test may have parameters in one run and none in the next: so the classic API is
        asked about each run with a test in it, unless v2 names examples there itself.
        """
        found = [flat_or_empty(row) for row in testruns]
        if any(row.get("example") for row in found) or not any(map(test_id_of, found)):
            return NO_EXAMPLES
        return self._asked(lambda: self._examples(project, run_id), NO_EXAMPLES)

    def _examples(self, project: str, run_id: str) -> Examples:
        told, lack = gathered(self._classic.examples(project, run_id))
        return dict(told), lack

    def _asked(self, ask: Callable[[], Found], without: Found) -> Found:
        if self._is_refused:
            return without
        try:
            self._classic.enter()
        except (ConfigError, PayloadError) as error:
            return self._refused(error, without)
        try:
            return ask()
        except MissingError:
            return without
        except ConfigError as error:
            return self._refused(error, without)

    def _refused(self, error: VendorError, without: Found) -> Found:
        self._is_refused = True
        self._note(
            f"The classic API of {LABEL} cannot be read with this key "
            f"({error.sentence}). What API v2 leaves out is missing: at times the "
            f"state and end of runs, always the examples of parametrised tests."
        )
        return without
