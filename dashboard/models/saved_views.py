"""What people keep of the pages: named filters, and the projects that they start with."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from dashboard.models.people import Team
from ingest.models import Project

# So many ids leave an address short enough for every server.
MOST_PROJECTS = 100


class SavedView(models.Model):
    """A page with its filters under a name, of a person or of a team.

    `path` is below the root, wherever a proxy serves that; `query` is canonical.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.CASCADE,
        related_name="saved_views",
    )
    team = models.ForeignKey(
        Team, null=True, on_delete=models.CASCADE, related_name="saved_views"
    )
    name = models.CharField(max_length=200)
    path = models.TextField()
    query = models.TextField(blank=True)
    place = models.PositiveIntegerField()

    class Meta:
        ordering = ["place", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(user=None, team__isnull=False)
                | Q(user__isnull=False, team=None),
                name="saved_view_is_of_one",
            ),
            models.UniqueConstraint(
                "user",
                Lower("name"),
                name="saved_view_name_of_user",
                condition=Q(user__isnull=False),
            ),
            models.UniqueConstraint(
                "team",
                Lower("name"),
                name="saved_view_name_of_team",
                condition=Q(team__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class DefaultScope(models.Model):
    """The projects that a person starts with: those chosen, or whichever are of the
    person's teams.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="default_scope"
    )
    is_of_teams = models.BooleanField(default=False)
    projects = models.ManyToManyField(Project, blank=True, related_name="+")

    def __str__(self) -> str:
        return f"the projects of {self.user}"
