"""The stand-up as a message: its sentences and cards, as its page tells them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from zoneinfo import ZoneInfo

from django.http import QueryDict
from django.utils import timezone

from dashboard.addresses import address
from dashboard.annotations.notes_and_mutes import notes_of
from dashboard.digests.links import site_of
from dashboard.digests.message import Level, Message, Part
from dashboard.digests.owners import LONGEST_S
from dashboard.filters.state import moment_text
from dashboard.metrics.flaky import FlakyCase
from dashboard.metrics.status_transitions import FixedCase, NewlyFailing
from dashboard.models import Share, Subscription
from dashboard.readers import Reader, SharedLink
from dashboard.reading.as_of import AS_OF
from dashboard.reading.pins import pin_moment
from dashboard.reading.scope import at, for_reader
from dashboard.request_cache import fresh_request_cache
from dashboard.time_limits import statement_limit
from dashboard.ui.list_layout import list_layout
from dashboard.ui.parts import Piece
from dashboard.ui.standup.cards import StandupCard, StandupItem
from dashboard.ui.standup.markdown import counted_line, line_of
from dashboard.ui.standup.page import StandupPage, standup_page
from dashboard.ui.standup.page_data import PageData, standup_state
from dashboard.ui.text.numbers import plural
from ingest.models import Project

Turned = NewlyFailing | FixedCase | FlakyCase
OPEN = "Open the stand-up as it was then"
DID_NOT_LOAD = "This part did not load."


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """`fingerprint` is that of what it tells of, whatever the time and the rates."""

    message: Message
    fingerprint: str
    is_empty: bool


def page_of(subscription: Subscription, since: datetime) -> str:
    """The address of the stand-up from then on."""
    query = QueryDict(subscription.query, mutable=True)
    query["since"] = moment_text(since)
    return f"{address('standup')}?{query.urlencode()}"


def told_by_share(subscription: Subscription, share: Share) -> Told:
    """What whoever opens the share reads."""
    visitor = Reader(
        projects=frozenset(share.projects),
        share=SharedLink(id=share.pk, as_of=share.as_of),
    )
    return _told(subscription, visitor, share.query, share.as_of)


def told_now(subscription: Subscription, since: datetime, owner: Reader) -> Told:
    """The same for a preview, which makes no share; of what its owner sees."""
    with for_reader(owner):
        projects = frozenset(Project.objects.values_list("pk", flat=True))
    as_of = min(timezone.now(), pin_moment())
    query = QueryDict(subscription.query, mutable=True)
    query["since"] = moment_text(since)
    query["until"] = moment_text(as_of.replace(microsecond=0))
    visitor = Reader(projects=projects, share=SharedLink(id=0, as_of=as_of))
    return _told(subscription, visitor, query.urlencode(), as_of)


def _told(
    subscription: Subscription, visitor: Reader, query: str, as_of: datetime | None
) -> Told:
    said = QueryDict(query, mutable=True)
    if as_of is not None:
        said[AS_OF] = moment_text(as_of)
    with (
        for_reader(visitor),
        at(as_of),
        timezone.override(ZoneInfo(subscription.zone)),
        statement_limit(LONGEST_S),
        fresh_request_cache(),
    ):
        data = PageData(layout=list_layout(standup_state(address("standup"), said)))
        page = standup_page(data, site_of(subscription))
        return Told(
            message=_message(subscription, page, data),
            fingerprint=_fingerprint(data),
            is_empty=page.empty is not None,
        )


def _message(subscription: Subscription, page: StandupPage, data: PageData) -> Message:
    headline = page.headline
    level: Level = "info"
    if headline.is_bad or headline.glyph == "fail":
        level = "bad"
    elif headline.glyph == "pass":
        level = "good"
    muted = _muted(data)
    return Message.made(
        subject=f"{subscription.name}: {headline.text}",
        lead=(headline.text, _text(headline.second)),
        parts=tuple(_part(card, data, muted) for card in page.cards),
        notes=(
            *(f"{note.fact} {note.text}" for note in page.left_out),
            f"{page.day}, {page.since}. {page.scope}. Times are in {subscription.zone}.",
        ),
        level=level,
        link_text=OPEN,
    )


def _muted(data: PageData) -> frozenset[int]:
    """Those of all tests that turned which somebody muted."""
    turned = {case.case for case in (data.newly_failing or ())}
    turned |= {case.case for case in (data.fixed or ())}
    turned |= {case.case for case in (data.newly_flaky or ())}
    said = notes_of(turned, data.filters.now)
    return frozenset(case for case, remarks in said.items() if remarks.is_muted)


def _part(card: StandupCard, data: PageData, muted: frozenset[int]) -> Part:
    """The card with its number, which counts muted tests as its page does; they are not
    named, and it is said how many they are.
    """
    if card.number is None:
        return Part(title=card.title, lines=(DID_NOT_LOAD,))
    title = f"{card.title} ({card.number.text})"
    number = int(card.number.value or 0)
    if not card.items:
        return Part(title=title, lines=(card.quiet,))
    shown = list(_shown(card, data, muted))
    lines = [_line(item) for item in shown]
    left = number - sum(int(i.count.value or 0) if i.count else 1 for i in shown)
    silent = len(muted & _cases(card, data))
    if left:
        among = f", {silent} of them muted" if silent else ""
        lines.append(f"and {left} more{among}" if lines else f"{left}{among}")
    elif silent:
        lines.append(f"{plural(silent, 'test')} of these muted")
    return Part(title=title, lines=tuple(lines))


def _line(item: StandupItem) -> str:
    line = counted_line(item, line_of(item))
    return f"{line} ({item.run.text})" if item.run else line


def _shown(
    card: StandupCard, data: PageData, muted: frozenset[int]
) -> Iterator[StandupItem]:
    """Its items, without those of which every test is muted."""
    of_item: list[Iterable[int]] = []
    if card.key == "newly-failing":
        of_item = [[case.case for case in group.cases] for group in data.groups]
    elif card.key in ("fixed", "newly-flaky"):
        of_item = [[case.case] for case in _rows(card, data)]
    for position, item in enumerate(card.items):
        cases = of_item[position] if of_item else ()
        if not cases or not muted.issuperset(cases):
            yield item


def _cases(card: StandupCard, data: PageData) -> set[int]:
    return {case.case for case in _rows(card, data)}


def _rows(card: StandupCard, data: PageData) -> Sequence[Turned]:
    rows = {
        "newly-failing": data.newly_failing,
        "fixed": data.fixed,
        "newly-flaky": data.newly_flaky,
    }.get(card.key)
    return rows or ()


def _text(pieces: Iterable[Piece]) -> str:
    return "".join(piece.text for piece in pieces)


def _fingerprint(data: PageData) -> str:
    muted = _muted(data)

    def cases(rows: Sequence[Turned] | None) -> list[int]:
        return sorted({row.case for row in rows or ()} - muted)

    told = [
        cases(data.newly_failing),
        cases(data.fixed),
        cases(data.newly_flaky),
        sorted((one.milestone, one.is_overdue) for one in data.at_risk or ()),
        sorted((one.connection, one.state) for one in data.stale),
    ]
    return sha256(json.dumps(told).encode()).hexdigest()
