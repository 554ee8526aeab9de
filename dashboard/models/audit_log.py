"""Everything that a person ever said here, word by word; rows are added, never changed."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from ingest.models import Project


class ActKind(models.TextChoices):
    """What was spoken of. It also tells of which table `Act.about` is an id."""

    BRANCH = "branch", "default branch"
    ALIAS = "alias", "configuration"
    JUDGEMENT = "judgement", "run"
    NOTE = "note", "note"
    MUTE = "mute", "mute"
    SAME_TEST = "same", "same test"
    APART = "apart", "different tests"
    JOIN = "join", "milestone joined"
    SPLIT = "split", "milestone split"
    START = "start", "run started"
    RERUN = "rerun", "run again"
    CHANGE = "change", "run changed at its tool"
    CLOSE = "close", "run closed at its tool"
    NEW_TEST = "new_test", "test made"
    RELAY = "relay", "run handed on to its tool"
    RELAY_TESTS = "relay_tests", "imported tests handed on"
    SIGN_IN = "sign_in", "sign-in"
    SIGN_IN_FAILED = "sign_in_failed", "sign-in that failed"
    LOCK_OUT = "lock_out", "lock-out"
    SIGN_OUT = "sign_out", "sign-out"
    PASSWORD = "password", "password"
    SECOND_FACTOR = "second_factor", "second factor"
    PERSON = "person", "person"
    TEAM = "team", "team"
    VISIBILITY = "visibility", "who sees a project"
    INVITATION = "invitation", "invitation"
    TOKEN = "token", "API token"
    CONNECTION = "connection", "connection"
    PROJECT = "project", "project"
    SHARE = "share", "share link"
    EMBED = "embed", "embedded picture"
    DIGEST = "digest", "digest or alert"
    SITE_ADMIN = "site_admin", "row of the site administration"


class Act(models.Model):
    """The user `by` changed at `at` what was said, from `before` to `after`.

    `about` is the id of a project (BRANCH, START, NEW_TEST, RELAY_TESTS), configuration
    (ALIAS), run (JUDGEMENT, RERUN, CHANGE, CLOSE, RELAY), case (NOTE, MUTE, SAME_TEST,
    APART) or vendor's milestone (JOIN, SPLIT) of the project, and `name` what that was
    called then. Kinds from SIGN_IN on are of no project, but VISIBILITY and PROJECT:
    `about` is the id of the person, team, invitation, token, connection, share or digest.
    Empty `before` or `after`: nothing was said.
    A trigger refuses to change a row, or to delete one while its project is there; one
    of no project stays for ever.
    """

    by = models.CharField(max_length=200)
    at = models.DateTimeField(default=timezone.now)
    project = models.ForeignKey(
        Project,
        on_delete=models.CASCADE,
        related_name="acts",
        db_index=False,
        null=True,
    )
    kind = models.CharField(max_length=16)
    about = models.BigIntegerField()
    name = models.TextField()
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)

    class Meta:
        indexes = [
            models.Index(fields=["kind", "about", "id"], name="act_about"),
            models.Index(fields=["project", "id"], name="act_project"),
            models.Index(fields=["at", "id"], name="act_at"),
            models.Index(fields=["by", "at", "id"], name="act_by"),
        ]
