"""The one big table: a narrow row for each execution, in monthly partitions.

Nothing points to a Result by foreign key (its key is composite), and it points to
others without constraints: checking them would cost more than the rows themselves.
"""

from __future__ import annotations

from django.db import models

from ingest.contract import DECIDED, NOT_PASSED, Status
from ingest.models.cases import Case
from ingest.models.connection import Project
from ingest.models.runs import Run, Thread

# Two bytes in the table; a code once given is never given to another word.
STATUS_CODES: dict[Status, int] = {
    Status.PASSED: 1,
    Status.FAILED: 2,
    Status.ERROR: 3,
    Status.SKIPPED: 4,
    Status.BLOCKED: 5,
    Status.UNTESTED: 6,
    Status.RUNNING: 7,
    Status.UNKNOWN: 8,
}
STATUS_OF_CODE = {code: status for status, code in STATUS_CODES.items()}
DECIDED_CODES = sorted(STATUS_CODES[status] for status in DECIDED)
NOT_PASSED_CODES = sorted(STATUS_CODES[status] for status in NOT_PASSED)


def raw_status_of(status: Status, word: str) -> str | None:
    """What is stored of the vendor's word: nothing where it tells nothing more."""
    return None if word == status and status is not Status.UNKNOWN else word


# The API's id of a result is run_id · 2^20 + ordinal.
ORDINALS = 2**20


class Result(models.Model):
    """One execution of one case in one run.

    `at` = coalesce(executed_at, the run's start, its recording), the time that every
    metric goes by; `has_own_time` tells whether the vendor stated it. `raw_status` is the
    vendor's word for the status, None where that is ours. `recorded_at` is None where it
    was recorded with its run: eight bytes of nearly every row.

    The table's key is (run, ordinal, partition_on): the rest of this one follows.
    """

    pk = models.CompositePrimaryKey("project_id", "partition_on", "run_id", "ordinal")
    project = models.ForeignKey(
        Project, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False
    )
    partition_on = models.DateField()
    run = models.ForeignKey(
        Run,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="results",
    )
    case = models.ForeignKey(
        Case,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="results",
    )
    at = models.DateTimeField()
    duration_ms = models.BigIntegerField(null=True)
    recorded_at = models.DateTimeField(null=True)
    removed_at = models.DateTimeField(null=True)
    thread = models.ForeignKey(
        Thread,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        null=True,
    )
    ordinal = models.IntegerField()
    status = models.SmallIntegerField()
    attempt = models.IntegerField()
    is_final = models.BooleanField()
    is_marked_retry = models.BooleanField()
    has_own_time = models.BooleanField()
    raw_status = models.TextField(null=True)

    class Meta:
        db_table = "ingest_result"

    @property
    def vendor_word(self) -> str:
        """The vendor's word for the status."""
        word: str | None = self.raw_status
        return str(STATUS_OF_CODE[self.status]) if word is None else word


class ResultText(models.Model):
    """A result's message and its page at the vendor, apart so that Result is narrow;
    `details`: what is attached to it, see `ingest/details.py`.

    `signature` is the hash of the message with its ids and numbers masked, by the rules
    of the version `masking`; None for results that passed and without a message.
    """

    pk = models.CompositePrimaryKey("project_id", "partition_on", "run_id", "ordinal")
    project = models.ForeignKey(
        Project, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False
    )
    partition_on = models.DateField()
    run = models.ForeignKey(
        Run, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False
    )
    ordinal = models.IntegerField()
    message = models.TextField(blank=True)
    vendor_url = models.TextField(blank=True)
    details = models.JSONField(null=True)
    signature = models.UUIDField(null=True)
    masking = models.SmallIntegerField(null=True)

    class Meta:
        db_table = "ingest_resulttext"


class ResultChange(models.Model):
    """What a result said from `recorded_from` until `recorded_to`.

    Of changes that an earlier version kept it is not known whether they were marked as
    retries: the result tells.
    """

    project = models.ForeignKey(
        Project, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False
    )
    run = models.ForeignKey(
        Run, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False
    )
    ordinal = models.IntegerField()
    case = models.ForeignKey(
        Case, on_delete=models.DO_NOTHING, db_constraint=False, null=True
    )
    recorded_from = models.DateTimeField()
    recorded_to = models.DateTimeField()
    at = models.DateTimeField()
    duration_ms = models.BigIntegerField(null=True)
    removed_at = models.DateTimeField(null=True)
    thread_id = models.BigIntegerField(null=True)
    status = models.SmallIntegerField()
    attempt = models.IntegerField()
    is_final = models.BooleanField()
    is_marked_retry = models.BooleanField(null=True)
    has_own_time = models.BooleanField()
    raw_status = models.TextField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["run", "ordinal"], name="result_change_of"),
            models.Index(fields=["recorded_to"], name="result_change_until"),
        ]
