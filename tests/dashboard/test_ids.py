"""Ids that anybody may write into an address."""

from __future__ import annotations

import pytest
from django.test import Client

from dashboard.ids import LARGEST_ID, id_of


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("7", 7),
        ("007", 7),
        ("0", 0),
        (str(LARGEST_ID), LARGEST_ID),
        (str(LARGEST_ID + 1), None),
        ("9" * 10_000, None),
        ("", None),
        ("-1", None),
        ("1.0", None),
        ("²", None),
        ("٣", None),
    ],
)
def test_an_id_is_what_a_column_of_ids_can_hold(text: str, number: int | None):
    assert id_of(text) == number


@pytest.mark.django_db
@pytest.mark.usefixtures("empty_redis")
@pytest.mark.parametrize("path", ["/runs/", "/results/", "/flaky/", "/api/v1/runs/"])
def test_a_digit_that_is_no_number_chooses_no_connection(settings, path: str):
    settings.PUBLIC_READ = True
    status = Client().get(path, {"connection": "²"}).status_code
    assert status == (400 if path.startswith("/api/") else 200)
