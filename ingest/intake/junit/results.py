"""The second reading of a file: each testcase as the results that it stands for.

A test's key is its `classname` and its name, the names of its suites where there is no
`classname` (places.py). Those of one key in a file are attempts of one test
(docs/metrics.md); tests without any name are told apart by their order.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from ingest.contract import ResultRecord, Status
from ingest.details import Details, Step
from ingest.intake.junit.durations import Durations
from ingest.intake.junit.heads import a_moment
from ingest.intake.junit.places import Suite, Suites, place
from ingest.intake.junit.texts import add_outputs, message_of
from ingest.intake.junit.xml import Element, Walker
from ingest.intake.report import (
    ADDRESS,
    CONSOLE,
    HTML,
    STRING,
    TEXT,
    Titles,
    a_field,
    attach_file,
    cut,
)

UNNAMED = "(no name)"
# What an element in a testcase says of it; of several the first here decides.
_OUTCOMES = {
    "failure": Status.FAILED,
    "error": Status.ERROR,
    # PHPUnit before 10, whose run such a test fails.
    "warning": Status.ERROR,
    "skipped": Status.SKIPPED,
}
# Executions before the one that the testcase is of, or after the failure that it holds.
_RERUNS = {
    "flakyFailure": Status.FAILED,
    "flakyError": Status.ERROR,
    "rerunFailure": Status.FAILED,
    "rerunError": Status.ERROR,
}
# Of writers that tell an outcome by an attribute alone.
_WORDS = {
    "notrun": Status.SKIPPED,
    "disabled": Status.SKIPPED,
    "skipped": Status.SKIPPED,
    "ignored": Status.SKIPPED,
    "pending": Status.SKIPPED,
    "suppressed": Status.SKIPPED,
    "inconclusive": Status.SKIPPED,
    "blocked": Status.BLOCKED,
    "fail": Status.FAILED,
    "failed": Status.FAILED,
    "failure": Status.FAILED,
    "error": Status.ERROR,
    "timeout": Status.ERROR,
}
_NOT_LOADED = "Test suite failed to run"
_FIELD_TYPES = {
    "url": ADDRESS,
    "html": HTML,
    "text": TEXT,
    "console": CONSOLE,
    "string": STRING,
}
_ATTACHMENT_NAMES = frozenset({"attachment", "testrail_attachment"})
_STEP = re.compile(r"step\[(\w+)\]", re.IGNORECASE)


def read_results(
    chunks: Iterable[bytes], durations: Durations
) -> Iterator[ResultRecord]:
    """The results in the order of the file; attempts of a test follow each other."""
    yield from _Cases(durations).walk(chunks)


class _Cases(Walker):
    kept_tags = frozenset({"testcase"})

    def __init__(self, durations: Durations) -> None:
        super().__init__()
        self._durations = durations
        self._titles = Titles()
        self._suites = Suites()
        self._waiting: Element | None = None
        self._not_loaded: tuple[str, str] | None = None

    def enter(self, tag: str, attributes: dict[str, str]) -> None:
        if tag in ("testsuites", "testsuite"):
            self._suites.enter(attributes)

    def leave(self, tag: str) -> None:
        if tag in ("testsuites", "testsuite"):
            self._give_waiting(None)
            self._not_loaded = None
            self._suites.leave()

    def keep(self, element: Element) -> None:
        if not self._suites.current.is_of_pytest:
            if not self._is_told_again(element):
                self.found += self._results(element)
        elif self._waiting and _is_rest(self._waiting, element):
            self._waiting.children += element.children
        else:
            self._give_waiting(element)
            self._waiting = element

    def _is_told_again(self, case: Element) -> bool:
        """A file that could not be loaded, which Jest's writer tells twice."""
        if case.attributes.get("classname") != _NOT_LOADED:
            return False
        before, self._not_loaded = self._not_loaded, _name(case)
        return before == self._not_loaded

    def _give_waiting(self, following: Element | None) -> None:
        """The testcase before this one, of which only this tells whether it failed:
        pytest writes each try of a test, and one that failed is empty.
        """
        case, self._waiting = self._waiting, None
        if case is None:
            return
        is_failed_try = (
            following is not None
            and not case.children
            and _name(case) == _name(following)
        )
        self.found += self._results(case, is_failed_try=is_failed_try)
        if following is not None and is_failed_try:
            following.attributes.setdefault("rerun", "true")

    def _results(
        self, case: Element, *, is_failed_try: bool = False
    ) -> list[ResultRecord]:
        suite = self._suites.current
        found = place(case.attributes, suite)
        group, name = found.group, found.name or found.group or UNNAMED
        key = f"{group}::{name}" if group else name
        if name == UNNAMED:
            suffix = self._titles.suffix(key)
            key, name = key + suffix, name + suffix
        executions = self._executions(case)
        if is_failed_try:
            executions = [replace(executions[0], status=Status.FAILED)]
        is_retried = len(executions) > 1 or is_failed_try or _is_marked_rerun(case)
        details = _details(case, suite)
        return [
            ResultRecord(
                key=key,
                name=name,
                folder=found.folder,
                status=one.status,
                raw_status=one.raw_status,
                executed_at=one.executed_at if len(executions) == 1 else None,
                duration_ms=one.duration_ms,
                message=one.message,
                is_marked_retry=is_retried,
                details=_with_outputs(one.source, details if one.is_main else None),
            )
            for one in executions
        ]

    def _executions(self, case: Element) -> list[_Execution]:
        """In their order: what was flaky comes before, what was run again after."""
        main = self._execution(case)
        reruns = [self._rerun(child) for child in case.children if child.tag in _RERUNS]
        if not reruns:
            return [main]
        if main.status not in (Status.FAILED, Status.ERROR):
            return [*reruns, main]
        flaky = [one for one in reruns if one.raw_status.startswith("flaky")]
        return [*flaky, main, *(one for one in reruns if one not in flaky)]

    def _execution(self, case: Element) -> _Execution:
        status, word = _status(case)
        message = ""
        if case.children:
            told = [child for child in case.children if child.tag in _OUTCOMES]
            message = "\n\n".join(filter(None, map(message_of, told)))
        at = a_moment(case.attributes.get("timestamp"))
        duration_ms = self._durations.ms(case.attributes.get("time"))
        return _Execution(status, word, cut(message), at, duration_ms, case, True)

    def _rerun(self, element: Element) -> _Execution:
        duration_ms = self._durations.ms(element.attributes.get("time"))
        message = cut(message_of(element))
        status, word = _RERUNS[element.tag], element.tag
        return _Execution(status, word, message, None, duration_ms, element, False)


@dataclass(frozen=True, slots=True)
class _Execution:
    """`source` is the element that holds what it printed."""

    status: Status
    raw_status: str
    message: str
    executed_at: datetime | None
    duration_ms: int | None
    source: Element
    is_main: bool


def _status(case: Element) -> tuple[Status, str]:
    if case.children:
        tags = {child.tag for child in case.children}
        for tag, status in _OUTCOMES.items():
            if tag in tags:
                return status, tag
    for name in ("status", "result"):
        word = case.attributes.get(name, "").strip()
        if word and (status_of_word := _WORDS.get(word.lower())):
            return status_of_word, cut(word)
    return Status.PASSED, "passed"


def _is_rest(case: Element, following: Element) -> bool:
    """What pytest tells of one execution that failed, and then its teardown."""
    return (
        _name(case) == _name(following)
        and any(child.tag == "failure" for child in case.children)
        and any(
            child.tag == "error"
            and child.attributes.get("message", "").startswith("failed on teardown")
            for child in following.children
        )
    )


def _name(case: Element) -> tuple[str, str]:
    return case.attributes.get("classname", ""), case.attributes.get("name", "")


def _is_marked_rerun(case: Element) -> bool:
    """Writers that repeat a testcase for each attempt say so in one of these."""
    found = case.attributes
    for name in ("retry", "rerun"):
        if found.get(name, "").lower() not in ("", "0", "false"):
            return True
    attempt = found.get("attempt", "")
    return attempt.isdecimal() and int(attempt[:9]) > 1


def _details(case: Element, suite: Suite) -> Details:
    """All but what was printed, which each attempt has for itself."""
    details, attributes = Details(), case.attributes
    if file := attributes.get("file") or attributes.get("filepath") or suite.file:
        details["file"] = cut(file)
    for name in ("line", "assertions"):
        text = attributes.get(name, "").strip()
        if text.isascii() and text.isdigit() and len(text) < 10:
            details[name] = int(text)
    for child in case.children:
        if child.tag == "properties":
            for one in child.children:
                value = one.attributes.get("value", one.text)
                _add_property(details, one.attributes.get("name", "").strip(), value)
    return details


def _add_property(details: Details, name: str, value: str) -> None:
    value = cut(value.strip("\n"))
    if name.lower() in _ATTACHMENT_NAMES:
        attach_file(details, "", value)
    elif step := _STEP.fullmatch(name):
        made = Step(title=value, category=step[1].lower())
        details["steps"] = [*details.get("steps", []), made]
    elif name:
        prefix, colon, rest = name.partition(":")
        type_ = _FIELD_TYPES.get(prefix.lower()) if colon and rest.strip() else None
        made_field = a_field(
            cut(rest.strip() if type_ else name), value, type_ or STRING
        )
        details.setdefault("fields", []).append(made_field)


def _with_outputs(source: Element, main: Details | None) -> Details | None:
    """Those of its testcase, for the attempt that this is of, and what it printed."""
    details = main if main is not None else Details()
    add_outputs(details, source)
    return details or None
