"""How many times anything has changed that an answer is made of."""

from __future__ import annotations

from django.db import models


class ChangeCount(models.Model):
    """A share of the number of transactions that changed something.

    Triggers count (`dashboard/data_version.py`); transactions of the same moment count in
    rows of their own, so that none waits for another.
    """

    changes = models.BigIntegerField()
