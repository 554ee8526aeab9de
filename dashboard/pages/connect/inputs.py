"""An attempt as the fields of a form. No secret is ever among them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from dashboard.pages.connect.attempt import Attempt
from dashboard.pages.connect.form_state import REACHES
from dashboard.pages.connect.problems import shown_address
from ingest.connections import Vendor
from ingest.contract import Field

# Shorter than this, four letters would tell too much of it.
SHORTEST_HINTED = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class FormField:
    """A field of the form. `kind`: text, url, number, secret, segment (options as one
    control), choice (a select) or checks (several options, of which some are `chosen`).

    A secret never carries a `value`; `stored` says that there is one ("ends in 3f9a").
    `options` are value and text.
    """

    name: str
    label: str
    kind: Literal["text", "url", "number", "secret", "segment", "choice", "checks"] = (
        "text"
    )
    value: str = ""
    help: str = ""
    stored: str = ""
    required: bool = False
    options: tuple[tuple[str, str], ...] = ()
    chosen: Collection[str] = ()


def inputs(attempt: Attempt) -> tuple[FormField, ...]:
    """What a person has to enter or to decide: address, credentials, how far back."""
    declared = [f for f in attempt.vendor.fields if _is_vital(f, attempt.vendor)]
    # Secrets first, as they stand on the tool's card.
    declared.sort(key=lambda field: not field.is_secret)
    fields = [_address(attempt), *(_declared(field, attempt) for field in declared)]
    if attempt.row is None:
        fields.append(
            FormField(
                name="reach",
                label="How far back",
                kind="segment",
                value=attempt.form_state.reach,
                options=tuple(REACHES.items()),
                help="Newest first, so the dashboard fills within a minute.",
            )
        )
    return tuple(fields)


def more_inputs(attempt: Attempt) -> tuple[FormField, ...]:
    """What has a good value already: name, interval, the connector's own settings."""
    declared = [f for f in attempt.vendor.fields if not _is_vital(f, attempt.vendor)]
    name = FormField(
        name="name",
        label="Name",
        value=attempt.form_state.name,
        help="Stands wherever the connection is shown.",
        required=True,
    )
    interval = FormField(
        name="interval",
        label="Minutes between syncs",
        kind="number",
        value=attempt.form_state.interval,
        required=True,
    )
    fields = [interval, *(_declared(field, attempt) for field in declared)]
    return tuple(fields if attempt.row else [name, *fields])


def project_input(attempt: Attempt) -> FormField | None:
    """The projects that a test listed, all of them checked unless told otherwise."""
    projects = attempt.discovery.projects if attempt.discovery else ()
    if not attempt.vendor.projects_are_listed or not projects:
        return None
    return FormField(
        name="chosen",
        label="Projects",
        kind="checks",
        options=projects,
        chosen=attempt.chosen,
        help="With all of them checked, later projects come in by themselves.",
    )


def _is_vital(field: Field, vendor: Vendor) -> bool:
    # A tool that lists no runs shows those alone that a person names here.
    is_needed = field.is_required or field.name == "runs"
    return field.is_secret or is_needed or _names_project(field, vendor)


def _names_project(field: Field, vendor: Vendor) -> bool:
    return field.name == "project" and not vendor.projects_are_listed


def _address(attempt: Attempt) -> FormField:
    label = attempt.vendor.label
    about = f"The address you open {label} at."
    if attempt.vendor.default_base_url:
        about = f"Where {label}'s API answers; change it for an instance of your own."
    return FormField(
        name="base_url",
        label="Address",
        kind="url",
        value=shown_address(attempt.form_state),
        help=about,
        required=True,
    )


def _declared(field: Field, attempt: Attempt) -> FormField:
    if field.is_secret:
        return FormField(
            name=field.name,
            label=field.label,
            kind="secret",
            help=field.help,
            stored=hint_of(field.name, attempt.secrets.get(field.name, "")),
            required=field.is_required,
        )
    value = attempt.form_state.settings.get(field.name, field.default)
    is_needed = field.is_required or _names_project(field, attempt.vendor)
    return FormField(
        name=field.name,
        label=field.label,
        kind="choice" if field.choices else "text",
        value=value,
        help=field.help,
        # A choice always has a value, so that "optional" beside it would only puzzle.
        required=is_needed or bool(field.choices),
        options=tuple((choice, choice) for choice in field.choices),
    )


def hint_of(name: str, secret: str) -> str:
    """How a person recognises a stored key: its end, if it is a long token's."""
    if not secret:
        return ""
    is_long_token = name == "token" and len(secret) >= SHORTEST_HINTED
    return f"ends in {secret[-4:]}" if is_long_token else "stored"
