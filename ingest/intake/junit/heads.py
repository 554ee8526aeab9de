"""The first reading of a file: what its suites say of the run, and that it is whole."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from ingest.details import Details
from ingest.intake.errors import InvalidError
from ingest.intake.junit.durations import Durations
from ingest.intake.junit.xml import Element, Walker
from ingest.intake.report import CONSOLE, Report, a_field, cut
from ingest.models.results import ORDINALS
from ingest.parse import RowError, moment

MOST_FIELDS, MOST_OUTPUT = 100, 65_536
OUTPUTS = {"system-out": "Output", "system-err": "Errors"}


def read_report(chunks: Iterable[bytes]) -> tuple[Report, Durations]:
    """What the file says of its run, and how its durations are spelled.

    Reads it to its end, so that a broken one is refused before anything is stored.
    """
    walker = _Heads()
    for _ in walker.walk(chunks):
        pass  # It finds nothing but what it keeps.
    return walker.report(), walker.durations


class _Heads(Walker):
    kept_tags = frozenset({"properties", *OUTPUTS})

    def __init__(self) -> None:
        super().__init__()
        self.durations = Durations()
        self._tests = self._in_case = self._suite_depth = 0
        self._root_name = ""
        # Of the level below; no more than two of them, which are one too many.
        self._suite_names: list[str] = []
        self._starts: list[datetime] = []
        self._ends: list[datetime] = []
        self._root_ms: int | None = None
        self._sum_ms = 0
        self._fields: dict[str, str] = {}
        self._outputs: dict[str, str] = {}

    def enter(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "testcase":
            self._in_case += 1
            self._tests += 1
            self.durations.learn(attributes.get("time", ""))
            if self._tests > ORDINALS:
                raise InvalidError(
                    f"The file has more than the {ORDINALS:,} results that a run can "
                    "hold. Send it in parts of several runs."
                )
        elif tag in ("testsuites", "testsuite"):
            self._suite_depth += 1
            self._enter_suite(attributes)

    def leave(self, tag: str) -> None:
        if tag == "testcase":
            self._in_case -= 1
        elif tag in ("testsuites", "testsuite"):
            self._suite_depth -= 1

    def _enter_suite(self, attributes: dict[str, str]) -> None:
        name = attributes.get("name", "").strip()
        if self._suite_depth == 1:
            self._root_name = name
        elif self._suite_depth == 2 and len(self._suite_names) < 2:
            self._suite_names.append(name)
        self.durations.learn(attributes.get("time", ""))
        duration_ms = self.durations.ms(attributes.get("time"))
        if self._suite_depth == 1:
            self._root_ms = duration_ms
        elif self._suite_depth == 2 and self._root_ms is None:
            self._sum_ms += duration_ms or 0
        started_at = a_moment(attributes.get("timestamp"))
        if started_at is not None:
            self._starts.append(started_at)
            self._starts = [min(self._starts)]
            ended_at = started_at + timedelta(milliseconds=duration_ms or 0)
            self._ends = [max([*self._ends, ended_at])]

    def keep(self, element: Element) -> None:
        if self._in_case:
            return
        if element.tag in OUTPUTS:
            self._keep_output(OUTPUTS[element.tag], element.text.strip("\n"))
            return
        found = {
            child.attributes.get("name", ""): child.attributes.get("value", child.text)
            for child in element.children
        }
        # A JVM writes its whole environment down, with what may be secret in it.
        if not any(name.startswith(("java.", "sun.")) for name in found):
            room = MOST_FIELDS - len(self._fields)
            self._fields |= dict(list(found.items())[:room])

    def _keep_output(self, label: str, text: str) -> None:
        known = self._outputs.get(label, "")
        both = f"{known}\n{text}" if known and text else known or text
        self._outputs[label] = both[:MOST_OUTPUT]

    def report(self) -> Report:
        started_at = self._starts[0] if self._starts else None
        duration_ms = self._root_ms
        if duration_ms is None and started_at is not None:
            duration_ms = round(
                (self._ends[0] - started_at) / timedelta(milliseconds=1)
            )
        if not duration_ms:
            duration_ms = self._sum_ms or duration_ms
        only = self._suite_names[0] if len(self._suite_names) == 1 else ""
        finished_at = None
        if started_at is not None and duration_ms is not None:
            finished_at = started_at + timedelta(milliseconds=duration_ms)
        return Report(
            name=cut(self._root_name or only),
            started_at=started_at,
            finished_at=finished_at,
            duration_ms=duration_ms,
            part=self._part(),
        )

    def _part(self) -> Details:
        fields = [a_field(cut(k), cut(v)) for k, v in self._fields.items() if k]
        for label, text in self._outputs.items():
            if text.strip():
                fields.append(a_field(label, cut(text), CONSOLE))
        return Details(fields=fields) if fields else Details()


def a_moment(text: str | None) -> datetime | None:
    """A time without a zone is taken for UTC; what cannot be read is unknown."""
    try:
        return moment({"timestamp": text}, "timestamp") if text else None
    except RowError:
        return None
