"""What every connector and the rest of Passline agree on: statuses, records, errors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from operator import attrgetter
from typing import Any, ClassVar, Protocol, Self, runtime_checkable

from ingest.details import Details


class Status(StrEnum):
    """The one vocabulary for the outcome of a case."""

    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"
    SKIPPED = "skipped"
    BLOCKED = "blocked"
    UNTESTED = "untested"
    RUNNING = "running"
    UNKNOWN = "unknown"


DECIDED = frozenset({Status.PASSED, Status.FAILED, Status.ERROR})
NOT_PASSED = frozenset({Status.FAILED, Status.ERROR})
_of_each_status = attrgetter(*map(str, Status))


class RunStatus(StrEnum):
    """The state of a whole run: the vendor's verdict where it states one."""

    RUNNING = "running"
    PASSED = "passed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"


class RunKind(StrEnum):
    AUTOMATED = "automated"
    MANUAL = "manual"


class Detail(StrEnum):
    """Whether per-test rows of a run can be read, or its totals only."""

    ROWS = "rows"
    COUNTS = "counts"


class MilestoneState(StrEnum):
    """`REMOVED` is our word for one that no vendor has any more."""

    OPEN = "open"
    COMPLETED = "completed"
    REMOVED = "removed"


class VendorError(Exception):
    """A failure while talking to a vendor; its text is shown to people.

    The three subclasses are named by what happens next. `answer` keeps the start of
    the vendor's own reply, redacted, for "See the answer".
    """

    def __init__(self, sentence: str, *, answer: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.answer = answer


class RetryableError(VendorError):
    """Trouble that may pass by itself: the next due sync tries again."""

    def __init__(
        self, sentence: str, *, retry_after_s: float | None = None, answer: str = ""
    ) -> None:
        super().__init__(sentence, answer=answer)
        self.retry_after_s = retry_after_s


class ConfigError(VendorError):
    """Nothing works until a person changes a setting: stop the connection."""


class PayloadError(VendorError):
    """The answer is not what we know: stop this project, keep the others."""


class IncompleteListError(RetryableError):
    """A list that gave fewer rows than it states, however it was walked.

    Raised behind the last of its rows, so that those that came can be kept.
    """

    def __init__(self, where: str, *, stated: int, seen: int) -> None:
        super().__init__(
            f"{where}: {stated:,} stated, {seen:,} seen. What is missing is looked for "
            f"with each next sync."
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Results of a run by status, as totals."""

    passed: int = 0
    failed: int = 0
    error: int = 0
    skipped: int = 0
    blocked: int = 0
    untested: int = 0
    running: int = 0
    unknown: int = 0

    @property
    def total(self) -> int:
        return sum(_of_each_status(self))


class JsonText(str):
    """JSON that stands for its value, in a fraction of the value's memory."""

    __slots__ = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reject:
    """A row that cannot be read; it is kept whole, counted and shown.

    `where` names the place ("automation/runs/17/tests row 4"), `reason` says what is
    wrong with which key, `payload` is the row as it came. `is_stored`: the row was kept
    in spite of it, such as a result whose duration alone is impossible.
    """

    where: str
    reason: str
    payload: Any
    is_stored: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectRecord:
    external_id: str
    name: str
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MilestoneRecord:
    """A vendor's milestone; `name` is "" where it cannot be read, `oddity` as below."""

    external_id: str
    name: str
    state: MilestoneState = MilestoneState.OPEN
    starts_at: datetime | None = None
    due_at: datetime | None = None
    completed_at: datetime | None = None
    parent_external_id: str = ""
    tags: tuple[str, ...] = ()
    url: str = ""
    oddity: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """One execution of many tests, as its vendor states it.

    `milestones` are the vendor's ids. `vendor_counts` are the totals that the vendor
    states itself, None where it states none; `vendor_counts_are_coarse` is true where
    they tell passed, failed and the rest only, over attempts (docs/metrics.md, Reconciliation).
    `source_id` and `configuration_id` are the vendor's ids, which outlast a renaming.
    `version` is what the vendor's list says of the run's last change, see ListedRun.
    `is_open` is true while rows may still be added. `status_from_results` is true where
    the vendor states only that the run ended: its status follows from its results.
    `ref` is a second handle of the vendor's, given back on reads. `oddity` says in a
    sentence what beside identity and status could not be read, and how it was.
    """

    external_id: str
    name: str
    kind: RunKind = RunKind.AUTOMATED
    status: RunStatus = RunStatus.UNKNOWN
    raw_status: str = ""
    is_open: bool = False
    detail: Detail = Detail.ROWS
    source: str = ""
    source_id: str = ""
    configuration: str = ""
    configuration_id: str = ""
    milestones: tuple[str, ...] = ()
    branch: str = ""
    commit: str = ""
    started_at: datetime | None = None
    finished_at: datetime | None = None
    duration_ms: int | None = None
    vendor_counts: Counts | None = None
    vendor_counts_are_coarse: bool = False
    status_from_results: bool = False
    vendor_url: str = ""
    ref: str = ""
    version: str = ""
    # Not a part of what the run says: its fingerprint goes by what it shows.
    oddity: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedRun:
    """A run of which the list tells too little: all else costs a request.

    `version` differs when the run has changed, as far as the list says; "" where it
    says nothing, and then only asking tells.
    """

    external_id: str
    name: str = ""
    version: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadRecord:
    external_id: str
    name: str = ""
    status: RunStatus = RunStatus.UNKNOWN
    started_at: datetime | None = None
    duration_ms: int | None = None
    counts: Counts = field(default_factory=Counts)
    oddity: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultRecord:
    """One execution of one case in one run.

    `key` identifies the case in its project. `name_key` is the key that the same case
    would have without a vendor's id, or ""; a case known only by it takes `key` over.
    `name` is "" where it cannot be read: then the case keeps the name that it has.
    `listed_key` is the key under which the vendor's list of tests has the case, where
    results have more in theirs (the values of parameters), else "".
    `is_marked_retry` is true where the vendor itself says that rows of the same case in
    this run are retries. `oddity` says in a sentence what about the row was odd and how
    it was read ("elapsed -41 s is below zero: duration unknown"); such a row is stored
    and shown, and does not make a sync partial. Rows come in order of arrival.
    """

    key: str
    name: str
    status: Status
    raw_status: str
    folder: str = ""
    name_key: str = ""
    listed_key: str = ""
    thread: str = ""
    executed_at: datetime | None = None
    duration_ms: int | None = None
    message: str = ""
    vendor_url: str = ""
    is_marked_retry: bool = False
    details: Details | None = None
    oddity: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRecord:
    """A test that the vendor keeps, whether it ever ran or not.

    `key` is the one that its results have, `name_key` as in ResultRecord; `name` is ""
    where it cannot be read.
    """

    key: str
    name: str
    folder: str = ""
    name_key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What can be read from a vendor.

    `cases`: the tests that the vendor keeps; then the connector is a CaseReader, too.
    `runs_are_listed`: false where runs are reachable only by an id known beforehand.
    `projects_are_listed`: false where a connection must name its one project.
    `listed_for`: how long after its start a run is listed, None for ever.
    `late_changes_missed` says in a sentence which changes even a look at everything
    does not show.
    """

    rows: bool = True
    threads: bool = False
    milestones: bool = False
    totals: bool = True
    messages: bool = True
    cases: bool = False
    projects_are_listed: bool = True
    runs_are_listed: bool = True
    listed_for: timedelta | None = None
    late_changes_missed: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A setting or secret that a connector takes; the form is drawn from it."""

    name: str
    label: str
    help: str = ""
    is_secret: bool = False
    is_required: bool = False
    default: str = ""
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionConfig:
    """All that a connector may know of its connection.

    `memory` is a JSON-able dict of the connector's own ("per-test rows can be read,
    probed on …"): what it writes there during a sync is kept for the next one.
    `status_map` holds the words that a person mapped, by the vendor's raw word.
    """

    base_url: str
    settings: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    memory: MutableMapping[str, Any] = field(default_factory=dict)
    status_map: Mapping[str, Status] = field(default_factory=dict)
    allow_private_urls: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckItem:
    """One line of a connection's check: `state` is "ok", "gap" or "bad"."""

    label: str
    value: str
    state: str = "ok"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckReport:
    items: tuple[CheckItem, ...]


class Connector(Protocol):
    """One vendor, read. Iterators are lazy: the first record costs one page.

    Ids are non-empty strings, times aware and UTC, durations whole milliseconds,
    absent is None (times, numbers) or "" (text). Every method may raise the three
    errors above and no other; a malformed row is yielded as a `Reject` instead. A list
    that lacks rows raises IncompleteListError behind its last one.
    """

    vendor: ClassVar[str]
    label: ClassVar[str]
    default_base_url: ClassVar[str]
    fields: ClassVar[tuple[Field, ...]]
    capabilities: ClassVar[Capabilities]

    @classmethod
    def connect(cls, config: ConnectionConfig) -> Self:
        """Build a connector; raises ConfigError for settings it cannot work with."""

    def check(self) -> CheckReport:
        """Prove that address and credentials work; ConfigError says why they don't."""

    def projects(self) -> Iterator[ProjectRecord | Reject]: ...

    def milestones(self, project: str) -> Iterator[MilestoneRecord | Reject]: ...

    def milestone(
        self, project: str, milestone_id: str
    ) -> MilestoneRecord | Reject | None:
        """One milestone by its id; None when the vendor says that it does not exist."""

    def runs(
        self, project: str, *, since: datetime | None = None
    ) -> Iterator[RunRecord | ListedRun | Reject]:
        """Runs created at or after `since`, newest first where the vendor can."""

    def run(self, project: str, run_id: str) -> RunRecord | Reject | None:
        """One run by its id; None when the vendor says that it does not exist."""

    def threads(
        self, project: str, run: RunRecord
    ) -> Iterator[ThreadRecord | Reject]: ...

    def results(self, project: str, run: RunRecord) -> Iterator[ResultRecord | Reject]:
        """Every row of a run, whole: what is absent here was removed at the vendor."""

    def notes(self) -> list[str]:
        """Sentences for the Sync row, such as "2 jobs never started"."""


@runtime_checkable
class CaseReader(Protocol):
    """What a connector reads beside that, whose vendor keeps a list of tests.

    Both lists are as those of a Connector: lazy, and IncompleteListError behind the last
    row of one that lacks some; PayloadError where this vendor has no such list.
    """

    def cases(self, project: str) -> Iterator[CaseRecord | Reject]:
        """Every test, whole: what is absent here and never ran is gone at the vendor."""

    def milestone_cases(
        self, project: str, milestone: MilestoneRecord
    ) -> Iterator[str | Reject]:
        """The keys of the tests that the vendor assigns to a milestone, ran or not."""
