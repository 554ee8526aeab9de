"""A vendor's account and the projects in it, with what their syncs need to go on."""

from __future__ import annotations

from datetime import timedelta

from django.db import models

from ingest.credentials import opened, sealed
from ingest.origins import origin_of

# Fresh: the last success lies within twice the interval, and never less than this.
LEAST_FRESH = timedelta(minutes=15)
# The "vendor" of projects that have none: nothing is fetched, everything is pushed.
PUSH = "push"


class Connection(models.Model):
    """One account or instance of a vendor with its credentials.

    `project_ids`: the vendor's ids to sync; empty means all that the vendor lists.
    `looked_at`: when the one of its projects whose last look is the oldest was compared
    whole with the vendor's list. `memory` belongs to the connector; `status_map` holds
    the words that a person mapped.
    """

    name = models.CharField(max_length=200, unique=True)
    vendor = models.CharField(max_length=20)
    base_url = models.TextField()
    settings = models.JSONField(default=dict, blank=True)
    credentials = models.TextField(blank=True, editable=False)
    project_ids = models.JSONField(default=list, blank=True)
    memory = models.JSONField(default=dict, blank=True, editable=False)
    status_map = models.JSONField(default=dict, blank=True)
    interval_minutes = models.PositiveIntegerField(default=5)
    backfill_days = models.PositiveIntegerField(null=True, blank=True)
    paused_at = models.DateTimeField(null=True, blank=True)
    paused_by = models.CharField(max_length=200, blank=True)
    next_sync_at = models.DateTimeField(null=True, blank=True)
    last_attempt_at = models.DateTimeField(null=True, blank=True)
    last_success_at = models.DateTimeField(null=True, blank=True)
    looked_at = models.DateTimeField(null=True, blank=True)
    # Empty unless the last attempt ended in an error.
    last_error = models.TextField(blank=True)
    last_answer = models.TextField(blank=True)
    failing_since = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def secrets(self) -> dict[str, str]:
        """The credentials, for the address that they were entered for and no other.

        Raises ConfigError where `base_url` names another server by now, and
        ImproperlyConfigured when no key of CREDENTIALS_KEYS fits.
        """
        return opened(self.credentials, origin=origin_of(self.base_url))

    @secrets.setter
    def secrets(self, values: dict[str, str]) -> None:
        self.credentials = sealed(values, origin=origin_of(self.base_url))

    @property
    def fresh_for(self) -> timedelta:
        """How old the last success may be before the connection is stale."""
        return max(2 * timedelta(minutes=self.interval_minutes), LEAST_FRESH)


class Project(models.Model):
    """A vendor's project that is synced.

    `synced_from`: the start of the last successful sync, where the next window begins.
    `looked_at`: the start of the last sync that compared the whole retained window with
    the vendor's list; `look_tried_at`: of the last that wanted to. `is_listed`: the
    vendor's list of projects has it; `removed_at`: since when the vendor denies it.
    `claim` and `claimed_until` are the lease of the sync that works on it now.
    `case_times_are_stale`: a sync ended before it could bring the cases' first and last
    times up to date, so that the next one recomputes them all.
    `version` rises with every change of its runs, results or what people decided about
    them, so that figures computed before can be told from current ones.
    """

    id = models.AutoField(primary_key=True)
    connection = models.ForeignKey(
        Connection, on_delete=models.CASCADE, related_name="projects"
    )
    external_id = models.CharField(max_length=500)
    name = models.TextField()
    vendor_url = models.TextField(blank=True)
    claim = models.UUIDField(null=True, editable=False)
    claimed_until = models.DateTimeField(null=True, editable=False)
    case_times_are_stale = models.BooleanField(default=False, editable=False)
    version = models.BigIntegerField(default=0, editable=False)
    synced_from = models.DateTimeField(null=True, blank=True)
    looked_at = models.DateTimeField(null=True, blank=True)
    look_tried_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_attempt_at = models.DateTimeField(null=True, blank=True)
    last_success_at = models.DateTimeField(null=True, blank=True)
    last_error = models.TextField(blank=True)
    is_listed = models.BooleanField(default=True, editable=False)
    removed_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "external_id"], name="project_external_id"
            )
        ]

    def __str__(self) -> str:
        # Lists of Django's admin print it, and a vendor may call it anything.
        return self.name[:200]
