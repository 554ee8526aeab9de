"""Answers that would be too long, and what is said of it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dashboard.mcp.errors import CannotAnswerError
from dashboard.mcp.shortened import MOST_LETTERS, OF_A_LIST, shortened


def cut(answer: dict[str, Any]) -> Any:
    text = shortened(answer, OF_A_LIST)
    assert len(text) <= MOST_LETTERS
    return json.loads(text)


def test_a_short_answer_is_given_whole():
    answer = {"page": "x" * 900, "results": [{"name": "log in", "tags": ["a"]}]}
    assert cut(answer) == answer


def test_long_texts_are_cut_the_more_of_them_there_are():
    rows = [{"message": "m" * 16_000, "url": "u" * 700} for _ in range(100)]
    few = cut({"results": rows[:3], "next_cursor": "c" * 900})
    assert [len(row["message"]) for row in few["results"]] == [601] * 3
    assert few["cut"].startswith("3 texts to 600 letters, ending with …")
    many = cut({"results": rows, "next_cursor": "c" * 900})
    assert [len(row["message"]) for row in many["results"]] == [201] * 100
    assert (len(many["results"][0]["url"]), len(many["next_cursor"])) == (700, 900)


def test_of_a_series_the_newest_points_stay():
    series = [{"points": list(range(5000))}]
    found = cut({"results": series, "newly_failing": list(range(500))})
    assert found["results"][0]["points"] == list(range(4800, 5000))
    assert found["newly_failing"] == list(range(200))
    assert found["cut"].startswith("2 lists to fewer items")


def test_what_stays_too_long_is_not_sent():
    rows = [{"url": "u" * 2000} for _ in range(100)]
    with pytest.raises(CannotAnswerError, match="limit"):
        shortened({"results": rows, "next_cursor": None}, OF_A_LIST)
