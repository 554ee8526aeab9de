"""Bodies that are sent to us, as the description of the API tells them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NewProject:
    """A project without a vendor, to which results are pushed."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewShare:
    """A page by its `path` with parameters. `pinned`: as it is now, else always current.
    Without `expires_at` it holds until it is revoked.
    """

    path: str
    expires_at: datetime | None = None
    pinned: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """Runs that ended, by the tool's ids; `project` where the connection has several."""

    runs: tuple[str, ...]
    project: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StartRequest:
    """The fields that the tool takes, under its own names, beside `project`, which is
    needed where the connection has several.
    """

    project: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rerun:
    """`only`: `failed` or `all`."""

    only: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeOfRun:
    """At least one of them; `milestone` is an id here, null for none."""

    name: str
    milestone: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTest:
    """The fields that the tool takes, under its own names, beside `project`, which is
    needed where the connection has several.
    """

    project: int | None = None
