"""Whether the rows of a project's automation runs can be read: asked once, remembered."""

from __future__ import annotations

from collections.abc import MutableMapping
from datetime import UTC, datetime
from typing import Any

from ingest.connectors.reading import PROBE_AGAIN_AFTER, now, part, remembered_time
from ingest.connectors.testmo.api import Api
from ingest.contract import PayloadError, RetryableError
from ingest.http import MissingError, UnsupportedError

MEMORY = "automation_rows"


class RowsProbe:
    """Older versions of Testmo state the totals of automation runs only.

    "It has rows" is believed until it turns out wrong, "it has none" for a week. It is
    remembered project by project: one without rows must not cost the others theirs.
    """

    def __init__(self, api: Api, memory: MutableMapping[str, Any]) -> None:
        self._api = api
        self._memory = memory
        self._undecided: set[str] = set()

    def readable(self, project: str, run_id: str) -> bool:
        """Whether rows can be read; `run_id` is asked where nobody knows yet.

        One run that cannot be read says nothing of the others: then rows are expected,
        and whoever asks for them meets the trouble.
        """
        known = self._remembered(project)
        if known is not None or project in self._undecided:
            return known is not False
        try:
            return self.ask(project, run_id)
        except (PayloadError, RetryableError):
            self._undecided.add(project)
            return True

    def ask(self, project: str, run_id: str) -> bool:
        path = f"/automation/runs/{part(run_id)}/tests"
        try:
            self._api.page(path, {"page": 1, "per_page": 100})
        except UnsupportedError:
            return self.deny(project)
        except MissingError:
            # A run deleted a moment ago answers 404 too, and says nothing of others.
            return self.deny(project) if self.exists(run_id) else False
        self._keep(project, readable=True)
        return True

    def deny(self, project: str) -> bool:
        self._keep(project, readable=False)
        return False

    def exists(self, run_id: str) -> bool:
        try:
            self._api.single(f"/automation/runs/{part(run_id)}")
        except MissingError:
            return False
        return True

    def _keep(self, project: str, *, readable: bool) -> None:
        kept = {"readable": readable, "probed_at": now().isoformat()}
        self._memory[MEMORY] = {**self._all(), project: kept}

    def _all(self) -> dict[str, Any]:
        kept = self._memory.get(MEMORY)
        return kept if isinstance(kept, dict) else {}

    def _remembered(self, project: str) -> bool | None:
        kept = self._all().get(project)
        if not isinstance(kept, dict):
            return None
        if kept.get("readable") is True:
            return True
        probed_at = remembered_time(kept, "probed_at")
        never = datetime.min.replace(tzinfo=UTC)
        return False if now() - (probed_at or never) < PROBE_AGAIN_AFTER else None
