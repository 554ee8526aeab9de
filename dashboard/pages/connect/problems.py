"""What is wrong with a form before any tool is asked, field by field."""

from __future__ import annotations

import re

from dashboard.lists.connections import connection_names
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
    form_state: FormState, vendor: Vendor, row: Connection | None
) -> Problems:
    """A sentence by field for what no test can be made with."""
    problems = _problems_of_address(form_state) | _problems_of_settings(
        form_state, vendor
    )
    problems |= _problems_of_secrets(form_state, vendor, row)
    return problems


def problems_of_start(form_state: FormState, vendor: Vendor) -> Problems:
    """A sentence by field for what only storing needs."""
    problems: Problems = {}
    if not form_state.interval.isascii() or not form_state.interval.isdigit():
        problems["interval"] = "Enter whole minutes, such as 5."
    elif not 1 <= int(form_state.interval[:9]) <= LONGEST_INTERVAL_MIN:
        problems["interval"] = f"Enter 1 to {LONGEST_INTERVAL_MIN:,} minutes."
    if form_state.connection is None:
        problems |= _problems_of_name(form_state)
        if form_state.reach not in REACHES:
            problems["reach"] = "Choose how far back to read."
    if form_state.chosen == () and vendor.projects_are_listed:
        problems["chosen"] = "Choose at least one project."
    return problems


def _problems_of_name(form_state: FormState) -> Problems:
    if not form_state.name:
        return {"name": "Enter a name; it stands wherever the connection is shown."}
    if len(form_state.name) > LONGEST_NAME or not form_state.name.isprintable():
        sentence = f"Use at most {LONGEST_NAME} characters and no control characters."
        return {"name": sentence}
    if form_state.name in connection_names(form_state.name):
        return {"name": name_taken(form_state.name)}
    return {}


def name_taken(name: str) -> str:
    return (
        f"A connection called {name} exists already. Choose another name, or open that "
        "one on the Sync page to change it."
    )


def _problems_of_address(form_state: FormState) -> Problems:
    if not form_state.base_url:
        return {"base_url": "Enter the address, beginning with https://."}
    if not is_plain(form_state.base_url) or _is_unstorable(form_state.base_url):
        return {
            "base_url": "This is no address that can be used. Enter one like "
            "https://example.com, without a name or a password in it."
        }
    return {}


def shown_address(form_state: FormState) -> str:
    """The address to print back: never one with a password or a key inside."""
    return form_state.base_url if not re.search("[@?#]", form_state.base_url) else ""


def _problems_of_settings(form_state: FormState, vendor: Vendor) -> Problems:
    problems: Problems = {}
    for field in plain_fields(vendor):
        value = form_state.settings.get(field.name, "")
        if field.choices and value and value not in field.choices:
            problems[field.name] = f"Choose one of {', '.join(field.choices)}."
        elif field.is_required and not value:
            problems[field.name] = f"Enter the {field.label}."
        elif _is_unstorable(value):
            problems[field.name] = (
                f"Use at most {LONGEST_TEXT:,} characters and no control characters."
            )
    if not vendor.projects_are_listed and not named_projects(form_state, vendor):
        problems["project"] = (
            f"Enter the project's id: {vendor.label} has no list of projects."
        )
    return problems


def _is_unstorable(value: str) -> bool:
    return len(value) > LONGEST_TEXT or not value.isprintable()


def _problems_of_secrets(
    form_state: FormState, vendor: Vendor, row: Connection | None
) -> Problems:
    problems: Problems = {}
    is_kept = row is not None and not form_state.secrets
    stored = stored_secrets(row) if row is not None and is_kept else {}
    moved = row is not None and has_moved(form_state, row)
    for field in secret_fields(vendor):
        value = form_state.secrets.get(field.name, "")
        if not re.fullmatch(r"[ -~]*", value):
            problems[field.name] = (
                f"The {field.label} holds line breaks or characters that no key has. "
                "Copy it again."
            )
        elif moved and field.name in stored:
            # Whoever may change an address must not be able to read a key with it.
            problems[field.name] = (
                f"The address changed, so enter the {field.label} again: a stored one "
                "is sent to the address that it was entered for."
            )
        elif field.is_required and not value and not stored:
            problems[field.name] = f"Enter the {field.label}."
    return problems
