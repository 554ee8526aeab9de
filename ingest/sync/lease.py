"""The claim on a project: a lease that a killed worker cannot keep."""

from __future__ import annotations

import logging
import time
import uuid
from datetime import timedelta

from django.db import Error, connection
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from ingest.models import Project

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=5)
RENEW_EVERY_S = 20.0


class LeaseLostError(Exception):
    """Another sync took the project over; this one must stop writing."""


class Lease:
    """A claim on one project. Times are the database's, so that clocks may differ."""

    def __init__(self, project: Project) -> None:
        """Not taken yet. It is known by then, so that it can be given up at any moment."""
        self._project = project
        self._claim = uuid.uuid4()
        self._renewed = time.monotonic()

    def take(self) -> bool:
        """Claim the project with one conditional UPDATE; False when another has it."""
        free = Q(claimed_until=None) | Q(claimed_until__lt=Now())
        taken = Project.objects.filter(free, pk=self._project.pk).update(
            claim=self._claim, claimed_until=Now() + LEASE
        )
        return taken == 1

    def renew(self) -> None:
        """Hold on to the project; raises LeaseLostError when it was taken over."""
        if self.claimed().update(claimed_until=Now() + LEASE) != 1:
            raise LeaseLostError(f"{self._project.name} was claimed by another sync")
        self._renewed = time.monotonic()

    def renew_when_due(self) -> None:
        """Renew while one long answer is read; called for every row."""
        if time.monotonic() - self._renewed > RENEW_EVERY_S:
            self.renew()

    def claimed(self) -> QuerySet[Project]:
        """The project while it is still ours, else nothing."""
        return Project.objects.filter(pk=self._project.pk, claim=self._claim)

    def release(self) -> None:
        self.claimed().update(claim=None, claimed_until=None)

    def give_up(self) -> None:
        """Release after an error of our own; without a database the lease runs out."""
        try:
            connection.close_if_unusable_or_obsolete()
            self.release()
        except Error as error:
            log.warning("%s stays claimed for a while: %s", self._project, error)
