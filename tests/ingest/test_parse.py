"""Typed reads of hostile JSON: what comes through, and what names itself."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from ingest.contract import Status
from ingest.parse import (
    RowError,
    duration_ms,
    flag,
    identifier,
    kind,
    listing,
    mapping,
    moment,
    optional_identifier,
    optional_text,
    required_text,
    status_of,
    text_of,
    whole_number,
)

NOT_IDS = [None, "", True, 1.5, [], {}]
NOT_TEXTS = [True, [], {}]
NOT_COUNTS = ["3", True, 1.5, -1, 2**31, 10**30, [], {}, float("nan"), float("inf")]


def refused(read: Callable[..., Any], value: Any, **more: Any) -> str:
    """What the error says of `value` under the key "field"."""
    with pytest.raises(RowError) as raised:
        read({"field": value}, "field", **more)
    return str(raised.value)


@pytest.mark.parametrize(("value", "expected"), [(17, "17"), ("r-1", "r-1"), (0, "0")])
def test_an_id_is_a_number_or_a_text(value, expected):
    assert identifier({"id": value}, "id") == expected
    assert optional_identifier({"id": value}, "id") == expected


@pytest.mark.parametrize("value", NOT_IDS)
def test_anything_else_is_no_id_and_the_key_is_named(value):
    assert refused(identifier, value).startswith("field is ")


def test_a_missing_key_is_named():
    with pytest.raises(RowError, match="^id is missing"):
        identifier({}, "id")


@pytest.mark.parametrize("row", [{}, {"id": None}, {"id": ""}])
def test_an_optional_id_may_be_absent(row):
    assert optional_identifier(row, "id") == ""


def test_an_optional_id_is_still_no_list():
    assert refused(optional_identifier, []).startswith("field is ")


@pytest.mark.parametrize("value", ["", "  \n", None])
def test_a_required_text_holds_more_than_white_space(value):
    assert refused(required_text, value) == "field is missing or empty"


@pytest.mark.parametrize(
    ("value", "expected"),
    [(None, ""), ("", ""), (7, "7"), (1.5, "1.5"), (" a ", " a ")],
)
def test_numbers_are_taken_as_texts(value, expected):
    assert optional_text({"field": value}, "field") == expected


@pytest.mark.parametrize("value", NOT_TEXTS)
def test_objects_lists_and_truth_values_are_no_texts(value):
    assert "not a text" in refused(optional_text, value)


@pytest.mark.parametrize("name", ["🦉" * 300, "x" * 300, "e\u0301", "\u202eabc"])
def test_long_and_odd_texts_stay_as_they_are(name):
    assert text_of(name) == name


def test_nul_and_lone_surrogates_become_signs_that_a_database_holds():
    assert text_of("a\x00b") == "a\u2400b"
    assert text_of("a\ud800b").encode() == b"a?b"


@pytest.mark.parametrize(
    ("value", "expected"), [(0, 0), (2**31 - 1, 2**31 - 1), (3.0, 3)]
)
def test_a_count_is_a_whole_number(value, expected):
    assert whole_number({"field": value}, "field") == expected


@pytest.mark.parametrize("value", NOT_COUNTS)
def test_what_cannot_be_a_count_names_its_key(value):
    assert refused(whole_number, value).startswith("field is ")


def test_a_missing_count_has_a_default_only_where_one_is_given():
    assert whole_number({}, "field", default=0) == 0
    assert refused(whole_number, None).startswith("field is missing")


@pytest.mark.parametrize(("value", "expected"), [(True, True), (0, False), (1, True)])
def test_a_flag_may_be_zero_or_one(value, expected):
    assert flag({"field": value}, "field") is expected


@pytest.mark.parametrize("value", ["yes", 2, None, [], {}])
def test_anything_else_is_no_flag(value):
    assert "not true or false" in refused(flag, value)


def test_a_missing_flag_has_its_default():
    assert flag({}, "field", default=True) is True


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2024-02-15T04:00:00.000Z", datetime(2024, 2, 15, 4, tzinfo=UTC)),
        ("2024-02-15T04:00:00+02:00", datetime(2024, 2, 15, 2, tzinfo=UTC)),
        ("2024-02-15T04:00:00", datetime(2024, 2, 15, 4, tzinfo=UTC)),
        ("2024-02-15", datetime(2024, 2, 15, tzinfo=UTC)),
        ("1969-07-20T20:17:40Z", datetime(1969, 7, 20, 20, 17, 40, tzinfo=UTC)),
        ("2999-01-01T00:00:00Z", datetime(2999, 1, 1, tzinfo=UTC)),
        (None, None),
        ("", None),
    ],
)
def test_times_are_utc_with_or_without_a_zone_and_of_any_year(value, expected):
    found = moment({"field": value}, "field")
    assert found == expected
    assert found is None or found.tzinfo is UTC


@pytest.mark.parametrize(
    "value",
    ["yesterday", "2024-13-01", 1707969600, True, [], "0001-01-01T00:00+14:00", "\x00"],
)
def test_what_is_no_time_names_its_key(value):
    assert "not an ISO 8601 time" in refused(moment, value)


@pytest.mark.parametrize(
    ("value", "unit_ms", "expected"),
    [
        (1_500_500, 0.001, 1501),
        (499, 0.001, 0),
        (500, 0.001, 1),
        (1.0004, 1000, 1000),
        (41, 1000, 41_000),
        (0, 1, 0),
        (None, 1, None),
        ("", 1, None),
    ],
)
def test_durations_are_whole_milliseconds_rounded_half_up(value, unit_ms, expected):
    found = duration_ms({"field": value}, "field", unit_ms=unit_ms)
    assert found == (expected, "")


@pytest.mark.parametrize(
    "value",
    [-1, -0.5, 10**30, pytest.param(10**400, id="vast"), 1e308, float("nan")],
)
@pytest.mark.parametrize("unit_ms", [0.001, 1000])
def test_impossible_durations_are_unknown_and_said_to_be_odd(value, unit_ms):
    found, oddity = duration_ms({"field": value}, "field", unit_ms=unit_ms)
    assert found is None
    assert oddity.startswith("field ")
    assert oddity.endswith("duration unknown")
    assert len(oddity) < 100


@pytest.mark.parametrize("value", ["12", True, [], {}])
def test_what_is_no_duration_names_its_key(value):
    assert "not a duration" in refused(duration_ms, value, unit_ms=1)


def test_a_person_s_word_counts_only_where_no_documented_one_does():
    table = {"ok": Status.PASSED}
    mapped = {"ok": Status.FAILED, "meh": Status.BLOCKED}
    assert status_of("ok", table, mapped) is Status.PASSED
    assert status_of("meh", table, mapped) is Status.BLOCKED
    assert status_of("OK", table, mapped) is Status.UNKNOWN


def test_an_object_and_a_list_are_told_apart_by_name():
    assert mapping({}, "row") == {}
    assert listing([], "rows") == []
    with pytest.raises(RowError, match="^row is .*not an object"):
        mapping([], "row")
    with pytest.raises(RowError, match="^rows is .*not a list"):
        listing({}, "rows")


def test_what_a_value_is_is_said_shortly():
    assert kind(None) == "missing"
    assert len(kind("x" * 10_000)) < 80
    nested: list[Any] = []
    for _ in range(100_000):
        nested = [nested]
    assert len(kind(nested)) < 80
