"""The state of a view: which rows, from when until when, in which order."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from django.utils import timezone

from dashboard.reading.scope import past

DEFAULT_WINDOW_DAYS = 30
BEGINNING = datetime.min.replace(tzinfo=UTC)
# The value of `signature` for failures without a message.
NO_MESSAGE = "none"

# The order of parameters in a URL never changes, so that equal views have equal links.
REPEATABLE = (
    "project",
    "connection",
    "tool",
    "source",
    "configuration",
    "milestone",
    "branch",
    "case",
    "status",
)

FLAGS = ("latest", "final", "never_executed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A parameter and a sentence on what is wrong with it."""

    name: str
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The half-open time [since, until)."""

    since: datetime
    until: datetime

    @property
    def previous(self) -> Window:
        """The window of the same length that ends where this one begins."""
        since = _back(self.since, self.until - self.since)
        return Window(since=since, until=self.since)

    @property
    def days(self) -> tuple[date, ...]:
        """The UTC days that it touches, oldest first."""
        first = self.since.astimezone(UTC).date()
        last = (self.until - timedelta(microseconds=1)).astimezone(UTC).date()
        return tuple(first + timedelta(days=n) for n in range((last - first).days + 1))

    def contains(self, at: datetime) -> bool:
        return self.since <= at < self.until


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Values of one parameter are alternatives; different parameters narrow further.

    `connection` holds ids or names as they were given. At most one of `window_days`
    and (`since`, `until`) is set. `default_branch` is what was asked, None for what is
    usual here; `default_branches` is what that comes to: every project that has a
    default branch with it, or nothing when runs of all branches count. `counted` is
    what was asked of runs that a person excluded from every number: 1 leaves them out.
    `has_uncounted`: there are any; `with_uncounted`: they are among the rows. `as_of`:
    rows as they were recorded at that moment, None for today's; `now` is the moment that
    an open window ends at, which is that one or the present: it is no part of the URL, and
    no part of equality. Without another word both are those of the answer being made.
    `never_executed`: only tests without any result.
    `signature` is that of a failure's message, NO_MESSAGE for failures without one;
    `message` a part of a failure's message.
    """

    project: tuple[int, ...] = ()
    connection: tuple[str, ...] = ()
    tool: tuple[str, ...] = ()
    source: tuple[str, ...] = ()
    configuration: tuple[str, ...] = ()
    milestone: tuple[int, ...] = ()
    branch: tuple[str, ...] = ()
    case: tuple[int, ...] = ()
    status: tuple[str, ...] = ()
    q: str = ""
    since: datetime | None = None
    until: datetime | None = None
    window_days: int | None = None
    latest: bool = False
    final: bool = False
    never_executed: bool = False
    signature: str = ""
    message: str = ""
    default_branch: bool | None = None
    default_branches: tuple[tuple[int, str], ...] = ()
    counted: bool | None = None
    has_uncounted: bool = field(default=False, compare=False)
    with_uncounted: bool = False
    sort: str = ""
    as_of: datetime | None = field(default_factory=past)
    now: datetime = field(
        default_factory=lambda: past() or timezone.now(), compare=False
    )

    def window(self) -> Window:
        """The window of a metric: 30 days unless the filters say otherwise."""
        until = self.until or self.now
        days = self.window_days or DEFAULT_WINDOW_DAYS
        since = self.since or _back(until, timedelta(days=days))
        return Window(since=since, until=until)

    @property
    def has_window(self) -> bool:
        """Whether one was asked for."""
        times = (self.since, self.until, self.window_days)
        return any(time is not None for time in times)

    def list_window(self) -> Window | None:
        """The window of a list: None, which is everything, unless one is asked for."""
        if not self.has_window:
            return None
        if self.until is not None and self.since is None:
            return Window(since=BEGINNING, until=self.until)
        return self.window()

    @property
    def branches_in_force(self) -> tuple[tuple[int, str], ...]:
        """The chosen projects of which one branch alone counts, each with that branch."""
        if self.branch:
            return ()
        return tuple(
            (project, branch)
            for project, branch in self.default_branches
            if not self.project or project in self.project
        )

    def explicit(self) -> Filters:
        """The same with what metrics do by default written out, for links to lists."""
        said: dict[str, Any] = {}
        if not self.has_window:
            said["window_days"] = DEFAULT_WINDOW_DAYS
        if self.branches_in_force:
            said["default_branch"] = True
        if self.has_uncounted and not self.with_uncounted:
            said["counted"] = True
        return replace(self, **said) if said else self

    def pinned(self) -> Filters:
        """The same with the window as fixed times, so that the view does not move on."""
        window = self.window()
        return replace(self, window_days=None, since=window.since, until=window.until)

    def over(self, window: Window) -> Filters:
        """The same over another window."""
        return replace(self, window_days=None, since=window.since, until=window.until)

    def pairs(self) -> list[tuple[str, str]]:
        """Name and value of every parameter that differs from its default, in order."""
        pairs = [(name, str(v)) for name in REPEATABLE for v in getattr(self, name)]
        if self.q:
            pairs.append(("q", self.q))
        if self.window_days is not None:
            pairs.append(("window", f"{self.window_days}d"))
        for name, moment in (("since", self.since), ("until", self.until)):
            if moment is not None:
                pairs.append((name, moment_text(moment)))
        if self.as_of is not None:
            pairs.append(("as_of", moment_text(self.as_of)))
        pairs += [(name, "1") for name in FLAGS if getattr(self, name)]
        pairs += [(n, v) for n in ("signature", "message") if (v := getattr(self, n))]
        for name in ("default_branch", "counted"):
            if (asked := getattr(self, name)) is not None:
                pairs.append((name, str(int(asked))))
        if self.sort:
            pairs.append(("sort", self.sort))
        return pairs

    def to_query(self) -> str:
        """The query string, without a question mark; "" when all is default."""
        return urlencode(self.pairs())


def _back(moment: datetime, length: timedelta) -> datetime:
    return BEGINNING if moment - BEGINNING < length else moment - length


def moment_text(moment: datetime) -> str:
    """A bare date for UTC midnight, else ISO 8601 with Z."""
    utc = moment.astimezone(UTC)
    if utc.time() == time():
        return utc.date().isoformat()
    return utc.isoformat().replace("+00:00", "Z")
