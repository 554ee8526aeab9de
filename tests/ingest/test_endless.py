"""Lists, runs and syncs without an end: each is ended with a sentence, in bounded memory."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from itertools import count, islice
from typing import Any

import pytest

from ingest.contract import (
    PayloadError,
    Reject,
    RetryableError,
    RunRecord,
)
from ingest.held import Held
from ingest.http import Page, follow, paging
from ingest.parse import LONGEST_ID, RowError, identifier
from ingest.seen import Seen
from ingest.sync import reading
from ingest.sync.prefetch import prefetch
from tests.ingest.records import a_result, a_run
from tests.ingest.sockets import keeps_sending, listen
from tests.ingest.test_hostile_answers import OK, client_of
from tests.ingest.wire import Clock
from tests.services import wait_for

__all__ = ["listen"]


def pages(fetch: Callable[[int, int], Page[int]]) -> Iterator[Any]:
    return follow(fetch, 1, identity=str, where="GET /list")


def test_empty_pages_without_end_are_a_payload_error():
    asked: list[int] = []

    def fetch(number: int, reading: int) -> Page[int]:
        asked.append(number)
        return Page([], number + 1)

    with pytest.raises(PayloadError, match="GET /list: 10 pages in a row"):
        list(pages(fetch))
    assert len(asked) == paging.PAGES_WITHOUT_NEWS


def test_pages_that_bring_the_same_rows_in_new_mixtures_are_a_payload_error():
    def fetch(number: int, reading: int) -> Page[int]:
        return Page([bit for bit in range(12) if number >> bit & 1], number + 1)

    with pytest.raises(PayloadError, match="brought no new row"):
        list(pages(fetch))


def test_some_pages_without_a_new_row_do_no_harm():
    def fetch(number: int, reading: int) -> Page[int]:
        is_new = number % paging.PAGES_WITHOUT_NEWS == 0
        return Page([number] if is_new else [], number + 1 if number < 50 else None)

    assert list(pages(fetch)) == [10, 20, 30, 40, 50]


def test_a_second_reading_may_bring_nothing_new():
    """A total that shrank has the list read again: all of its rows are known by then."""
    last = 3 * paging.PAGES_WITHOUT_NEWS

    def fetch(number: int, reading: int) -> Page[int]:
        following = number + 1 if number < last else None
        return Page([number], following, last + (number == 1) - (number == last))

    assert list(pages(fetch)) == list(range(1, last + 1))


def test_a_list_of_new_rows_without_end_is_a_payload_error(monkeypatch):
    monkeypatch.setattr(paging, "MOST_ROWS", 1000)
    with pytest.raises(PayloadError, match="11 pages and 1,100 rows"):
        list(pages(lambda n, _: Page(list(range(n * 100, n * 100 + 100)), n + 1)))


def test_pages_without_end_are_a_payload_error(monkeypatch):
    monkeypatch.setattr(paging, "MOST_PAGES", 30)
    with pytest.raises(PayloadError, match="31 pages and 31 rows"):
        list(pages(lambda n, _: Page([n], n + 1)))


def test_a_list_has_a_time_for_all_of_its_requests_together(clock: Clock):
    def fetch(number: int, reading: int) -> Page[int]:
        clock.sleep(100)
        return Page([number], number + 1)

    with pytest.raises(RetryableError, match="1[89] pages took more than 30 minutes"):
        list(pages(fetch))


def test_the_time_between_two_pages_is_not_the_list_s(clock: Clock):
    for _ in islice(pages(lambda n, _: Page([n], n + 1)), 20):
        clock.sleep(1000)


def test_long_ids_are_told_apart_in_little_memory():
    seen = Seen()
    long = "x" * 10**6
    assert [seen.add(long), seen.add(long + "y"), seen.add(long)] == [True, True, False]
    assert long in seen
    assert long + "z" not in seen
    assert [seen.add("7"), seen.add(7), seen.add("7")] == [True, True, False]
    assert len(seen) == 4
    assert seen.add("\ud800" * 100)
    assert sum(len(key) for key in seen._keys if isinstance(key, bytes)) < 100


def test_an_id_beyond_all_columns_is_refused_unrepeated():
    assert identifier({"id": "x" * LONGEST_ID}, "id") == "x" * LONGEST_ID
    with pytest.raises(RowError, match="id is a text of 481 letters") as raised:
        identifier({"id": "x" * (LONGEST_ID + 1)}, "id")
    assert "xx" not in str(raised.value)


# One run


class Endless:
    """A connector whose one run has rows for ever."""

    capabilities: Any = type("Can", (), {"threads": False})

    def __init__(self, row: Callable[[int], Any], pause: Any = lambda: None) -> None:
        self._row = row
        self._pause = pause

    def run(self, project: str, run_id: str) -> RunRecord:
        return a_run(run_id)

    def results(self, project: str, run: RunRecord) -> Iterator[Any]:
        for number in count():
            self._pause()
            yield self._row(number)


def read(connector: Any) -> Any:
    (found,) = reading.RunReader(connector, "1", {}).by_id([("1", "Nightly")])
    return found


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (lambda n: a_result(f"case {n}"), "more than 100,000 rows"),
        (lambda n: a_result(f"{n}", message="x" * 10**6), "more than 48 MB of text"),
        (lambda n: a_result(f"{n}", message="🦉" * 10**5), "more than 48 MB of text"),
        (
            lambda n: Reject(where="w", reason="r", payload={"a": ["x" * 10**5] * 10}),
            "more than 48 MB of text",
        ),
    ],
    ids=["rows", "messages", "wide messages", "rejected rows"],
)
def test_a_run_that_does_not_fit_into_memory_fails_alone(row, said):
    found = read(Endless(row))
    assert isinstance(found, reading.Failed)
    assert isinstance(found.error, PayloadError)
    assert said in found.error.sentence
    assert "Have" in found.error.sentence or "have" in found.error.sentence


def test_a_run_whose_rows_drip_is_given_up(monkeypatch):
    monkeypatch.setattr(reading, "RUN_LIMIT_S", 0.2)
    drips = Endless(lambda n: a_result(str(n)), lambda: time.sleep(0.05))
    found = read(drips)
    assert isinstance(found, reading.Failed)
    assert isinstance(found.error, RetryableError)
    assert "rows so far took more than" in found.error.sentence


def test_what_is_held_counts_bytes_and_not_characters():
    held = Held("The list", most_rows=10, most_bytes=10**6)
    held.add(["x" * 400_000])
    with pytest.raises(PayloadError, match="The list: more than 0 MB"):
        held.add(["x" * 150_000 + "🦉"])


# Reading ahead


def test_at_most_one_item_is_read_in_advance():
    made: list[int] = []

    def items() -> Iterator[int]:
        for number in range(5):
            made.append(number)
            yield number

    taken = prefetch(items(), lambda: None)
    assert next(taken) == 0
    time.sleep(0.3)
    assert made == [0, 1]
    assert list(taken) == [1, 2, 3, 4]


def test_nothing_is_read_in_advance_of_a_heavy_item():
    made: list[int] = []

    def items() -> Iterator[int]:
        for number in range(4):
            made.append(number)
            yield number

    taken = prefetch(items(), lambda: None, is_heavy=lambda number: number == 1)
    assert [next(taken), next(taken)] == [0, 1]
    time.sleep(0.3)
    assert made == [0, 1]
    assert list(taken) == [2, 3]


def test_a_request_in_advance_ends_with_the_sync_that_wanted_it(listen):
    """Not only once the answer that drips has used its own time up."""
    asked = threading.Event()
    ended: list[BaseException] = []
    drips = keeps_sending(OK + b"\r\n", b" ", every_s=0.05)
    api = client_of(listen(drips).port)

    def items() -> Iterator[int]:
        yield 1
        asked.set()
        try:
            api.get("/a")
        except BaseException as error:
            ended.append(error)
            raise

    taken = prefetch(items(), lambda: None)
    assert next(taken) == 1
    assert asked.wait(240)
    taken.close()
    wait_for(lambda: ended, "the request to end")
    assert isinstance(ended[0], RetryableError)
