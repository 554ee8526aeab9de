"""What went wrong in one project's sync, and what a person is told of it."""

from __future__ import annotations

from django.utils import timezone

from ingest.contract import IncompleteListError, Reject
from ingest.models import Project, Sync, SyncStatus
from ingest.sync import unreadable
from ingest.upsert.rejects import check_rejects, store_project_reject

LONGEST_TROUBLE = 500
LONGEST_NAME = 80
MOST_TROUBLES = 10_000
RUNS_NAMED = 5


class Outcome:
    """Troubles in sentences, runs that could not be read by name, and rejects.

    `has_read_list`: every run that was listed can be found again by its id.
    """

    def __init__(self, sync: Sync, project: Project) -> None:
        self._sync = sync
        self._project = project
        self._troubles: list[str] = []
        self._unread: list[str] = []
        self._rejects = 0
        self.notes: list[str] = []
        self.has_read_list = True

    def status(self) -> tuple[SyncStatus, str]:
        if not self._troubles:
            is_whole = not self._sync.rejected
            return (SyncStatus.OK if is_whole else SyncStatus.PARTIAL), ""
        first, others = self._troubles[0], len(self._troubles) - 1
        if (unread := len(self._unread)) > 1:
            names = ", ".join(self._unread[:RUNS_NAMED])
            more = f" and {unread - RUNS_NAMED} more" if unread > RUNS_NAMED else ""
            first = f"{unread} runs could not be read: {names}{more}. {first}"
            others -= unread - 1
        tail = f" And {others} more like it." if others > 0 else ""
        return SyncStatus.PARTIAL, first + tail

    def note(self, trouble: str) -> None:
        if len(self._troubles) < MOST_TROUBLES:
            self._troubles.append(trouble[:LONGEST_TROUBLE])

    def note_lack(self, lack: IncompleteListError) -> None:
        self._sync.is_whole = False
        self.note(lack.sentence)

    def note_failure(self, run_id: str, name: str, could_not_be: str) -> None:
        """`could_not_be` goes on with the sentence: "read. Its rows …"."""
        name = self._named(run_id, name)
        sentence = f"Run {name} could not be {could_not_be}"
        unreadable.note_failure(self._project, run_id, name, sentence)
        self.note(sentence)

    def note_postponed(self, run_id: str, name: str) -> None:
        name = self._named(run_id, name)
        self.note(f"Run {name} could not be read before and is asked for later.")

    def keep_listed_reject(self, reject: Reject) -> None:
        """A listed run without an id can only be found in the same window again."""
        self.keep_reject(reject)
        self.has_read_list = False
        self.note(f"{reject.where} could not be read: {reject.reason}.")

    def keep_reject(self, reject: Reject) -> None:
        self._sync.rejected += 1
        self._rejects += 1
        check_rejects(self._rejects, reject)
        store_project_reject(
            self._sync.connection, self._project, reject, self._sync.pk, timezone.now()
        )

    def _named(self, run_id: str, name: str) -> str:
        """What a run is called that could not be read; its id where nobody knows."""
        if not name:
            stored = self._project.runs.filter(external_id=run_id).first()
            name = stored.name if stored else run_id
        self._unread.append(name[:LONGEST_NAME])
        return name[:LONGEST_NAME]
