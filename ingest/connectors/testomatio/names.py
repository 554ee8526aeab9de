"""How a row of either API is spelled, and which test, suite and title it names."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from ingest.folders import SEPARATOR
from ingest.parse import Row, RowError, mapping, text_of
from ingest.side_fields import SideFields

HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
# Ids of tests and suites have 8 characters; some answers put "@T", "@S", T or S before.
SIGN = re.compile(r"@[TS]?|[TS](?=[0-9a-z]{8}$)")
# In the key of a case, before the example of a test that has some.
_KEY_ID = re.compile(r"[0-9a-z]{8}(?= |$)")
# "@T1a2b3c4d" and "@S1a2b3c4d", as titles in the source of tests carry them.
_TEST_SIGN = re.compile(r"@T([0-9a-z]{8})(?![0-9A-Za-z])")
_SIGNS = re.compile(r"\s*@[TS][0-9a-z]{8}(?![0-9A-Za-z])")


def without_signs(title: str) -> str:
    """A title as a person reads it: without ids of a test or suite."""
    return _SIGNS.sub("", title).strip()


def id_in(title: str) -> str:
    """The test's id that a title carries, "" for none."""
    found = _TEST_SIGN.search(title)
    return found[1] if found else ""


def flat(row: Row) -> dict[str, Any]:
    """A JSON:API resource or a v2 row as one flat object with snake_case names.

    The APIs, and v2 over its years, differ in little but the spelling: run-time,
    runTime and run_time become one. A relationship to one resource becomes its id, and
    the test and the suite that a row embeds become flat as well.
    """
    attributes = row.get("attributes")
    if attributes is None:
        return _spelled(row)
    found = _spelled(mapping(attributes, "attributes"))
    relationships = row.get("relationships")
    if isinstance(relationships, dict):
        for name, relation in relationships.items():
            data = relation.get("data") if isinstance(relation, dict) else None
            if isinstance(data, dict):
                found.setdefault(f"{snake(name)}_id", data.get("id"))
    return found | {"id": row.get("id"), "type": row.get("type")}


def flat_or_empty(row: Any) -> Row:
    """As `flat`, and empty for what is no row: its own reading will reject it."""
    try:
        return flat(mapping(row, "the row"))
    except RowError:
        return {}


def _spelled(row: Row) -> dict[str, Any]:
    found = {snake(name): value for name, value in row.items()}
    for name in ("test", "suite"):
        if isinstance(found.get(name), dict):
            found[name] = flat(found[name])
    return found


@lru_cache(maxsize=1024)
def snake(name: str) -> str:
    return HUMP.sub("_", name).replace("-", "_").lower()


def uid(value: Any) -> str:
    """The bare id of a test, suite or group, "" for anything that is none."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    return _bare(str(value))


# The same few thousand ids come in every run.
@lru_cache(maxsize=2**14)
def _bare(value: str) -> str:
    return SIGN.sub("", text_of(value), count=1)


def id_in_key(key: str, folder: str, name: str) -> str:
    """The vendor's id of a test in its case's key; "" for a case that is known by its
    title, which may look like one.
    """
    place = SEPARATOR.join(filter(None, (folder, name)))
    found = _KEY_ID.match(key) if key != place else None
    return found[0] if found else ""


def side_fields(row: Row) -> SideFields:
    """Of a flat row. No document says which zone a time without one is of."""
    return SideFields(row, naive_is_utc=False)


def title_of(row: Row | SideFields) -> str:
    """The first title that a flat row carries; v2 called it clean_title at first."""
    side = row if isinstance(row, SideFields) else SideFields(row)
    names = ("title", "clean_title", "name")
    return next((text for name in names if (text := side.text(name)).strip()), "")


def inner(row: Row, name: str) -> Row:
    """An object that a flat row embeds, or an empty one."""
    value = row.get(name)
    return value if isinstance(value, dict) else {}


def test_id_of(row: Row) -> str:
    return uid(row.get("test_id")) or uid(inner(row, "test").get("id"))


def suite_id_of(row: Row) -> str:
    found = uid(row.get("suite_id")) or uid(inner(row, "suite").get("id"))
    if found:
        return found
    test = inner(row, "test")
    return uid(test.get("suite_id")) or uid(inner(test, "suite").get("id"))


def suite_title_of(row: Row) -> str:
    found = SideFields(row).text("suite_title") or title_of(inner(row, "suite"))
    if found:
        return found
    test = inner(row, "test")
    return SideFields(test).text("suite_title") or title_of(inner(test, "suite"))
