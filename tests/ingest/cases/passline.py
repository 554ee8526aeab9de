"""Passline as a person has it: `connect`, `sync` and the REST API."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from django.test import Client

from tests.dashboard.api.client import every_page, read
from tests.ingest.cases.server import Row, Vendor
from tests.ingest.manage import Ended

KEY = "KEY_OF_THE_VENDOR"


class Passline:
    """command: runs `manage.py` with these words."""

    def __init__(self, command: Callable[..., Ended]) -> None:
        self.command = command

    def connect(self, vendor: Vendor, address: str) -> None:
        words = ["connect", vendor.name, "--name", "Vendor", "--base-url", address]
        words += ["--secret", f"token={KEY}"]
        for name, value in vendor.settings.items():
            words += ["--setting", f"{name}={value}"]
        for project in vendor.projects:
            words += ["--project", project]
        ended = self.command(*words)
        assert ended.code == 0, ended.err
        vendor.counted()

    def sync(self, *words: str) -> list[Row]:
        """What the command says of each project."""
        ended = self.command("sync", "--json", *words)
        said = [json.loads(line) for line in ended.out.splitlines()]
        assert said, ended.err
        is_ok = all(one["status"] == "ok" for one in said)
        assert ended.code == (0 if is_ok else 1), ended
        return said

    def synced(self) -> Row:
        """A sync that must be without a fault, of the only project."""
        (said,) = self.sync()
        assert said["status"] == "ok", said
        return said

    def sync_that_fails(self) -> Row:
        """What the command says of the first project, if it comes so far, or of all."""
        ended = self.command("sync", "--json")
        assert ended.code == 1, ended
        lines = [json.loads(line) for line in ended.out.splitlines()]
        said = lines[0] if lines else {"status": "failed", "error": ended.err}
        assert said["status"] == "failed", said
        return dict(said)

    # What the API says

    def runs(self, query: str = "") -> dict[str, Row]:
        """The runs by their vendor's ids."""
        return {run["external_id"]: run for run in every_page(f"runs/{query}")}

    def named(self) -> dict[str, Row]:
        """The runs by their names."""
        return {run["name"]: run for run in every_page("runs/")}

    def run(self) -> Row:
        """The only run."""
        (run,) = self.runs().values()
        return run

    def cases(self) -> list[Row]:
        return every_page("cases/")

    def names(self) -> list[str]:
        return sorted(case["name"] for case in self.cases())

    def results(self, query: str = "") -> list[Row]:
        return every_page(f"results/{query}")

    def failing(self, query: str = "") -> list[str]:
        """The names of the tests that fail now."""
        rows = every_page(f"metrics/failing/{query}")
        return [row["case"]["name"] for row in rows]

    def flaky(self) -> list[str]:
        return [row["case"]["name"] for row in every_page("metrics/flaky/")]

    def summary(self) -> Row:
        return dict(read("metrics/summary/"))

    def milestones(self) -> dict[str, Row]:
        return {one["name"]: one for one in every_page("milestones/")}

    def open_milestones(self) -> list[str]:
        return [
            name for name, one in self.milestones().items() if one["state"] == "open"
        ]

    def progress(self, milestone: str) -> dict[str, int]:
        """How many of the milestone's tests have which status; none is left out."""
        pk = self.milestones()[milestone]["id"]
        return nonzero(read(f"milestones/{pk}/progress/")["counts"])

    def disagreements(self) -> list[Row]:
        """Runs whose vendor states other totals than its rows have."""
        return [
            row for row in every_page("metrics/reconciliation/") if not row["agrees"]
        ]

    def projects(self) -> list[str]:
        return sorted(one["name"] for one in every_page("projects/"))

    def page(self, path: str) -> bytes:
        response = Client().get(path)
        assert response.status_code == 200, response
        if response.streaming:
            return b"".join(response.streaming_content)
        return response.content

    def single(self, path: str) -> Row:
        return dict(read(path))


def counts(run: Row) -> dict[str, int]:
    """How many of the run's results have which status; none is left out."""
    return nonzero(run["counts"])


def nonzero(counts: dict[str, Any]) -> dict[str, int]:
    return {name: n for name, n in counts.items() if n and name != "total"}


def is_said(said: Row, broken: list[str]) -> bool:
    """Whether a sync that could not read these runs says which they are, or how many:
    also as one "and 2 more".
    """
    words = re.findall(r"\w+", said["error"].lower())
    count = len(broken)
    return (
        all(re.search(rf"\b{name}\b", said["error"]) for name in broken)
        or str(count) in words
        or {3: "three", 4: "four", 5: "five"}[count] in words
        or f"and {count - 1} more" in " ".join(words)
    )
