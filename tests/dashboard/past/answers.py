"""What the API answers of everything that there is, in a form that can be compared."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from django.test import Client

from dashboard.filters.state import moment_text
from ingest.models import Case, Milestone, Project, Result, Run
from ingest.models.results import ORDINALS

V1 = "/api/v1/"
# How fresh data are is always told as of today, and addresses lead to their own moment.
TODAYS = {"as_of", "freshness", "next", "previous", "stale", "state"}
OF_CONNECTIONS = {"last_success_at", "last_attempt_at", "next_sync_at"}
LISTS = (
    "connections/",
    "projects/",
    "milestones/",
    "runs/",
    "runs/?sort=duration_ms&status=running&status=failed",
    "cases/?sort=id",
    "cases/?window=2d&sort=name",
    "cases/?status=failed&status=error&sort=id",
    "cases/?never_executed=1&sort=id",
    "results/",
    "results/?final=1&status=failed",
    "results/?latest=1",
    "results/?window=3d&branch=main&sort=-duration_ms",
    "syncs/",
    "results/?format=csv",
    "runs/?format=ndjson",
)
METRICS = (
    "summary/",
    "summary/?window=2d",
    "pass-rate/?bucket=day&by=source",
    "pass-rate/?bucket=run",
    "pass-rate/?by=milestone",
    "flaky/",
    "failing/",
    "failing/?retired=1",
    "failures/",
    "slow/?window=3d",
    "reconciliation/",
    "standup/",
)


def addresses() -> list[str]:
    """Lists, metrics and single objects of what there is now."""
    runs = list(Run.objects.order_by("pk").values_list("pk", flat=True))
    cases = Case.objects.order_by("pk").values_list("pk", flat=True)
    results = Result.objects.order_by("run_id", "ordinal")
    ids = [r * ORDINALS + o for r, o in results.values_list("run_id", "ordinal")]
    return [
        *LISTS,
        *(f"metrics/{metric}" for metric in METRICS),
        *(f"projects/{pk}/" for pk in Project.objects.values_list("pk", flat=True)),
        *(f"milestones/{pk}/progress/" for pk in _some(_ids(Milestone))),
        *(f"milestones/{pk}/" for pk in _some(_ids(Milestone))),
        *(f"runs/{pk}/" for pk in runs),
        *(f"runs/{pk}/threads/" for pk in runs),
        *(f"runs/{pk}/results/" for pk in _some(runs)),
        *(f"cases/{pk}/" for pk in _some(cases)),
        *(f"cases/{pk}/results/" for pk in _some(cases)),
        *(f"results/{pk}/" for pk in _some(ids)),
        *_compared(runs),
    ]


def _ids(model: type[Milestone]) -> Iterable[int]:
    return model.objects.order_by("pk").values_list("pk", flat=True)


def _some(ids: Iterable[int]) -> list[int]:
    found = list(ids)
    return found[:: max(1, len(found) // 5)]


def _compared(runs: list[int]) -> Iterator[str]:
    for base, head in zip(runs, runs[1:], strict=False):
        yield f"metrics/compare/?base={base}&head={head}"


def answers(
    client: Client, paths: Iterable[str], as_of: datetime | None = None
) -> dict[str, Any]:
    """The answer at each address, at the present or as of a moment."""
    return {path: _answer(client, path, as_of) for path in paths}


def _answer(client: Client, path: str, as_of: datetime | None) -> Any:
    if as_of is not None:
        path += f"{'&' if '?' in path else '?'}as_of={moment_text(as_of)}"
    found = client.get(V1 + path)
    said = found.getvalue().decode()
    if found.headers["Content-Type"] == "application/json":
        return found.status_code, _plain(json.loads(said))
    return found.status_code, said


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if not isinstance(value, dict):
        return value
    # The address of the explanation names the moment.
    left_out = (
        TODAYS | {"explain"} | (OF_CONNECTIONS if "last_success_at" in value else set())
    )
    return {k: _plain(v) for k, v in value.items() if k not in left_out}
