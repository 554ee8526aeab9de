"""A draft as the fields of a form. No secret is ever among them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from dashboard.pages.connect.discovery import Discovery
from dashboard.pages.connect.form_state import REACHES, FormState, secrets_of
from dashboard.pages.connect.problems import Problems, shown_address
from dashboard.ui.parts import FieldOption
from ingest.connections import Vendor
from ingest.contract import Field
from ingest.models import Connection

# Shorter than this, four letters would tell too much of it.
SHORTEST_HINTED = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class FormField:
    """A field of the form. `kind`: text, url, email, number, secret, segment (options
    as one control), choice (a select) or checks (several options).

    A secret never carries a `value`; `kept` says that one is stored ("ends in 3f9a").
    """

    name: str
    label: str
    kind: Literal[
        "text", "url", "email", "number", "secret", "segment", "choice", "checks"
    ] = "text"
    value: str = ""
    help: str = ""
    error: str = ""
    kept: str = ""
    required: bool = False
    options: tuple[FieldOption, ...] = ()


def inputs(
    draft: FormState, vendor: Vendor, row: Connection | None, problems: Problems
) -> tuple[FormField, ...]:
    """What a person has to enter or to decide: address, credentials, how far back."""
    kept = secrets_of(draft, row)
    asked = [field for field in vendor.fields if _must_be_seen(field, vendor)]
    return (
        _address(draft, vendor, problems),
        # Secrets first, as they stand on the tool's card.
        *(
            _declared(field, draft, vendor, kept, problems)
            for field in sorted(asked, key=lambda field: not field.is_secret)
        ),
        *(() if row else (_reach(draft, problems),)),
    )


def more_inputs(
    draft: FormState, vendor: Vendor, row: Connection | None, problems: Problems
) -> tuple[FormField, ...]:
    """What has a good value already: name, interval, the connector's own settings."""
    rest = [field for field in vendor.fields if not _must_be_seen(field, vendor)]
    return (
        *(() if row else (_name(draft, problems),)),
        _interval(draft, problems),
        *(_declared(field, draft, vendor, {}, problems) for field in rest),
    )


def _must_be_seen(field: Field, vendor: Vendor) -> bool:
    # A tool that lists no runs shows those alone that a person names here.
    is_vital = field.is_required or field.name == "runs"
    return field.is_secret or is_vital or _names_project(field, vendor)


def _names_project(field: Field, vendor: Vendor) -> bool:
    return field.name == "project" and not vendor.projects_are_listed


def _address(draft: FormState, vendor: Vendor, problems: Problems) -> FormField:
    return FormField(
        name="base_url",
        label="Address",
        kind="url",
        value=shown_address(draft),
        help=f"Where {vendor.label}'s API answers; change it for an instance of your "
        "own."
        if vendor.default_base_url
        else f"The address you open {vendor.label} at.",
        error=problems.get("base_url", ""),
        required=True,
    )


def _declared(
    field: Field,
    draft: FormState,
    vendor: Vendor,
    kept: Mapping[str, str],
    problems: Problems,
) -> FormField:
    error = problems.get(field.name, "")
    if field.is_secret:
        return FormField(
            name=field.name,
            label=field.label,
            kind="secret",
            help=field.help,
            error=error,
            kept=hint_of(field.name, kept.get(field.name, "")),
            required=field.is_required,
        )
    value = draft.settings.get(field.name, field.default)
    is_needed = field.is_required or _names_project(field, vendor)
    return FormField(
        name=field.name,
        label=field.label,
        kind="choice" if field.choices else "text",
        value=value,
        help=field.help,
        error=error,
        # A choice always has a value, so that "optional" beside it would only puzzle.
        required=is_needed or bool(field.choices),
        options=_options(dict(zip(field.choices, field.choices, strict=True)), value),
    )


def hint_of(name: str, secret: str) -> str:
    """How a person recognises a stored key: its end, if it is a long token's."""
    if not secret:
        return ""
    is_long_token = name == "token" and len(secret) >= SHORTEST_HINTED
    return f"ends in {secret[-4:]}" if is_long_token else "stored"


def _options(choices: Mapping[str, str], value: str) -> tuple[FieldOption, ...]:
    return tuple(
        FieldOption(value=key, text=text, checked=key == value)
        for key, text in choices.items()
    )


def _name(draft: FormState, problems: Problems) -> FormField:
    return FormField(
        name="name",
        label="Name",
        value=draft.name,
        help="Stands wherever the connection is shown.",
        error=problems.get("name", ""),
        required=True,
    )


def _interval(draft: FormState, problems: Problems) -> FormField:
    return FormField(
        name="interval",
        label="Minutes between syncs",
        kind="number",
        value=draft.interval,
        error=problems.get("interval", ""),
        required=True,
    )


def _reach(draft: FormState, problems: Problems) -> FormField:
    return FormField(
        name="reach",
        label="How far back",
        kind="segment",
        options=_options(REACHES, draft.reach),
        help="Newest first, so the dashboard fills within a minute.",
        error=problems.get("reach", ""),
    )


def project_input(
    draft: FormState,
    vendor: Vendor,
    row: Connection | None,
    finding: Discovery | None,
    problems: Problems,
) -> FormField | None:
    """The projects that a test listed, all of them checked unless told otherwise."""
    if not vendor.projects_are_listed or finding is None or not finding.projects:
        return None
    chosen = chosen_of(draft, row, finding)
    return FormField(
        name="chosen",
        label="Projects",
        kind="checks",
        options=tuple(
            FieldOption(value=id, text=name, checked=id in chosen)
            for id, name in finding.projects
        ),
        help="With all of them checked, later projects come in by themselves.",
        error=problems.get("chosen", ""),
    )


def chosen_of(draft: FormState, row: Connection | None, finding: Discovery) -> set[str]:
    """Ids of the projects to sync, among those that the test listed."""
    listed = {id for id, _ in finding.projects}
    if draft.chosen is not None:
        return listed & set(draft.chosen)
    stored = listed & set(row.project_ids) if row else set()
    return stored or listed
