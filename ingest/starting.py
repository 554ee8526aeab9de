"""What a vendor is asked to do: runs started and changed, tests made; no Django."""

from __future__ import annotations

import json
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar, Literal, Self

from ingest.contract import ConnectionConfig, VendorError

LONGEST_TEXT = 2000
MOST_ENTRIES = 1000
LARGEST_VALUE = 50_000
NOT_KEPT = "(sent, not kept)"
# The name and password of an address, in JSON.
_LOGIN = re.compile(r"(https?://)[^/@\s\"\\]+@", re.IGNORECASE)

Only = Literal["failed", "all"]


class RefusedError(VendorError):
    """The vendor would not do it, or has no such thing: nothing was done.

    `status` is what the API answers: 422 where something else might have been asked for,
    409 where it is the vendor's state, plan or key that is in the way.
    """

    def __init__(self, sentence: str, *, status: int = 409, answer: str = "") -> None:
        super().__init__(sentence, answer=answer)
        self.status = status


class UnclearError(VendorError):
    """It was sent, and nobody knows what became of it: it is not sent again.

    `cause` says what came in place of an answer.
    """

    def __init__(self, sentence: str, *, answer: str = "", cause: str = "") -> None:
        super().__init__(sentence, answer=answer)
        self.cause = cause


class FieldsError(Exception):
    """Values that no vendor need be asked about; sentences by the field's name."""

    def __init__(self, errors: Mapping[str, list[str]]) -> None:
        super().__init__(
            "; ".join(f"{name}: {said[0]}" for name, said in errors.items())
        )
        self.errors = dict(errors)


class FieldKind(StrEnum):
    """LIST is a list of texts, JSON whatever the vendor takes there."""

    TEXT = "text"
    NUMBER = "number"
    LIST = "list"
    JSON = "json"


@dataclass(frozen=True, slots=True, kw_only=True)
class StartField:
    """A value that a vendor takes, under its own name; the form is drawn from it.

    `may_be_secret`: passwords may stand in it, so that it is sent and not kept.
    """

    name: str
    label: str
    help: str = ""
    kind: FieldKind = FieldKind.TEXT
    choices: tuple[str, ...] = ()
    is_required: bool = False
    may_be_secret: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """What the vendor took: the run's id, or the job through which it becomes known.

    `note` says in a sentence what is worth knowing, such as that it ran already.
    """

    run_external_id: str = ""
    job: str = ""
    url: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobState:
    """A job as the vendor sees it now; `sentence` explains why there is no run yet."""

    is_ended: bool
    run_external_id: str = ""
    sentence: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeCase:
    external_id: str
    name: str
    url: str = ""


class Starter(ABC):
    """One vendor, asked to do things. What a vendor does not offer is refused in words.

    `reruns`: what of a run can be run again. `tells_addresses`: `outbound_ips` tells some.
    Every method may raise RefusedError and UnclearError and no other, `job` any
    VendorError: it only reads.
    """

    vendor: ClassVar[str]
    label: ClassVar[str]
    start_fields: ClassVar[tuple[StartField, ...]] = ()
    case_fields: ClassVar[tuple[StartField, ...]] = ()
    reruns: ClassVar[tuple[Only, ...]] = ()
    tells_addresses: ClassVar[bool] = False

    @classmethod
    @abstractmethod
    def connect(cls, config: ConnectionConfig) -> Self:
        """Raises ConfigError for settings that it cannot work with."""

    @classmethod
    def values_of_test(cls, key: str, folder: str, name: str) -> Mapping[str, str]:
        """What a start of one case needs, to stand in the form; nothing where a case, as it
        is stored here, cannot be named to this vendor.
        """
        return {}

    def check_start(self, values: Mapping[str, Any]) -> None:
        """Raise FieldsError for values that contradict each other; here none do."""
        return

    def start(self, project: str, values: Mapping[str, Any]) -> Started:
        """Start what `values` say, which were checked."""
        raise self.not_offered("starting runs from outside")

    def job(self, project: str, job: str) -> JobState:
        """What became of a job that `start` gave in place of a run."""
        raise self.not_offered("jobs")

    def rerun(self, project: str, run_id: str, *, only: Only) -> Started:
        raise self.not_offered("running a run again from outside")

    def change_run(
        self, project: str, run_id: str, changes: Mapping[str, str | None]
    ) -> None:
        """Give a run another `name` or `milestone` (the vendor's id, None for none)."""
        raise self.not_offered("changing runs from outside")

    def close_run(self, project: str, run_id: str) -> None:
        raise self.not_offered("closing runs from outside")

    def create_case(self, project: str, values: Mapping[str, Any]) -> MadeCase:
        raise self.not_offered("making tests from outside")

    def outbound_ips(self) -> Sequence[str]:
        """The addresses from which the vendor reaches what it tests; none are none."""
        return ()

    def not_offered(self, what: str) -> RefusedError:
        return RefusedError(f"{self.label} does not offer {what}.")


def checked(fields: Sequence[StartField], values: Mapping[str, Any]) -> dict[str, Any]:
    """The values that were given, each of its field's kind; raises FieldsError."""
    known = {field.name: field for field in fields}
    given = {
        name: value
        for name, value in values.items()
        if value is not None and value != ""
    }
    errors = {name: ["Unknown field."] for name in given if name not in known}
    for field in fields:
        if said := _error(field, given):
            errors[field.name] = [said]
    if errors:
        raise FieldsError(errors)
    return given


def kept(fields: Sequence[StartField], values: Mapping[str, Any]) -> dict[str, Any]:
    """The values as they may be stored and shown to others: without passwords."""
    secret = {field.name for field in fields if field.may_be_secret}
    shown = {
        name: NOT_KEPT if name in secret else value for name, value in values.items()
    }
    without: dict[str, Any] = json.loads(_LOGIN.sub(r"\1", json.dumps(shown)))
    return without


def _error(field: StartField, given: Mapping[str, Any]) -> str:
    if field.name not in given:
        return "This field is required." if field.is_required else ""
    value = given[field.name]
    if field.choices and value not in field.choices:
        return f"Choose one of: {', '.join(field.choices)}."
    return _KINDS[field.kind](value)


def _text_error(value: Any) -> str:
    return "" if _is_text(value) else f"A text of 1 to {LONGEST_TEXT:,} characters."


def _number_error(value: Any) -> str:
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return "" if is_number and 0 < value < 2**63 else "A whole number above zero."


def _list_error(value: Any) -> str:
    is_list = isinstance(value, list) and 1 <= len(value) <= MOST_ENTRIES
    if not is_list or not all(map(_is_text, value)):
        return f"A list of 1 to {MOST_ENTRIES:,} texts."
    is_large = sum(map(len, value)) > LARGEST_VALUE
    return f"At most {LARGEST_VALUE:,} characters in all." if is_large else ""


def _json_error(value: Any) -> str:
    try:
        text = json.dumps(value, allow_nan=False)
    except (ValueError, RecursionError):
        return "It is too deep, or holds a number that JSON has no word for."
    # What PostgreSQL cannot keep is not sent either.
    if len(text) > LARGEST_VALUE or re.search(r"\\u(0000|d[89a-f])", text):
        return f"At most {LARGEST_VALUE:,} characters of JSON, without NUL."
    return ""


def _is_text(value: Any) -> bool:
    if not isinstance(value, str) or not value.strip() or len(value) > LONGEST_TEXT:
        return False
    # Neither can be stored, and half of a surrogate pair not even be sent.
    return not re.search("[\0\ud800-\udfff]", value)


_KINDS: Mapping[FieldKind, Callable[[Any], str]] = {
    FieldKind.TEXT: _text_error,
    FieldKind.NUMBER: _number_error,
    FieldKind.LIST: _list_error,
    FieldKind.JSON: _json_error,
}
