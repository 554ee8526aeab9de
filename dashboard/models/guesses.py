"""How often passwords and links were guessed lately."""

from __future__ import annotations

from django.db import models


class GuessCount(models.Model):
    """Guesses at passwords or links that are counted together, until the window ends.

    `key` says what they have in common, as a keyed hash: neither names nor addresses
    are kept.
    """

    key = models.CharField(max_length=64, primary_key=True)
    tries = models.PositiveIntegerField()
    ends_at = models.DateTimeField(db_index=True)
