"""Runs that their vendor could not give: kept by name, and asked for ever more rarely."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from ingest.models import Project, UnreadableRun

# The next sync asks again at once; after that the pauses double.
FIRST_PAUSE = timedelta(minutes=5)
LONGEST_PAUSE = timedelta(days=1)
DOUBLINGS = 10


def pause_after(failures: int) -> timedelta:
    """How long a run is left alone after so many failures in a row."""
    if failures < 2:
        return timedelta()
    pause: timedelta = FIRST_PAUSE * 2 ** min(failures - 2, DOUBLINGS)
    return min(pause, LONGEST_PAUSE)


def postponed(project: Project) -> set[str]:
    """The ids of runs that are not asked for yet."""
    waiting = project.unreadable_runs.filter(next_try_at__gt=timezone.now())
    return set(waiting.values_list("external_id", flat=True))


def known(project: Project) -> list[tuple[str, str]]:
    """Ids and names of all such runs, whatever the lists hold."""
    rows = project.unreadable_runs.order_by("next_try_at", "pk")
    return list(rows.values_list("external_id", "name"))


def note_failure(project: Project, run_id: str, name: str, sentence: str) -> None:
    now = timezone.now()
    row, _ = UnreadableRun.objects.get_or_create(
        project=project,
        external_id=run_id,
        defaults={"name": name, "first_failed_at": now, "next_try_at": now},
    )
    row.failures += 1
    row.name, row.sentence = name or row.name, sentence
    row.next_try_at = now + pause_after(row.failures)
    row.save()


def forget(project: Project, run_id: str) -> None:
    """The run was read, or does not exist."""
    project.unreadable_runs.filter(external_id=run_id).delete()
