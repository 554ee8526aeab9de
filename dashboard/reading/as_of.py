"""The moment that a look at the past is of, as an address tells it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.http import QueryDict

AS_OF, UNTIL = "as_of", "until"
YEARS = range(1970, 2200)


def moment(text: str) -> datetime:
    """An ISO time in UTC; a bare date is its midnight, a time without zone is UTC."""
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII):
            text = f"{text}T00:00:00Z"
        # The plus sign of an offset arrives as a space unless it was escaped.
        found = datetime.fromisoformat(re.sub(r" (\d\d:?\d\d)$", r"+\1", text))
        in_utc = found.replace(tzinfo=UTC) if found.tzinfo is None else found
        in_utc = in_utc.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ValueError(
            f"“{_shown(text)}” is not an ISO 8601 time such as 2026-11-19T06:45:00Z."
        ) from error
    # Near the ends of the calendar the time before, or in another zone, has no name.
    if in_utc.year in YEARS:
        return in_utc
    raise ValueError(f"“{_shown(text)}” is not between {YEARS[0]} and {YEARS[-1]}.")


def _shown(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:59]}…"


def read_as_of(query: QueryDict, now: datetime) -> datetime:
    """The one moment of the query; raises ValueError with a sentence on what is wrong."""
    texts = query.getlist(AS_OF)
    if len(texts) != 1:
        raise ValueError("It may be given once only.")
    if not texts[0]:
        raise ValueError("It is empty.")
    found = moment(texts[0])
    if found > now:
        raise ValueError("It is in the future.")
    if found < oldest_moment(now):
        raise ValueError(
            f"Results are kept for {settings.RETENTION_DAYS} days: what was recorded "
            "before is not known any more."
        )
    until = _until(query)
    if until and found < until:
        raise ValueError("It is before until: nothing of the time between is known.")
    return found


def oldest_moment(now: datetime) -> datetime:
    """What was recorded before it is not known any more."""
    return now - timedelta(days=settings.RETENTION_DAYS)


def past_moment(query: QueryDict, now: datetime) -> datetime | None:
    """The moment of the query, None where there is none that can be looked at."""
    if AS_OF not in query:
        return None
    try:
        return read_as_of(query, now)
    except ValueError:
        return None


def _until(query: QueryDict) -> datetime | None:
    try:
        text = query.get(UNTIL)
        return moment(text) if text else None
    except ValueError:
        # What is wrong with it is said of it.
        return None
