"""What several connectors need to turn a vendor's answers into records or errors."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, TypeVar
from urllib.parse import quote

from ingest.contract import (
    CheckItem,
    CheckReport,
    ConfigError,
    ConnectionConfig,
    Field,
    IncompleteListError,
    PayloadError,
    Reject,
    VendorError,
)
from ingest.http import MissingError
from ingest.parse import Row, RowError, mapping, text_of

Record = TypeVar("Record")
Item = TypeVar("Item")

# A route that a vendor lacks may come with a release: ask again this often.
PROBE_AGAIN_AFTER = timedelta(days=7)
# The answer about a run may be megabytes; its results are asked for right after it.
REPORTS_KEPT = 1
LAST = datetime.max.replace(tzinfo=UTC)

TOKEN = Field(name="token", label="API token", is_secret=True, is_required=True)
BRANCH_FIELD = Field(
    name="branch_field",
    label="Field with the branch",
    help="The vendor's field of a run that holds the branch, such as git.branch.",
)
COMMIT_FIELD = Field(
    name="commit_field",
    label="Field with the commit",
    help="The vendor's field of a run that holds the commit, such as git.commit.",
)
RELAY_FIELD = Field(
    name="relay",
    label="Relay",
    help="on: what is pushed to Passline for this tool is stored and then handed on "
    "to it.",
    default="off",
    choices=("off", "on"),
)


def secret(config: ConnectionConfig, field: Field) -> str:
    """A secret that must be there; ConfigError names its label."""
    value = config.secrets.get(field.name, "").strip()
    if not value:
        raise ConfigError(f"The {field.label} is missing. Enter it.")
    return value


def setting(config: ConnectionConfig, field: Field) -> str:
    """A setting or its default; ConfigError for none of the field's choices."""
    value = config.settings.get(field.name, "").strip() or field.default
    if field.choices and value not in field.choices:
        choices = ", ".join(field.choices)
        raise ConfigError(f"{field.name} is {value!r}. Choose one of: {choices}.")
    return value


def line(label: str, value: str, state: str = "ok") -> CheckItem:
    """One line of a check; `state` is "ok", "gap" or "bad"."""
    return CheckItem(label=label, value=value, state=state)


def accepted(*more: CheckItem) -> CheckReport:
    """The report of a check whose credentials the vendor took."""
    return CheckReport(items=(line(TOKEN.label, "accepted"), *more))


def unproven(reason: str) -> CheckReport:
    """The report of a check that could prove nothing, and was refused nothing."""
    value = f"not proven until the first sync: {reason}"
    return CheckReport(items=(line(TOKEN.label, value, "gap"),))


def part(value: str) -> str:
    """An id as one part of a path, so that a slash in it leads nowhere else.

    Raises PayloadError for "." and "..", which no quoting keeps from being a way.
    """
    if value in (".", ".."):
        raise PayloadError(f"{value!r} came as an id, which it cannot be.")
    return quote(value, safe="")


def record(
    row: Any, where: str, parse: Callable[[Row], Record], *, payload: Any = None
) -> Record | Reject:
    """`row` as a record, or as a Reject that keeps it (or `payload`) whole."""
    try:
        return parse(mapping(row, "the row"))
    except RowError as error:
        kept = row if payload is None else payload
        return Reject(where=where, reason=str(error), payload=kept)


class Titles:
    """The keys of one run's tests where a title is all that they have for one.

    Rows of different ids are different tests, also when they bear the same title: the
    first to start keeps it, the next is "title #2". A title that is spelled so itself
    is left alone. Rows of the same id, or without any, are attempts of one test.
    """

    def __init__(self) -> None:
        self._starts: dict[str, dict[str, datetime]] = {}
        self._keys: dict[tuple[str, str], str] | None = None

    def add(self, title: str, row_id: str, start: datetime | None) -> None:
        """A row in the order of the report; without a start it comes after others."""
        of_title = self._starts.setdefault(title, {})
        of_title[row_id] = min(start or LAST, of_title.get(row_id, LAST))

    def key(self, title: str, row_id: str) -> str:
        """The key of a row that was added, once all of them are."""
        if self._keys is None:
            self._keys = dict(self._numbered())
        return self._keys.get((title, row_id), title)

    def _numbered(self) -> Iterator[tuple[tuple[str, str], str]]:
        for title, starts in self._starts.items():
            if len(starts) > 1:
                free = (f"{title} #{number}" for number in count(2))
                free = (name for name in free if name not in self._starts)
                _, *others = sorted(starts, key=lambda row_id: starts[row_id])
                yield from zip(((title, one) for one in others), free, strict=False)


@contextmanager
def envelope(what: str) -> Iterator[None]:
    """Inside, what is no row but the answer around rows is read: PayloadError."""
    try:
        yield
    except RowError as error:
        raise PayloadError(f"{what}: {error}.") from None


def message_of(value: Any) -> str:
    """The text of a message, which some vendors send as an object."""
    if value is None or value == "":
        return ""
    if isinstance(value, str):
        return text_of(value)
    found = value.get("message") if isinstance(value, dict) else None
    if isinstance(found, str) and found:
        stack = value.get("stack")
        has_stack = isinstance(stack, str) and stack
        return text_of(f"{found}\n{stack}" if has_stack else found)
    return text_of(json.dumps(value, ensure_ascii=False)) if value else ""


def identity(key: str) -> Callable[[Any], str]:
    """What tells rows of a list apart: the id under `key`, else the whole row."""

    def of(row: Any) -> str:
        value = row.get(key) if isinstance(row, dict) else None
        return repr(row if value is None else value)

    return of


def gathered(items: Iterable[Item]) -> tuple[list[Item], IncompleteListError | None]:
    """All items of a list, and what to raise behind them where others are lacking."""
    found: list[Item] = []
    try:
        for item in items:
            found.append(item)
    except IncompleteListError as lack:
        return found, lack
    return found, None


def is_no_route(error: VendorError) -> bool:
    """Whether the vendor said that it has no such route, rather than that it failed."""
    if isinstance(error, MissingError):
        return True
    return error.answer.startswith(("HTTP 404", "HTTP 405", "HTTP 501"))


class Lack:
    """A route found missing, kept in a connection's memory and doubted weekly."""

    def __init__(self, memory: MutableMapping[str, Any], key: str) -> None:
        self._memory = memory
        self._key = key

    @property
    def is_known(self) -> bool:
        found_at = remembered_time(self._memory, self._key)
        return found_at is not None and now() - found_at < PROBE_AGAIN_AFTER

    def remember(self) -> None:
        self._memory[self._key] = now().isoformat()

    def forget(self) -> None:
        self._memory.pop(self._key, None)


def remembered_time(memory: Mapping[str, Any], key: str) -> datetime | None:
    """A time that a connector wrote into its memory as ISO 8601 with a zone."""
    try:
        found = datetime.fromisoformat(str(memory.get(key)))
    except ValueError:
        return None
    return found if found.tzinfo else None


def now() -> datetime:
    return datetime.now(UTC)


class Reports:
    """Answers that held a run and its results, kept from the one read to the other.

    Each is used once: kept longer, a run that grows would be read old.
    """

    def __init__(self) -> None:
        self._reports: OrderedDict[str, Row] = OrderedDict()

    def keep(self, run_id: str, report: Row) -> None:
        self._reports[run_id] = report
        while len(self._reports) > REPORTS_KEPT:
            self._reports.popitem(last=False)

    def take(self, run_id: str) -> Row | None:
        return self._reports.pop(run_id, None)
