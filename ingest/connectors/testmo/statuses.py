"""Testmo's statuses as ours: configurable test statuses, and the run's own numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ingest.connectors.testmo.api import Expands, name_of
from ingest.contract import Counts, RunStatus, Status
from ingest.parse import Row, RowError, flag, text_of, whole_number

# Names and aliases that Testmo ships; both may be given to custom statuses too.
KNOWN = {
    "passed": Status.PASSED,
    "failed": Status.FAILED,
    "failure": Status.FAILED,
    "error": Status.ERROR,
    "retest": Status.BLOCKED,
    "blocked": Status.BLOCKED,
    "skipped": Status.SKIPPED,
    "untested": Status.UNTESTED,
}
# Test status ids until an administrator changes them; 7 to 25 are free for use.
DEFAULTS = {
    "1": "untested",
    "2": "passed",
    "3": "failed",
    "4": "retest",
    "5": "blocked",
    "6": "skipped",
}
STATUS_IDS = range(2, 26)
# Of automation runs, threads and rows: these are not ids of test statuses.
RUN_STATUSES = {
    "2": RunStatus.PASSED,
    "3": RunStatus.FAILED,
    "4": RunStatus.RUNNING,
}
ROW_STATUSES = {"2": Status.PASSED, "3": Status.FAILED, "4": Status.RUNNING}


@dataclass(frozen=True, slots=True)
class StatusTable:
    """The test statuses of an instance: by id, ours and the vendor's word."""

    by_id: Mapping[str, tuple[Status, str]]
    mapped: Mapping[str, Status]

    @classmethod
    def of(cls, expands: Expands, mapped: Mapping[str, Status]) -> StatusTable:
        """The table from `expands=statuses`; ids not in it keep Testmo's defaults."""
        by_id = {number: (KNOWN[word], word) for number, word in DEFAULTS.items()}
        for number, row in expands.get("statuses", {}).items():
            by_id[number] = (status_of(row), word_of(row) or number)
        return cls(by_id, mapped)

    def find(self, number: str) -> tuple[Status, str]:
        """Our status and the raw word of a status id; a person's map comes last."""
        status, word = self.by_id.get(number, (Status.UNKNOWN, number))
        if status is Status.UNKNOWN:
            status = self.mapped.get(word, status)
        return status, word


def status_of(row: Row) -> Status:
    """An instance's status: by a known system name, then alias, then by its flags."""
    for word in _words(row):
        if word in KNOWN:
            return KNOWN[word]
    flags = {
        "is_passed": Status.PASSED,
        "is_failed": Status.FAILED,
        "is_untested": Status.UNTESTED,
    }
    found = {ours for name, ours in flags.items() if _is_set(row, name)}
    return found.pop() if len(found) == 1 else Status.UNKNOWN


def word_of(row: Row) -> str:
    """The word that a person knows a status by."""
    return text_of(name_of(row)) or next(_words(row), "")


def counts_of(row: Row, statuses: StatusTable) -> Counts | None:
    """The totals of a run or thread by status; None where it states none.

    `statusN_count` counts the test status with the id N + 1, because the first id,
    untested, has a field of its own.
    """
    fields = {"untested_count": "1"}
    fields |= {f"status{number - 1}_count": str(number) for number in STATUS_IDS}
    if not any(name in row for name in fields):
        return None
    totals = dict.fromkeys(Status, 0)
    for name, number in fields.items():
        totals[statuses.find(number)[0]] += whole_number(row, name, default=0)
    return Counts(**{status.value: total for status, total in totals.items()})


def _words(row: Row) -> Iterator[str]:
    aliases = row.get("aliases")
    words = [row.get("system_name"), *(aliases if isinstance(aliases, list) else ())]
    return (word for word in words if isinstance(word, str) and word)


def _is_set(row: Row, name: str) -> bool:
    try:
        return flag(row, name, default=False)
    except RowError:
        return False
