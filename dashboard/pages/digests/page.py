"""The list of digests and alerts, and one of them with its preview and history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import ClassVar

from dashboard.addresses import address
from dashboard.digests.owners import seen_projects
from dashboard.digests.preview import Preview, preview
from dashboard.digests.schedule import zone_names
from dashboard.lists.digests import channels, deliveries_by_id, history, subscriptions
from dashboard.models import Cause, Channel, ChannelKind, Delivery, Every, Subscription
from dashboard.pages.digests.form import (
    DAYS,
    WEEKDAYS,
    ChannelForm,
    SubscriptionForm,
    page_filters,
)
from dashboard.pages.digests.text import (
    channel_words,
    delivery_state,
    scope_words,
    state_of,
    when_words,
    why_words,
)
from dashboard.readers import reader
from dashboard.ui.filter_words import filter_words
from dashboard.ui.lengths import Name, Prose
from dashboard.ui.panels import load_or_none
from dashboard.ui.parts import EmptyState, Link, Note, State
from dashboard.ui.tables import Column, Table, table

EXAMPLES = {
    ChannelKind.SLACK: "The address of an incoming webhook, https://hooks.slack.com/…",
    ChannelKind.TEAMS: "The address of a workflow “when a webhook request is received”.",
    ChannelKind.DISCORD: "The address of a webhook, https://discord.com/api/webhooks/…",
    ChannelKind.EMAIL: "One e-mail address, of a person or a list.",
    ChannelKind.WEBHOOK: "Any https address that takes a POST of JSON.",
}
NOTHING = EmptyState(
    title="Nothing is sent yet",
    text="A digest sends the stand-up every day or week, an alert says when something "
    "goes wrong, and when it is over.",
    icon="bell",
)
NO_CHANNELS = EmptyState(
    title="No channel yet",
    text="Add one below: Slack, Teams, Discord, e-mail or a webhook.",
    icon="plug",
)
NO_HISTORY = EmptyState(
    title="Nothing was sent yet",
    text="Each message appears here with what became of it.",
    icon="clock",
)
HIDDEN = "About projects that are gone or that you may not see any more"
COLUMNS = (
    Column("name", "Name", css="a"),
    Column("to", "Channel", css="d sec trunc", width="150px"),
    Column("last", "Last message", css="e sec", width="140px"),
    # Its own page says when, too.
    Column("next", "Next", css="f sec nowrap", width="110px", from_px=1024),
    Column("state", "State", css="b", width="96px"),
)
OWNER = Column("owner", "Owner", css="c sec trunc", width="120px")
_OF_ALL = (COLUMNS[0], OWNER, replace(COLUMNS[1], from_px=1024), *COLUMNS[2:])
OF_HISTORY = (
    Column("when", "When", css="a nowrap", width="120px"),
    Column("what", "Message", css="d"),
    Column("tries", "Tries", css="f num sec", width="60px"),
    Column("state", "State", css="b", width="120px"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionRow:
    """`last` is its newest message's state, None before there was any."""

    row: Subscription
    name: Name
    when: Prose
    scope: Prose
    to: Name
    state: State
    last: State | None
    last_delivery: Delivery | None

    @property
    def href(self) -> str:
        return address("digest", self.row.pk)

    @property
    def owner(self) -> str:
        return self.row.owner.get_username()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelRow:
    channel: Channel
    name: Name
    words: Name
    used_by: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestsPage:
    title: str
    table: Table
    empty: EmptyState | None
    is_of_all: bool = False
    other: Link | None = None
    notes: tuple[Note, ...] = ()
    channels: Sequence[ChannelRow] = ()
    no_channels: EmptyState | None = None
    form: ChannelForm = field(default_factory=ChannelForm)
    kinds: ClassVar[Sequence[tuple[str, str, str]]] = [
        (kind.value, str(kind.label), EXAMPLES[kind]) for kind in ChannelKind
    ]


def digests_page(
    *, of_all: bool, form: ChannelForm | None = None, other: Link | None = None
) -> DigestsPage:
    found = list(subscriptions(of_all=of_all))
    rows = _rows(found)
    columns = _OF_ALL if of_all else COLUMNS
    mine = [] if of_all else _channels(found)
    return DigestsPage(
        title="Everybody’s digests and alerts" if of_all else "Digests and alerts",
        table=table(columns, rows, css="tall blocks fixed digests"),
        empty=None if rows else NOTHING,
        is_of_all=of_all,
        other=other,
        notes=() if of_all else tuple(_troubles(rows)),
        channels=mine,
        no_channels=None if mine or of_all else NO_CHANNELS,
        form=form or ChannelForm(),
    )


def _rows(found: Sequence[Subscription]) -> list[SubscriptionRow]:
    last_ids = {one.pk: getattr(one, "last_id", None) for one in found}
    last = deliveries_by_id([pk for pk in last_ids.values() if pk])
    return [_row(one, last.get(last_ids[one.pk] or 0)) for one in found]


def _row(one: Subscription, last: Delivery | None) -> SubscriptionRow:
    return SubscriptionRow(
        row=one,
        name=one.name,
        when=when_words(one),
        scope=scope_words(one.query),
        to=one.channel.name,
        state=state_of(one),
        last=delivery_state(last) if last else None,
        last_delivery=last,
    )


def _channels(found: Sequence[Subscription]) -> list[ChannelRow]:
    used = [one.channel_id for one in found]
    return [
        ChannelRow(
            channel=one,
            name=one.name,
            words=channel_words(one),
            used_by=used.count(one.pk),
        )
        for one in channels()
    ]


def _troubles(rows: Sequence[SubscriptionRow]) -> list[Note]:
    """What did not arrive, and what stopped by itself."""
    notes = []
    for row in rows:
        link = Link(text="Look at it", href=row.href)
        if row.row.stopped:
            notes.append(
                Note(
                    kind="bad",
                    glyph="failing",
                    fact=f"{row.name} has stopped.",
                    text=row.row.stopped,
                    link=link,
                )
            )
        elif row.last and row.last.bad:
            notes.append(
                Note(
                    kind="bad",
                    glyph="failing",
                    fact=f"The last message of {row.name} did not arrive.",
                    text=row.last.title,
                    link=link,
                )
            )
    return notes


@dataclass(frozen=True, slots=True, kw_only=True)
class FormPage:
    """The form of a new one, or of one to change (`row`)."""

    title: str
    form: SubscriptionForm
    action: str
    channels: Sequence[Channel]
    back_href: str
    scope: Prose = ""
    is_digest: bool = True
    zones: Sequence[str] = field(default_factory=zone_names)
    weekdays: ClassVar[Sequence[tuple[str, str]]] = [
        (str(number), name) for number, name in enumerate(WEEKDAYS)
    ]
    everies: ClassVar[Sequence[tuple[str, str]]] = [
        (value, str(label)) for value, label in Every.choices
    ]
    causes: ClassVar[Sequence[tuple[str, str]]] = [
        (value, str(label)) for value, label in Cause.choices
    ]
    days: ClassVar[Sequence[tuple[str, str]]] = [
        (str(days), "24 hours" if days == 1 else f"{days} days") for days in DAYS
    ]

    @property
    def values(self) -> Mapping[str, str]:
        return self.form.values

    @property
    def problems(self) -> Mapping[str, str]:
        return self.form.problems


def form_page(form: SubscriptionForm, *, row: Subscription | None = None) -> FormPage:
    is_digest = form.kind == Subscription.DIGEST
    word = "digest" if is_digest else "alert"
    new = address("digest-new")
    return FormPage(
        title=f"Change the {word}" if row else f"New {word}",
        form=form,
        action=address("digest-change", row.pk) if row else f"{new}?kind={form.kind}",
        channels=list(channels()),
        back_href=address("digest", row.pk) if row else address("digests"),
        scope=_scope(form.values.get("filters", "")),
        is_digest=is_digest,
    )


def _scope(text: str) -> str:
    """The filters in words; "" where they cannot be read, which is said beside them."""
    try:
        return filter_words(page_filters(text), None)
    except ValueError:
        return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryRow:
    delivery: Delivery
    why: str
    subject: Prose
    state: State


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestPage:
    """`looks` are None where the numbers did not load. Its owner alone may change it and
    send it now.
    """

    id: int
    name: Name
    is_digest: bool
    is_on: bool
    is_mine: bool
    when: Prose
    scope: Prose
    to: Name
    owner: Name
    state: State
    table: Table
    no_history: EmptyState | None
    preview: Preview | None
    next_at: datetime | None = None


def _subject(delivery: Delivery, seen: set[int]) -> str:
    """As it was sent, which may name what the reader does not see any more."""
    subject: str = delivery.message.get("subject", "")
    return subject if seen.issuperset(delivery.projects) else HIDDEN


def digest_page(one: Subscription) -> DigestPage:
    seen = set(seen_projects())
    rows = [
        DeliveryRow(
            delivery=delivery,
            why=why_words(delivery),
            subject=_subject(delivery, seen),
            state=delivery_state(delivery),
        )
        for delivery in history(one)
    ]
    return DigestPage(
        id=one.pk,
        name=one.name,
        is_digest=one.is_digest,
        is_on=one.is_on,
        is_mine=one.owner_id == reader().user_id,
        when=when_words(one),
        scope=scope_words(one.query),
        to=f"{one.channel.name} ({channel_words(one.channel)})",
        owner=one.owner.get_username(),
        state=state_of(one),
        table=table(OF_HISTORY, rows, css="tall blocks fixed deliveries"),
        no_history=None if rows else NO_HISTORY,
        next_at=one.next_at if one.is_digest else None,
        preview=load_or_none("preview", lambda: preview(one)),
    )
