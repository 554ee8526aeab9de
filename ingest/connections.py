"""Connections made, changed and checked: for the command, the form and the demo."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction
from django.db.models import QuerySet
from django.dispatch import Signal
from django.utils import timezone

from ingest.connectors import CONNECTORS, RELAYS, STARTERS
from ingest.connectors.reading import RELAY_FIELD
from ingest.contract import (
    CheckReport,
    ConfigError,
    ConnectionConfig,
    Connector,
    Field,
    IncompleteListError,
    ProjectRecord,
    Status,
)
from ingest.credentials import opened
from ingest.http import allowed
from ingest.models import Connection, Run
from ingest.origins import origin_of, plain_parts
from ingest.partitions import oldest_month
from ingest.relaying import Relay
from ingest.starting import RefusedError, Starter

NAME_LENGTH = 200
# A person waits for it, and a web process with them.
CHECK_LIMIT_S = 60.0
LONGEST_INTERVAL_MINUTES = 7 * 24 * 60
_RELAY_ON = {RELAY_FIELD.name: "on"}
# For whoever keeps what people did; sent with the row, and with what was and is chosen.
connection_saved = Signal()


@dataclass(frozen=True, slots=True, kw_only=True)
class Vendor:
    """What a form needs to know of a vendor."""

    name: str
    label: str
    default_base_url: str
    fields: tuple[Field, ...]
    projects_are_listed: bool


def sends_messages(vendor: str) -> bool:
    """Whether results of a vendor come with what they failed on."""
    connector = CONNECTORS.get(vendor)
    return connector is None or connector.capabilities.messages


def vendors() -> list[Vendor]:
    """The vendors that Passline reads, in the order of the registry."""
    return [
        Vendor(
            name=name,
            label=connector.label,
            default_base_url=connector.default_base_url,
            fields=connector.fields,
            projects_are_listed=connector.capabilities.projects_are_listed,
        )
        for name, connector in CONNECTORS.items()
    ]


def checked_config(
    *,
    vendor: str,
    base_url: str,
    values: Mapping[str, str],
    secrets: Mapping[str, str],
    projects: Sequence[str],
) -> ConnectionConfig:
    """The configuration of a connection, or ConfigError that says what is amiss."""
    if vendor not in CONNECTORS:
        raise ConfigError(
            f"{vendor!r} is no vendor. Choose one of {', '.join(CONNECTORS)}."
        )
    connector = CONNECTORS[vendor]
    address = _address(vendor, base_url)
    plain_parts(address)
    known = {field.name: field for field in connector.fields}
    for given, is_secret in ((values, False), (secrets, True)):
        for name, value in given.items():
            _check_field(connector.label, known.get(name), name, value, is_secret)
    for field in connector.fields:
        said = (secrets if field.is_secret else values).get(field.name)
        if field.is_required and not said:
            raise ConfigError(f"{connector.label} needs a {field.label.lower()}.")
    if not connector.capabilities.projects_are_listed and len(projects) > 1:
        raise ConfigError(
            f"{connector.label} has no list of projects: one project a connection."
        )
    if projects and "project" in known:
        # Without a list of projects, a check proves nothing but of the one it knows.
        values = {**values, "project": projects[0]}
    return ConnectionConfig(
        base_url=address,
        settings=dict(values),
        secrets=dict(secrets),
        allow_private_urls=settings.ALLOW_PRIVATE_VENDOR_URLS,
    )


def _address(vendor: str, base_url: str) -> str:
    """What was given; where nothing was, the vendor's own address, if it has one."""
    known = CONNECTORS.get(vendor)
    return base_url.strip() or (known.default_base_url if known else "")


def _check_field(
    label: str, field: Field | None, name: str, value: str, is_secret: bool
) -> None:
    if field is None or field.is_secret != is_secret:
        word = "secret" if is_secret else "setting"
        raise ConfigError(f"{label} takes no {word} called {name!r}.")
    if field.choices and value and value not in field.choices:
        raise ConfigError(
            f"{name} is {value!r}; it must be one of {', '.join(field.choices)}."
        )


def check_connection(
    vendor: str, config: ConnectionConfig, projects: Sequence[str] = ()
) -> tuple[CheckReport, list[ProjectRecord]]:
    """Prove the credentials against the vendor and list what they open.

    Raises ConfigError, RetryableError or PayloadError with a sentence for a person.
    """
    connector = CONNECTORS[vendor].connect(config)
    with allowed(limit_s=CHECK_LIMIT_S):
        report = connector.check()
        if not connector.capabilities.projects_are_listed:
            found = [ProjectRecord(external_id=name, name=name) for name in projects]
            return report, found
        found = _listed_projects(connector)
    listed = {project.external_id for project in found}
    for name in projects:
        if name not in listed:
            raise ConfigError(
                f"{connector.label} lists no project {name!r} for this key. It lists: "
                f"{', '.join(sorted(listed)[:10]) or 'none'}."
            )
    return report, found


def _listed_projects(connector: Connector) -> list[ProjectRecord]:
    """As many as the list gives: what it lacks does not make a connection wrong."""
    listed = []
    with suppress(IncompleteListError):
        for project in connector.projects():
            if isinstance(project, ProjectRecord):
                listed.append(project)
    return listed


def save_connection(
    *,
    vendor: str,
    name: str,
    base_url: str = "",
    settings: Mapping[str, str] | None = None,
    secrets: Mapping[str, str] | None = None,
    projects: Sequence[str] = (),
    interval_minutes: int = 5,
    backfill_days: int | None = None,
    check: bool = True,
) -> Connection:
    """Create the connection called `name`, or change it; checked first unless told not.

    Nothing is stored when the check fails. Without any secrets the stored ones stay,
    which the address must not leave then.
    """
    _check_plain(name, interval_minutes, projects)
    row = Connection.objects.filter(name=name).first() or Connection(name=name)
    if row.pk and row.vendor != vendor:
        raise ConfigError(
            f"A connection called {name!r} exists already, for {row.vendor}."
        )
    if not secrets:
        secrets = _kept_secrets(row, _address(vendor, base_url))
    config = checked_config(
        vendor=vendor,
        base_url=base_url,
        values=settings or {},
        secrets=secrets,
        projects=projects,
    )
    if check:
        check_connection(vendor, config, projects)
    if row.base_url != config.base_url:
        # What was found out belongs to the other instance.
        row.memory = {}
    before = without_secrets(row) if row.pk else {}
    row.vendor, row.base_url = vendor, config.base_url
    row.settings, row.project_ids = dict(config.settings), list(projects)
    row.interval_minutes, row.backfill_days = interval_minutes, backfill_days
    row.secrets = dict(secrets)
    row.next_sync_at, row.failing_since, row.last_error = timezone.now(), None, ""
    row.save()
    connection_saved.send(
        None, connection=row, before=before, after=without_secrets(row)
    )
    return row


def without_secrets(row: Connection) -> dict[str, Any]:
    """What was chosen of a connection; of its secrets nothing."""
    return {
        "vendor": row.vendor,
        "address": row.base_url,
        "settings": row.settings,
        "projects": row.project_ids,
        "minutes between syncs": row.interval_minutes,
    }


def _check_plain(name: str, interval_minutes: int, projects: Sequence[str]) -> None:
    """Refuse what the table has no room for, before anybody is asked."""
    if not name.strip() or len(name) > NAME_LENGTH or "\x00" in name:
        raise ConfigError(
            f"A connection's name must have 1 to {NAME_LENGTH} characters."
        )
    if not 1 <= interval_minutes <= LONGEST_INTERVAL_MINUTES:
        raise ConfigError(
            f"The interval is {interval_minutes} minutes; it must be between 1 minute "
            f"and {LONGEST_INTERVAL_MINUTES} (a week)."
        )
    if not all(project.strip() and len(project) <= 500 for project in projects):
        raise ConfigError("A project's id must have 1 to 500 characters.")


def _kept_secrets(row: Connection, address: str) -> dict[str, str]:
    """The stored secrets, if they were entered for this address; else ConfigError."""
    try:
        return opened(row.credentials, origin=origin_of(address))
    except ImproperlyConfigured as error:
        raise ConfigError(str(error)) from None


def connector_for(connection: Connection) -> Connector:
    """The connector of a stored connection; ConfigError when it cannot be built."""
    connector = CONNECTORS.get(connection.vendor)
    if connector is None:
        raise ConfigError(f"{connection.vendor!r} is no vendor that Passline reads.")
    return connector.connect(_config_of(connection))


def starter_of(vendor: str) -> type[Starter] | None:
    """What a vendor can be asked to do; None where there is nobody to ask."""
    return STARTERS.get(vendor)


def starter_for(connection: Connection) -> Starter:
    """Who asks a stored connection's vendor to do things.

    Raises RefusedError where the vendor does none, and where it cannot be asked.
    """
    starter = STARTERS.get(connection.vendor)
    if starter is None:
        raise RefusedError(f"{connection.name} has no tool that could be asked to.")
    try:
        return starter.connect(_config_of(connection))
    except ConfigError as error:
        raise RefusedError(error.sentence, answer=error.answer) from None


def relaying() -> QuerySet[Connection]:
    """Those of which somebody set the relay to on."""
    return Connection.objects.filter(settings__contains=_RELAY_ON)


def relay_is_on(connection: Connection) -> bool:
    return bool(_RELAY_ON.items() <= connection.settings.items())


def is_relayed(connection: Connection, format: str) -> bool:
    """Whether what is pushed in this format is handed on to the connection's vendor."""
    return relay_is_on(connection) and format == connection.vendor in RELAYS


def relay_of(vendor: str) -> type[Relay]:
    """Who hands on what was pushed for a vendor that takes it; raises ConfigError."""
    if (relay := RELAYS.get(vendor)) is None:
        raise ConfigError(f"{vendor!r} takes nothing that is pushed.")
    return relay


def relay_for(connection: Connection) -> Relay:
    """The same for a stored connection; raises ConfigError."""
    return relay_of(connection.vendor).connect(_config_of(connection))


def _config_of(connection: Connection) -> ConnectionConfig:
    return ConnectionConfig(
        base_url=connection.base_url,
        settings=connection.settings,
        secrets=_kept_secrets(connection, connection.base_url),
        memory=connection.memory,
        status_map=mapped_words(connection.status_map),
        allow_private_urls=settings.ALLOW_PRIVATE_VENDOR_URLS,
    )


def mapped_words(status_map: Mapping[str, str]) -> dict[str, Status]:
    """The words that a person mapped for a connection, as far as they are statuses."""
    known = set(map(str, Status))
    words = status_map.items()
    return {word: Status(status) for word, status in words if status in known}


def remember(connection: Connection, connector: Connector) -> None:
    """Keep what the connector wrote into its memory; it shares the connection's dict."""
    stored = Connection.objects.only("memory").get(pk=connection.pk).memory
    if stored != connection.memory:
        merged = {**stored, **connection.memory}
        Connection.objects.filter(pk=connection.pk).update(memory=merged)


def map_status(connection: Connection, word: str, status: Status) -> int:
    """Let a vendor's unknown word count as `status`; gives how many runs are re-read.

    Facts are not rewritten here: the next sync reads these runs again with the map.
    """
    with transaction.atomic():
        row = Connection.objects.select_for_update().get(pk=connection.pk)
        row.status_map = {**row.status_map, word: str(status)}
        row.next_sync_at = timezone.now()
        row.save(update_fields=["status_map", "next_sync_at"])
        return Run.objects.filter(
            project__connection=row,
            unknown_words__has_key=word,
            partition_on__gte=oldest_month(),
        ).update(must_be_read=True)


def pause(connection: Connection, by: str) -> None:
    Connection.objects.filter(pk=connection.pk).update(
        paused_at=timezone.now(), paused_by=by[:200]
    )


def resume(connection: Connection) -> None:
    Connection.objects.filter(pk=connection.pk).update(
        paused_at=None, paused_by="", next_sync_at=timezone.now()
    )
