"""Runs and what they are made of and belong to: threads, milestones and so on."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import ClassVar
from uuid import UUID

from django.db import models
from django.db.models.functions import Coalesce

from ingest.contract import Counts, Status
from ingest.models.connection import Project
from ingest.recording import RecordingTime


def key_hash(key: str) -> UUID:
    """The fixed-size stand-in for a case key of any length in unique indexes."""
    return UUID(key_hex(key))


def key_hex(key: str) -> str:
    """The same as the text that PostgreSQL takes for it."""
    return hashlib.md5(key.encode(), usedforsecurity=False).hexdigest()


# What an index can hold of a text, whatever letters it is of: a row of a B-tree has room
# for 2,704 bytes, and a letter takes up to four.
NAME_LENGTH = 500


def label(name: str) -> str:
    """A name that an index can hold: a longer one is cut, and tells itself from others
    that begin alike by a hash.
    """
    if len(name) <= NAME_LENGTH:
        return name
    ending = f"… {key_hash(name).hex}"
    return name[: NAME_LENGTH - len(ending)] + ending


# Ids of milestones that somebody only named in what was pushed here begin with it.
NAMED_HERE = "name:"


def normalised_name(name: str) -> str:
    """A milestone's name as it joins: case-folded, spaces collapsed, no "v" of "v2"."""
    folded = " ".join(name.casefold().split())
    return label(folded[1:] if folded[:1] == "v" and folded[1:2].isdigit() else folded)


class CountedModel(models.Model):
    """Something that carries its number of final results by status."""

    passed = models.IntegerField(default=0)
    failed = models.IntegerField(default=0)
    error = models.IntegerField(default=0)
    skipped = models.IntegerField(default=0)
    blocked = models.IntegerField(default=0)
    untested = models.IntegerField(default=0)
    running = models.IntegerField(default=0)
    unknown = models.IntegerField(default=0)

    class Meta:
        abstract = True

    @property
    def counts(self) -> Counts:
        return Counts(**{str(status): getattr(self, status) for status in Status})


class Source(models.Model):
    """Where automated runs come from inside a project ("backend", "mobile").

    `external_id`: the vendor's, "" where it tells names only.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE)
    name = models.CharField(max_length=500)
    external_id = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "name"], name="source_name")
        ]

    def __str__(self) -> str:
        return self.name


class Configuration(models.Model):
    """The environment of a run. One with `alias_of` counts as that one's series."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE)
    name = models.CharField(max_length=500)
    external_id = models.CharField(max_length=500, blank=True)
    alias_of = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="aliases"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project", "name"], name="configuration_name"
            )
        ]

    def __str__(self) -> str:
        return self.name


class Milestone(models.Model):
    """A release or sprint; vendors' milestones of the same normalised name are one.

    `due_at` is the earliest of its members, `state` completed when all of them are, and
    removed when no vendor has it any more.
    """

    name = models.TextField()
    name_key = models.TextField(db_index=True)
    state = models.CharField(max_length=10, default="open")
    due_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name


class MilestoneMember(models.Model):
    """One vendor's milestone, as stated there.

    `recorded_at`: since when it is here, None for ever. `is_placed`: a person chose its
    milestone here, so that its name no longer does.
    `removed_at`: since when the vendor no longer has it. `cases_read_at`: when the
    tests that the vendor assigned to it were read last, and `cases_first_read_at` first.
    """

    milestone = models.ForeignKey(
        Milestone, on_delete=models.CASCADE, related_name="members"
    )
    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, related_name="milestone_members"
    )
    external_id = models.CharField(max_length=500)
    name = models.TextField()
    state = models.CharField(max_length=10)
    starts_at = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(null=True, blank=True)
    completed_at = models.DateTimeField(null=True, blank=True)
    parent_external_id = models.CharField(max_length=500, blank=True)
    tags = models.JSONField(default=list)
    vendor_url = models.TextField(blank=True)
    is_placed = models.BooleanField(default=False)
    recorded_at = models.DateTimeField(
        null=True, db_default=RecordingTime(), editable=False
    )
    removed_at = models.DateTimeField(null=True, blank=True)
    cases_read_at = models.DateTimeField(null=True, editable=False)
    cases_first_read_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project", "external_id"], name="milestone_external_id"
            )
        ]

    def __str__(self) -> str:
        return self.name


class Run(CountedModel):
    """One execution of many tests. Its counts are of final results.

    `partition_on` is written once and never changes: it is part of its results' key.
    `attempts_*` count all attempts, for vendors whose totals do. `is_clean`: the last
    read had no rejects; `read_at`: when all its rows were last read; `must_be_read`:
    the next plain sync reads it whatever its state. `active_at`: when anything last
    happened in it, which says how often an open run is asked for. `unknown_words`: raw
    status → rows.
    """

    # An open run is asked for with each sync unless nothing has happened in it for so
    # long.
    LIVELY: ClassVar[timedelta] = timedelta(days=3)
    IDLE_SHARE: ClassVar[int] = 24
    LONGEST_PAUSE: ClassVar[timedelta] = timedelta(days=1)

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="runs")
    external_id = models.CharField(max_length=500)
    name = models.TextField()
    kind = models.CharField(max_length=10)
    status = models.CharField(max_length=10)
    raw_status = models.TextField(blank=True)
    is_open = models.BooleanField(default=False)
    detail = models.CharField(max_length=6)
    source = models.ForeignKey(Source, on_delete=models.PROTECT, null=True, blank=True)
    configuration = models.ForeignKey(
        Configuration, on_delete=models.PROTECT, null=True, blank=True
    )
    branch = models.TextField(blank=True)
    commit = models.TextField(blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    duration_ms = models.BigIntegerField(null=True, blank=True)
    vendor_counts = models.JSONField(null=True, blank=True)
    vendor_counts_are_coarse = models.BooleanField(default=False)
    vendor_url = models.TextField(blank=True)
    ref = models.TextField(blank=True)
    attempts_passed = models.IntegerField(default=0)
    attempts_not_passed = models.IntegerField(default=0)
    attempts_other = models.IntegerField(default=0)
    thread_count = models.IntegerField(default=0)
    is_outage = models.BooleanField(default=False)
    partition_on = models.DateField()
    recorded_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)
    active_at = models.DateTimeField(null=True, blank=True, editable=False)
    is_clean = models.BooleanField(default=True)
    fingerprint = models.UUIDField(null=True, blank=True, editable=False)
    must_be_read = models.BooleanField(default=False)
    unknown_words = models.JSONField(null=True, blank=True)
    at = models.GeneratedField(
        expression=Coalesce("started_at", "recorded_at"),
        output_field=models.DateTimeField(),
        db_persist=True,
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project", "external_id"], name="run_external_id"
            )
        ]
        indexes = [
            models.Index(fields=["at", "id"], name="run_at"),
            models.Index(fields=["project", "at", "id"], name="run_project_at"),
            models.Index(
                fields=["project", "branch", "finished_at"],
                name="run_branch_finished",
                condition=models.Q(removed_at__isnull=True),
            ),
            models.Index(
                fields=["project"],
                name="run_unsettled",
                condition=models.Q(is_open=True)
                | models.Q(must_be_read=True)
                | models.Q(is_clean=False),
            ),
            models.Index(
                fields=["project"],
                name="run_unknown_words",
                condition=models.Q(unknown_words__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def pause(self, now: datetime) -> timedelta:
        """How long the vendor is left alone with this run while it may still change.

        A share of the time in which nothing has happened in it, so that a run that
        nobody ever closes costs a request a day.
        """
        idle = now - (self.active_at or now)
        if idle < self.LIVELY:
            return timedelta()
        return min(idle / self.IDLE_SHARE, self.LONGEST_PAUSE)

    def is_due(self, now: datetime) -> bool:
        return self.read_at is None or self.read_at + self.pause(now) <= now


class RunMilestone(models.Model):
    """A run's membership in a vendor's milestone, with the time it was recorded."""

    run = models.ForeignKey(
        Run, on_delete=models.CASCADE, related_name="milestone_links"
    )
    member = models.ForeignKey(MilestoneMember, on_delete=models.CASCADE)
    recorded_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["run", "member"],
                condition=models.Q(removed_at__isnull=True),
                name="run_milestone_now",
            )
        ]


class RunChange(models.Model):
    """Values that a run had from `recorded_from` until `recorded_to`, by field name.

    Without any, rows of it changed or came to it then, and nothing of the run itself.
    """

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="changes")
    recorded_from = models.DateTimeField()
    recorded_to = models.DateTimeField()
    values = models.JSONField()

    class Meta:
        indexes = [models.Index(fields=["recorded_to"], name="run_change_until")]


class Thread(CountedModel):
    """A parallel lane of a run."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="threads")
    external_id = models.CharField(max_length=500)
    name = models.TextField(blank=True)
    status = models.CharField(max_length=10)
    started_at = models.DateTimeField(null=True)
    duration_ms = models.BigIntegerField(null=True)
    recorded_at = models.DateTimeField(db_default=RecordingTime(), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["run", "external_id"], name="thread_external_id"
            )
        ]


class ThreadChange(models.Model):
    """What a thread said until `recorded_to`, by column: a trigger keeps it.

    Its name is not among it: those are always today's.
    """

    thread = models.ForeignKey(Thread, on_delete=models.CASCADE, related_name="changes")
    recorded_to = models.DateTimeField()
    values = models.JSONField()

    class Meta:
        indexes = [models.Index(fields=["recorded_to"], name="thread_change_until")]
