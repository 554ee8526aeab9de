"""What is handed on to a vendor: a client's request repeated there; no Django."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from ingest.contract import ConnectionConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A request to be repeated: `act` says which, `body` is its JSON without any key.

    `project`, `run` and `thread` are the vendor's ids, `client_run` the id that the
    client knows the run by; "" where there is none.
    """

    act: str
    body: Any
    project: str
    run: str = ""
    thread: str = ""
    client_run: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What the vendor made of it: `made` is its id of the new run or thread, `note` says
    in a sentence what of the request it did not take.
    """

    made: str = ""
    url: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """`title` is what people call it. `makes` is "run" or "thread" where others can only
    follow under the id of what it makes. `is_repeatable`: the vendor takes it twice as
    once.
    """

    title: str
    makes: str = ""
    is_repeatable: bool = False


class Relay(ABC):
    """One vendor, handed what was pushed here in its own words."""

    vendor: ClassVar[str]
    label: ClassVar[str]
    acts: ClassVar[Mapping[str, Act]]

    @classmethod
    @abstractmethod
    def connect(cls, config: ConnectionConfig) -> Self:
        """Raises ConfigError for settings that it cannot work with."""

    @abstractmethod
    def send(self, part: Part) -> Taken:
        """Send it once; raises VendorError, of which UnclearError (`ingest.starting`)
        says that nobody knows what became of it.
        """
