"""What the contract suite knows of each vendor: one `RECORDING` per module here.

A vendor joins the suite by a module of its own name, `recordings/<vendor>.py`, that
defines `RECORDING`. Answers are written by hand from the vendor's documentation or
scrubbed from the real service; they hold no real credential, host, person or project.
"""

from __future__ import annotations

import copy
import importlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias

from ingest.contract import ConnectionConfig, Connector, RunRecord
from tests.ingest.wire import Answer

Call: TypeAlias = Callable[[Connector], Iterable[Any]]


@dataclass(frozen=True, kw_only=True)
class Reading:
    """One call, the answers that it costs, and what must come out.

    `before` are answers to what precedes the first page (a log-in, a probe); `answers`
    are the pages. `ids` are the records' `external_id` (of results: `key`), in order.
    """

    call: Call
    answers: tuple[Answer, ...]
    ids: tuple[str, ...] = ()
    before: tuple[Answer, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Recording:
    """A vendor's row in the contract suite's table; numbers as in the suite.

    vendor, secrets, settings, memory, prefix: how the connector is connected; the
      wire's origin + `prefix` is the base URL.
    check (1): answers to `check()`.
    refused (2, 14): answers to `check()` with wrong credentials; the first refuses.
    walk (3): answers to a whole reading: projects (where listed), then milestones,
      runs, each run's threads and results of `project`, and the tests where the
      connector lists them, one of which has results. At least one record of each
      kind that the capabilities claim must come out, and no reject. The suite reads it
      again and again with hostile values in it: keep it small, but with every field.
    paged (4, 5, 8, 9): one list that costs two pages (or batches, or runs, where the
      vendor has no pages); the first record needs `before` and the first page only.
    no_paging_key (6), page_to_itself (7): as `paged`, broken so; `ids` are not looked
      at. Where the vendor has no paging at all both are None and `unpaged` says why.
    since (10): `runs(project, since=since_at)`: exact queries in its answers prove what
      is on the wire, its `ids` that nothing older comes out.
    since_at: the aware UTC time used there.
    unknown_status (11): `results(...)` with exactly one row, of status `unknown_word`.
    missing_key (12): a call that yields exactly one Reject, naming `missing_name`.
    """

    vendor: str
    project: str
    check: tuple[Answer, ...]
    refused: tuple[Answer, ...]
    walk: tuple[Answer, ...]
    paged: Reading
    since: Reading
    since_at: datetime
    unknown_status: Reading
    unknown_word: str
    missing_key: Reading
    missing_name: str
    no_paging_key: Reading | None = None
    page_to_itself: Reading | None = None
    unpaged: str = ""
    prefix: str = ""
    secrets: Mapping[str, str] = field(
        default_factory=lambda: {"token": "s3cr3t-t0k3n"}
    )
    settings: Mapping[str, str] = field(default_factory=dict)
    memory: Mapping[str, Any] = field(default_factory=dict)

    def config(self, url: str) -> ConnectionConfig:
        """The configuration of a connection to the wire at `url`."""
        return ConnectionConfig(
            base_url=url + self.prefix,
            settings=self.settings,
            secrets=self.secrets,
            memory=copy.deepcopy(dict(self.memory)),
            allow_private_urls=True,
        )


def recording(vendor: str) -> Recording:
    """The recording of `vendor`, from the module of its name here."""
    found = importlib.import_module(f"{__name__}.{vendor}").RECORDING
    assert isinstance(found, Recording)
    return found


def results_of(connector: Connector, project: str, run_id: str) -> Iterable[Any]:
    """The results of one run, asked for by its id."""
    run = connector.run(project, run_id)
    assert isinstance(run, RunRecord), run
    return connector.results(project, run)
