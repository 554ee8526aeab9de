"""The flake events of a case and its exposure, from all of its series together."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from ingest.series.outcomes import StreakKind, streaks


class Series(NamedTuple):
    """The decided final results of one case in one configuration and branch, in order.

    Three columns of one length: `outcomes` are the letters P F E, `runs` the ids of
    their runs, `times` microseconds since 1970.
    """

    outcomes: str
    runs: Sequence[int]
    times: Sequence[int]
    configuration: int | None = None
    branch: str = ""

    def runs_not_passed(self) -> Iterator[int]:
        if self.outcomes.count("P") < len(self.outcomes):
            for run, letter in zip(self.runs, self.outcomes, strict=True):
                if letter != "P":
                    yield run

    def cut(self, since: int, until: int) -> Series:
        """The part in [since, until), in microseconds since 1970."""
        first = bisect_left(self.times, since)
        end = bisect_left(self.times, until, first)
        if first == 0 and end == len(self.times):
            return self
        return Series(
            outcomes=self.outcomes[first:end],
            runs=self.runs[first:end],
            times=self.times[first:end],
            configuration=self.configuration,
            branch=self.branch,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class MixedRun:
    """A run in which the decided attempts of the case disagree.

    `at` is the time of the final attempt, which need not be decided, in microseconds
    since 1970; `is_marked`: the vendor itself says that the repeats are retries;
    `has_passed`: the final attempt did, so that the run passed only on retry.
    """

    run: int
    at: int
    configuration: int | None = None
    branch: str = ""
    is_marked: bool = False
    has_passed: bool = False


class EventKind(StrEnum):
    MIXED_RUN = "mixed run"
    ISOLATED_FAILURE = "isolated failure"
    SAME_COMMIT = "same commit"


class Event(NamedTuple):
    """One sign of flakiness and the runs that hold it.

    `first_at` and `last_at` are the times of its first and last result that did not
    pass, or of a mixed run's final, in microseconds since 1970.
    """

    kind: EventKind
    runs: tuple[int, ...]
    first_at: int
    last_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Flakes:
    """The events of a case in order of time, and the runs of its exposure: those in
    which it could have flaked. `is_proven`: the same code was seen to pass and to fail.
    """

    events: tuple[Event, ...]
    exposed: frozenset[int]
    is_proven: bool

    @property
    def k(self) -> int:
        return len(self.events)

    @property
    def n(self) -> int:
        return len(self.exposed)


class Commits:
    """The non-empty commits of runs, to be asked in both directions."""

    def __init__(self, of_run: Mapping[int, str]) -> None:
        self.of_run = of_run
        self.runs: dict[str, list[int]] = {}
        for run, commit in of_run.items():
            self.runs.setdefault(commit, []).append(run)


class _Outcome(NamedTuple):
    at: int
    run: int
    letter: str


def flakes(
    series: Sequence[Series],
    mixed: Mapping[int, MixedRun],
    commits: Commits,
) -> Flakes:
    """The flake events of one case, and its exposure.

    `mixed` are its mixed runs by run. k = mixed runs + isolated failures + one for each
    (commit, configuration), over all branches, whose decided finals disagree and which
    holds no event yet. n = decided finals outside of breakages, and each run that holds
    an event, once.
    """
    events = [_of_mixed(run) for run in mixed.values()]
    broken: set[int] = set()
    for one in series:
        for streak in streaks(one.outcomes):
            runs = one.runs[streak.first : streak.end]
            if streak.kind is StreakKind.BREAKAGE:
                broken.update(runs)
            elif streak.kind is StreakKind.SHORT and mixed.keys().isdisjoint(runs):
                events.append(_isolated(one, streak.first, streak.end))
    holding = {run for event in events for run in event.runs}
    disagreements = list(_same_commit(series, mixed, commits))
    events += [e for e, members in disagreements if holding.isdisjoint(members)]
    holding.update(run for event in events for run in event.runs)
    decided = set().union(*(one.runs for one in series))
    return Flakes(
        events=tuple(sorted(events, key=lambda e: (e.first_at, e.last_at, e.runs))),
        exposed=frozenset(decided - broken | holding),
        is_proven=bool(disagreements) or any(m.is_marked for m in mixed.values()),
    )


def _of_mixed(run: MixedRun) -> Event:
    return Event(
        kind=EventKind.MIXED_RUN, runs=(run.run,), first_at=run.at, last_at=run.at
    )


def _isolated(series: Series, first: int, end: int) -> Event:
    return Event(
        kind=EventKind.ISOLATED_FAILURE,
        runs=tuple(series.runs[first:end]),
        first_at=series.times[first],
        last_at=series.times[end - 1],
    )


def _same_commit(
    series: Sequence[Series], mixed: Mapping[int, MixedRun], commits: Commits
) -> Iterator[tuple[Event, set[int]]]:
    """An event for each (commit, configuration) whose decided finals disagree, and all
    of its runs: a mixed run that ended undecided belongs to its commit too.
    """
    for (commit, configuration), group in _of_failing_commits(series, commits).items():
        bad = [result.at for result in group if result.letter != "P"]
        if len(bad) == len(group):
            continue
        event = Event(
            kind=EventKind.SAME_COMMIT,
            runs=tuple(result.run for result in sorted(group)),
            first_at=min(bad),
            last_at=max(bad),
        )
        others = {
            run
            for run, found in mixed.items()
            if commits.of_run.get(run) == commit
            and found.configuration == configuration
        }
        yield event, others.union(event.runs)


def _of_failing_commits(
    series: Sequence[Series], commits: Commits
) -> dict[tuple[str, int | None], list[_Outcome]]:
    """The decided finals of each (commit, configuration) in which one did not pass."""
    groups: dict[tuple[str, int | None], list[_Outcome]] = {}
    if not commits.runs:
        return groups
    wanted: dict[int | None, dict[int, str]] = {}
    for one in series:
        for run in one.runs_not_passed():
            commit = commits.of_run.get(run)
            # One run alone has nobody to disagree with.
            if commit and len(commits.runs[commit]) > 1:
                groups[commit, one.configuration] = []
                of_commit = dict.fromkeys(commits.runs[commit], commit)
                wanted.setdefault(one.configuration, {}).update(of_commit)
    for one in series if groups else ():
        commit_of = wanted.get(one.configuration, {})
        for run in commit_of.keys() & set(one.runs):
            place = one.runs.index(run)
            found = _Outcome(one.times[place], run, one.outcomes[place])
            groups[commit_of[run], one.configuration].append(found)
    return groups
