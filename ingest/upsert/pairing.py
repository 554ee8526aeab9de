"""Results that a vendor tells beside those that were pushed here: which are the same."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple, Self

from ingest.contract import NOT_PASSED, ResultRecord, Status
from ingest.folders import last_folder
from ingest.models import STATUS_OF_CODE, Case
from ingest.upsert import rows

# What a vendor says of a result of which it knows nothing better.
_SAYS_NOTHING = (Status.UNKNOWN, Status.RUNNING, Status.UNTESTED)


class Pair(NamedTuple):
    case: int
    stored: rows.Stored
    told: ResultRecord


class Places:
    """The cases of a run by name and last folder, which is all that some clients tell:
    their vendor knows the same test by an id, and in a whole path of folders.
    """

    def __init__(self, case_ids: Iterable[int]) -> None:
        told = Case.objects.filter(pk__in=list(case_ids))
        self._cases: dict[tuple[str, str], dict[int, str]] = defaultdict(dict)
        for pk, key, name, folder in told.values_list("pk", "key", "name", "folder"):
            self._cases[_place(name, folder)][pk] = key

    def named(self, result: ResultRecord) -> ResultRecord:
        """The result, so that the one case of its place takes its key over."""
        keys = self._cases.get(_place(result.name, result.folder), {}).values()
        if len(keys) != 1 or result.key in keys or not result.name_key:
            return result
        return replace(result, name_key=next(iter(keys)))

    def without(self, case_ids: Container[int]) -> Self:
        for place in self._cases.values():
            for pk in [pk for pk in place if pk in case_ids]:
                del place[pk]
        return self

    def of(self, result: ResultRecord, otherwise: int) -> int:
        """The one case of the result's place."""
        cases = self._cases.get(_place(result.name, result.folder), {})
        return next(iter(cases)) if len(cases) == 1 else otherwise


def _place(name: str, folder: str) -> tuple[str, str]:
    return name, last_folder(folder)


def in_our_order(
    ours: Sequence[rows.Stored], told: Sequence[ResultRecord]
) -> Sequence[ResultRecord]:
    """Attempts that say the same as ours, in the order of ours: many vendors list those
    of one second in any. Where they say something else their own order holds.
    """
    left = list(told)
    found = []
    for row in ours:
        status = STATUS_OF_CODE[row.values.status]
        same = (one for one in left if not contradicts(one.status, status))
        if (one := next(same, None)) is None:
            return told
        left.remove(one)
        found.append(one)
    return found


def contradicts(told: Status, ours: Status) -> bool:
    """Whether a vendor says something else, and not the same less exactly: one that
    tells no skipped from blocked, or no error from failed, is not believed about that.
    """
    return told not in _SAYS_NOTHING and _outcome(told) != _outcome(ours)


def _outcome(status: Status) -> str:
    if status in NOT_PASSED:
        return "not passed"
    return "passed" if status is Status.PASSED else "no verdict"
