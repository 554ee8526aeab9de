"""Which of the two APIs reads a project: as set, else found out and remembered."""

from __future__ import annotations

from collections.abc import Callable, Iterator, MutableMapping
from typing import Any, TypeAlias

from ingest.connectors.reading import PROBE_AGAIN_AFTER, now, remembered_time
from ingest.connectors.testomatio.access import LABEL
from ingest.connectors.testomatio.classic import Classic
from ingest.connectors.testomatio.v2 import V2
from ingest.contract import CheckItem

Api: TypeAlias = Classic | V2
# In a connection's memory: {"apis": {slug: {"api": "v2", "probed_at": ISO 8601}}}.
MEMORY = "apis"


class ApiChoice:
    """The API of each project, the same for as long as this object lives.

    `setting` is v2, classic or auto. With auto, v2 is tried and the answer kept in the
    connection's `memory` for a week; it is kept by project, since one alone may be
    archived or closed to the key.
    """

    def __init__(
        self,
        setting: str,
        memory: MutableMapping[str, Any],
        classic: Classic,
        v2: V2,
        note: Callable[[str], None],
    ) -> None:
        self._setting = setting
        self._memory = memory
        self._classic = classic
        self._v2 = v2
        self._note = note
        self._chosen: dict[str, Api] = {}

    def of(self, project: str) -> Api:
        if project not in self._chosen:
            self._chosen[project] = self._choose(project)
        return self._chosen[project]

    def forget(self, project: str) -> None:
        """The next sync asks anew."""
        self._remembered().pop(project, None)

    def check_items(self, project: str) -> Iterator[CheckItem]:
        """What the API of `project` can give."""
        api = self.of(project)
        if isinstance(api, Classic):
            yield CheckItem(label="API", value="classic")
            lack = "none in the classic API"
        else:
            trouble = api.trouble(project) if self._setting == "v2" else ""
            if trouble:
                yield CheckItem(label="API", value=trouble, state="bad")
                return
            yield CheckItem(label="API", value="v2")
            lack = api.milestones_trouble(project)
        state = "gap" if lack else "ok"
        yield CheckItem(label="Milestones", value=lack or "readable", state=state)

    def _choose(self, project: str) -> Api:
        if self._setting != "auto":
            return self._v2 if self._setting == "v2" else self._classic
        known = self._remembered().get(project)
        if isinstance(known, dict) and known.get("api") in ("v2", "classic"):
            probed_at = remembered_time(known, "probed_at")
            if probed_at is not None and now() - probed_at < PROBE_AGAIN_AFTER:
                return self._v2 if known["api"] == "v2" else self._classic
        return self._probed(project)

    def _probed(self, project: str) -> Api:
        trouble = self._v2.trouble(project)
        if trouble:
            self._note(
                f"{project} is read through the classic API of {LABEL}: {trouble}"
            )
        self._remembered()[project] = {
            "api": "classic" if trouble else "v2",
            "probed_at": now().isoformat(),
        }
        return self._classic if trouble else self._v2

    def _remembered(self) -> MutableMapping[str, Any]:
        if not isinstance(self._memory.get(MEMORY), dict):
            self._memory[MEMORY] = {}
        found: MutableMapping[str, Any] = self._memory[MEMORY]
        return found
