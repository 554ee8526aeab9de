"""Whether an instance gives the rows of automation runs: asked once, remembered."""

from __future__ import annotations

from collections.abc import MutableMapping
from datetime import UTC, datetime
from typing import Any

from ingest.connectors.reading import PROBE_AGAIN_AFTER, now, part, remembered_time
from ingest.connectors.testmo.api import Api
from ingest.http import MissingError, UnsupportedError

MEMORY = "automation_rows"


class RowsProbe:
    """Older versions of Testmo state the totals of automation runs only.

    "It has rows" is believed until it turns out wrong, "it has none" for a week.
    """

    def __init__(self, api: Api, memory: MutableMapping[str, Any]) -> None:
        self._api = api
        self._memory = memory

    def readable(self, run_id: str) -> bool:
        """Whether rows can be read; `run_id` is asked where nobody knows yet."""
        known = self._remembered()
        return self.ask(run_id) if known is None else known

    def ask(self, run_id: str) -> bool:
        path = f"/automation/runs/{part(run_id)}/tests"
        try:
            self._api.page(path, {"page": 1, "per_page": 100})
        except UnsupportedError:
            return self.deny()
        except MissingError:
            # A run deleted a moment ago answers 404 too, and says nothing of others.
            return self.deny() if self.exists(run_id) else False
        self._keep(readable=True)
        return True

    def deny(self) -> bool:
        self._keep(readable=False)
        return False

    def exists(self, run_id: str) -> bool:
        try:
            self._api.single(f"/automation/runs/{part(run_id)}")
        except MissingError:
            return False
        return True

    def _keep(self, *, readable: bool) -> None:
        self._memory[MEMORY] = {"readable": readable, "probed_at": now().isoformat()}

    def _remembered(self) -> bool | None:
        kept = self._memory.get(MEMORY)
        if not isinstance(kept, dict):
            return None
        if kept.get("readable") is True:
            return True
        probed_at = remembered_time(kept, "probed_at")
        never = datetime.min.replace(tzinfo=UTC)
        return False if now() - (probed_at or never) < PROBE_AGAIN_AFTER else None
