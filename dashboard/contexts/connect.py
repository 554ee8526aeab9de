"""Connect a tool: choose it, fill its fields, test, choose projects, start."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from dashboard.contexts.lengths import Quote
from dashboard.contexts.parts import EmptyState, Link, Pill, State, Tool


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One of the three steps; `state` done, now or later."""

    number: int
    text: str
    state: Literal["done", "now", "later"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCard:
    """A tool to choose; `gives` is what is read, `needs` the key that it takes."""

    tool: Tool
    gives: str
    needs: str
    checked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldOption:
    value: str
    text: str
    checked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FormField:
    """A field of the form. `kind`: text, url, email, number, secret, segment (options
    as one control), choice (a select) or checks (several options).

    A secret never carries a `value`; `kept` says that one is stored ("ends in 3f9a").
    """

    name: str
    label: str
    kind: Literal[
        "text", "url", "email", "number", "secret", "segment", "choice", "checks"
    ] = "text"
    value: str = ""
    help: str = ""
    error: str = ""
    kept: str = ""
    required: bool = False
    options: tuple[FieldOption, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckLine:
    """A line of the test's result with the measured value at the right."""

    state: State
    text: str
    value: str
    is_gap: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """What the test found; without `lines`, `empty` says what a test will do."""

    pill: Pill | None = None
    lines: tuple[CheckLine, ...] = ()
    hint: str = ""
    empty: EmptyState | None = None
    answer: Quote = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Disconnect:
    """Deleting a connection asks for its name in the field `confirm`."""

    action: str
    name: str
    text: str
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectPage:
    """`action` takes the POST; its button `do` says test or start.

    `choose_action` is the GET address that shows another tool (`vendor=`). `projects`
    is a field of kind checks once a test has listed them. `more` are fields that have
    good values already, folded away unless `is_more_open`.
    """

    title: str
    text: str
    steps: tuple[Step, ...]
    cards: tuple[ToolCard, ...]
    choose_action: str
    action: str
    form_title: str
    fields: tuple[FormField, ...]
    check: CheckResult
    more: tuple[FormField, ...] = ()
    is_more_open: bool = False
    hidden: tuple[tuple[str, str], ...] = ()
    error: str = ""
    can_start: bool = False
    test_text: str = "Test connection"
    start_text: str = "Start import"
    projects: FormField | None = None
    sample_link: Link | None = None
    disconnect: Disconnect | None = None
