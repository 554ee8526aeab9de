"""What API v2 leaves out at times, taken from the classic API where the key can."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from ingest.connectors.testomatio.access import LABEL
from ingest.connectors.testomatio.classic import Classic
from ingest.connectors.testomatio.names import flat, flat_or_empty, test_id_of, uid
from ingest.contract import ConfigError
from ingest.http import MissingError
from ingest.parse import Row

Found = TypeVar("Found")

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
        # Tests that were run twice though they have no parameters: plain repeats.
        self._repeated: set[str] = set()

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

    def examples(
        self, project: str, run_id: str, testruns: Iterable[Any]
    ) -> dict[str, str]:
        """The parameters' values by testrun id, asked for when a test comes twice.

        v2 sends one row for each example and names none: without them the examples of
        a test would pass for attempts, and a test for flaky that is not.
        """
        tests: Counter[str] = Counter()
        for row in testruns:
            found = flat_or_empty(row)
            if test_id_of(found) and not found.get("example"):
                tests[test_id_of(found)] += 1
        twice = {test for test, times in tests.items() if times > 1} - self._repeated
        if not twice:
            return {}
        return self._asked(lambda: self._examples(project, run_id, twice), {})

    def _examples(self, project: str, run_id: str, twice: set[str]) -> dict[str, str]:
        found = self._classic.examples(project, run_id)
        parametrised = {test for test, _, example in found if example}
        self._repeated |= twice - parametrised
        return {testrun: example for _, testrun, example in found}

    def _asked(self, ask: Callable[[], Found], without: Found) -> Found:
        if self._is_refused:
            return without
        try:
            return ask()
        except MissingError:
            return without
        except ConfigError as error:
            self._is_refused = True
            self._note(
                f"The classic API of {LABEL} cannot be read with this key "
                f"({error.sentence}). What API v2 leaves out is missing: at times the "
                f"state and end of runs, always the examples of parametrised tests."
            )
            return without
