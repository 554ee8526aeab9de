"""What people say about the facts, with who and when. It never rewrites a fact."""

from __future__ import annotations

from django.db import models

from ingest.models import Case, Configuration, MilestoneMember, Project, Run


class Annotation(models.Model):
    """Something that a person said: `by` is the user's name, `at` the time."""

    by = models.CharField(max_length=200)
    at = models.DateTimeField(auto_now=True)

    class Meta:
        abstract = True


class ProjectChoice(Annotation):
    """The branch that a project is judged by; "" means all of them."""

    project = models.OneToOneField(
        Project, on_delete=models.CASCADE, related_name="choice"
    )
    default_branch = models.TextField(blank=True)


class ConfigurationChoice(Annotation):
    """A configuration of which a person said what it counts as, or that it is itself."""

    configuration = models.OneToOneField(
        Configuration, on_delete=models.CASCADE, related_name="choice"
    )


class Verdict(models.TextChoices):
    """What a person made of a run: leave it out of flakiness or of every number, or put
    a found outage back.
    """

    EXCLUDED = "excluded"
    UNCOUNTED = "uncounted"
    KEPT = "kept"


class RunJudgement(Annotation):
    """A run excluded from flakiness, or from every number, or an outage put back."""

    run = models.OneToOneField(Run, on_delete=models.CASCADE, related_name="judgement")
    verdict = models.CharField(max_length=9, choices=Verdict.choices)
    reason = models.TextField()


class CaseNote(Annotation):
    """Who looks after a case, where it is tracked, and what is known about it."""

    case = models.OneToOneField(Case, on_delete=models.CASCADE, related_name="note")
    owner = models.CharField(max_length=200, blank=True)
    issue_url = models.TextField(blank=True)
    text = models.TextField(blank=True)


class Mute(Annotation):
    """A case marked as muted until a time; it changes no number."""

    case = models.OneToOneField(Case, on_delete=models.CASCADE, related_name="mute")
    until = models.DateTimeField()
    reason = models.TextField(blank=True)


class CaseGroup(models.Model):
    """Cases that a person confirmed to be the same test in several tools."""


class GroupedCase(Annotation):
    """A case's place in its group; a case belongs to one group at most."""

    group = models.ForeignKey(
        CaseGroup, on_delete=models.CASCADE, related_name="members"
    )
    case = models.OneToOneField(Case, on_delete=models.CASCADE, related_name="grouped")


class OtherCase(Annotation):
    """Two cases that a person says are not the same test; `first` has the lower id."""

    first = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="+")
    second = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="other_case"),
            models.CheckConstraint(
                condition=models.Q(first__lt=models.F("second")),
                name="other_case_order",
            ),
        ]


class MilestonePlacement(Annotation):
    """A vendor's milestone that a person joined to others, or split off from them."""

    member = models.OneToOneField(
        MilestoneMember, on_delete=models.CASCADE, related_name="placement"
    )
