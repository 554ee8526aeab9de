"""A connection as the form holds it, before anything is stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.http import QueryDict

from dashboard.lists.connections import connection_names
from ingest.connections import Vendor
from ingest.contract import ConfigError, Field
from ingest.models import Connection

# How far back, in days; 0 is everything.
REACHES = {"30": "30 days", "90": "90 days", "365": "1 year", "0": "Everything"}
# Inputs of every tool's form. No connector may call a field of its own like one.
COMMON = ("name", "base_url", "reach", "interval", "chosen", "listed", "do")


@dataclass(frozen=True, slots=True, kw_only=True)
class FormState:
    """What a person typed, as text.

    `secrets` are those typed since the form was opened; `chosen` are ids of projects,
    None until a test listed them.
    """

    vendor: str
    connection: int | None = None
    name: str = ""
    base_url: str = ""
    settings: dict[str, str] = field(default_factory=dict)
    reach: str = "90"
    interval: str = "5"
    chosen: tuple[str, ...] | None = None
    secrets: dict[str, str] = field(default_factory=dict, repr=False)

    @property
    def is_for(self) -> tuple[str, int | None]:
        return self.vendor, self.connection

    @classmethod
    def from_dict(cls, stored: dict[str, Any]) -> FormState:
        chosen = stored["chosen"]
        return cls(**stored | {"chosen": None if chosen is None else tuple(chosen)})


def new_form_state(vendor: Vendor) -> FormState:
    return FormState(
        vendor=vendor.name,
        name=free_name(vendor.label),
        base_url=vendor.default_base_url,
    )


def free_name(label: str) -> str:
    """ "Testmo", or "Testmo 2" where that is taken."""
    taken = connection_names(label)
    numbered = (f"{label} {number}" for number in range(2, len(taken) + 3))
    return next(name for name in (label, *numbered) if name not in taken)


def form_state_of(row: Connection, vendor: Vendor) -> FormState:
    """A stored connection, to be changed; its secrets stay where they are."""
    return FormState(
        vendor=vendor.name,
        connection=row.pk,
        name=row.name,
        base_url=plain_address(row.base_url),
        settings=_settings(row.settings, vendor),
        reach=str(row.backfill_days or 0),
        interval=str(row.interval_minutes),
    )


def posted(form: QueryDict, before: FormState, vendor: Vendor) -> FormState:
    """`before` with what was posted; name and reach of a stored connection stay.

    A secret typed now replaces all that were typed before it: a token must not stay
    behind an e-mail and password that were given in its place.
    """
    typed = {
        field.name: value
        for field in secret_fields(vendor)
        if (value := form.get(field.name, "").strip())
    }
    form_state = replace(
        before,
        base_url=plain_address(form.get("base_url", "")),
        settings=_settings(form, vendor),
        interval=form.get("interval", "").strip(),
        chosen=tuple(form.getlist("chosen")) if "listed" in form else before.chosen,
        secrets=typed or before.secrets,
    )
    if before.connection is not None:
        return form_state
    return replace(
        form_state, name=form.get("name", "").strip(), reach=form.get("reach", "")
    )


def _settings(given: Mapping[str, Any], vendor: Vendor) -> dict[str, str]:
    """The settings that say something: neither empty nor the connector's default."""
    texts = {f.name: str(given.get(f.name, "")).strip() for f in plain_fields(vendor)}
    defaults = {field.name: field.default for field in plain_fields(vendor)}
    return {k: text for k, text in texts.items() if text and text != defaults[k]}


def plain_address(text: str) -> str:
    return text.strip().rstrip("/")


def has_moved(form_state: FormState, row: Connection) -> bool:
    """Whether the form asks another address than the stored connection."""
    return form_state.base_url != plain_address(row.base_url)


def plain_fields(vendor: Vendor) -> list[Field]:
    return [field for field in vendor.fields if not field.is_secret]


def secret_fields(vendor: Vendor) -> list[Field]:
    return [field for field in vendor.fields if field.is_secret]


def named_projects(form_state: FormState, vendor: Vendor) -> list[str]:
    """The one project of a tool that lists none: a setting names it."""
    project = form_state.settings.get("project", "")
    return [project] if project and not vendor.projects_are_listed else []


def secrets_of(form_state: FormState, row: Connection | None) -> dict[str, str]:
    """The secrets that a test or a sync of this form uses.

    Stored ones go to the address that they were entered for and to no other.
    """
    if form_state.secrets or row is None or has_moved(form_state, row):
        return form_state.secrets
    return stored_secrets(row)


def stored_secrets(row: Connection) -> dict[str, str]:
    """A connection's secrets; none when no key of CREDENTIALS_KEYS reads them, or the
    address is another than they were entered for.
    """
    try:
        return row.secrets
    except (ImproperlyConfigured, ConfigError):
        return {}
