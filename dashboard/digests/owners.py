"""In whose name something is sent: what its owner may see and share at that moment."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from zoneinfo import ZoneInfo

from django.utils import timezone

from dashboard.models import Delivery, Subscription
from dashboard.readers import Reader, Role
from dashboard.reading.rights import reader_of
from dashboard.reading.scope import for_reader
from dashboard.request_cache import fresh_request_cache
from dashboard.time_limits import statement_limit
from ingest.models import Project

# Nobody waits for an answer, but a worker is not held for ever either.
LONGEST_S = 60
SWITCHED_OFF = "Its owner was switched off."
MAY_NOT = "Its owner may not share any more: that takes an editor."


def why_not(subscription: Subscription) -> str:
    """Why nothing may be sent in its owner's name; "" where it may."""
    if not subscription.owner.is_active:
        return SWITCHED_OFF
    return "" if reader_of(subscription.owner).may(Role.EDITOR) else MAY_NOT


@contextmanager
def as_owner(subscription: Subscription) -> Iterator[Reader]:
    """Within it all is read as its owner would, with times of the subscription's zone."""
    who = reader_of(subscription.owner)
    with (
        for_reader(who),
        timezone.override(ZoneInfo(subscription.zone)),
        statement_limit(LONGEST_S),
        fresh_request_cache(),
    ):
        yield who


def seen_projects() -> list[int]:
    """Ids of those that the reader in force sees."""
    return sorted(Project.objects.values_list("pk", flat=True))


def is_still_theirs(delivery: Delivery) -> bool:
    """Whether its owner sees all that its message was made of."""
    with as_owner(delivery.subscription):
        return set(delivery.projects) <= set(seen_projects())
