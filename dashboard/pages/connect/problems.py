"""What is wrong with a draft before any tool is asked, field by field."""

from __future__ import annotations

import re

from dashboard.pages.connect.form_state import (
    REACHES,
    FormState,
    has_moved,
    named_projects,
    plain_fields,
    secret_fields,
    stored_secrets,
)
from ingest.connections import Vendor
from ingest.models import Connection
from ingest.origins import is_plain

LONGEST_NAME = 200
# QA.tech takes the ids of all its runs as one text.
LONGEST_TEXT = 100_000
LONGEST_INTERVAL_MIN = 7 * 24 * 60
Problems = dict[str, str]


def problems_of_test(
    draft: FormState, vendor: Vendor, row: Connection | None
) -> Problems:
    """A sentence by field for what no test can be made with."""
    found = _of_address(draft) | _of_settings(draft, vendor)
    found |= _of_secrets(draft, vendor, row)
    return found


def problems_of_start(draft: FormState, vendor: Vendor) -> Problems:
    """A sentence by field for what only storing needs."""
    found: Problems = {}
    if not draft.interval.isascii() or not draft.interval.isdigit():
        found["interval"] = "Enter whole minutes, such as 5."
    elif not 1 <= int(draft.interval[:9]) <= LONGEST_INTERVAL_MIN:
        found["interval"] = f"Enter 1 to {LONGEST_INTERVAL_MIN:,} minutes."
    if draft.connection is None:
        found |= _of_name(draft)
        if draft.reach not in REACHES:
            found["reach"] = "Choose how far back to read."
    if draft.chosen == () and vendor.projects_are_listed:
        found["chosen"] = "Choose at least one project."
    return found


def _of_name(draft: FormState) -> Problems:
    if not draft.name:
        return {"name": "Enter a name; it stands wherever the connection is shown."}
    if len(draft.name) > LONGEST_NAME or not draft.name.isprintable():
        sentence = f"Use at most {LONGEST_NAME} characters and no control characters."
        return {"name": sentence}
    if Connection.objects.filter(name=draft.name).exists():
        return {"name": name_taken(draft.name)}
    return {}


def name_taken(name: str) -> str:
    return (
        f"A connection called {name} exists already. Choose another name, or open that "
        "one on the Sync page to change it."
    )


def _of_address(draft: FormState) -> Problems:
    if not draft.base_url:
        return {"base_url": "Enter the address, beginning with https://."}
    if not is_plain(draft.base_url) or _is_unstorable(draft.base_url):
        return {
            "base_url": "This is no address that can be used. Enter one like "
            "https://example.com, without a name or a password in it."
        }
    return {}


def shown_address(draft: FormState) -> str:
    """The address to print back: never one with a password or a key inside."""
    return draft.base_url if not re.search("[@?#]", draft.base_url) else ""


def _of_settings(draft: FormState, vendor: Vendor) -> Problems:
    found: Problems = {}
    for field in plain_fields(vendor):
        value = draft.settings.get(field.name, "")
        if field.choices and value and value not in field.choices:
            found[field.name] = f"Choose one of {', '.join(field.choices)}."
        elif field.is_required and not value:
            found[field.name] = f"Enter the {field.label}."
        elif _is_unstorable(value):
            found[field.name] = (
                f"Use at most {LONGEST_TEXT:,} characters and no control characters."
            )
    if not vendor.projects_are_listed and not named_projects(draft, vendor):
        found["project"] = (
            f"Enter the project's id: {vendor.label} has no list of projects."
        )
    return found


def _is_unstorable(value: str) -> bool:
    return len(value) > LONGEST_TEXT or not value.isprintable()


def _of_secrets(draft: FormState, vendor: Vendor, row: Connection | None) -> Problems:
    found: Problems = {}
    is_kept = row is not None and not draft.secrets
    stored = stored_secrets(row) if row is not None and is_kept else {}
    moved = row is not None and has_moved(draft, row)
    for field in secret_fields(vendor):
        value = draft.secrets.get(field.name, "")
        if not re.fullmatch(r"[ -~]*", value):
            found[field.name] = (
                f"The {field.label} holds line breaks or characters that no key has. "
                "Copy it again."
            )
        elif moved and field.name in stored:
            # Whoever may change an address must not be able to read a key with it.
            found[field.name] = (
                f"The address changed, so enter the {field.label} again: a stored one "
                "is sent to the address that it was entered for."
            )
        elif field.is_required and not value and not stored:
            found[field.name] = f"Enter the {field.label}."
    return found
