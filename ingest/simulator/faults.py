"""Faults that a test or the control path puts between a simulator and its client."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

KINDS = frozenset(
    [
        "status",
        "reset",
        "disconnect",
        "truncate",
        "cut_json",
        "html",
        "empty",
        "hang",
        "drop_key",
        "set_key",
        "drop_field",
        "set_field",
        "duplicate_rows",
        "repeat_page",
        "edit",
    ]
)


@dataclass(slots=True)
class Fault:
    """One planned disturbance of the answers whose path matches.

    match: regular expression searched in "METHOD /path?query".
    times: answers disturbed before the fault is used up; None is for ever.
    after: matching answers left alone first.
    kind: a word, with its argument after a colon:
      status:CODE            that status and an error body; `retry_after` is its header
      reset, disconnect      TCP RST, or a clean close, in place of an answer
      truncate               the whole length announced, half the body sent, closed
      cut_json               a complete HTTP answer whose JSON stops in the middle
      html, empty            200 with a web page, or with no body
      hang                   `seconds` of silence, or until `let_go`, then the answer
      drop_key:a.b           the key at that path is missing
      set_key:a.b=JSON       the key at that path has that value
      drop_field:NAME        every row lacks the field
      set_field:NAME=JSON    every row has that value in the field
      duplicate_rows         every row comes twice
      repeat_page            whatever page is asked for, page 1 is served
      edit                   `edit(payload)` returns the payload to send
    rows: drop_field and set_field touch only this many rows when it is given.

    A request that writes has written under every kind but status, html and empty: the
    client of a reset or a disconnect cannot tell, as in life.
    """

    match: str
    kind: str
    times: int | None = 1
    after: int = 0
    retry_after: str | None = None
    seconds: float = 30.0
    rows: int | None = None
    edit: Callable[[Any], Any] | None = None

    def __post_init__(self) -> None:
        if self.word not in KINDS:
            known = ", ".join(sorted(KINDS))
            raise ValueError(f"Unknown fault {self.kind!r}; use one of: {known}.")
        re.compile(self.match)

    @property
    def word(self) -> str:
        return self.kind.partition(":")[0]

    @property
    def argument(self) -> str:
        return self.kind.partition(":")[2]

    @classmethod
    def parse(cls, raw: Mapping[str, Any]) -> Fault:
        """A fault from the JSON of the control path. Raises ValueError."""
        allowed = {"match", "kind", "times", "after", "retry_after", "seconds", "rows"}
        unknown = set(raw) - allowed
        if unknown or not {"match", "kind"} <= set(raw):
            raise ValueError(
                f"A fault needs match and kind and may have {sorted(allowed)}; "
                f"got {sorted(raw)}."
            )
        return cls(**raw)


class FaultQueue:
    """The planned faults of one simulator, safe to change while it is serving."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []
        self._let_go = threading.Event()

    def add(self, match: str, kind: str, **options: Any) -> None:
        """Plan one fault; the options are the fields of `Fault`."""
        self.extend([Fault(match, kind, **options)])

    def extend(self, faults: Iterable[Fault]) -> None:
        with self._lock:
            self._faults.extend(replace(fault) for fault in faults)

    def clear(self) -> None:
        with self._lock:
            self._faults.clear()

    def let_go(self) -> None:
        """Answer what hangs, now and later."""
        self._let_go.set()

    def hang(self, seconds: float, stopping: threading.Event) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end and not self._let_go.is_set():
            if stopping.wait(0.02):
                return

    def pending(self) -> list[Fault]:
        """Copies of the faults that are not used up, in order."""
        with self._lock:
            return [replace(fault) for fault in self._faults]

    def take(self, line: str) -> Fault | None:
        """The first fault that disturbs this request line; counts it as used."""
        with self._lock:
            for fault in self._faults:
                if not re.search(fault.match, line):
                    continue
                if fault.after > 0:
                    fault.after -= 1
                    continue
                self._use(fault)
                return fault
        return None

    def _use(self, fault: Fault) -> None:
        if fault.times is None:
            return
        fault.times -= 1
        if fault.times <= 0:
            self._faults.remove(fault)


def disturbed(payload: Any, fault: Fault) -> Any:
    """The payload as the fault leaves it; faults of the wire leave it alone."""
    if fault.word == "edit" and fault.edit is not None:
        return fault.edit(payload)
    if fault.word == "drop_key":
        return _at_path(payload, fault.argument, lambda owner, key: owner.pop(key, 0))
    if fault.word == "set_key":
        path, _, value = fault.argument.partition("=")
        parsed = json.loads(value)
        return _at_path(payload, path, lambda o, k: o.__setitem__(k, parsed))
    if fault.word == "duplicate_rows":
        rows = rows_of(payload)
        rows[:] = [row for row in rows for _ in range(2)]
    if fault.word in ("drop_field", "set_field"):
        _change_rows(payload, fault)
    return payload


def rows_of(payload: Any) -> list[Any]:
    """The first list of objects in the payload, looked for one level deep, then two."""
    if isinstance(payload, list):
        return payload
    if not isinstance(payload, dict):
        return []
    for value in payload.values():
        if isinstance(value, list) and (not value or isinstance(value[0], dict)):
            return value
    for value in payload.values():
        if isinstance(value, dict) and (rows := rows_of(value)):
            return rows
    return []


def _at_path(payload: Any, path: str, change: Callable[[Any, str], object]) -> Any:
    *parents, key = path.split(".")
    owner = payload
    for parent in parents:
        owner = owner.get(parent, {}) if isinstance(owner, dict) else {}
    if isinstance(owner, dict):
        change(owner, key)
    return payload


def _change_rows(payload: Any, fault: Fault) -> None:
    name, _, value = fault.argument.partition("=")
    for row in rows_of(payload)[: fault.rows]:
        # JSON:API keeps a row's fields one level down.
        owner = row if name in row else row.get("attributes", row)
        if fault.word == "drop_field":
            owner.pop(name, None)
        else:
            owner[name] = json.loads(value)
