"""Lists that hide rows at the borders of their pages, or where they end."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from ingest.contract import IncompleteListError, RetryableError
from ingest.http import Page, follow
from tests.ingest.test_http import client_of, page
from tests.ingest.wire import Answer, Wire

SIZES = (4, 3, 2)


def sized_pages_of(
    wire: Wire, is_past: Callable[[int], bool] = lambda row: False
) -> Iterator[int]:
    """Numbers in pages {rows, next, total?, beyond?} of SIZES, read through `follow`."""
    api = client_of(wire.url)

    def fetch(number: int, reading: int) -> Page[int]:
        body = api.get("/list", {"page": number, "size": SIZES[reading]})
        return Page(body["rows"], body["next"], body.get("total"), body.get("beyond"))

    return follow(
        fetch, 1, identity=lambda row: row, where="GET /list", is_past=is_past
    )


def sized(
    size: int, number: int, rows: list[int], following: int | None, **more: int
) -> Answer:
    answer = page(number, rows, following, **more)
    return answer.but(query={**answer.query, "size": str(size)})


def eight_of_which_one_hides() -> list[Answer]:
    """4 and 5 are of the same time, and each page orders them anew."""
    return [
        sized(4, 1, [8, 7, 6, 5], 2, total=8),
        sized(4, 2, [5, 3, 2, 1], None, total=8, beyond=3),
        sized(4, 3, [], None, total=8),
    ]


def test_a_row_that_hides_at_a_border_is_found_with_pages_of_another_size(wire, clock):
    wire.serve(*eight_of_which_one_hides())
    wire.serve(sized(3, 1, [8, 7, 6], 2, total=8), sized(3, 2, [5, 4, 3], 3, total=8))
    wire.serve(sized(3, 3, [2, 1], None, total=8))
    assert list(sized_pages_of(wire)) == [8, 7, 6, 5, 3, 2, 1, 4]
    assert len(wire.requests) == 6


def test_a_row_that_hides_twice_is_found_by_the_last_reading(wire, clock):
    wire.serve(*eight_of_which_one_hides())
    wire.serve(sized(3, 1, [8, 7, 6], 2, total=8), sized(3, 2, [5, 3, 2], 3, total=8))
    wire.serve(sized(3, 3, [2, 1], None, total=8))
    wire.serve(sized(2, 1, [8, 7], 2, total=8), sized(2, 2, [6, 5], 3, total=8))
    wire.serve(sized(2, 3, [4, 3], 4, total=8))
    wire.serve(sized(2, 4, [2, 1], None, total=8, beyond=5))
    wire.serve(sized(2, 5, [], None, total=8))
    assert list(sized_pages_of(wire)) == [8, 7, 6, 5, 3, 2, 1, 4]


def test_rows_that_never_come_are_told_behind_all_that_did(wire, clock):
    first, second = [8, 7, 6, 5], [4, 3]
    wire.serve(sized(4, 1, first, 2, total=8), sized(4, 2, second, None, total=8))
    wire.serve(sized(3, 1, [8, 7, 6], None, total=8), sized(2, 1, [8], None, total=8))
    numbers = sized_pages_of(wire)
    assert [next(numbers) for _ in range(6)] == first + second
    with pytest.raises(IncompleteListError) as raised:
        next(numbers)
    assert raised.value.sentence.startswith("GET /list: 8 stated, 6 seen.")
    assert isinstance(raised.value, RetryableError)
    assert len(wire.requests) == 4


def test_what_any_reading_saw_is_seen(wire, clock):
    wire.serve(sized(4, 1, [4, 3], None, total=4), sized(3, 1, [2], None, total=4))
    wire.serve(sized(2, 1, [1, 2], None, total=4))
    assert list(sized_pages_of(wire)) == [4, 3, 2, 1]


def test_the_last_reading_says_how_many_rows_are_owed(wire, clock):
    wire.serve(sized(4, 1, [4, 3], None, total=5), sized(3, 1, [4, 3], None, total=4))
    wire.serve(sized(2, 1, [4, 3], None, total=3))
    with pytest.raises(IncompleteListError, match="3 stated, 2 seen"):
        list(sized_pages_of(wire))


@pytest.mark.parametrize("status", [400, 404, 405, 422])
def test_a_vendor_that_takes_no_other_size_is_told_to_lack_rows(wire, clock, status):
    wire.serve(sized(4, 1, [8, 7, 6], None, total=4))
    wire.serve(sized(3, 1, [], None).but(status=status, body={"no": "such size"}))
    numbers = sized_pages_of(wire)
    assert [next(numbers) for _ in range(3)] == [8, 7, 6]
    with pytest.raises(IncompleteListError, match="4 stated, 3 seen"):
        next(numbers)


def test_trouble_that_may_pass_in_a_second_reading_is_told(wire, clock):
    wire.serve(sized(4, 1, [8], None, total=2))
    wire.serve(sized(3, 1, [], None).but(status=503, body={}))
    with pytest.raises(RetryableError) as raised:
        list(sized_pages_of(wire))
    assert not isinstance(raised.value, IncompleteListError)


def test_a_list_without_a_total_owes_nothing(wire, clock):
    wire.serve(sized(4, 1, [8, 7], 2), sized(4, 2, [6], None))
    assert list(sized_pages_of(wire)) == [8, 7, 6]


def test_a_total_that_grows_meanwhile_owes_nothing(wire, clock):
    wire.serve(
        sized(4, 1, [8, 7, 6, 5], 2, total=6), sized(4, 2, [4, 3], None, total=9)
    )
    assert list(sized_pages_of(wire)) == [8, 7, 6, 5, 4, 3]
    assert len(wire.requests) == 2


def test_a_list_that_is_cut_lacks_nothing(wire, clock):
    wire.serve(sized(4, 1, [8, 7, 6, 5], 2, total=8))
    wire.serve(sized(4, 2, [4, 3, 2, 1], 3, total=8, beyond=3))
    found = list(sized_pages_of(wire, is_past=lambda row: row < 5))
    assert found == [8, 7, 6, 5, 4, 3, 2, 1]
    assert len(wire.requests) == 2


def test_a_page_that_is_past_in_part_cuts_nothing(wire, clock):
    wire.serve(sized(4, 1, [8, 2, 6, 5], 2, total=5), sized(4, 2, [7], None, total=5))
    assert list(sized_pages_of(wire, is_past=lambda row: row < 5)) == [8, 2, 6, 5, 7]


def test_a_full_last_page_is_followed(wire, clock):
    wire.serve(sized(4, 1, [9, 8, 7, 6], None, total=4, beyond=2))
    wire.serve(sized(4, 2, [5, 4, 3, 2], None, total=4, beyond=3))
    wire.serve(sized(4, 3, [1], None, total=4))
    assert list(sized_pages_of(wire)) == [9, 8, 7, 6, 5, 4, 3, 2, 1]
    assert len(wire.requests) == 3


def test_pages_behind_a_full_last_page_go_on_as_they_say(wire, clock):
    wire.serve(sized(4, 1, [9, 8, 7, 6], None, total=4, beyond=2))
    wire.serve(sized(4, 2, [5, 4], 3, total=2), sized(4, 3, [3], None, total=1))
    assert list(sized_pages_of(wire)) == [9, 8, 7, 6, 5, 4, 3]
    assert len(wire.requests) == 3


def test_a_total_that_a_full_last_page_did_not_reach_is_owed(wire, clock):
    wire.serve(sized(4, 1, [9, 8, 7, 6], None, total=8, beyond=2))
    wire.serve(sized(4, 2, [5], None, total=8))
    wire.serve(sized(3, 1, [9, 8], None, total=8), sized(2, 1, [9], None, total=8))
    numbers = sized_pages_of(wire)
    assert [next(numbers) for _ in range(5)] == [9, 8, 7, 6, 5]
    with pytest.raises(IncompleteListError, match="8 stated, 5 seen"):
        next(numbers)


NOTHING_BEYOND = {
    "empty": {"body": {"rows": [], "next": None}},
    "empty but pointing on": {"body": {"rows": [], "next": 9}},
    "the last page again": {"body": {"rows": [5, 4, 3, 2], "next": None}},
    "the first page again": {"body": {"rows": [9, 8, 7, 6], "next": 2}},
    "rows that were pushed on": {"body": {"rows": [2], "next": None}},
    "not found": {"status": 404, "body": {"message": "Not found"}},
    "a bad request": {"status": 400, "body": {"message": "Page out of range"}},
    "unprocessable": {"status": 422, "body": {"message": "Page out of range"}},
    "no JSON": {"raw": b"<html>"},
}


@pytest.mark.parametrize("answer", NOTHING_BEYOND.values(), ids=NOTHING_BEYOND)
def test_a_full_last_page_with_nothing_behind_it_is_the_last(wire, clock, answer):
    wire.serve(sized(4, 1, [9, 8, 7, 6], 2, total=8))
    wire.serve(sized(4, 2, [5, 4, 3, 2], None, total=8, beyond=3))
    wire.serve(sized(4, 3, [], None).but(**answer))
    assert list(sized_pages_of(wire)) == [9, 8, 7, 6, 5, 4, 3, 2]
    assert len(wire.requests) == 3


def test_rows_pushed_behind_a_full_last_page_excuse_none_that_hides(wire, clock):
    wire.serve(*eight_of_which_one_hides()[:2])
    wire.serve(sized(4, 3, [1], None, total=9))
    wire.serve(sized(3, 1, [8, 7, 6], 2, total=9), sized(3, 2, [5, 4, 3], 3, total=9))
    wire.serve(sized(3, 3, [2, 1, 9], None, total=9))
    assert list(sized_pages_of(wire)) == [8, 7, 6, 5, 3, 2, 1, 4, 9]
