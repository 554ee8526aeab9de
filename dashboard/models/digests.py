"""What is sent to people without their asking: where to, what, when, what came of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone

from ingest.credentials import decrypted, encrypted


class ChannelKind(models.TextChoices):
    SLACK = "slack", "Slack"
    TEAMS = "teams", "Microsoft Teams"
    DISCORD = "discord", "Discord"
    EMAIL = "email", "E-mail"
    WEBHOOK = "webhook", "Webhook"


class Channel(models.Model):
    """Where messages of its owner go. The address is a key to the room behind it: it is
    stored encrypted and never shown again; `shown` is what may be told of it.
    """

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="channels"
    )
    kind = models.CharField(max_length=7, choices=ChannelKind.choices)
    name = models.CharField(max_length=200)
    sealed_address = models.TextField(editable=False)
    shown = models.CharField(max_length=200)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["name", "pk"]

    def __str__(self) -> str:
        return self.name

    @property
    def address(self) -> str:
        """Raises ImproperlyConfigured when no key of CREDENTIALS_KEYS fits."""
        return decrypted(self.sealed_address)["address"]

    @address.setter
    def address(self, value: str) -> None:
        self.sealed_address = encrypted({"address": value})


class Every(models.TextChoices):
    DAY = "day", "Every day"
    WEEK = "week", "Every week"


class Cause(models.TextChoices):
    """What an alert may be about."""

    FLOOR = "floor", "Pass rate under a floor"
    FAILING = "failing", "Newly failing tests"
    FLAKY = "flaky", "Newly flaky tests"
    MILESTONE = "milestone", "Milestone at risk or overdue"
    CONNECTION = "connection", "Connection failing or stale"
    RUN = "run", "A run finished"


class Subscription(models.Model):
    """A digest or an alert of its owner, who gets what is theirs to see and no more.

    `query` are the filters of the stand-up, in their one spelling. Times of day are those
    of `zone`. A digest goes out at `at`, of a week on `weekday` (0 is Monday); with
    `only_if_changed` only where it says something else than the last one that was sent,
    of which `told` is the fingerprint; `covered_until` is where the last one ended that
    arrived or had nothing new to say. An alert is about `causes`; `floor` is a pass rate
    0-1, of `days`. Its messages wait while the time of day lies from `quiet_from` to
    `quiet_until`. `next_at` is when a worker looks at it next; `checked_at` when an alert
    was looked at last. `stopped`: why it stopped by itself, "" while it goes on. `site` is
    where its owner found Passline, for its links.
    """

    DIGEST, ALERT = "digest", "alert"

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="subscriptions"
    )
    channel = models.ForeignKey(
        Channel, on_delete=models.CASCADE, related_name="subscriptions"
    )
    kind = models.CharField(max_length=6)
    name = models.CharField(max_length=200)
    query = models.TextField(blank=True)
    zone = models.CharField(max_length=100)
    every = models.CharField(max_length=4, choices=Every.choices, default=Every.DAY)
    weekday = models.PositiveSmallIntegerField(default=0)
    at = models.TimeField(null=True, blank=True)
    only_if_changed = models.BooleanField(default=False)
    told = models.CharField(max_length=64, blank=True)
    covered_until = models.DateTimeField(null=True, blank=True)
    causes = ArrayField(models.CharField(max_length=10), default=list, blank=True)
    floor = models.FloatField(null=True, blank=True)
    days = models.PositiveSmallIntegerField(default=7)
    quiet_from = models.TimeField(null=True, blank=True)
    quiet_until = models.TimeField(null=True, blank=True)
    next_at = models.DateTimeField(null=True, blank=True)
    checked_at = models.DateTimeField(null=True, blank=True)
    paused_at = models.DateTimeField(null=True, blank=True)
    stopped = models.TextField(blank=True)
    site = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["name", "pk"]
        indexes = [models.Index(fields=["next_at"], name="subscription_next")]

    def __str__(self) -> str:
        return self.name

    @property
    def is_digest(self) -> bool:
        return self.kind == self.DIGEST

    @property
    def is_on(self) -> bool:
        return self.paused_at is None and not self.stopped


class DeliveryState(models.TextChoices):
    WAITING = "waiting", "waiting"
    SENT = "sent", "sent"
    GAVE_UP = "gave_up", "gave up"
    LEFT_OUT = "left_out", "left out"


class Delivery(models.Model):
    """One message of a subscription on its way, or what became of it.

    `key` is its cause: one day of a digest, one round of an alert, one click; there is
    one delivery of each. `message` is its text, empty until somebody wrote it, and holds
    no link: that is a key to a page, kept in `sealed_link` until it was sent. `page` is
    what the link leads to. A digest tells of the time from `since_at` to `until_at`.
    Whoever works on it holds it until `held_until`. `problem` says in words what went
    wrong last, or why nothing was sent. `told` is the fingerprint of a digest. `projects`
    are all that the message was made of: whoever does not see one of them any more
    neither gets nor reads it.
    """

    subscription = models.ForeignKey(
        Subscription, on_delete=models.CASCADE, related_name="deliveries"
    )
    key = models.CharField(max_length=100)
    state = models.CharField(
        max_length=8, choices=DeliveryState.choices, default=DeliveryState.WAITING
    )
    message = models.JSONField(default=dict, blank=True)
    page = models.TextField(blank=True)
    told = models.CharField(max_length=64, blank=True)
    projects = ArrayField(models.BigIntegerField(), default=list, blank=True)
    sealed_link = models.TextField(blank=True, editable=False)
    tries = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True, blank=True)
    held_until = models.DateTimeField(null=True, blank=True)
    since_at = models.DateTimeField(null=True, blank=True)
    until_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True, blank=True)
    problem = models.TextField(blank=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["subscription", "key"], name="delivery_once"
            )
        ]
        indexes = [
            models.Index(
                fields=["next_try_at"],
                name="delivery_due",
                condition=Q(state=DeliveryState.WAITING),
            )
        ]

    def __str__(self) -> str:
        return f"{self.key} of {self.subscription_id}"

    @property
    def link(self) -> str:
        return decrypted(self.sealed_link).get("link", "")

    @link.setter
    def link(self, value: str) -> None:
        self.sealed_link = encrypted({"link": value}) if value else ""


class Incident(models.Model):
    """A cause of an alert from its beginning to its end.

    `key` names the cause; one incident of it is open at a time. Tests that fail later
    than those of an open one, though alike, are of another, whose key ends in its time.
    `title` tells of it, `about` holds ids of the tests, the milestone, the connection or
    the runs that it is about, and `projects` those that it was made of. `gone_since`: it
    is not there any more, which may be for a moment only. What was there when the alert
    began and is no news is never told (`is_known`).
    """

    subscription = models.ForeignKey(
        Subscription, on_delete=models.CASCADE, related_name="incidents"
    )
    key = models.CharField(max_length=100)
    title = models.TextField()
    about = ArrayField(models.BigIntegerField(), default=list, blank=True)
    projects = ArrayField(models.BigIntegerField(), default=list, blank=True)
    is_known = models.BooleanField(default=False)
    opened_at = models.DateTimeField()
    told_at = models.DateTimeField(null=True, blank=True)
    gone_since = models.DateTimeField(null=True, blank=True)
    resolved_at = models.DateTimeField(null=True, blank=True)
    end_told_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["subscription", "key"],
                name="incident_open_once",
                condition=Q(resolved_at=None),
            )
        ]
        indexes = [
            models.Index(fields=["subscription", "key", "-told_at"], name="incident_of")
        ]

    def __str__(self) -> str:
        return self.key

    @property
    def cause(self) -> Cause:
        return Cause(self.key.partition(" ")[0])

    @property
    def cause_key(self) -> str:
        """Equal for all incidents of one cause, whenever they were."""
        if self.cause is not Cause.FAILING:
            return self.key
        return " ".join(self.key.split(" ")[:2])

    @property
    def is_untold(self) -> bool:
        """Whether it may still be told."""
        return self.told_at is None and not self.is_known


def waiting(now: datetime) -> models.QuerySet[Delivery, Any]:
    """Those that somebody may work on now."""
    free = Q(held_until=None) | Q(held_until__lte=now)
    due = Delivery.objects.filter(free, state=DeliveryState.WAITING)
    return due.filter(next_try_at__lte=now)
