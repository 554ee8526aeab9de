"""A draft as the fields of a form. No secret is ever among them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from dashboard.connecting.draft import (
    REACHES,
    Draft,
    secrets_of,
)
from dashboard.connecting.finding import Finding
from dashboard.connecting.problems import Problems, shown_address
from dashboard.contexts import FieldOption, FormField
from ingest.connections import Vendor
from ingest.contract import Field
from ingest.models import Connection

# Shorter than this, four letters would tell too much of it.
SHORTEST_HINTED = 20


def inputs(
    draft: Draft, vendor: Vendor, row: Connection | None, problems: Problems
) -> tuple[FormField, ...]:
    """Address, credentials, what the tool's connector takes, and how to import."""
    kept = secrets_of(draft, row)
    declared = sorted(vendor.fields, key=_importance)
    return (
        _address(draft, vendor, problems),
        *(_declared(field, draft, vendor, kept, problems) for field in declared),
        *_common(draft, row, problems),
    )


def _importance(field: Field) -> int:
    """Secrets first, then the project, then what has a default."""
    return 0 if field.is_secret else 1 if field.name == "project" else 2


def _address(draft: Draft, vendor: Vendor, problems: Problems) -> FormField:
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
    draft: Draft,
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
    is_needed = field.name == "project" and not vendor.projects_are_listed
    return FormField(
        name=field.name,
        label=field.label,
        kind="choice" if field.choices else "text",
        value=value,
        help=field.help,
        error=error,
        # A choice always has a value, so that "optional" beside it would only puzzle.
        required=field.is_required or is_needed or bool(field.choices),
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


def _common(
    draft: Draft, row: Connection | None, problems: Problems
) -> Iterator[FormField]:
    if row is None:
        yield FormField(
            name="name",
            label="Name",
            value=draft.name,
            help="Stands wherever the connection is shown.",
            error=problems.get("name", ""),
            required=True,
        )
    yield FormField(
        name="interval",
        label="Minutes between syncs",
        kind="number",
        value=draft.interval,
        error=problems.get("interval", ""),
        required=True,
    )
    if row is None:
        yield FormField(
            name="reach",
            label="How far back",
            kind="segment",
            options=_options(REACHES, draft.reach),
            help="Newest first, so the dashboard fills within a minute.",
            error=problems.get("reach", ""),
        )


def project_input(
    draft: Draft,
    vendor: Vendor,
    row: Connection | None,
    finding: Finding | None,
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


def chosen_of(draft: Draft, row: Connection | None, finding: Finding) -> set[str]:
    """Ids of the projects to sync, among those that the test listed."""
    listed = {id for id, _ in finding.projects}
    if draft.chosen is not None:
        return listed & set(draft.chosen)
    stored = listed & set(row.project_ids) if row else set()
    return stored or listed
