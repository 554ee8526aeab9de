"""A test of the connection: made within a time that a page can wait, and its lines."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, TypeVar
from urllib.parse import urlsplit

from dashboard.ui.lengths import Quote
from dashboard.ui.text import numbers
from ingest.connections import Vendor, check_connection, checked_config
from ingest.contract import (
    CheckItem,
    CheckReport,
    ConfigError,
    PayloadError,
    ProjectRecord,
    RetryableError,
    VendorError,
)

T = TypeVar("T")
# A tool that asks for pauses may keep a check waiting for minutes.
PATIENCE_S = 40.0
Place: TypeAlias = Literal["", "base_url", "secrets"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Discovery:
    """What a test found, `lines` of its checklist first.

    `projects` are (id, name); `sentence` says what went wrong, `place` the field where,
    "" for none of them; `answer` is the start of the tool's reply, redacted.
    """

    lines: tuple[CheckItem, ...]
    projects: tuple[tuple[str, str], ...] = ()
    sentence: str = ""
    place: Place = ""
    answer: Quote = ""

    @property
    def has_passed(self) -> bool:
        return not self.sentence and all(line.state != "bad" for line in self.lines)

    @property
    def gaps(self) -> list[str]:
        return [line.label.lower() for line in self.lines if line.state == "gap"]

    @classmethod
    def from_dict(cls, stored: dict[str, Any]) -> Discovery:
        lines = tuple(CheckItem(**line) for line in stored["lines"])
        projects = tuple((id, name) for id, name in stored["projects"])
        return cls(**stored | {"lines": lines, "projects": projects})


def discover(
    vendor: Vendor,
    *,
    base_url: str,
    values: dict[str, str],
    secrets: dict[str, str],
    projects: list[str],
) -> Discovery:
    """Ask the tool, and say what it answered; no exception of a vendor gets out."""

    def check() -> tuple[CheckReport, list[ProjectRecord]]:
        config = checked_config(
            vendor=vendor.name,
            base_url=base_url,
            values=values,
            secrets=secrets,
            projects=projects,
        )
        return check_connection(vendor.name, config, projects)

    began = time.monotonic()
    try:
        report, listed = within(PATIENCE_S, check, vendor.label)
    except VendorError as error:
        return refused(error, vendor.label, base_url)
    took_ms = round(1000 * (time.monotonic() - began))
    return _accepted(vendor, report, listed, took_ms)


def within(seconds: float, work: Callable[[], T], label: str) -> T:
    """`work` done in a thread that is left behind when it takes longer.

    Raises what `work` raises, and RetryableError when the time is up.
    """
    done: queue.SimpleQueue[tuple[T | None, Exception | None]] = queue.SimpleQueue()

    def run() -> None:
        try:
            done.put((work(), None))
        except Exception as error:
            done.put((None, error))

    threading.Thread(target=run, daemon=True).start()
    try:
        result, error = done.get(timeout=seconds)
    except queue.Empty:
        raise RetryableError(
            f"{label} did not finish answering within {seconds:.0f} s. It may be slow "
            "or ask for pauses. Test again in a minute."
        ) from None
    if error is not None:
        raise error
    return result  # type: ignore[return-value]


def _accepted(
    vendor: Vendor, report: CheckReport, listed: list[ProjectRecord], took_ms: int
) -> Discovery:
    took = f"test took {numbers.count(took_ms)} ms"
    lines = [CheckItem(label="Address answers", value=took)]
    # What the tool lists is counted below, from the list itself.
    lines += [i for i in report.items if i.label not in ("Address", "Projects")]
    if vendor.projects_are_listed:
        state = "ok" if listed else "gap"
        value = numbers.count(len(listed))
        lines.append(CheckItem(label="Projects found", value=value, state=state))
    return Discovery(
        lines=tuple(lines),
        projects=tuple((one.external_id, one.name) for one in listed),
    )


def refused(error: VendorError, label: str, base_url: str) -> Discovery:
    """An error as a checklist: what had worked until then, and what did not."""
    place = _place_of(error, base_url)
    answered = error.answer.startswith("HTTP ")
    lines = []
    if answered:
        lines.append(CheckItem(label="Address answers", value=error.answer[:8].strip()))
    elif place == "base_url":
        lines.append(CheckItem(label="Address answers", value="no", state="bad"))
    if place == "secrets":
        lines.append(CheckItem(label="Key accepted", value="refused", state="bad"))
    elif answered:
        text = f"Answers as {label} does"
        lines.append(CheckItem(label=text, value="no", state="bad"))
    if not lines:
        lines.append(CheckItem(label="Ready to ask", value="no", state="bad"))
    return Discovery(
        lines=tuple(lines),
        sentence=error.sentence,
        place=place,
        answer=error.answer,
    )


def _place_of(error: VendorError, base_url: str) -> Place:
    """The field that an error is about; the sentence itself goes there."""
    if error.answer.startswith(("HTTP 401", "HTTP 403")):
        return "secrets"
    host = urlsplit(base_url).hostname or base_url
    if isinstance(error, ConfigError) and host in error.sentence:
        return "base_url"
    is_unreached = not error.answer.startswith("HTTP ")
    if isinstance(error, RetryableError | PayloadError) and is_unreached:
        return "base_url"
    return ""
