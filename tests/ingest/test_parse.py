"""Typed reads of hostile JSON: what comes through, and what names itself."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
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
from ingest.side_fields import SideFields
from tests import clock

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


@pytest.mark.parametrize(("value", "expected"), [(True, True), (0, False), ("1", True)])
def test_a_flag_may_be_zero_or_one(value, expected):
    assert flag({"field": value}, "field") is expected


@pytest.mark.parametrize("value", ["yes", 2, None, [], {}])
def test_anything_else_is_no_flag(value):
    assert "not true or false" in refused(flag, value)


def test_a_missing_flag_has_its_default():
    assert flag({}, "field", default=True) is True


MOMENT = datetime(2024, 2, 15, 4, tzinfo=UTC)
SECONDS = int(MOMENT.timestamp())


@pytest.mark.parametrize(
    "value",
    [
        "2024-02-15T04:00:00.000Z",
        "2024-02-15T06:00:00+02:00",
        "2024-02-15T06:00:00+0200",
        "2024-02-15T06:00:00+02",
        "2024-02-15T04:00:00+0000",
        "2024-02-15T04:00:00+00",
        "2024-02-15T04:00:00-00:00",
        "2024-02-15T04:00:00z",
        "2024-02-15T04:00:00 Z",
        "2024-02-15 04:00:00 UTC",
        "2024-02-15 04:00:00 +0000",
        "2024-02-15 04:00:00utc",
        "2024-02-15T04:00:00 GMT",
        "2024-02-15T04:00:00",
        "2024-02-15 04:00:00",
        " 2024-02-15T04:00:00,000000000Z ",
        "20240215T040000Z",
        SECONDS,
        float(SECONDS),
        SECONDS * 1000,
        SECONDS * 10**6,
        SECONDS * 10**9,
        pytest.param(str(SECONDS), id="text of seconds"),
        f"{SECONDS}.000",
        pytest.param(str(SECONDS * 1000), id="text of milliseconds"),
    ],
)
def test_a_time_has_many_spellings(value):
    found = moment({"field": value}, "field")
    assert found == MOMENT
    assert found.tzinfo is UTC


@pytest.mark.parametrize("value", ["2024-02-15", "20240215"])
def test_a_date_is_its_midnight_in_any_zone(value):
    midnight = datetime(2024, 2, 15, tzinfo=UTC)
    for naive_is_utc in (True, False):
        read = moment({"field": value}, "field", naive_is_utc=naive_is_utc)
        assert read == midnight


@pytest.mark.parametrize("value", [None, ""])
def test_a_time_may_be_absent(value):
    assert moment({"field": value}, "field") is None


def test_a_time_without_a_zone_is_utc_only_where_that_is_known():
    with pytest.raises(RowError, match="a time without a zone"):
        moment({"at": "2024-02-15 04:00:00"}, "at", naive_is_utc=False)
    zoned = {"at": "2024-02-15 04:00:00 UTC"}
    assert moment(zoned, "at", naive_is_utc=False) == MOMENT


@pytest.mark.parametrize(
    "value",
    ["yesterday", "2024-13-01", "12:00", True, [], {}, 0, 2024, 1e400, float("nan"),
     "0001-01-01T00:00+14:00", "\x00", "28/11/2024", "9" * 400, "2024-02-15 04:00 EST"],
)  # fmt: skip
def test_what_is_no_time_names_its_key(value):
    assert "not an ISO 8601 time" in refused(moment, value)


@pytest.mark.parametrize(
    "value",
    ["1969-07-20T20:17:40Z", "2999-01-01T00:00:00Z", "9999-12-31T23:59:59Z", -(10**9),
     32_503_680_000, 32_503_680_000_000, "0001-01-01T00:00:00Z"],
)  # fmt: skip
def test_a_time_decades_away_is_none_planned_or_not(value):
    assert refused(moment, value).endswith("which is decades away")
    assert refused(moment, value, is_plan=True).endswith("which is decades away")


def test_only_a_plan_lies_ahead():
    now = clock.now()
    soon, later = now + timedelta(minutes=5), now + timedelta(hours=2)
    assert moment({"field": soon.isoformat()}, "field") == soon
    assert refused(moment, later.isoformat()).endswith("which is in the future")
    assert moment({"field": later.isoformat()}, "field", is_plan=True) == later


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
        ("12", 1, 12),
        (" 1204.5 ", 1000, 1_204_500),
        ("1,204.5", 1000, 1_204_500),
        ("1 204.5", 1000, 1_204_500),
        ("1\u202f204\u202f000", 1, 1_204_000),
        ("1'204.25", 1000, 1_204_250),
        ("1,204,567", 1, 1_204_567),
        ("1.5e3", 1, 1500),
    ],
)
def test_durations_are_whole_milliseconds_rounded_half_up(value, unit_ms, expected):
    assert duration_ms({"field": value}, "field", unit_ms=unit_ms) == expected


@pytest.mark.parametrize(
    "value",
    [-1, -0.5, "-1.5", 10**30, pytest.param(10**400, id="vast"), 1e308, float("nan"),
     float("inf"), "1e400", 40_000_000_000_000],
)  # fmt: skip
@pytest.mark.parametrize("unit_ms", [0.001, 1000])
def test_impossible_durations_name_their_key(value, unit_ms):
    said = refused(duration_ms, value, unit_ms=unit_ms)
    assert said.startswith("field ")
    assert len(said) < 100


@pytest.mark.parametrize(
    "value",
    ["1.204,5", "1,204", "1204,5", "12,34.5", "1 20.5", "1,2045.5", "soon", "12 s", "nan",
     "inf", "0x10", "1_0", "٣", "1" * 61, True, [], {}],
)  # fmt: skip
def test_what_is_no_duration_or_may_be_two_names_its_key(value):
    assert "not a duration" in refused(duration_ms, value, unit_ms=1)


def test_side_fields_cost_themselves_and_are_noted():
    row: dict[str, Any] = {
        "at": "2099-01-01T00:00:00Z",
        "elapsed": "1.204,5",
        "name": {},
        "tags": ["a", 7, "b"],
        "url": "javascript:alert(1)",
        "ok": "maybe",
        "git": {"branch": ["main"]},
        "good": "2024-02-15T04:00:00Z",
    }
    side = SideFields(row)
    assert side.moment("good") == MOMENT
    assert side.oddity == ""
    assert side.moment("at") is None
    assert side.duration_ms("elapsed", unit_ms=1) is None
    assert side.name("name", "Run 1") == "Run 1"
    assert side.texts("tags") == ("a", "b")
    assert side.web_address("url") == ""
    assert side.flag("ok", default=True) is True
    assert side.named_text("git.branch") == ""
    # Once however often it is read.
    assert side.plan("at") is None
    assert side.oddity == (
        "at is a text ('2099-01-01T00:00:00Z'), which is decades away: time unknown; "
        "elapsed is a text ('1.204,5'), not a duration: duration unknown; "
        "name is an object, not a text: left out; "
        "tags holds other than texts: left out; "
        "ok is a text ('maybe'), not true or false: left out; "
        "git.branch is a list, not a text: left out"
    )


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
